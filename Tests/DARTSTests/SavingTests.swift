import Datasets
import Engine
import Foundation
import Operations
import Tensors
import XCTest
@testable import DARTS

/// A network that is saved and loaded is the same one; files that are not one are errors that say so.
final class SavingTests: XCTestCase {
    private let path = NSTemporaryDirectory() + "oche-network-\(ProcessInfo.processInfo.processIdentifier).safetensors"
    override func tearDown() { try? FileManager.default.removeItem(atPath: path) }

    private func network(_ measurement: any Datasets.Measurement, topology: Space.Topology = .chain) throws -> (TrainedNetwork, Dataset) {
        let data = try Cosines(length: 16, counts: (32, 32, 32), magnitude: .init(0.5, 1.5), frequency: .init(1, 1.5), phase: .init(0, 6), offset: .init(0, 0),
                               measurement: measurement, seed: 1).draw(seed: 1)
        let operations: [any Operations.Operation] = [
            GradientDescent(), ConvolutionalNetwork(name: "a net, \"with\" {brackets}", channels: 3, kernel: 3, activation: .tanh), SeparableConvolution(channels: 2), ProximalGradient(),
            MomentumGradient(), Smoothing(width: 4), SoftThreshold(), ConvolutionOperation(dilation: 2), RollOperation(shift: -3), NoiseOperation(sigma: 0.1),
            ConvolutionalNetwork(name: "normal", channels: 2, norm: .batch), IdentityOperation(), ZeroOperation(),
        ]
        let space = try Space(nodes: topology == .chain ? 13 : 3, operations: operations, topology: topology, skip: true)
        let architecture = topology == .chain ? space.architecture(rows: Array(0..<13), choices: (0..<13).map { $0 % 3 == 0 ? 25 - $0 : $0 }) : space.random(seed: 3)
        var settings = TrainingSettings()
        settings.steps = 5
        return (try train(architecture, in: space, on: data, settings: settings, seed: 5), data)
    }

    func testRoundTrip() throws {
        let mask = MaskMeasurement(keep: 0.6, seed: 4, noise: 0.1), blur = GaussianMeasurement(sigma: 1.3, taps: 5, noise: 0.05)
        for measurement in [mask, blur, GaussianMeasurement(sigma: 1, factor: 2, noise: 0.1), ComposedMeasurement([mask, blur]), IdentityMeasurement(noise: 0.1)] as [any Datasets.Measurement] {
            for topology in Space.Topology.allCases {
                let (saved, data) = try network(measurement, topology: topology)
                try saved.save(path)
                let loaded = try TrainedNetwork.load(path)
                XCTAssertEqual(loaded.theta.map(\.bitPattern), saved.theta.map(\.bitPattern))
                XCTAssertEqual(loaded.losses, saved.losses)
                XCTAssertEqual(loaded.scores, saved.scores)
                XCTAssertNotNil(loaded.scores)
                XCTAssertEqual(loaded.architecture, saved.architecture)
                XCTAssertEqual(loaded.space.description, saved.space.description)
                XCTAssertEqual(loaded.measurement.description, measurement.description)
                XCTAssertEqual(try loaded.reconstruct(data.test.measured).values(), try saved.reconstruct(data.test.measured).values())
            }
        }
    }

    func testWhatIsNotDescribedIsGivenAgain() throws {
        let matrix = MatrixMeasurement(rows: 8, columns: 16, values: (0..<128).map { sin(Double($0)) }, noise: 0.1)
        let (saved, _) = try network(matrix)
        try saved.save(path)
        XCTAssertThrowsError(try TrainedNetwork.load(path)) { XCTAssertTrue("\($0)".contains("measurement = .."), "\($0)") }
        XCTAssertEqual(try TrainedNetwork.load(path, measurement: matrix).theta, saved.theta)
        let other = try Space(nodes: 13, operations: [GradientDescent(), IdentityOperation()])
        XCTAssertThrowsError(try TrainedNetwork.load(path, space: other, measurement: matrix)) { XCTAssertTrue("\($0)".contains("does not fit"), "\($0)") }
        XCTAssertEqual(try TrainedNetwork.load(path, space: saved.space, measurement: matrix).theta, saved.theta)
    }

    /// Another measurement is an error that names both, whatever differs in it; asked for, it has no scores, nor when saved again.
    func testOtherMeasurements() throws {
        func matrix(_ change: Double = 0) -> MatrixMeasurement {
            MatrixMeasurement(rows: 8, columns: 16, values: (0..<128).map { sin(Double($0)) + ($0 == 77 ? change : 0) }, noise: 0.1)
        }
        let mask = MaskMeasurement(keep: 0.6, seed: 4, noise: 0.1), blur = GaussianMeasurement(sigma: 1.3, taps: 5, noise: 0.05)
        let pairs: [(any Datasets.Measurement, any Datasets.Measurement)] = [
            (matrix(), matrix(1e-6)), (mask, MaskMeasurement(keep: 0.6, seed: 5, noise: 0.1)), (blur, GaussianMeasurement(sigma: 1.3, taps: 7, noise: 0.05)),
            (blur, mask), (blur, GaussianMeasurement(sigma: 1.3, taps: 5, noise: 0.06)), (ComposedMeasurement([matrix(), mask]), ComposedMeasurement([matrix(1e-6), mask])),
        ]
        for (ours, other) in pairs {
            let (saved, data) = try network(ours)
            try saved.save(path)
            XCTAssertNotNil(try TrainedNetwork.load(path, measurement: ours).scores)
            XCTAssertThrowsError(try TrainedNetwork.load(path, measurement: other)) {
                XCTAssertTrue("\($0)".contains(ours.description) && "\($0)".contains(other.description) && "\($0)".contains("other_measurement"), "\($0)")
            }
            let loaded = try TrainedNetwork.load(path, measurement: other, allowsOtherMeasurement: true)
            XCTAssertNil(loaded.scores)
            XCTAssertTrue(loaded.reasonWithoutScores!.contains(ours.description))
            XCTAssertEqual(loaded.theta, saved.theta)
            XCTAssertNoThrow(try loaded.reconstruct(data.test.measured))
            try loaded.save(path)
            let again = try TrainedNetwork.load(path, measurement: other)
            XCTAssertNil(again.scores)
            XCTAssertEqual(again.trainedWith, ours.description)
        }
    }

    /// An operator that says of itself what another one says: what it does is compared too.
    func testWhatTheMeasurementDoesIsCompared() throws {
        struct Halved: Datasets.Measurement, Hashable {
            let inner: GaussianMeasurement
            var description: String { inner.description }
            var noise: Double { inner.noise }
            func measuredShape(_ signal: Shape) throws -> Shape { try inner.measuredShape(signal) }
            func signalShape(_ measured: Shape) throws -> Shape { try inner.signalShape(measured) }
            func forward(_ x: Engine.Expression) throws -> Engine.Expression { try inner.forward(x) * 0.5 }
            func adjoint(_ y: Engine.Expression, signal: Shape) throws -> Engine.Expression { try inner.adjoint(y, signal: signal) * 0.5 }
        }
        let blur = GaussianMeasurement(sigma: 1.3, taps: 5, noise: 0.05)
        try network(blur).0.save(path)
        XCTAssertThrowsError(try TrainedNetwork.load(path, measurement: Halved(inner: blur))) { XCTAssertTrue("\($0)".contains("does not do the same"), "\($0)") }
        XCTAssertNil(try TrainedNetwork.load(path, measurement: Halved(inner: blur), allowsOtherMeasurement: true).scores)
        // A file of the first format has no response: what it says is all there is.
        var (tensors, metadata) = try TensorFile.loadWithMetadata(path)
        metadata["format"] = "oche network 1"
        tensors["measurement"] = nil
        try TensorFile.save(path, tensors, metadata: metadata)
        XCTAssertNotNil(try TrainedNetwork.load(path).scores)
        XCTAssertThrowsError(try TrainedNetwork.load(path, measurement: GaussianMeasurement(sigma: 1.4, taps: 5, noise: 0.05)))
    }

    /// A space given again has the operations of the file, not only their names.
    func testOtherOperations() throws {
        let (saved, _) = try network(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1))
        try saved.save(path)
        let changed = saved.space.operations.filter { !$0.name.hasSuffix("+x0") }.map { $0.name == "roll" ? RollOperation(shift: 3) : $0 }
        XCTAssertThrowsError(try TrainedNetwork.load(path, space: Space(nodes: 13, operations: changed, skip: true))) {
            XCTAssertTrue("\($0)".contains("roll{shift = -3}") && "\($0)".contains("roll{shift = 3}"), "\($0)")
        }
    }

    /// Any byte of the header changed, or the file cut anywhere: an error or an equal network, never a crash.
    func testDamage() throws {
        let (saved, _) = try network(GaussianMeasurement(sigma: 1, taps: 5, noise: 0.1))
        try saved.save(path)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        func attempt(_ bytes: [UInt8]) throws -> TrainedNetwork {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return try TrainedNetwork.load(path)
        }
        for length in stride(from: 0, to: bytes.count, by: 397) { XCTAssertThrowsError(try attempt(Array(bytes[..<length]))) }
        let header = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        for at in stride(from: 8, to: 8 + header, by: 61) {
            for value in [0x30, 0x7d] as [UInt8] {
                var changed = bytes
                changed[at] = value
                _ = try? attempt(changed)
            }
        }
        try TensorFile.save(path, ["w": Tensor(1)], metadata: [:])
        XCTAssertThrowsError(try TrainedNetwork.load(path)) { XCTAssertTrue("\($0)".contains("is not a network"), "\($0)") }
        XCTAssertThrowsError(try TrainedNetwork.load(path + ".missing"))
    }

    func testDescriptions() throws {
        for wrong in ["", "cnn", "cnn{", "cnn{layers = 2", "roll{shift = 8} ", "roll{shift = 8}}", "roll{shift == 8}", "roll{shift = 8, shift = 8}", "roll{shift = os.exit()}", "roll{8}",
                      "roll{shift = 8, more = 1}", "roll{}", "noise{sigma = nan}", "noise{sigma = inf}", String(repeating: "skip{", count: 1000)] {
            XCTAssertThrowsError(try Rebuilding.operation(wrong, name: "x"), wrong)
        }
        XCTAssertNil(try Rebuilding.operation("define{name = x, graph = 1a}", name: "x"))
        XCTAssertEqual(try Rebuilding.operation("roll{shift = -3}", name: "x")?.description, "roll{shift = -3}")
    }
}
