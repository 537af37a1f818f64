import Datasets
import Engine
import Operations
import Tensors

/// How an architecture is trained from scratch; the defaults are those of the default study.
public struct TrainingSettings: Sendable, Hashable {
    public var steps = 1000
    public var batch = 16
    public var theta: Optimizer = {
        var optimizer = Optimizer(rate: 1e-2)
        (optimizer.schedule, optimizer.clip) = (.cosine, 0.5)
        return optimizer
    }()
    public init() {}

    func check(_ function: String) throws {
        guard steps >= 1 else { throw EngineError("\(function): at least one step expected, got \(steps)") }
        guard batch >= 1 else { throw EngineError("\(function): a batch of at least one signal expected, got \(batch)") }
    }
}

/// PSNR in dB on the three splits.
public struct SplitScores: Sendable, Hashable {
    public var train: Double, validation: Double, test: Double
}

/// How good a trained network is on the data that it was trained with.
public struct NetworkScores: Sendable, Hashable {
    public var psnr: SplitScores
    /// The mean of each test signal's PSNR, in dB.
    public var meanSignalPSNR: Double
    /// The energy of the reconstructions of the test set over that of the clean signals.
    public var outputEnergy: Double
}

/// A trained architecture.
public final class TrainedNetwork: @unchecked Sendable {
    public let space: Space
    public let architecture: Architecture
    /// What it reconstructs from.
    public let measurement: any Measurement
    /// What the measurement says of itself that it was trained with, where that is another one.
    public let trainedWith: String?
    public let signal: Shape
    public let layout: ParameterLayout
    public let theta: [Float]
    /// Training loss of every step.
    public let losses: [Float]
    /// nil where the measurement is another one than the network was trained with: nothing is known of it then.
    public let scores: NetworkScores?
    public let seconds: Double
    public let seed: UInt64

    init(space: Space, architecture: Architecture, measurement: any Measurement, trainedWith: String? = nil, signal: Shape, layout: ParameterLayout,
         theta: [Float], losses: [Float], scores: NetworkScores?, seconds: Double, seed: UInt64) {
        self.space = space
        self.architecture = architecture
        self.measurement = measurement
        self.trainedWith = trainedWith
        self.signal = signal
        self.layout = layout
        self.theta = theta
        self.losses = losses
        self.scores = trainedWith == nil ? scores : nil
        self.seconds = seconds
        self.seed = seed
    }

    /// Why there are no scores, in a sentence; nil where there are.
    public var reasonWithoutScores: String? {
        trainedWith.map { "the scores are those of the measurement it was trained with, \($0), and this network has \(measurement.description)" }
    }

    /// The signals that the network makes of measurements {n, channels, measured length}.
    public func reconstruct(_ measured: Tensor) throws -> Tensor {
        let expected = try measurement.measuredShape(signal)
        guard measured.rank == 3, Array(measured.shape.dropFirst()) == expected else {
            throw EngineError("reconstruct: measurements of shape {n, \(expected[0]), \(expected[1])} expected, got \(measured.shape.braces)")
        }
        let measured = try measured.convert(to: .float32).contiguous()
        let network = Network(space: space, measurement: measurement, signal: signal, training: false)
        let key = DiscreteKey(network: NetworkKey(space, measurement, signal: signal), architecture: architecture)
        let plan = try PlanCache.shared.plan(ReconstructionKey(network: key, measured: measured.shape)) {
            let graph = Graph()
            let (m, theta) = (graph.input(measured.shape), graph.input([layout.count]))
            return try Plan(graph, outputs: [network.discrete(m, theta: theta, layout: layout, architecture: architecture)])
        }
        try Storage.ensure(plan.memory(threads: 1), for: "a reconstruction")
        let result = try Tensor.allocate(plan.outputShapes[0], .float32, "a reconstruction")
        try PlanCache.shared.withExecution(plan) { execution in
            execution.bind(0, to: measured.pointer)
            try theta.withUnsafeBytes { weights in
                if let base = weights.baseAddress { execution.bind(1, to: base) }
                execution.bindOutput(0, to: result.mutablePointer)
                try execution.run(seed: derivedSeed(derivedSeed(seed, .retraining), .evaluation))
            }
        }
        return result
    }
}

/// One architecture on one kind of data, ready to be trained: where its weights lie, and the plan of a step.
private struct TrainingProblem {
    let layout: ParameterLayout
    let key: DiscreteKey
    let plan: Plan

    init(_ architecture: Architecture, in space: Space, data: Dataset, settings: TrainingSettings) throws {
        let signal = data.signalShape, measuredShape = Array(data.train.measured.shape.dropFirst())
        let layout = try ParameterLayout(space, signal: signal, present: space.present(architecture))
        self.layout = layout
        key = DiscreteKey(network: NetworkKey(space, data.measurement, signal: signal), architecture: architecture)
        let network = Network(space: space, measurement: data.measurement, signal: signal, training: true)
        plan = try PlanCache.shared.plan(TrainingStepKey(network: key, batch: settings.batch, optimizer: settings.theta)) {
            let graph = Graph()
            let (clean, measured) = (graph.input([settings.batch] + signal), graph.input([settings.batch] + measuredShape))
            let parameters = graph.input([layout.count])
            let moments = (0..<settings.theta.stateCount).map { _ in graph.input([layout.count]) }
            let scalars = graph.input([Optimizer.scalarCount])
            let loss = try meanSquaredError(network.discrete(measured, theta: parameters, layout: layout, architecture: architecture), clean)
            let gradient = layout.count == 0 ? parameters : try gradients(of: loss, withRespectTo: [parameters])[0]
            let outputs = try settings.theta.outputs(parameters, loss: loss, gradient: gradient, state: moments, scalars: scalars)
            return try Plan(graph, outputs: outputs, packedInputs: [0, 1])
        }
    }

    /// What scores weights on a split.
    func evaluation(_ architecture: Architecture, in space: Space, data: Dataset, split: Split) throws -> SplitEvaluation {
        let network = Network(space: space, measurement: data.measurement, signal: data.signalShape, training: false)
        return try SplitEvaluation(key: key, split: split, sizes: [layout.count]) { measured, inputs in
            try network.discrete(measured, theta: inputs[0], layout: layout, architecture: architecture)
        }
    }
}

/// Builds the plan of a training step, as its first step would; with `scores` also what a training scores its weights with.
public func compileTraining(_ architecture: Architecture, in space: Space, data: Dataset, settings: TrainingSettings, scores: Bool = false) throws {
    let problem = try TrainingProblem(architecture, in: space, data: data, settings: settings)
    guard scores else { return }
    for split in [data.train, data.validation, data.test] { _ = try problem.evaluation(architecture, in: space, data: data, split: split) }
}

/// Trains one architecture from scratch.
public func train(_ architecture: Architecture, in space: Space, on data: Dataset, settings: TrainingSettings, seed: UInt64,
                  progress: ((Int) -> Void)? = nil) throws -> TrainedNetwork {
    try settings.check("train")
    let began = ContinuousClock.now
    let fit = try Fit(architecture, in: space, on: data, settings: settings, seed: seed, recordsLosses: true, progress: progress)
    let (layout, theta, losses) = (fit.problem.layout, fit.theta, fit.losses)
    let onTrain = try fit.score(data.train)
    let onValidation = try fit.score(data.validation)
    let onTest = try fit.score(data.test)
    let psnr = SplitScores(train: onTrain.psnr(peak: data.peak), validation: onValidation.psnr(peak: data.peak), test: onTest.psnr(peak: data.peak))
    let scores = NetworkScores(psnr: psnr, meanSignalPSNR: onTest.meanSignalPSNR(peak: data.peak), outputEnergy: onTest.outputEnergy)
    return TrainedNetwork(
        space: space, architecture: architecture, measurement: data.measurement, signal: data.signalShape, layout: layout, theta: theta.values,
        losses: losses, scores: scores, seconds: secondsSince(began), seed: seed)
}

/// The PSNR in dB on the validation set after training from scratch: what candidates are compared by.
func validationScore(_ architecture: Architecture, in space: Space, on data: Dataset, settings: TrainingSettings, seed: UInt64) throws -> Double {
    let fit = try Fit(architecture, in: space, on: data, settings: settings, seed: seed, recordsLosses: false, progress: nil)
    return try fit.score(data.validation).psnr(peak: data.peak)
}

/// The weights that training gives, ready to be scored.
private struct Fit {
    let problem: TrainingProblem
    let theta: StateVector
    private(set) var losses: [Float]
    private let architecture: Architecture, space: Space, data: Dataset
    /// A seed of its own: the same seed in a search starts from other weights.
    private let derived: UInt64

    init(_ architecture: Architecture, in space: Space, on data: Dataset, settings: TrainingSettings, seed: UInt64, recordsLosses: Bool,
         progress: ((Int) -> Void)?) throws {
        (self.architecture, self.space, self.data, derived) = (architecture, space, data, derivedSeed(seed, .retraining))
        problem = try TrainingProblem(architecture, in: space, data: data, settings: settings)
        theta = StateVector(problem.layout.initialValues(seed: derived))
        try ensureHistory(steps: settings.steps, numbers: 1)
        losses = [Float](repeating: 0, count: settings.steps)
        // Without weights there is nothing to train, but the losses are there to be seen.
        if problem.layout.count > 0 || recordsLosses {
            try run(problem, architecture, theta, data.train, settings, seed: derivedSeed(derived, .steps), &losses, progress)
        }
        if let bad = theta.values.firstIndex(where: { !$0.isFinite }) {
            throw DivergenceError("weight \(bad + 1) of \(architecture)", step: settings.steps - 1)
        }
    }

    /// The draws of noise operations are those of `reconstruct`, so that a score computed again is the same.
    func score(_ split: Split) throws -> Evaluation {
        let evaluation = try problem.evaluation(architecture, in: space, data: data, split: split)
        return try evaluation.run(inputs: [theta], seed: derivedSeed(derived, .evaluation))
    }
}

private func run(_ problem: TrainingProblem, _ architecture: Architecture, _ theta: StateVector, _ split: Split, _ settings: TrainingSettings,
                 seed: UInt64, _ losses: inout [Float], _ progress: ((Int) -> Void)?) throws {
    let state = OptimizerState(settings.theta, count: theta.count)
    let clean = try BatchFeed(split.clean, batch: settings.batch), measured = try BatchFeed(split.measured, batch: settings.batch)
    try PlanCache.shared.withExecution(problem.plan) { execution in
        execution.bind(3 + state.moments.count, to: state.scalars.current)
        for step in 0..<settings.steps {
            execution.bind(0, to: clean.pointer(step: step))
            execution.bind(1, to: measured.pointer(step: step))
            state.prepare(settings.theta, step: step, of: settings.steps)
            execution.bind(2, to: theta.current)
            for (i, vector) in state.moments.enumerated() { execution.bind(3 + i, to: vector.current) }
            if theta.count > 0 {
                execution.bindOutput(1, to: theta.next)
                for (i, vector) in state.moments.enumerated() { execution.bindOutput(2 + i, to: vector.next) }
            }
            try execution.run(seed: seed, step: UInt64(step))
            if theta.count > 0 {
                theta.advance()
                state.advance()
            }
            losses[step] = execution.output(0).load(as: Float.self)
            guard losses[step].isFinite else { throw DivergenceError("the training loss of \(architecture)", step: step) }
            progress?(step)
        }
    }
}
