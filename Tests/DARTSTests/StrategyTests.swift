import Datasets
import Engine
import Operations
import Tensors
import XCTest
@testable import DARTS

/// Every strategy on problems whose answer is known.
final class StrategyTests: XCTestCase {
    private func data(_ measurement: any Datasets.Measurement = IdentityMeasurement(noise: 0), counts: (Int, Int, Int) = (64, 64, 32)) throws -> Dataset {
        try Cosines(length: 16, counts: (counts.0, counts.1, counts.2), magnitude: .init(0.5, 1.5), frequency: .init(1, 1.5), phase: .init(0, 6), offset: .init(0, 0),
                    measurement: measurement, seed: 1).draw(seed: 1)
    }
    private func settings(_ name: String, steps: Int, _ options: [String: StrategyOption.Value] = [:]) -> SearchSettings {
        var settings = SearchSettings.standard(StrategyDeclaration.named(name)!.strategy(options))
        settings.steps = steps
        return settings
    }
    private let small: [String: [String: StrategyOption.Value]] = [
        "random_ws": ["samples": .integer(200)], "evolution": ["population": .integer(10), "sample": .integer(5), "cycles": .integer(60)],
    ]

    /// Signals are measured as they are: keeping them is right at every node, noise and a shift are wrong.
    func testEveryStrategyFindsTheOneRightOperation() throws {
        let space = try Space(nodes: 3, operations: [NoiseOperation(sigma: 3), IdentityOperation(), RollOperation(shift: 3)])
        let data = try data()
        // Where operations do not compete, noise carries the signal too and two shifts undo each other: one node has one answer.
        let single = try Space(nodes: 1, operations: [NoiseOperation(sigma: 3), IdentityOperation(), RollOperation(shift: 8)])
        for declaration in StrategyDeclaration.all where declaration.kind != .nothing {
            let space = declaration.name == "fair" ? single : space
            let result = try search(space, on: data, settings: settings(declaration.name, steps: 200, small[declaration.name] ?? [:]), seed: 4)
            XCTAssertEqual(result.architecture.chosen, Array(repeating: "identity", count: space.nodes), declaration.name)
        }
        var adversarial = settings("sdarts", steps: 100, ["perturbation": .choice("adversarial")])
        adversarial.batch = 8
        XCTAssertEqual(try search(space, on: data, settings: adversarial, seed: 4).architecture.chosen, ["identity", "identity", "identity"])
        var perturbation = settings("darts", steps: 50)
        perturbation.selection = .perturbation(tuning: 5)
        XCTAssertEqual(try search(space, on: data, settings: perturbation, seed: 4).architecture.chosen, ["identity", "identity", "identity"])
    }

    /// With weights to train, and twice with the same bits.
    func testSameSeedSameBits() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), ConvolutionalNetwork(channels: 3, kernel: 3), NoiseOperation(sigma: 0.5)])
        let data = try data(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1))
        for declaration in StrategyDeclaration.all {
            var settings = settings(declaration.name, steps: 12, small[declaration.name] ?? [:])
            settings.warmup = 2
            settings.entropy = 0.01
            settings.scoreEvery = 6
            settings.hessian.every = 4
            if declaration.kind == .relaxation { settings.selection = .perturbation(tuning: 3) }
            let (a, b) = (try search(space, on: data, settings: settings, seed: 7), try search(space, on: data, settings: settings, seed: 7))
            XCTAssertEqual(a.architecture, b.architecture, declaration.name)
            XCTAssertEqual(a.theta.map(\.bitPattern), b.theta.map(\.bitPattern), declaration.name)
            XCTAssertEqual(a.alphaHistory.map(\.bitPattern), b.alphaHistory.map(\.bitPattern), declaration.name)
            XCTAssertEqual(a.candidates.map(\.score), b.candidates.map(\.score), declaration.name)
            if declaration.kind == .relaxation {
                XCTAssertEqual(a.validationLosses.map(\.isNaN), (0..<12).map { $0 < 2 })
                XCTAssertEqual(a.scores.map(\.step), [6, 12])
                XCTAssertEqual(a.eigenvalues.map(\.step), [4, 8, 12])
                XCTAssertNotNil(a.oneShotScaled)
            }
        }
    }

    /// Evolution and exhaustive search against a fitness that is known: the number of nodes with the third operation.
    func testCandidates() throws {
        let space = try Space(nodes: 4, operations: [RollOperation(), NoiseOperation(), IdentityOperation()])
        func fitness(_ a: Architecture) -> Double { Double(a.choices.filter { $0 == 2 }.count) }
        let all = Candidates(space, seed: 1, progress: nil, train: fitness)
        XCTAssertEqual(try Exhaustive().choose(all).choices, [2, 2, 2, 2])
        XCTAssertEqual(all.scores.count, 81)
        let evolved = Candidates(space, seed: 3, progress: nil, train: fitness)
        XCTAssertEqual(try Evolution(population: 8, sample: 4, cycles: 80).choose(evolved).choices, [2, 2, 2, 2])
        XCTAssertLessThan(evolved.scores.count, 81)
        for i in 0..<40 as Range<UInt64> {
            let a = space.random(seed: i), b = space.neighbour(of: a, seed: i)
            XCTAssertEqual(zip(a.choices, b.choices).filter { $0 != $1 }.count, 1)
        }
        XCTAssertThrowsError(try search(space, on: data(), settings: settings("exhaustive", steps: 1, ["limit": .integer(80)]), seed: 1)) {
            XCTAssertTrue("\($0)".contains("at most 80"), "\($0)")
        }
    }

    func testOneOperationIsNoSpace() throws {
        let space = try Space(nodes: 2, operations: [IdentityOperation()])
        XCTAssertThrowsError(try search(space, on: data(), settings: SearchSettings(), seed: 1)) { XCTAssertTrue("\($0)".contains("'identity' alone"), "\($0)") }
    }

    /// Minus the entropy in the loss makes the weights more equal than plus does.
    func testEntropy() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), IdentityOperation(), RollOperation(shift: 1)])
        func largest(_ entropy: Double) throws -> Float {
            var settings = settings("darts", steps: 60)
            settings.entropy = entropy
            return try search(space, on: data(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1)), settings: settings, seed: 1).weights.max()!
        }
        XCTAssertGreaterThan(try largest(1), try largest(-1) + 0.1)
    }

    // MARK: Hessian

    func testLanczosAgainstKnownEigenvalues() {
        let n = 12
        // A reflection of a diagonal matrix has its eigenvalues: H D H, H = 1 - 2 u u'.
        let u = (0..<n).map { sin(Double($0 + 1)) }, length = u.reduce(0) { $0 + $1 * $1 }
        func reflect(_ v: [Double]) -> [Double] {
            let along = 2 * zip(u, v).reduce(0) { $0 + $1.0 * $1.1 } / length
            return (0..<n).map { v[$0] - along * u[$0] }
        }
        let rising: [Double] = (0..<n).map { Double($0) - 3 }, falling: [Double] = (0..<n).map { 2 - 1.5 * Double($0) }
        for eigenvalues in [rising, falling, [Double](repeating: 0, count: n)] {
            let got = Lanczos.dominantEigenvalue(size: n) { v in
                let r = reflect(v)
                return reflect((0..<n).map { eigenvalues[$0] * r[$0] })
            }
            XCTAssertEqual(got, eigenvalues.max { abs($0) < abs($1) }!, accuracy: 1e-9)
        }
    }

    /// The products against central differences of the gradient in float64, and the eigenvalue against power iteration on the dense matrix.
    func testHessianOfAlpha() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), ConvolutionalNetwork(channels: 3, kernel: 3, activation: .tanh), RollOperation(shift: 2)])
        let data = try data(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1), counts: (16, 16, 16))
        var settings = settings("darts", steps: 20)
        settings.alphaInitial = 0.5
        let run = try SearchRun(space, Darts(), data: data, settings: settings, seed: 2)
        let hessian = try AlphaHessian(run), feed = try run.feed(data.validation), n = 6
        let batch = Batch(clean: try data.validation.clean.convert(to: .float64), measured: try data.validation.measured.convert(to: .float64), measurement: data.measurement)
        func gradient(_ alpha: [Double]) throws -> [Double] {
            try Relaxation(space: space, layout: run.layout, theta: Tensor(run.theta.values.map(Double.init), shape: [run.layout.count], .float64), alpha: Tensor(alpha, shape: [2, 3], .float64))
                .alphaGradient(.firstOrder, validation: batch, training: nil, step: .init(rate: 0), seed: 1).values()
        }
        let alpha = run.alpha.values.map(Double.init)
        var dense: [[Double]] = []
        for i in 0..<n {
            var unit = [Double](repeating: 0, count: n)
            unit[i] = 1
            let product = try hessian.product(unit, feed, step: 0)
            var (up, down) = (alpha, alpha)
            up[i] += 1e-5
            down[i] -= 1e-5
            let column = zip(try gradient(up), try gradient(down)).map { ($0 - $1) / 2e-5 }
            for j in 0..<n { XCTAssertEqual(product[j], column[j], accuracy: 2e-4 * max(0.1, abs(column[j]))) }
            dense.append(column)
        }
        var v = (0..<n).map { 1 + Double($0 % 3) }, eigenvalue = 0.0
        for _ in 0..<5000 {
            let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
            v = v.map { $0 / length }
            let w = dense.map { row in zip(row, v).reduce(0) { $0 + $1.0 * $1.1 } }
            eigenvalue = zip(v, w).reduce(0) { $0 + $1.0 * $1.1 }
            v = w
        }
        XCTAssertEqual(try hessian.dominantEigenvalue(feed, step: 0), eigenvalue, accuracy: 1e-3 * abs(eigenvalue))
    }

    func testRiseEndsASearch() {
        var settings = HessianSettings()
        (settings.window, settings.distance, settings.start) = (3, 2, 0)
        var detector = RiseDetector<Int>(settings, steps: 100)
        var kept: Int?
        for (i, value) in [1, 1, 1, 1.1, 1, 1, 2, 3].enumerated() where kept == nil {
            let before = detector.add(value, step: 10 * i, state: i)
            XCTAssertEqual(before.map { 10 * $0.state }, before?.step)
            kept = before?.step
        }
        // Averages of three: 1, 1.033, 1.033, 1.033, 1.333 (not above 1.3 times), 2 against 1.033 at values 3, 4, 5 (steps 30 to 50).
        XCTAssertEqual(kept, 40)
    }

    func testEarlyStopReturnsTheStateOfBefore() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), ConvolutionalNetwork(channels: 3, kernel: 3), RollOperation(shift: 2)])
        var settings = settings("darts", steps: 60)
        settings.stopsEarly = true
        (settings.hessian.every, settings.hessian.window, settings.hessian.distance, settings.hessian.factor, settings.hessian.start) = (2, 1, 1, 1e-9, 0)
        let result = try search(space, on: data(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1)), settings: settings, seed: 1)
        // Any value ends it: at the second, with the state of the first.
        XCTAssertEqual(result.stopped, 2)
        XCTAssertEqual(result.eigenvalues.map(\.step), [2, 4])
        XCTAssertEqual(result.alpha, Array(result.alphaHistory[6..<12]))
    }

    /// The state gone back to is all of that step's: weights, alpha, the moments of both and the numbers of their updates.
    func testEarlyStopReturnsWhatTheOptimisersRemember() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), ConvolutionalNetwork(channels: 3, kernel: 3), RollOperation(shift: 2)])
        var settings = settings("darts", steps: 60)
        (settings.stopsEarly, settings.warmup) = (true, 3)
        (settings.hessian.every, settings.hessian.window, settings.hessian.distance, settings.hessian.factor, settings.hessian.start) = (5, 1, 1, 1e-9, 0)
        let run = try SearchRun(space, Darts(), data: data(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1)), settings: settings, seed: 1)
        func state() -> [[Float]] { [run.theta.values, run.alpha.values] + run.thetaState.moments.map(\.values) + run.alphaState.moments.map(\.values) }
        var then: [[Float]] = [], other: [[Float]] = []
        try run.all { step in
            if step == 4 { then = state() }
            if step == 8 { other = state() }
        }
        XCTAssertEqual(run.thetaState.updates, 5)
        XCTAssertEqual(run.alphaState.updates, 2)
        XCTAssertEqual(state(), then)
        for (a, b) in zip(then, other) { XCTAssertNotEqual(a, b) }
    }

    // MARK: Spaces

    func testCell() throws {
        let space = try Space(nodes: 3, operations: [GradientDescent(), IdentityOperation(), ZeroOperation()], topology: .cell)
        XCTAssertEqual(space.rows, 6)
        // Node 1 keeps its one edge, node 2 both, node 3 two of three.
        XCTAssertEqual(space.size, 3 * 9 * (3 * 9))
        let all = Array(space.all())
        XCTAssertEqual(all.count, 729)
        XCTAssertEqual(Set(all).count, 729)
        for a in all.prefix(100) + [space.random(seed: 5)] {
            XCTAssertTrue(all.contains(a))
            XCTAssertEqual(try space.architecture(a.chosen), a)
            XCTAssertEqual(try space.architecture([a.description]), a)
        }
        XCTAssertEqual(try space.architecture(["grad(0)", "grad(1) + zero(0)", "identity(0) + grad(2)"]).description, "grad(0) | zero(0) + grad(1) | identity(0) + grad(2)")
        for wrong in [["grad(1)", "grad(0) + grad(1)", "grad(0) + grad(1)"], ["grad(0)", "grad(0)", "grad(0) + grad(1)"], ["grad(0)", "grad(0) + grad(0)", "grad(0) + grad(1)"], ["nothing"], ["grad(0) |"], ["grad(0) | grad(0) | grad(0)"]] {
            XCTAssertThrowsError(try space.architecture(wrong), "\(wrong)")
        }
        let data = try data(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1))
        for name in ["darts", "gdas", "random_ws", "evolution"] {
            let found = try search(space, on: data, settings: settings(name, steps: 10, small[name] ?? [:]), seed: 1)
            XCTAssertEqual(found.architecture.rows.count, 5, name)
            XCTAssertTrue(try train(found.architecture, in: space, on: data, settings: .init(), seed: 1).scores!.psnr.test.isFinite)
        }
    }

    /// One architecture is the relaxed network with weights that are 1 where it is, in a chain and in a cell.
    func testAPathIsARelaxationOfOnes() throws {
        let data = try data(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1))
        for topology in Space.Topology.allCases {
            let space = try Space(nodes: 3, operations: [GradientDescent(), ConvolutionalNetwork(channels: 3, kernel: 3)], topology: topology, skip: true)
            var settings = settings("darts", steps: 5)
            settings.selection = .perturbation(tuning: 0)
            let run = try SearchRun(space, Darts(), data: data, settings: settings, seed: 1)
            let result = try run.result()
            let ones = [Float](repeating: 1, count: space.rows * space.operations.count)
            XCTAssertEqual(try run.relaxedScore(weights: space.masked(ones, to: result.architecture)).psnr(peak: 1), result.oneShotArgmax!, accuracy: 1e-3)
        }
    }

    func testSkip() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), IdentityOperation()], skip: true)
        XCTAssertEqual(space.names, ["grad", "identity", "grad+x0", "identity+x0"])
        // Twice x(0) after the first node, three times after the second.
        XCTAssertEqual(try space.architecture(["grad > identity+x0"]).chosen, ["grad", "identity+x0"])
        for wrong in ["grad > nothing", "grad >", "grad > grad > grad", ">"] { XCTAssertThrowsError(try space.architecture([wrong]), wrong) }
        let architecture = try space.architecture(["identity+x0"])
        let data = try data()
        let trained = try train(architecture, in: space, on: data, settings: .init(), seed: 1)
        let (x, y) = (try trained.reconstruct(data.test.measured).values(), try data.test.measured.values())
        for i in x.indices { XCTAssertEqual(x[i], 3 * y[i], accuracy: 1e-5) }
    }
}
