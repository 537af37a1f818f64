import Engine
import XCTest

/// Every operator's gradient, and the gradient of that, against central differences in float64.
final class GradientTests: XCTestCase {
    private struct Case {
        var name: String
        var shapes: [Shape]
        var range: ClosedRange<Double> = -1...1
        var make: ([Expression]) throws -> Expression
    }

    private func convolution(_ change: (inout ConvolutionAttributes) -> Void) -> ConvolutionAttributes {
        var attributes = ConvolutionAttributes()
        change(&attributes)
        return attributes
    }

    private var cases: [Case] {
        var list: [Case] = []
        func add(_ name: String, _ shapes: [Shape], range: ClosedRange<Double> = -1...1, _ make: @escaping ([Expression]) throws -> Expression) {
            list.append(Case(name: name, shapes: shapes, range: range, make: make))
        }
        add("negate", [[3]]) { -$0[0] }
        add("abs", [[3]], range: 0.2...1) { $0[0].abs() }
        add("sqrt", [[3]], range: 0.3...2) { $0[0].sqrt() }
        add("reciprocal", [[3]], range: 0.3...2) { $0[0].reciprocal() }
        add("exp", [[2, 3]]) { $0[0].exp() }
        add("log", [[3]], range: 0.3...2) { $0[0].log() }
        add("sin", [[3]]) { $0[0].sin() }
        add("cos", [[3]]) { $0[0].cos() }
        add("tanh", [[3]]) { $0[0].tanh() }
        add("sigmoid", [[3]]) { $0[0].sigmoid() }
        add("relu", [[3]], range: 0.1...1) { ($0[0] - 0.55).relu() * $0[0] }
        add("add, broadcast", [[2, 3], [3]]) { ($0[0] + $0[1]) * $0[0] }
        add("subtract, broadcast", [[2, 1], [1, 3]]) { ($0[0] - $0[1]) * $0[1] }
        add("multiply, broadcast", [[2, 3], [2, 1]]) { $0[0] * $0[1] }
        add("divide", [[2, 3], [3]], range: 0.5...2) { $0[0] / $0[1] }
        add("power", [[3], [3]], range: 0.5...2) { power($0[0], $0[1]) }
        add("maximum", [[4], [4]]) { $0[0].maximum($0[1]) * $0[0] }
        add("minimum", [[4], [4]]) { $0[0].minimum($0[1]) * $0[1] }
        add("where", [[4], [4], [4]]) { select($0[0].compare(.greater, $0[1]), $0[1] * $0[2], $0[0] * $0[0]) }
        add("sum", [[2, 3, 4]]) { try ($0[0] * $0[0]).sum([0, 2]) }
        add("max", [[2, 5]]) { try $0[0].reduce(.maximum, [1]) * $0[0] }
        add("min", [[2, 5]]) { try $0[0].reduce(.minimum, [0]) * $0[0] }
        add("prod", [[2, 4]]) { try $0[0].reduce(.product, [1]) }
        add("prod of all", [[2, 3]]) { try $0[0].reduce(.product, [0, 1]) }
        add("cumsum", [[3, 4]]) { ($0[0] * (try $0[0].graph.apply(CumulativeSum(axis: 1, reverse: false), [$0[0]]))) }
        add("reshape, permute", [[2, 6]]) { try ($0[0] * $0[0]).reshape([3, 4]).permute([1, 0]) * 2 }
        add("expand", [[1, 3]]) { try $0[0].expand([4, 3]) * $0[0] }
        add("slices", [[4, 5]]) { try $0[0].slice(axis: 1, start: 4, count: 3, step: -2) * $0[0].slice(axis: 1, start: 0, count: 3) }
        add("cat", [[2, 2], [2, 3]]) { try power(concatenate($0, axis: 1), $0[0].graph.constant(3, .float64)) }
        add("roll", [[3, 5]]) { try $0[0].roll(axis: 1, by: 2) * $0[0] }
        add("matmul", [[2, 3], [3, 4]]) { try $0[0].matmul($0[1]).tanh() }
        add("matmul, broadcast batch", [[2, 1, 2, 3], [3, 3, 2]]) { try $0[0].matmul($0[1]) }
        add("softmax", [[2, 4]]) { try $0[0].softmax(1) }
        add("log softmax", [[2, 4]]) { try $0[0].logSoftmax(0) }
        add("sort", [[2, 5]]) { x in
            let order = try x[0].graph.apply(SortOrder(axis: 1, descending: false), [x[0]])
            return try x[0].graph.apply(TakeAlong(axis: 1), [x[0], order]) * x[0]
        }
        let convolutions: [(String, ConvolutionAttributes, Shape, Shape)] = [
            ("conv1d same", convolution { ($0.padLeft, $0.padRight) = (1, 1) }, [3, 2, 6], [4, 2, 3]),
            ("conv1d circular, wraps twice", convolution { ($0.mode, $0.padLeft, $0.padRight) = (.circular, 7, 6) }, [2, 1, 5], [2, 1, 4]),
            ("conv1d reflect", convolution { ($0.mode, $0.padLeft, $0.padRight) = (.reflect, 2, 3) }, [2, 2, 5], [1, 2, 3]),
            ("conv1d stride, dilation, groups", convolution { ($0.stride, $0.dilation, $0.groups, $0.padLeft, $0.padRight) = (2, 2, 2, 2, 1) }, [2, 4, 9], [2, 2, 3]),
            ("conv2d", convolution { ($0.spatialRank, $0.padTop, $0.padLeft, $0.padRight, $0.strideHeight) = (2, 1, 1, 1, 2) }, [2, 2, 4, 5], [3, 2, 2, 3]),
        ]
        for (name, attributes, x, w) in convolutions {
            add(name, [x, w, [w[0]]]) { try $0[0].convolve($0[1], bias: $0[2], attributes).tanh() }
            add("adjoint of \(name)", [x, w]) { inputs in
                let y = try inputs[0].convolve(inputs[1], attributes)
                return try y.graph.apply(ConvolutionTransposed(attributes: attributes, spatial: Array(x[2...])), [y * y, inputs[1]])
            }
        }
        return list
    }

    func testFirstAndSecondGradientsAgreeWithCentralDifferences() throws {
        for (number, item) in cases.enumerated() {
            var draws = Draws(UInt64(number + 1))
            let inputs = item.shapes.map { draws.values($0.elements, in: item.range) }
            let graph = Graph()
            let variables = item.shapes.map { graph.input($0, .float64) }
            let output = try item.make(variables)
            // Weighted, so that no element's gradient can hide behind another's.
            func weights(_ shape: Shape) -> Expression {
                graph.constant(ConstantContents(shape: shape, dtype: .float64, values: draws.values(shape.elements, in: 0.5...1.5)))
            }
            let value = try (output * weights(output.shape)).sum()
            let first = try gradients(of: value, withRespectTo: variables)
            let combined = try zip(first, variables).map { try ($0 * weights($1.shape)).sum() }
            let second = try gradients(of: combined.dropFirst().reduce(combined[0], +), withRespectTo: variables)
            let plan = try Plan(graph, outputs: [value, combined.dropFirst().reduce(combined[0], +)] + first + second)
            let results: [[Double]] = try evaluate(plan, inputs)
            for i in variables.indices {
                assertClose(results[2 + i], try centralDifferences(inputs, of: i) { try evaluate(plan, $0)[0][0] }, 1e-6, "\(item.name), input \(i + 1)")
                assertClose(results[2 + variables.count + i], try centralDifferences(inputs, of: i) { try evaluate(plan, $0)[1][0] }, 1e-5,
                            "\(item.name), second order, input \(i + 1)")
            }
        }
    }

    /// Three times: d3/dx3 of sum(exp(2x)) is 8 exp(2x).
    func testThirdOrder() throws {
        let graph = Graph()
        let x = graph.input([3], .float64)
        var g = try (x * 2).exp().sum()
        for _ in 0..<3 { g = try gradients(of: g.sum(), withRespectTo: [x])[0] }
        let values = [-0.5, 0.1, 0.7]
        assertClose(try evaluate(graph, [g], [values])[0], values.map { 8 * exp(2 * $0) }, 1e-12)
    }
}
