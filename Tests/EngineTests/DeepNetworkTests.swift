import Engine
import Testing

/// Convolutions with ReLUs between them, of any depth: pairs of layers are fused, and a layer can only be in one of them.
struct DeepNetworkTests {
    /// The sizes of a network: channels from layer to layer.
    struct Network: CustomTestStringConvertible {
        var channels: [Int]
        var taps = 3
        var batch = 5
        var length = 7
        var testDescription: String { "\(channels), \(taps) taps, {\(batch), \(channels[0]), \(length)}" }

        var weightShapes: [Shape] { (1..<channels.count).flatMap { [[channels[$0], channels[$0 - 1], taps], [channels[$0]]] } }
        var before: Int { (taps - 1) / 2 }
    }

    static let networks = [
        Network(channels: [1, 2, 1]),
        Network(channels: [1, 3, 3, 1]),
        Network(channels: [1, 2, 3, 2, 1], batch: 18),
        Network(channels: [2, 3, 2, 3, 2, 1], taps: 4),
        Network(channels: [1, 2, 2, 2, 2, 2, 2, 1], batch: 33),
    ]

    /// The mean square of the network's output.
    private func naive(_ network: Network, _ values: [[Double]]) -> Double {
        let output = naiveOutput(network, values)
        return output.reduce(0) { $0 + $1 * $1 } / Double(output.count)
    }

    /// The network's output, with loops.
    private func naiveOutput(_ network: Network, _ values: [[Double]]) -> [Double] {
        var signals = values[0]
        let length = network.length
        for layer in 1..<network.channels.count {
            let (inner, outer) = (network.channels[layer - 1], network.channels[layer])
            let weights = values[2 * layer - 1]
            let bias = values[2 * layer]
            var result: [Double] = []
            for sample in 0..<network.batch {
                for channel in 0..<outer {
                    for position in 0..<length {
                        var sum = bias[channel]
                        for from in 0..<inner {
                            for tap in 0..<network.taps {
                                let at = position + tap - network.before
                                guard (0..<length).contains(at) else { continue }
                                sum += weights[(channel * inner + from) * network.taps + tap] * signals[(sample * inner + from) * length + at]
                            }
                        }
                        result.append(layer == network.channels.count - 1 ? sum : max(sum, 0))
                    }
                }
            }
            signals = result
        }
        return signals
    }

    private func makeInputs(_ network: Network, _ graph: Graph) -> [Expression] {
        ([[network.batch, network.channels[0], network.length]] + network.weightShapes).map { graph.input($0, .float64) }
    }

    /// The network of these inputs: the signals, then weights and bias of each layer.
    private func makeOutput(_ network: Network, of inputs: [Expression]) throws -> Expression {
        var attributes = ConvolutionAttributes()
        attributes.padLeft = network.before
        attributes.padRight = network.taps - 1 - network.before
        var y = inputs[0]
        for layer in 1..<network.channels.count {
            if layer > 1 { y = y.relu() }
            y = try y.convolve(inputs[2 * layer - 1], bias: inputs[2 * layer], attributes)
        }
        return y
    }

    private func makeLoss(_ network: Network, of inputs: [Expression]) throws -> Expression {
        let y = try makeOutput(network, of: inputs)
        return try (y * y).mean()
    }

    private func makeValues(_ network: Network) -> [[Double]] {
        var draws = Draws(UInt64(network.channels.count))
        return ([[network.batch, network.channels[0], network.length]] + network.weightShapes).map { draws.values($0.elements) }
    }

    private func expectClose(_ a: [Double], _ b: [Double], _ tolerance: Double, _ what: Comment) {
        #expect(a.count == b.count)
        let worst = zip(a, b).map { abs($0 - $1) / max(1, abs($0), abs($1)) }.max() ?? 0
        #expect(worst <= tolerance, what)
    }

    @Test(arguments: networks)
    func lossAndGradientsAgreeWithLoops(_ network: Network) throws {
        let graph = Graph()
        let inputs = makeInputs(network, graph)
        let loss = try makeLoss(network, of: inputs)
        let plan = try Plan(graph, outputs: [loss] + gradients(of: loss, withRespectTo: inputs))
        #expect(plan.listing.contains("TwoLayerForwardInstruction") && plan.listing.contains("TwoLayerBackwardInstruction"))
        let values = makeValues(network)
        let results = try evaluate(plan, values)
        expectClose(results[0], [naive(network, values)], 1e-12, "loss")
        for i in inputs.indices {
            let expected = centralDifferences(values, of: i, step: 1e-6) { naive(network, $0) }
            expectClose(results[1 + i], expected, 1e-6, "gradient of input \(i)")
        }
    }

    /// The loss after a step of gradient descent, and its gradient through that step: several regions, and tangents of the pairs.
    @Test(arguments: networks)
    func gradientsThroughAGradientStepAgreeWithDifferences(_ network: Network) throws {
        let rate = 0.25
        let values = makeValues(network)
        func stepped(_ values: [[Double]]) throws -> Double {
            let graph = Graph()
            let inputs = makeInputs(network, graph)
            let slopes = try evaluate(graph, gradients(of: makeLoss(network, of: inputs), withRespectTo: Array(inputs[1...])), values)
            let moved = zip(values.dropFirst(), slopes).map { w, g in zip(w, g).map { $0 - rate * $1 } }
            return naive(network, [values[0]] + moved)
        }
        let graph = Graph()
        let inputs = makeInputs(network, graph)
        let slopes = try gradients(of: makeLoss(network, of: inputs), withRespectTo: Array(inputs[1...]))
        let moved = zip(inputs.dropFirst(), slopes).map { $0 - $1 * rate }
        let outer = try makeLoss(network, of: [inputs[0]] + moved)
        let results = try evaluate(graph, [outer] + gradients(of: outer, withRespectTo: Array(inputs[1...])), values)
        expectClose(results[0], [try stepped(values)], 1e-11, "loss")
        for i in 1..<inputs.count {
            let expected = try centralDifferences(values, of: i, step: 1e-6) { try stepped($0) }
            expectClose(results[i], expected, 1e-5, "gradient of input \(i)")
        }
    }

    /// A loss that is linear in the output: the gradient of the last weights and of their bias does not need them, so that the
    /// layer that is moved by it has the same upstream gradient. What moves is the weights, or (by the bias) the signals.
    @Test(arguments: [true, false])
    func weightsMovedByTheirOwnGradientAgreeWithLoops(movesWeights: Bool) throws {
        let network = Network(channels: [1, 2, 1])
        let values = makeValues(network)
        var draws = Draws(77)
        let weighting = draws.values(network.batch * network.length)
        func linear(_ values: [[Double]]) -> Double { zip(naiveOutput(network, values), weighting).reduce(0) { $0 + $1.0 * $1.1 } }
        func outerLoss(_ values: [[Double]]) -> Double {
            var moved = values
            // Exact but for rounding: the loss is linear in these.
            let slope = centralDifferences(values, of: 3, step: 0.5, linear)
            let biasSlope = centralDifferences(values, of: 4, step: 0.5, linear)
            if movesWeights {
                moved[3] = zip(values[3], slope).map { $0 - $1 }
                moved[4] = zip(values[4], biasSlope).map { $0 - $1 }
            } else {
                moved[0] = values[0].map { $0 - biasSlope[0] }
            }
            return linear(moved)
        }
        let graph = Graph()
        let inputs = makeInputs(network, graph)
        let c = graph.input([network.batch, 1, network.length], .float64)
        let inner = try (makeOutput(network, of: inputs) * c).sum()
        let slopes = try gradients(of: inner, withRespectTo: Array(inputs[3...4]))
        var moved = inputs
        if movesWeights {
            moved[3] = inputs[3] - slopes[0]
            moved[4] = inputs[4] - slopes[1]
        } else {
            moved[0] = inputs[0] - slopes[1]
        }
        let outer = try (makeOutput(network, of: moved) * c).sum()
        let results = try evaluate(graph, [inner, outer] + gradients(of: outer, withRespectTo: inputs), values + [weighting])
        expectClose(results[0], [linear(values)], 1e-12, "inner loss")
        expectClose(results[1], [outerLoss(values)], 1e-11, "outer loss")
        for i in inputs.indices {
            let expected = centralDifferences(values, of: i, step: 1e-6, outerLoss)
            expectClose(results[2 + i], expected, 1e-5, "gradient of input \(i)")
        }
    }

    /// Adam's formula with a rate that is made from the new first moment: one value cannot be computed in one piece with what
    /// it is made of.
    @Test func aRateThatFollowsTheMomentsIsComputedFirst() throws {
        let graph = Graph()
        let inputs = (0..<4).map { _ in graph.input([3], .float64) }
        let (p, m, v, g) = (inputs[0], inputs[1], inputs[2], inputs[3])
        let mean = m * 0.9 + g * 0.1
        let square = v * 0.99 + (g * g) * 0.01
        let rate = try (mean * mean).sum()
        let correction1 = graph.constant(2, .float64)
        let correction2 = graph.constant(3, .float64)
        let new = p - rate * ((correction1 * mean) / ((correction2 * square).sqrt() + 1e-8))
        let values = [[1.0, 2, 3], [0.1, -0.2, 0.3], [0.5, 0.6, 0.7], [-1.0, 0.4, 0.2]]
        let results = try evaluate(graph, [new, mean, square], values)
        let means = zip(values[1], values[3]).map { 0.9 * $0 + 0.1 * $1 }
        let squares = zip(values[2], values[3]).map { 0.99 * $0 + 0.01 * $1 * $1 }
        let total = means.reduce(0) { $0 + $1 * $1 }
        expectClose(results[0], (0..<3).map { values[0][$0] - total * 2 * means[$0] / ((3 * squares[$0]).squareRoot() + 1e-8) }, 1e-14, "parameters")
        expectClose(results[1], means, 1e-15, "first moment")
        expectClose(results[2], squares, 1e-15, "second moment")
    }

    /// Sums over an axis without elements, of signals that a convolution has in blocks.
    @Test func emptySumsInARegionAreZero() throws {
        let graph = Graph()
        let x = graph.input([18, 1, 4], .float64)
        let w = graph.input([1, 1, 1], .float64)
        let nothing = graph.input([18, 0, 4], .float64)
        let y = try x.convolve(w, ConvolutionAttributes()) + nothing.sum([1])
        var draws = Draws(5)
        let values = draws.values(72)
        expectClose(try evaluate(graph, [y], [values, [2], []])[0], values.map { 2 * $0 }, 1e-15, "sum")
    }
}
