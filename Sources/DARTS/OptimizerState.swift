/// What an optimiser remembers of a parameter vector from one update to the next: its moments, and how many updates it has
/// made. Adam's bias corrections follow that number, so that steps in which the vector rested do not count (Kingma and Ba
/// 2015, algorithm 1: t is the number of updates of the very moments that are corrected; so in PyTorch and optax). The
/// learning rate follows the step of the search or training instead.
final class OptimizerState {
    /// One vector for each moment that the optimiser keeps, zero at first.
    let moments: [StateVector]
    /// Updates made with these moments.
    private(set) var updates = 0
    /// What `Optimizer.writeScalars` gives for the update at hand.
    let scalars = StateVector(zeros: Optimizer.scalarCount)

    /// For a vector of `count` numbers.
    init(_ optimizer: Optimizer, count: Int) {
        moments = (0..<optimizer.stateCount).map { _ in StateVector(zeros: count) }
    }

    /// The scalars of the next update, which is made at `step` of `steps`.
    func prepare(_ optimizer: Optimizer, step: Int, of steps: Int) {
        optimizer.writeScalars(step: step, of: steps, updates: updates, to: scalars.current)
    }
    /// To be called when the next moments are there.
    func advance() {
        for moment in moments { moment.advance() }
        updates += 1
    }
    var bytes: Int { moments.reduce(scalars.bytes) { $0 + $1.bytes } }

    /// All that a later update depends on.
    struct Snapshot {
        let moments: [[Float]]
        let updates: Int
    }
    var snapshot: Snapshot { Snapshot(moments: moments.map(\.values), updates: updates) }
    /// Goes back to what a snapshot of the same optimiser holds.
    func restore(_ snapshot: Snapshot) {
        for (moment, values) in zip(moments, snapshot.moments) { moment.set(values) }
        updates = snapshot.updates
    }
}

/// A parameter vector with its optimiser's state: what is kept together and restored together.
struct VectorSnapshot {
    let values: [Float]
    let state: OptimizerState.Snapshot

    init(_ vector: StateVector, _ state: OptimizerState) {
        values = vector.values
        self.state = state.snapshot
    }
    func restore(_ vector: StateVector, _ state: OptimizerState) {
        vector.set(values)
        state.restore(self.state)
    }
}
