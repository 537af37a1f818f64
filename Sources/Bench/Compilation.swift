import DARTS
import Datasets
import Engine
import Operations

/// The sizes of a search: signals of a batch, their length, nodes, channels and taps of the CNNs; T > 0 makes the
/// operations T CNNs, else they are those of the reference step.
struct Sizes {
    var B = 128, L = 64, N = 10, C = 16, k = 3, T = 0

    init(_ words: [String] = []) throws {
        for word in words {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let value = Int(parts[1]) else { throw EngineError("a size such as B=128 expected, got \(word)") }
            switch parts[0] {
            case "B": B = value
            case "L": L = value
            case "N": N = value
            case "C": C = value
            case "k": k = value
            case "T": T = value
            default: throw EngineError("unknown size '\(parts[0])' (B, L, N, C, k, T)")
            }
        }
    }

    func space() throws -> Space {
        guard T == 0 else { return try Space(nodes: N, operations: (1...T).map { ConvolutionalNetwork(name: "net\($0)", channels: C, kernel: k) }) }
        return try Space(nodes: N, operations: [GradientDescent(), ConvolutionalNetwork(channels: C, kernel: k), RollOperation(), NoiseOperation()])
    }

    func data() throws -> Dataset {
        try Cosines(length: L, counts: (B, B, B), magnitude: .init(0.5, 1.5), frequency: .init(1, 1.5), phase: .init(0, 6), offset: .init(0, 0),
                    measurement: GaussianMeasurement(sigma: 1.5, taps: 9, noise: 0.17), seed: 1).draw(seed: 1)
    }

    func searchSettings() -> SearchSettings {
        var settings = SearchSettings()
        settings.batch = B
        return settings
    }
}

/// What compiling costs, in seconds and in bytes.
enum Compilation {
    static func report() throws {
        print("supernet", try supernet(Sizes(), runs: 200))
        print("discrete", try discrete())
        for nodes in [5, 10, 20, 40, 80] { print("nodes\(nodes)", try supernet(Sizes(["N=\(nodes)"]), runs: nodes < 40 ? 60 : 15)) }
    }

    /// Seconds to compile a step of the relaxed network: half of what the two plans of a search take.
    static func supernet(_ sizes: Sizes, runs: Int) throws -> Double {
        let data = try sizes.data(), space = try sizes.space()
        return try Bench.best(runs) {
            PlanCache.shared.removeAll()
            try compileSearch(space, data: data, settings: sizes.searchSettings())
        } / 2
    }

    static func discrete() throws -> Double {
        let sizes = try Sizes()
        let data = try sizes.data(), space = try sizes.space()
        var settings = TrainingSettings()
        settings.batch = sizes.B
        let architecture = try space.architecture(["grad", "net", "net", "grad", "net", "noise", "roll", "net", "grad", "net"])
        return try Bench.best(200) {
            PlanCache.shared.removeAll()
            try compileTraining(architecture, in: space, data: data, settings: settings)
        }
    }

    private static func defaultStudy() throws -> (Space, Dataset) {
        let space = try Space(nodes: 10, operations: [GradientDescent(), ConvolutionalNetwork(), RollOperation(), NoiseOperation()])
        let source = try Cosines(length: 32, counts: (512, 512, 512), magnitude: .init(0.5, 1.5), frequency: .init(1, 1.5), phase: .init(0, 2 * .pi),
                             offset: .init(0, 0), measurement: GaussianMeasurement(sigma: 1, noise: 0.17), seed: nil)
        return (space, try source.draw(seed: 1))
    }

    /// Seconds to compile all plans of a training of the default study, the mean over random architectures: for profiling without
    /// the training itself.
    static func reportPlans(runs: Int) throws {
        let (space, data) = try defaultStudy()
        let architectures = (0..<16).map { space.random(seed: $0) }
        func compile() throws {
            PlanCache.shared.removeAll()
            for architecture in architectures { try compileTraining(architecture, in: space, data: data, settings: TrainingSettings(), scores: true) }
        }
        try compile()
        print("plans", try Bench.best(runs, compile) / Double(architectures.count))
    }

    /// The default study's trainings of random architectures and searches on one core: the processor seconds of all, and those of them
    /// in which plans were built.
    static func reportShare() throws {
        let (space, data) = try defaultStudy()
        func share(_ name: String, _ trials: UInt64, _ trial: (UInt64) throws -> Void) throws {
            // What a process does once is no trial's.
            try trial(trials)
            PlanCache.shared.removeAll()
            let before = PlanCache.shared.secondsBuilding
            print("\(name)_total", try Bench.seconds { for seed in 0..<trials { try trial(seed) } })
            print("\(name)_building", PlanCache.shared.secondsBuilding - before)
        }
        try share("training", 16) { seed in _ = try train(space.random(seed: seed), in: space, on: data, settings: TrainingSettings(), seed: seed) }
        try share("search", 4) { seed in _ = try search(space, on: data, settings: SearchSettings(), seed: seed) }
    }

    /// Bytes that one execution of a theta step's plan holds.
    static func reportMemory(_ sizes: Sizes) throws {
        PlanCache.shared.removeAll()
        try compileSearch(sizes.space(), data: sizes.data(), settings: sizes.searchSettings())
        guard let plan = PlanCache.shared.plans.first(where: { $0.key.base is ThetaStepKey })?.value else { throw EngineError("no plan of a theta step") }
        print("bytes", plan.memory(threads: 1))
        print("instructions", plan.instructionCount)
    }
}
