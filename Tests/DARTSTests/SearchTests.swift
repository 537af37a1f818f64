import Datasets
import Engine
import Operations
import Tensors
import XCTest
@testable import DARTS

final class SearchTests: XCTestCase {
    private func data(noise: Double = 0.1, measurement: (any Datasets.Measurement)? = nil) throws -> Dataset {
        try Cosines(length: 16, counts: (64, 64, 32), magnitude: .init(0.5, 1.5), frequency: .init(1, 1.5), phase: .init(0, 6), offset: .init(0, 0),
                    measurement: measurement ?? GaussianMeasurement(sigma: 1, taps: 5, noise: noise), seed: 1).draw(seed: 1)
    }

    /// The loss of the relaxed network in float64: its gradient beside central differences, for alpha and for theta.
    func testGradientsOfTheRelaxedNetwork() throws {
        let data = try data()
        let space = try Space(nodes: 3, operations: [GradientDescent(), ConvolutionalNetwork(channels: 3, kernel: 3, activation: .tanh), RollOperation(shift: 3)])
        let count = space.operations.count, signal = data.signalShape
        let layout = try ParameterLayout(space, signal: signal, present: Array(repeating: Array(0..<count), count: 3))
        let network = Network(space: space, measurement: data.measurement, signal: signal, training: true)
        let n = data.train.clean.shape[0]
        func plan(gradient: Bool) throws -> Plan {
            let graph = Graph()
            let clean = graph.input(data.train.clean.shape, .float64), measured = graph.input([n] + Array(data.train.measured.shape.dropFirst()), .float64)
            let theta = graph.input([layout.count], .float64), alpha = graph.input([3 * count], .float64)
            let loss = try meanSquaredError(network.relaxed(measured, theta: theta, layout: layout, weights: alpha.reshape([3, count]).softmax(1)), clean)
            return try Plan(graph, outputs: gradient ? gradients(of: loss, withRespectTo: [theta, alpha]) : [loss])
        }
        let (loss, gradient) = (try plan(gradient: false), try plan(gradient: true))
        let batch = [try data.train.clean.convert(to: .float64), try data.train.measured.convert(to: .float64)]
        let values = [layout.initialValues(seed: 3).map(Double.init), (0..<3 * count).map { 0.3 * sin(Double($0)) }]
        func run(_ plan: Plan, _ values: [[Double]]) throws -> [[Double]] {
            let vectors = values.map { Tensor($0, shape: [$0.count], .float64) }
            return try Tensor.run(plan, inputs: batch + vectors).map { try $0.values() }
        }
        let exact = try run(gradient, values)
        for (which, vector) in values.enumerated() {
            for i in vector.indices {
                var up = values, down = values
                up[which][i] += 1e-5
                down[which][i] -= 1e-5
                let difference = (try run(loss, up)[0][0] - run(loss, down)[0][0]) / 2e-5
                XCTAssertEqual(exact[which][i], difference, accuracy: 1e-8 + 1e-6 * abs(difference), "\(which == 0 ? "theta" : "alpha") \(i)")
            }
        }
    }

    /// Signals measured as they are: the identity is right at every node, noise and zero are wrong.
    func testFindsTheOneRightOperation() throws {
        let space = try Space(nodes: 3, operations: [NoiseOperation(sigma: 1), IdentityOperation(), ZeroOperation()])
        var settings = SearchSettings()
        settings.steps = 100
        let result = try search(space, on: data(measurement: IdentityMeasurement(noise: 0)), settings: settings, seed: 4)
        XCTAssertEqual(result.architecture.chosen, ["identity", "identity", "identity"])
        for node in 0..<3 { XCTAssertEqual(result.weights[3 * node..<3 * node + 3].reduce(0, +), 1, accuracy: 1e-5) }
        XCTAssertEqual(result.alphaHistory.count, 100 * 9)
    }

    func testSameSeedSameBits() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), ConvolutionalNetwork(), NoiseOperation()])
        var settings = SearchSettings()
        settings.steps = 20
        let data = try data()
        let (a, b, c) = (try search(space, on: data, settings: settings, seed: 7), try search(space, on: data, settings: settings, seed: 7),
                         try search(space, on: data, settings: settings, seed: 8))
        XCTAssertEqual(a.theta.map(\.bitPattern), b.theta.map(\.bitPattern))
        XCTAssertEqual(a.alpha.map(\.bitPattern), b.alpha.map(\.bitPattern))
        XCTAssertNotEqual(a.alpha, c.alpha)
    }

    /// Adam's first update is the rate in the direction of the gradient's sign, however long alpha rested before it (Kingma
    /// and Ba 2015, section 2.1; torch.optim.Adam gives it for a parameter whose updates begin late).
    func testAlphaStepAfterAWarmupIsTheRate() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), ConvolutionalNetwork(channels: 2)])
        for (strategy, warmup, steps) in [("darts", 0, 3), ("darts", 4, 7), ("pc", nil, 12), ("gdas", 5, 8), ("drnas", 5, 8), ("fair", 9, 12)] as [(String, Int?, Int)] {
            var settings = SearchSettings.standard(StrategyDeclaration.named(strategy)!.strategy())
            (settings.steps, settings.warmup, settings.alphaInitial, settings.alpha.weightDecay) = (steps, warmup, 0, 0)
            let result = try search(space, on: data(), settings: settings, seed: 1)
            let first = warmup ?? steps * 3 / 10
            for (i, value) in result.alphaHistory[4 * first..<4 * first + 4].enumerated() {
                XCTAssertEqual(abs(value), 0.02, accuracy: 2e-4, "\(strategy), entry \(i) after \(first) steps of rest")
            }
            if first > 0 { XCTAssertEqual(Array(result.alphaHistory[4 * first - 4..<4 * first]), [0, 0, 0, 0], strategy) }
        }
    }

    /// While alpha rests its values stay, and no validation loss is taken: its place in the history is NaN.
    func testWarmup() throws {
        let space = try Space(nodes: 2, operations: [GradientDescent(), ConvolutionalNetwork()])
        var settings = SearchSettings()
        (settings.steps, settings.warmup) = (10, 6)
        let result = try search(space, on: data(), settings: settings, seed: 1)
        XCTAssertEqual(result.validationLosses.map(\.isNaN), (0..<10).map { $0 < 6 })
        XCTAssertEqual(result.trainingLosses.count, 10)
        XCTAssertEqual(Array(result.alphaHistory[0..<4]), Array(result.alphaHistory[20..<24]))
        XCTAssertNotEqual(Array(result.alphaHistory[0..<4]), Array(result.alphaHistory[36..<40]))
    }

    /// What has no weights has losses: the mean squared error of each batch, nothing being moved.
    func testLossesWithoutWeights() throws {
        let data = try data(measurement: IdentityMeasurement(noise: 0.1)), roll = RollOperation(shift: 3)
        let space = try Space(nodes: 1, operations: [IdentityOperation(), roll, ZeroOperation()])
        func expected(_ split: Split, step: Int, _ network: (Int, Int, [Double]) -> Double) throws -> Double {
            let (clean, measured) = (try split.clean.values(), try split.measured.values())
            var sum = 0.0
            for i in 0..<16 {
                let row = (step * 16 + i) % split.count, y = Array(measured[row * 16..<row * 16 + 16])
                for t in 0..<16 { sum += pow(network(row, t, y) - clean[row * 16 + t], 2) }
            }
            return sum / 256
        }
        func rolled(_ y: [Double], _ t: Int) -> Double { y[(t + 13) % 16] }
        var settings = SearchSettings()
        (settings.steps, settings.warmup, settings.alphaInitial) = (6, 4, 0)
        let found = try search(space, on: data, settings: settings, seed: 1)
        XCTAssertEqual(found.trainingLosses.count, 6)
        for step in 0..<4 {
            let loss = try expected(data.train, step: step) { _, t, y in (y[t] + rolled(y, t)) / 3 }
            XCTAssertEqual(Double(found.trainingLosses[step]), loss, accuracy: 1e-5 * loss, "search, step \(step)")
        }
        var training = TrainingSettings()
        training.steps = 6
        for (name, network) in [("identity", { y, t in y[t] }), ("roll", rolled), ("zero", { _, _ in 0 })] as [(String, ([Double], Int) -> Double)] {
            let trained = try train(space.architecture([name]), in: space, on: data, settings: training, seed: 1)
            for step in 0..<6 {
                let loss = try expected(data.train, step: step) { _, t, y in network(y, t) }
                XCTAssertEqual(Double(trained.losses[step]), loss, accuracy: 1e-5 * loss, "\(name), step \(step)")
            }
        }
    }

    /// Every strategy, whatever rests: as many losses as steps.
    func testHistoriesAreAsLongAsTheSteps() throws {
        for operations in [[GradientDescent(), ConvolutionalNetwork(channels: 2)], [IdentityOperation(), RollOperation()]] as [[any Operations.Operation]] {
            let space = try Space(nodes: 2, operations: operations)
            for declaration in StrategyDeclaration.all where declaration.kind == .relaxation || declaration.kind == .paths {
                for warmup in [nil, 0, 3, 30] {
                    var settings = SearchSettings.standard(declaration.strategy(declaration.name == "random_ws" ? ["samples": .integer(5)] : [:]))
                    (settings.steps, settings.warmup) = (10, warmup)
                    let found = try search(space, on: data(), settings: settings, seed: 1)
                    XCTAssertEqual(found.trainingLosses.count, 10, declaration.name)
                    XCTAssertTrue(found.trainingLosses.allSatisfy(\.isFinite))
                    XCTAssertEqual(found.validationLosses.count, 10, declaration.name)
                    let resting = declaration.kind == .paths ? 10 : min(10, warmup ?? (declaration.name == "pc" ? 3 : 0))
                    XCTAssertEqual(found.validationLosses.count(where: \.isNaN), resting, declaration.name)
                    XCTAssertEqual(found.alphaHistory.count, declaration.kind == .paths ? 0 : 40, declaration.name)
                }
            }
        }
    }
}
