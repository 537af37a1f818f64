import Datasets
import Engine
import Operations

/// Builds the graph of the relaxed network or of one architecture, on one batch.
struct Network {
    let space: Space
    let measurement: any Measurement
    /// {channels, length}
    let signal: Shape
    let training: Bool

    /// The last node's output for measurements {n, channels, measured length}. `edge` gives what comes along a row's edge
    /// from a state; nil where there is none.
    private func states(_ measured: Expression, _ edge: (Int, Expression, OperationContext) throws -> Expression?) throws -> Expression {
        let initial = try measurement.adjoint(measured, signal: signal)
        let context = OperationContext(measured: measured, initial: initial, measurement: measurement, training: training)
        var states = [initial]
        for node in 1...space.nodes {
            let terms = try space.rows(into: node).compactMap { row in try edge(row, states[space.edges[row].from], context) }
            guard let first = terms.first else { throw EngineError("architecture: node \(node) has no edge") }
            let sum = terms.dropFirst().reduce(first, +)
            states.append(terms.count > 1 ? sum * (1 / Double(terms.count)) : sum)
        }
        return states[space.nodes]
    }

    private func apply(_ operation: Int, row: Int, _ x: Expression, _ theta: Expression, _ layout: ParameterLayout, _ context: OperationContext) throws -> Expression {
        let y = try space.operations[operation].forward(x, layout.views(of: theta, row: row, operation: operation), context)
        guard y.shape == x.shape else {
            throw EngineError("operation '\(space.names[operation])' at \(space.place(row: row)) changes the shape of the signal: \(x.shape.braces) became \(y.shape.braces)")
        }
        return y
    }

    /// Every edge the sum over t of weights[row, t] o_t(x), for weights {rows, operations}; then what `join` makes of it and x.
    func relaxed(_ measured: Expression, theta: Expression, layout: ParameterLayout, weights: Expression,
                 join: (Expression, Expression) throws -> Expression = { mixed, _ in mixed }) throws -> Expression {
        let count = space.operations.count
        let flat = try weights.reshape([space.rows * count])
        return try states(measured) { row, x, context in
            var sum: Expression?
            for t in 0..<count {
                let term = try flat.slice(axis: 0, start: row * count + t, count: 1) * apply(t, row: row, x, theta, layout, context)
                sum = sum.map { $0 + term } ?? term
            }
            return try join(sum!, x)
        }
    }

    func discrete(_ measured: Expression, theta: Expression, layout: ParameterLayout, architecture: Architecture) throws -> Expression {
        let present = space.present(architecture)
        return try states(measured) { row, x, context in try present[row].first.map { try apply($0, row: row, x, theta, layout, context) } }
    }
}

/// The mean of the squared differences over every sample of the batch.
func meanSquaredError(_ x: Expression, _ clean: Expression) throws -> Expression {
    let difference = x - clean
    return try (difference * difference).mean()
}
