import Engine
import XCTest

/// What the compiler makes of a graph must compute the same as the definition, however it is cut into blocks.
final class PlanTests: XCTestCase {
    private func network(_ graph: Graph, batch: Int, length: Int, hidden: Int, taps: Int, dtype: DType) throws -> (loss: Expression, gradients: [Expression], shapes: [Shape]) {
        let shapes: [Shape] = [[batch, 1, length], [batch, 1, length], [hidden, 1, taps], [hidden], [1, hidden, taps], [1]]
        let inputs = shapes.map { graph.input($0, dtype) }
        var attributes = ConvolutionAttributes()
        (attributes.padLeft, attributes.padRight) = ((taps - 1) / 2, taps - 1 - (taps - 1) / 2)
        let y = try inputs[0].convolve(inputs[2], bias: inputs[3], attributes).relu().convolve(inputs[4], bias: inputs[5], attributes)
        let difference = y - inputs[1]
        let loss = try (difference * difference).mean()
        return (loss, try gradients(of: loss, withRespectTo: [inputs[0]] + inputs[2...]), shapes)
    }

    /// The two-layer network written out with loops.
    private func naive(_ v: [[Double]], batch: Int, length: Int, hidden: Int, taps: Int) -> Double {
        let left = (taps - 1) / 2
        var sum = 0.0
        for b in 0..<batch {
            var y = [Double](repeating: v[5][0], count: length)
            for c in 0..<hidden {
                let h = (0..<length).map { p -> Double in
                    var s = v[3][c]
                    for t in 0..<taps where (0..<length).contains(p + t - left) { s += v[2][c * taps + t] * v[0][b * length + p + t - left] }
                    return max(s, 0)
                }
                for p in 0..<length { for t in 0..<taps where (0..<length).contains(p + t - left) { y[p] += v[4][c * taps + t] * h[p + t - left] } }
            }
            for p in 0..<length { sum += (y[p] - v[1][b * length + p]) * (y[p] - v[1][b * length + p]) }
        }
        return sum / Double(batch * length)
    }

    func testTwoLayerNetworkIsOneKernelAndAgreesWithLoops() throws {
        for (batch, length, hidden, taps) in [(16, 12, 4, 3), (5, 9, 3, 5), (35, 7, 2, 4), (1, 8, 1, 3)] {
            for dtype in [DType.float64, .float32] {
                let graph = Graph()
                let (loss, gradients, shapes) = try network(graph, batch: batch, length: length, hidden: hidden, taps: taps, dtype: dtype)
                let plan = try Plan(graph, outputs: [loss] + gradients)
                XCTAssertTrue(plan.listing.contains("TwoLayerForwardInstruction") && plan.listing.contains("TwoLayerBackwardInstruction"), plan.listing)
                XCTAssertFalse(plan.listing.contains("ConvolutionInstruction"), plan.listing)
                var draws = Draws(UInt64(batch))
                let inputs = shapes.map { draws.values($0.elements) }
                let results = try evaluate(plan, inputs)
                let tolerance = dtype == .float64 ? 1e-12 : 1e-5
                XCTAssertEqual(results[0][0], naive(inputs, batch: batch, length: length, hidden: hidden, taps: taps), accuracy: tolerance)
                guard dtype == .float64 else { continue }
                for (g, i) in [0, 2, 3, 4, 5].enumerated() {
                    let expected = centralDifferences(inputs, of: i, step: 1e-6) { naive($0, batch: batch, length: length, hidden: hidden, taps: taps) }
                    assertClose(results[1 + g], expected, 1e-6, "input \(i)")
                }
            }
        }
    }

    func testThreadsDoNotChangeBits() throws {
        let graph = Graph()
        let (loss, gradients, shapes) = try network(graph, batch: 200, length: 20, hidden: 4, taps: 3, dtype: .float32)
        let plan = try Plan(graph, outputs: [loss] + gradients)
        var draws = Draws(3)
        let inputs = shapes.map { draws.values($0.elements) }
        let alone = try evaluate(plan, inputs)
        for threads in 2...3 {
            let pool = ThreadPool(threads: threads)
            defer { pool.close() }
            XCTAssertEqual(alone, try evaluate(plan, inputs, pool: pool))
        }
    }

    /// Normals drawn inside a region and outside of one are the same numbers.
    func testRandomDrawsDoNotDependOnPacking() throws {
        for batch in [16, 21] {
            let graph = Graph()
            let x = graph.input([batch, 1, 7]), w = graph.input([1, 1, 1])
            let noise = try graph.apply(RandomDraw(.normal, [batch, 1, 7], .float32, stream: 5), [])
            let inRegion = try Plan(graph, outputs: [(x + noise).convolve(w, ConvolutionAttributes())])
            XCTAssertTrue(inRegion.samples == batch)
            let zeros = [Double](repeating: 0, count: batch * 7)
            let packed = try evaluate(inRegion, [zeros, [1]], seed: 9, step: 3)[0]
            let alone = Graph()
            let plain = try evaluate(alone, [try alone.apply(RandomDraw(.normal, [batch, 1, 7], .float32, stream: 5), [])], [], seed: 9, step: 3)[0]
            XCTAssertEqual(packed, plain)
            XCTAssertNotEqual(packed, try evaluate(inRegion, [zeros, [1]], seed: 9, step: 4)[0])
        }
    }

    /// An operator that mixes samples ends the region: subtracting the batch mean, as batch normalisation does.
    func testMixingSamplesFallsBackToTheWholeBatch() throws {
        let graph = Graph()
        let x = graph.input([20, 1, 6], .float64), w = graph.input([1, 1, 3], .float64)
        var attributes = ConvolutionAttributes()
        (attributes.padLeft, attributes.padRight) = (1, 1)
        let y = try x.convolve(w, attributes)
        let centred = y - (try y.sum([0]) * (1 / 20.0))
        let largest = try centred.reduce(.maximum, [0])
        let z = try (centred / (largest + 1.0)).convolve(w, attributes)
        var draws = Draws(8)
        let inputs = [draws.values(120), draws.values(3)]
        func convolve(_ v: [Double]) -> [Double] {
            var result = [Double](repeating: 0, count: 120)
            for b in 0..<20 { for p in 0..<6 { for t in 0..<3 where (0..<6).contains(p + t - 1) { result[b * 6 + p] += inputs[1][t] * v[b * 6 + p + t - 1] } } }
            return result
        }
        var expected = convolve(inputs[0])
        for p in 0..<6 {
            let mean = (0..<20).reduce(0.0) { $0 + expected[$1 * 6 + p] } / 20
            for b in 0..<20 { expected[b * 6 + p] -= mean }
            let largest = (0..<20).map { expected[$0 * 6 + p] }.max()!
            for b in 0..<20 { expected[b * 6 + p] /= largest + 1 }
        }
        assertClose(try evaluate(graph, [z], inputs)[0], convolve(expected), 1e-12)
    }

    func testFoldedNormalOperatorAgreesWithItsParts() throws {
        for (length, taps) in [(16, 5), (9, 9), (8, 8), (7, 4)] {
            var draws = Draws(UInt64(length))
            let kernel = draws.values(taps), values = draws.values(3 * length)
            var attributes = ConvolutionAttributes()
            (attributes.mode, attributes.padLeft, attributes.padRight) = (.circular, taps / 2, taps - 1 - taps / 2)
            let graph = Graph()
            let x = graph.input([3, 1, length], .float64)
            let k = graph.constant(ConstantContents(shape: [1, 1, taps], dtype: .float64, values: kernel))
            let folded = try x.convolve(k, attributes).convolveTransposed(k, attributes, spatial: [length])
            XCTAssertTrue(folded.op is Convolution)
            func shifted(_ v: [Double], _ position: (Int, Int) -> Int) -> [Double] {
                var result = [Double](repeating: 0, count: 3 * length)
                for b in 0..<3 { for p in 0..<length { for t in 0..<taps { result[b * length + p] += kernel[t] * v[b * length + position(p, t)] } } }
                return result
            }
            func forward(_ v: [Double]) -> [Double] {
                shifted(v) { p, t in (p + t - taps / 2 + 2 * length) % length }
            }
            func adjoint(_ v: [Double]) -> [Double] {
                shifted(v) { p, t in (p - t + taps / 2 + 2 * length) % length }
            }
            assertClose(try evaluate(graph, [folded], [values])[0], adjoint(forward(values)), 1e-13, "length \(length), taps \(taps)")
        }
    }

    func testErrorsSayWhatWasExpected() throws {
        let graph = Graph()
        XCTAssertThrowsError(try graph.input([2, 3]).matmul(graph.input([4, 5]))) { XCTAssertEqual("\($0)", "matmul: inner dimensions differ: {2, 3} x {4, 5}") }
        XCTAssertThrowsError(try graph.input([2, 3]).reshape([4, 2])) { XCTAssertEqual("\($0)", "reshape: {2, 3} has 6 elements, {4, 2} has 8") }
        XCTAssertThrowsError(try graph.input([2, 1, 3]).convolve(graph.input([1, 1, 5]), ConvolutionAttributes())) {
            XCTAssertEqual("\($0)", "conv1d: 5 taps (dilation 1) reach over 5 positions, the padded input has 3")
        }
    }

    /// A mix of rolled and scaled values is one pass, piece by piece between the shifts.
    func testRolledCombinationsAgreeWithLoops() throws {
        for (batch, length, shifts) in [(16, 12, [0, 5, -3]), (5, 7, [2, 2, 0]), (33, 4, [4, -9, 1])] {
            let graph = Graph()
            let shape = [batch, 1, length]
            let inputs = shifts.map { _ in graph.input(shape, .float64) }
            let factor = graph.input([1], .float64)
            var sum = try inputs[0].roll(axis: 2, by: shifts[0]) * 0.5
            for (x, shift) in zip(inputs, shifts).dropFirst() { sum = sum - (try (factor * x).roll(axis: 2, by: shift)) }
            let total = try (sum * sum).sum()
            let plan = try Plan(graph, outputs: [sum, total] + gradients(of: total, withRespectTo: inputs))
            var draws = Draws(UInt64(length))
            let values = shifts.map { _ in draws.values(shape.elements) }, scale = draws.values(1)
            let results = try evaluate(plan, values + [scale])
            func at(_ i: Int, _ b: Int, _ p: Int) -> Double { values[i][b * length + (((p - shifts[i]) % length) + length) % length] }
            var expected: [Double] = []
            for b in 0..<batch { for p in 0..<length { expected.append(0.5 * at(0, b, p) - scale[0] * at(1, b, p) - scale[0] * at(2, b, p)) } }
            assertClose(results[0], expected, 1e-12, "shifts \(shifts)")
            for i in shifts.indices {
                let c = i == 0 ? 0.5 : -scale[0]
                var gradient = [Double](repeating: 0, count: shape.elements)
                for b in 0..<batch { for p in 0..<length {
                    gradient[b * length + (((p - shifts[i]) % length) + length) % length] += 2 * c * expected[b * length + p]
                } }
                assertClose(results[2 + i], gradient, 1e-12, "gradient \(i), shifts \(shifts)")
            }
        }
    }
}
