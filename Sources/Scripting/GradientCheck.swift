import Engine
import LuaHost
import Tensors

/// Central differences of a Lua function against its gradient, all in float64. Each evaluation starts from the same
/// place in the random stream, so that a function that draws is the same function every time.
struct GradientCheck {
    let function: LuaFunction
    let step: Double
    let stream: RandomStream

    static let options: [LuaOption] = [
        .init("tolerance", .positiveNumber, default: 1e-5, "largest relative error that passes"),
        .init("step", .positiveNumber, default: 1e-5, "half the distance of the differences, for values around 1"),
    ]

    func run(_ call: LuaCall) throws -> (isFinite: Bool, worst: Double) {
        guard Trace.current == nil else { throw EngineError("gradcheck: values are compared, so it can't run inside grad or compile") }
        var leaves: [Tensor] = []
        let tree = try ValueTree.read(call.L, call.slot(2), .refused, &leaves, path: "gradcheck: parameters")
        guard !leaves.isEmpty else { throw EngineError("gradcheck: no tensors among the parameters") }
        let points = try leaves.map { try $0.convert(to: .float64) }
        let exact = try gradient(tree, points)
        var worst = 0.0
        for (i, point) in points.enumerated() {
            var values = try point.values()
            var numeric: [Double] = []
            for j in values.indices {
                let value = values[j], h = step * max(1, abs(value))
                func loss(at moved: Double) throws -> Double {
                    values[j] = moved
                    defer { values[j] = value }
                    var places = points
                    places[i] = Tensor(values, shape: point.shape, .float64)
                    return try self.loss(tree, places)
                }
                // The distance as it is after rounding.
                let (right, left) = (value + h, value - h)
                numeric.append((try loss(at: right) - (try loss(at: left))) / (right - left))
            }
            let analytic = try exact[i].values()
            let scale = (numeric + analytic).map { $0.isNaN ? .infinity : abs($0) }.max() ?? 0
            let difference = zip(numeric, analytic).map { abs($0 - $1) }.max() ?? 0
            if !scale.isFinite { return (false, .infinity) }
            worst = max(worst, difference / max(scale, 1e-3))
        }
        return (true, worst)
    }

    private func gradient(_ tree: ValueTree, _ points: [Tensor]) throws -> [Tensor] {
        let trace = Trace(.gradient)
        return try trace.finish(try trace.record {
            let variables = try points.map { try trace.variable($0) }
            let loss = try trace.expression(try evaluate(tree, variables.map(\.tensor)))
            let gradients = try gradients(of: loss, withRespectTo: variables.map(\.node))
            return zip(gradients, points).map { trace.tensor($0, like: $1) }
        })
    }

    /// The loss without differentiation: inside a trace, so that the function sees what it sees under grad.
    private func loss(_ tree: ValueTree, _ points: [Tensor]) throws -> Double {
        let trace = Trace(.gradient)
        return try trace.finish(try trace.record { [try evaluate(tree, points.map { $0.argument() })] })[0].item()
    }

    private func evaluate(_ tree: ValueTree, _ points: [Tensor]) throws -> Tensor {
        let start = stream.step
        defer { stream.step = start }
        let results = try function.call([FilledTree(tree: tree, leaves: points)])
        guard let result: Tensor = results.first?.as() else {
            throw EngineError("gradcheck: the function must return a tensor, got \(describe(results.first))")
        }
        // Weights without symmetry, so that errors do not cancel.
        let weights = Tensor((0..<result.count).map { result.count == 1 ? 1 : 1 + 0.5 * Double(($0 * 7919) % 101) / 101 }, shape: result.shape, .float64)
        return try Tensor.binary(.multiply, result, weights).reduce(.sum, Array(result.shape.indices), keep: false)
    }
}
