import Engine
import Foundation
import Tensors
import XCTest
@testable import DARTS

/// What each strategy draws, and how its gradient goes, against definitions written out.
final class RelaxationTests: XCTestCase {
    private struct Gamma: Decodable {
        let a: [Double], x: [Double], derivative: [Double], points: [Double], digamma: [Double], gammaln: [Double]
        let alpha: [Double], divergence: Double, divergence_gradient: [Double]
    }
    private func fixture() throws -> Gamma {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/gamma.json")
        return try JSONDecoder().decode(Gamma.self, from: Data(contentsOf: path))
    }

    private func evaluate(_ values: [Double], _ shape: Shape, _ dtype: DType = .float32, numbers: [Double] = [], seed: UInt64 = 1,
                     _ build: (Engine.Expression, Engine.Expression?) throws -> [Engine.Expression]) throws -> [[Double]] {
        let graph = Graph()
        let x = graph.input(shape, dtype), n = numbers.isEmpty ? nil : graph.input([numbers.count], dtype)
        let plan = try Plan(graph, outputs: try build(x, n))
        return try Tensor.run(plan, inputs: [Tensor(values, shape: shape, dtype)] + (n == nil ? [] : [Tensor(numbers, shape: [numbers.count], dtype)]), seed: seed).map { try $0.values() }
    }

    private func softmax(_ row: [Double]) -> [Double] {
        let e = row.map { exp($0) }, sum = e.reduce(0, +)
        return e.map { $0 / sum }
    }

    /// The share of each column that is 1, over many equal rows.
    private func shares(_ weights: [Double], columns: Int) -> [Double] {
        var counts = [Double](repeating: 0, count: columns)
        for (i, weight) in weights.enumerated() { counts[i % columns] += weight }
        return counts.map { $0 / Double(weights.count / columns) }
    }

    private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let squares: [Double] = values.map { ($0 - mean) * ($0 - mean) }
        return (mean, squares.reduce(0, +) / Double(values.count))
    }

    func testGumbelDrawsFollowSoftmax() throws {
        let row = [0.3, -0.5, 1.1], n = 40_000
        let weights = try evaluate((0..<n).flatMap { _ in row }, [n, 3], numbers: [1]) { [try Gdas().weights($0, RelaxationContext(.alpha, numbers: $1))] }[0]
        for (share, p) in zip(shares(weights, columns: 3), softmax(row)) { XCTAssertEqual(share, p, accuracy: 4.5 * (p * (1 - p) / Double(n)).squareRoot()) }
        for r in stride(from: 0, to: 3000, by: 3) { XCTAssertEqual(weights[r..<r + 3].sorted(), [0, 0, 1]) }
    }

    /// Straight through: forward the hard draw, backward the soft one, of the same uniform draws.
    func testGumbelGradient() throws {
        let alpha = [0.3, -0.5, 1.1, 0, 0.2, -2], c = [1.0, -2, 0.5, 3, 0.1, 0.7], t = 0.8
        let context = { RelaxationContext(.alpha, numbers: $0) }
        let got = try evaluate(alpha, [2, 3], .float64, numbers: [t]) { a, n in
            let weights = try Gdas().weights(a, context(n))
            let loss = try (weights * a.graph.constant(ConstantContents(shape: [2, 3], dtype: .float64, values: c))).sum()
            return [weights, try gradients(of: loss, withRespectTo: [a])[0]]
        }
        let uniform = try evaluate(alpha, [2, 3], .float64) { a, _ in [try a.graph.uniform([2, 3], .float64)] }[0]
        for row in 0..<2 {
            let at = 3 * row..<3 * row + 3
            let p = softmax(Array(alpha[at]))
            let logits = zip(p, uniform[at]).map { (log($0) - log(-log($1))) / t }
            let soft = softmax(logits)
            XCTAssertEqual(Array(got[0][at]), logits.map { $0 == logits.max() ? 1 : 0 })
            // d soft_i / d alpha_j = soft_i (delta_ij - soft_j) / t: log softmax shifts a row by the same everywhere.
            for j in 0..<3 {
                var expected = 0.0
                for i in 0..<3 {
                    let own: Double = i == j ? 1 : 0
                    expected += c[at.lowerBound + i] * soft[i] * (own - soft[j]) / t
                }
                XCTAssertEqual(got[1][at.lowerBound + j], expected, accuracy: 1e-9)
            }
        }
    }

    func testTemperatureAndEpsilonAreLinear() {
        XCTAssertEqual(Gdas().numbers(step: 0, of: 100)[0], 10)
        XCTAssertEqual(Gdas().numbers(step: 99, of: 100)[0], 0.1, accuracy: 1e-12)
        XCTAssertEqual(Sdarts().numbers(step: 50, of: 100)[0], 0.165, accuracy: 1e-12)
    }

    func testFair() throws {
        let alpha = [0.5, -1.2, 2, 0.1], s = alpha.map { 1 / (1 + exp(-$0)) }
        let got = try evaluate(alpha, [2, 2], .float64) { a, _ in
            let w = Fair().weights(a, RelaxationContext(.alpha))
            return [w, try Fair(zeroOne: 10).penalty(a, w, RelaxationContext(.alpha))!]
        }
        for (a, b) in zip(got[0], s) { XCTAssertEqual(a, b, accuracy: 1e-12) }
        let distances: [Double] = s.map { ($0 - 0.5) * ($0 - 0.5) }
        XCTAssertEqual(got[1][0], -10 * distances.reduce(0, +) / 4, accuracy: 1e-12)
    }

    /// The adversary climbs c . w with the same draws as written out here; the random one stops at its first point.
    func testPerturbations() throws {
        let alpha = [0.3, -0.5, 1.1], c = [1.0, -2, 0.5], epsilon = 0.2
        let u = try evaluate(alpha, [1, 3], .float64) { a, _ in [try a.graph.uniform([1, 3], .float64)] }[0]
        func simplex(_ w: [Double]) -> [Double] {
            let cut = w.map { max($0, 0) }
            return cut.map { $0 / cut.reduce(0, +) }
        }
        let centre = softmax(alpha)
        var delta = u.map { epsilon * (2 * $0 - 1) }
        let random = simplex(zip(centre, delta).map(+))
        for _ in 0..<7 {
            let point = simplex(zip(centre, delta).map(+))
            for i in 0..<3 {
                let up: Double = c[i] > 0 ? 2 * epsilon / 7 : -2 * epsilon / 7
                delta[i] = min(epsilon, max(-epsilon, point[i] - centre[i] + up))
            }
        }
        let adversarial = simplex(zip(centre, delta).map(+))
        for (kind, expected) in [(Sdarts.Perturbation.random, random), (.adversarial, adversarial)] {
            let got = try evaluate(alpha, [1, 3], .float64, numbers: [epsilon]) { a, n in
                let context = RelaxationContext(.theta, numbers: n)
                let weights = try Sdarts(kind).weights(a, context)
                return [try Sdarts(kind).trainingWeights(weights, context) { try ($0 * a.graph.constant(ConstantContents(shape: [1, 3], dtype: .float64, values: c))).sum() }]
            }[0]
            for (a, b) in zip(got, expected) { XCTAssertEqual(a, b, accuracy: 1e-9, kind.rawValue) }
        }
    }

    func testPartialBatch() throws {
        let n = 20_000
        let got = try evaluate([Double](repeating: 1, count: n * 2), [n, 1, 2]) { x, _ in [try Pc().join(5 * x, x, RelaxationContext(.theta))] }[0]
        for i in stride(from: 0, to: 2 * n, by: 2) where got[i] != got[i + 1] || (got[i] != 1 && got[i] != 5) { XCTFail("\(i)") }
        let share = Double(got.filter { $0 == 5 }.count) / Double(2 * n), deviation = (0.1875 / Double(n)).squareRoot()
        XCTAssertEqual(share, 0.25, accuracy: 4.5 * deviation)
    }

    func testUniformPaths() throws {
        let n = 40_000
        let weights = try evaluate([Double](repeating: 0, count: 4 * n), [n, 4]) { a, _ in [try RandomSharing().weights(a, RelaxationContext(.theta))] }[0]
        for share in shares(weights, columns: 4) { XCTAssertEqual(share, 0.25, accuracy: 4.5 * (0.25 * 0.75 / Double(n)).squareRoot()) }
    }

    func testGammaDerivativeAgainstJAX() throws {
        let f = try fixture()
        for dtype in [DType.float32, .float64] {
            let graph = Graph()
            let a = graph.input([f.a.count], dtype), x = graph.input([f.a.count], dtype)
            let plan = try Plan(graph, outputs: [gammaDerivative(shape: a, draw: x)])
            let got = try Tensor.run(plan, inputs: [Tensor(f.a, shape: [f.a.count], dtype), Tensor(f.x, shape: [f.a.count], dtype)])[0].values()
            for i in got.indices {
                XCTAssertEqual(got[i], f.derivative[i], accuracy: (dtype == .float32 ? 2e-4 : 2e-5) * max(0.05, abs(f.derivative[i])), "a = \(f.a[i]), x = \(f.x[i]), \(dtype)")
            }
        }
        let special = try evaluate(f.points, [f.points.count], .float64) { x, _ in [digamma(x), logGamma(x)] }
        for i in f.points.indices {
            XCTAssertEqual(special[0][i], f.digamma[i], accuracy: 1e-7 * max(1, abs(f.digamma[i])))
            XCTAssertEqual(special[1][i], f.gammaln[i], accuracy: 1e-7)
        }
    }

    /// KL(Dirichlet(elu(alpha) + 1) || Dirichlet(1)) in float64 by SciPy's gammaln and digamma; 0 at the anchor itself.
    func testDistanceToTheAnchor() throws {
        for (alpha, expected) in [([0.5, 1, -0.3], 0.40448673341227404), ([0, 0, 0], 0), ([2, -1.5, 0.25], 3.156568495382794)] as [([Double], Double)] {
            let got = try evaluate(alpha + alpha, [2, 3], .float64) { x, _ in
                [try Drnas(.kl, scale: 0.5).penalty(x, x, RelaxationContext(.alpha))!]
            }[0][0]
            XCTAssertEqual(got, 0.5 * 2 * expected, accuracy: 1e-6, "\(alpha)")
        }
    }

    /// Mean a_i / s and variance a_i (s - a_i) / (s^2 (s + 1)) of the Dirichlet distribution.
    func testDirichletMoments() throws {
        let row = [-1.5, 0.2, 1.4], n = 60_000
        let a = row.map { $0 > 0 ? $0 + 1 : exp($0) }, s = a.reduce(0, +)
        let weights = try evaluate((0..<n).flatMap { _ in row }, [n, 3]) { x, _ in [try Drnas().weights(x, RelaxationContext(.alpha))] }[0]
        for t in 0..<3 {
            let values = stride(from: t, to: 3 * n, by: 3).map { weights[$0] }
            let (mean, variance) = moments(values)
            let expected = a[t] * (s - a[t]) / (s * s * (s + 1))
            XCTAssertEqual(mean, a[t] / s, accuracy: 4.5 * (expected / Double(n)).squareRoot())
            XCTAssertEqual(variance, expected, accuracy: 0.03 * expected)
        }
    }

    /// The pathwise gradient of the mean weights is, on average, that of a_i / s.
    func testDirichletGradient() throws {
        let row = [-0.7, 0.2, 1.4], n = 60_000, c = [1.0, -0.5, 2]
        let a = row.map { $0 > 0 ? $0 + 1 : exp($0) }, s = a.reduce(0, +)
        let gradient = try evaluate((0..<n).flatMap { _ in row }, [n, 3]) { x, _ in
            let weights = try Drnas().weights(x, RelaxationContext(.alpha))
            return [try gradients(of: (weights * x.graph.constant(ConstantContents(shape: [3], dtype: .float32, values: c))).sum(), withRespectTo: [x])[0]]
        }[0]
        let mean = zip(a, c).map { $0 * $1 / s }.reduce(0, +)
        for t in 0..<3 {
            let values = stride(from: t, to: 3 * n, by: 3).map { gradient[$0] }
            let (average, variance) = moments(values), slope: Double = row[t] > 0 ? 1 : a[t]
            XCTAssertEqual(average, (c[t] - mean) / s * slope, accuracy: 4.5 * (variance / Double(n)).squareRoot())
        }
    }

    func testDirichletDivergenceAgainstJAX() throws {
        let f = try fixture()
        let got = try evaluate(f.alpha, [3, 3], .float64) { a, _ in
            let loss = try Drnas(.kl, scale: 1).penalty(a, a, RelaxationContext(.alpha))!
            return [loss, try gradients(of: loss, withRespectTo: [a])[0]]
        }
        XCTAssertEqual(got[0][0], f.divergence, accuracy: 1e-6)
        for (a, b) in zip(got[1], f.divergence_gradient) { XCTAssertEqual(a, b, accuracy: 1e-5) }
    }
}
