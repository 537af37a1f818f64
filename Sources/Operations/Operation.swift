import Datasets
import Engine

/// What a node of the architecture can be: a map of signals {n, channels, length} to signals of the same shape, with
/// parameters of its own. An operation only builds graph; built-in ones have no privileges.
public protocol Operation: Sendable {
    /// The name in an architecture: `grad`, `net`, ...
    var name: String { get }
    /// Kind and settings, in one line: what identifies it in a study.
    var description: String { get }
    /// What names plans with the operation while the process lives: operations of equal identity compute the same. The
    /// operation itself, where it is Hashable.
    associatedtype Identity: Hashable
    var identity: Identity { get }
    /// The parameters for signals {channels, length}.
    func parameters(signal: Shape) throws -> [Parameter]
    /// The output for x, with the parameters in the order they were declared.
    func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression
    /// Called on the thread that may run user code, before plans for batches {n, channels, length} are built elsewhere.
    func prepare(batch: Shape, measurement: any Measurement, training: Bool) throws
}

extension Operation where Self: Hashable {
    public var identity: Self { self }
}

extension Operation {
    /// The identity beside those of other types.
    public var erasedIdentity: AnyHashable { AnyHashable(identity) }
    public func prepare(batch: Shape, measurement: any Measurement, training: Bool) throws {}
}

/// A named parameter and how it starts.
public struct Parameter: Sendable {
    public enum Initial: Sendable {
        case constant(Double)
        /// Uniform on [-bound, bound).
        case uniform(bound: Double)
        case values([Float])
    }
    public let name: String
    public let shape: Shape
    public let initial: Initial
    public init(_ name: String, _ shape: Shape, _ initial: Initial) { (self.name, self.shape, self.initial) = (name, shape, initial) }
}

/// What an operation may look at besides its input.
public struct OperationContext {
    /// {n, channels, measured length}
    public let measured: Expression
    /// A'y, which is also x(0).
    public let initial: Expression
    public let measurement: any Measurement
    public let training: Bool
    private let norms = KnownNorm()
    /// The spectral norm |A| for the signals at hand; computed when first asked for.
    func spectralNorm() throws -> Double {
        if let norm = norms.value { return norm }
        let norm = try SpectralNorms.norm(measurement, signal: Array(initial.shape.dropFirst()))
        norms.value = norm
        return norm
    }
    /// Of one network, on the thread that builds it.
    private final class KnownNorm { var value: Double? }

    public init(measured: Expression, initial: Expression, measurement: any Measurement, training: Bool) {
        (self.measured, self.initial, self.measurement, self.training) = (measured, initial, measurement, training)
    }
}
