// What names the plans of a search and of trainings: for each kind of program a value that holds everything its graph is made
// of. Equality compares all of it, so nothing can be left out by a text that forgot it.

import Datasets
import Engine
import Operations

extension Space {
    /// All that a graph takes from a space. Equal where every operation is; a space is itself without a look at them, and the
    /// hash, which many plans ask for, is taken once. Sendable, since operations' identities are values.
    final class Identity: Hashable, @unchecked Sendable {
        private let nodes: Int, topology: Topology, kept: Int
        private let names: [String], operations: [AnyHashable]
        private let hash: Int

        init(nodes: Int, topology: Topology, kept: Int, names: [String], operations: [AnyHashable]) {
            self.nodes = nodes
            self.topology = topology
            self.kept = kept
            self.names = names
            self.operations = operations
            var hasher = Hasher()
            hasher.combine(nodes)
            hasher.combine(topology)
            hasher.combine(kept)
            hasher.combine(names)
            hasher.combine(operations)
            hash = hasher.finalize()
        }
        static func == (a: Identity, b: Identity) -> Bool {
            a === b || a.hash == b.hash && a.nodes == b.nodes && a.topology == b.topology && a.kept == b.kept && a.names == b.names
                && a.operations == b.operations
        }
        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }
}

/// The relaxed network of a space for one kind of signal.
struct NetworkKey: Hashable {
    let space: Space.Identity
    let measurement: AnyHashable
    /// {channels, length}
    let signal: Shape

    init(_ space: Space, _ measurement: any Measurement, signal: Shape) {
        self.space = space.identity
        self.measurement = measurement.erasedIdentity
        self.signal = signal
    }
}

/// A relaxed network and how a strategy mixes it.
struct RelaxedKey: Hashable {
    let network: NetworkKey
    let strategy: AnyHashable
}

/// One architecture of a space. Its weights lie in a vector by themselves, or (`isShared`) in that of the relaxed network.
struct DiscreteKey: Hashable {
    let network: NetworkKey
    let architecture: Architecture
    var isShared = false
}

/// A step of a search that moves theta.
package struct ThetaStepKey: Hashable {
    let relaxed: RelaxedKey
    let batch: Int
    let optimizer: Optimizer
}

/// A step of a search that moves alpha.
struct AlphaStepKey: Hashable {
    let relaxed: RelaxedKey
    let batch: Int
    let optimizer: Optimizer
    let entropy: Double
    let order: AlphaGradient
    /// Of the inner step of second order; nil in first order.
    let inner: Inner?
    struct Inner: Hashable {
        let weightDecay: Double, momentum: Double
    }
}

/// A product of the Hessian in alpha with a vector.
struct HessianProductKey: Hashable {
    let relaxed: RelaxedKey
    let batch: Int
}

/// A step that moves theta at given weights of the mix.
struct TuningStepKey: Hashable {
    let relaxed: RelaxedKey
    let batch: Int
    let optimizer: Optimizer
}

/// A step of training one architecture.
struct TrainingStepKey: Hashable {
    let network: DiscreteKey
    let batch: Int
    let optimizer: Optimizer
}

/// The weights of a mix, and the scores of selection, from alpha.
struct MixKey: Hashable {
    let shape: Shape
    let strategy: AnyHashable
}

/// A network scored on a split of these shapes.
struct EvaluationKey: Hashable {
    let network: AnyHashable
    let clean: Shape, measured: Shape
}

/// The signals that a network makes of measurements of a shape.
struct ReconstructionKey: Hashable {
    let network: DiscreteKey
    let measured: Shape
}

/// What a loss is measured on, and in which precision.
struct BatchKey: Hashable {
    let network: NetworkKey
    let clean: Shape, measured: Shape
    let dtype: DType
}

struct RelaxedLossKey: Hashable {
    let batch: BatchKey
    let draws: Draws
}

struct AlphaGradientKey: Hashable {
    let order: AlphaGradient
    let batches: [BatchKey]
    let weightDecay: Double
    /// nil where momentum has nothing to multiply.
    let momentum: Double?
}
