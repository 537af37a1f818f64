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

    /// x(N) for measurements {n, channels, measured length}. `node` gives x(j+1) from x(j).
    private func chain(_ measured: Expression, _ node: (Int, Expression, OperationContext) throws -> Expression) throws -> Expression {
        let initial = try measurement.adjoint(measured, signal: signal)
        let context = OperationContext(measured: measured, initial: initial, measurement: measurement, training: training)
        var x = initial
        for j in 0..<space.nodes { x = try node(j, x, context) }
        return x
    }

    private func apply(_ operation: Int, node: Int, _ x: Expression, _ theta: Expression, _ layout: ParameterLayout, _ context: OperationContext) throws -> Expression {
        let y = try space.operations[operation].forward(x, layout.views(of: theta, node: node, operation: operation), context)
        guard y.shape == x.shape else {
            throw EngineError("operation '\(space.names[operation])' at node \(node + 1) changes the shape of the signal: \(x.shape.braces) became \(y.shape.braces)")
        }
        return y
    }

    /// sum over t of weights[j, t] o_t(x), for weights {nodes, operations}.
    func relaxed(_ measured: Expression, theta: Expression, layout: ParameterLayout, weights: Expression) throws -> Expression {
        let count = space.operations.count
        let flat = try weights.reshape([space.nodes * count])
        return try chain(measured) { j, x, context in
            var sum: Expression?
            for t in 0..<count {
                let term = try flat.slice(axis: 0, start: j * count + t, count: 1) * apply(t, node: j, x, theta, layout, context)
                sum = sum.map { $0 + term } ?? term
            }
            return sum!
        }
    }

    func discrete(_ measured: Expression, theta: Expression, layout: ParameterLayout, architecture: Architecture) throws -> Expression {
        try chain(measured) { j, x, context in try apply(architecture.choices[j], node: j, x, theta, layout, context) }
    }
}

/// The mean of the squared differences over every sample of the batch.
func meanSquaredError(_ x: Expression, _ clean: Expression) throws -> Expression {
    let difference = x - clean
    return try (difference * difference).mean()
}
