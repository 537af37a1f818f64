import Datasets
import Engine
import KernelInterface
import Kernels
import Operations
import Tensors

/// How a search runs; the defaults are those of the default study.
public struct SearchSettings: Sendable, Hashable {
    public var steps = 1000
    public var batch = 16
    public var theta: Optimizer = {
        var optimizer = Optimizer(rate: 2e-2)
        (optimizer.schedule, optimizer.clip) = (.cosine, 0.5)
        return optimizer
    }()
    public var alpha: Optimizer = {
        var optimizer = Optimizer(rate: 2e-2)
        (optimizer.betas, optimizer.weightDecay) = ((0.5, 0.999), 1e-3)
        return optimizer
    }()
    /// alpha starts at this times standard normals.
    public var alphaInitial = 1e-3
    /// Steps during which alpha rests.
    public var warmup = 0
    public var order = AlphaGradient.firstOrder
    /// The rate of the inner step of second order; nil: that of theta at the step.
    public var innerRate: Double?
    public init() {}
}

/// What a search found.
public struct SearchResult: Sendable {
    public let architecture: Architecture
    /// {nodes, operations}, row-major; empty for strategies without.
    public let alpha: [Float]
    /// The relaxation's weights, softmax(alpha) by row.
    public let weights: [Float]
    /// Validation PSNR in dB of the relaxed network, and of its best path with the weights of the search.
    public let oneShotRelaxed: Double?, oneShotArgmax: Double?
    /// Loss of every step.
    public let trainingLosses: [Float], validationLosses: [Float]
    /// alpha after every step, {steps, nodes, operations}.
    public let alphaHistory: [Float]
    public let theta: [Float]
    /// Bytes held while it ran: the arenas of its plans, parameters and moments, packed batches, histories.
    public let memory: Int
    public let seconds: Double
}

extension SearchResult {
    /// An architecture that was drawn, not searched.
    public init(random architecture: Architecture) {
        (self.architecture, alpha, weights, oneShotRelaxed, oneShotArgmax) = (architecture, [], [], nil, nil)
        (trainingLosses, validationLosses, alphaHistory, theta, memory, seconds) = ([], [], [], [], 0, 0)
    }
}

/// Differentiable architecture search (Liu, Simonyan and Yang 2019): each step moves alpha along the gradient of the
/// validation loss, of first or second order, then theta along that of the training loss.
public func search(_ space: Space, on data: Dataset, settings: SearchSettings, seed: UInt64, progress: ((Int) -> Void)? = nil) throws -> SearchResult {
    guard settings.steps >= 1 else { throw EngineError("search: at least one step expected, got \(settings.steps)") }
    guard settings.batch >= 1 else { throw EngineError("search: a batch of at least one signal expected, got \(settings.batch)") }
    let began = ContinuousClock.now
    let run = try SearchRun(space, data: data, settings: settings, seed: seed)
    try run.all(progress: progress)
    return try run.result(seconds: { secondsSince(began) })
}

/// Builds the plans of a search, as its first step would.
public func compileSearch(_ space: Space, data: Dataset, settings: SearchSettings) throws {
    _ = try SearchRun(space, data: data, settings: settings, seed: 0)
}

/// The state of one search: weights, alpha and the plans of the two steps.
final class SearchRun {
    let space: Space
    let data: Dataset
    let settings: SearchSettings
    let seed: UInt64
    let layout: ParameterLayout
    let theta: StateVector, alpha: StateVector
    private let thetaState: [StateVector], alphaState: [StateVector]
    private let thetaScalars = StateVector(zeros: Optimizer.scalarCount), alphaScalars = StateVector(zeros: Optimizer.scalarCount)
    private let thetaPlan: Plan, alphaPlan: Plan
    private let isUnrolled: Bool
    /// Starts with the rate of the inner step.
    private let innerRate: StateVector
    private let key: String
    private(set) var memory = 0
    private(set) var trainingLosses: [Float] = [], validationLosses: [Float] = [], alphaHistory: [Float] = []

    init(_ space: Space, data: Dataset, settings: SearchSettings, seed: UInt64) throws {
        (self.space, self.data, self.settings, self.seed) = (space, data, settings, seed)
        let signal = data.signalShape, count = space.nodes * space.operations.count
        let layout = try ParameterLayout(relaxing: space, signal: signal)
        self.layout = layout
        theta = StateVector(layout.initialValues(seed: seed))
        alpha = StateVector(initialAlpha(count, scale: settings.alphaInitial, seed: seed))
        thetaState = (0..<settings.theta.stateCount).map { _ in StateVector(zeros: layout.count) }
        alphaState = (0..<settings.alpha.stateCount).map { _ in StateVector(zeros: count) }
        key = "\(space.description) of \(signal) through \(data.measurement.description)"
        let network = Network(space: space, measurement: data.measurement, signal: signal, training: true)
        let measuredShape = Array(data.train.measured.shape.dropFirst())

        // Without weights there is no inner step.
        let order = layout.count > 0 ? settings.order : .firstOrder
        let isUnrolled = order != .firstOrder
        self.isUnrolled = isUnrolled
        innerRate = settings.innerRate.map { StateVector([Float($0)]) } ?? thetaScalars
        let momentum = settings.theta.kind == .sgd ? settings.theta.momentum : 0

        /// Inputs: clean, measured, theta, alpha, the state of what moves, scalars; for an alpha step of second order also
        /// the training batch's clean and measured, the inner rate and theta's first moment. Outputs: loss, what moves, its state.
        func plan(moves: Optimizer, theta movesTheta: Bool) throws -> Plan {
            let graph = Graph()
            func loss(_ draws: Draws) -> RelaxedLoss {
                RelaxedLoss(network: network, layout: layout, clean: graph.input([settings.batch] + signal), measured: graph.input([settings.batch] + measuredShape), draws: draws)
            }
            let onBatch = loss(.outer)
            let (theta, alpha) = (graph.input([layout.count]), graph.input([count]))
            let state = (0..<moves.stateCount).map { _ in graph.input([movesTheta ? layout.count : count]) }
            let scalars = graph.input([Optimizer.scalarCount])
            var packed: Set = [0, 1]
            let result: (loss: Expression, gradient: Expression)
            if movesTheta {
                let loss = try onBatch(theta: theta, alpha: alpha)
                result = (loss, try gradients(of: loss, withRespectTo: [theta])[0])
            } else {
                var onTraining: RelaxedLoss?, inner: InnerStep?
                if isUnrolled {
                    packed.formUnion([graph.inputs.count, graph.inputs.count + 1])
                    onTraining = loss(.inner)
                    inner = InnerStep(rate: graph.input([1]), weightDecay: settings.theta.weightDecay, momentum: momentum, velocity: graph.input([layout.count]))
                }
                result = try order.build(theta: theta, alpha: alpha, validation: onBatch, training: onTraining, step: inner)
            }
            let update = try moves.update(movesTheta ? theta : alpha, gradient: result.gradient, state: state, scalars: scalars)
            return try Plan(graph, outputs: [result.loss, update.parameters] + update.state, packedInputs: packed)
        }
        let inner = isUnrolled ? " \(order) \(settings.theta.weightDecay) \(momentum)" : ""
        thetaPlan = try PlanCache.shared.plan("search theta \(key) \(settings.batch) \(settings.theta)") { try plan(moves: settings.theta, theta: true) }
        alphaPlan = try PlanCache.shared.plan("search alpha \(key) \(settings.batch) \(settings.alpha)\(inner)") { try plan(moves: settings.alpha, theta: false) }
    }

    func all(progress: ((Int) -> Void)?) throws {
        let batch = settings.batch
        let train = (try BatchFeed(data.train.clean, batch: batch), try BatchFeed(data.train.measured, batch: batch))
        let validation = (try BatchFeed(data.validation.clean, batch: batch), try BatchFeed(data.validation.measured, batch: batch))
        trainingLosses.reserveCapacity(settings.steps)
        validationLosses.reserveCapacity(settings.steps)
        alphaHistory.reserveCapacity(settings.steps * alpha.count)
        let (thetaSeed, alphaSeed) = (derivedSeed(seed, .steps), derivedSeed(seed, .validationSteps))
        try PlanCache.shared.withExecution(alphaPlan) { alphaExecution in
            try PlanCache.shared.withExecution(thetaPlan) { thetaExecution in
                let vectors = [theta, alpha, thetaScalars, alphaScalars] + thetaState + alphaState
                memory = alphaExecution.bytes + thetaExecution.bytes + vectors.reduce(0) { $0 + $1.bytes }
                    + [train.0, train.1, validation.0, validation.1].reduce(0) { $0 + $1.bytes } + 4 * settings.steps * (alpha.count + 2)
                for step in 0..<settings.steps {
                    if step >= settings.warmup {
                        if isUnrolled { bindInnerStep(alphaExecution, train, step: step) }
                        validationLosses.append(try move(alpha, alphaState, alphaScalars, settings.alpha, alphaExecution, validation, step: step, seed: alphaSeed))
                        guard validationLosses.last!.isFinite else { throw DivergenceError("the validation loss", step: step) }
                    }
                    if layout.count > 0 {
                        trainingLosses.append(try move(theta, thetaState, thetaScalars, settings.theta, thetaExecution, train, step: step, seed: thetaSeed))
                        guard trainingLosses.last!.isFinite else { throw DivergenceError("the training loss", step: step) }
                    }
                    for i in 0..<alpha.count { alphaHistory.append(alpha.current[i]) }
                    progress?(step)
                }
            }
        }
        try checkAlpha()
    }

    private func bindInnerStep(_ execution: Execution, _ train: (BatchFeed, BatchFeed), step: Int) {
        let first = 5 + alphaState.count
        execution.bind(first, to: train.0.pointer(step: step))
        execution.bind(first + 1, to: train.1.pointer(step: step))
        settings.theta.writeScalars(step: step, of: settings.steps, to: thetaScalars.current)
        execution.bind(first + 2, to: innerRate.current)
        execution.bind(first + 3, to: thetaState[0].current)
    }

    private func move(_ vector: StateVector, _ state: [StateVector], _ scalars: StateVector, _ optimizer: Optimizer, _ execution: Execution,
                      _ feed: (BatchFeed, BatchFeed), step: Int, seed: UInt64) throws -> Float {
        execution.bind(0, to: feed.0.pointer(step: step))
        execution.bind(1, to: feed.1.pointer(step: step))
        execution.bind(2, to: theta.current)
        execution.bind(3, to: alpha.current)
        optimizer.writeScalars(step: step, of: settings.steps, to: scalars.current)
        execution.bind(4 + state.count, to: scalars.current)
        execution.bindOutput(1, to: vector.next)
        for (i, moment) in state.enumerated() {
            execution.bind(4 + i, to: moment.current)
            execution.bindOutput(2 + i, to: moment.next)
        }
        try execution.run(seed: seed, step: UInt64(step))
        vector.advance()
        for moment in state { moment.advance() }
        return execution.output(0).load(as: Float.self)
    }

    private func checkAlpha() throws {
        let count = space.operations.count
        if let bad = alpha.values.firstIndex(where: { !$0.isFinite }) {
            throw DivergenceError("alpha of operation '\(space.names[bad % count])' at node \(bad / count + 1)", step: settings.steps - 1)
        }
    }

    func result(seconds: () -> Double) throws -> SearchResult {
        let count = space.operations.count
        let values = alpha.values
        let weights = StateVector(softmaxRows(values, columns: count))
        let choices = (0..<space.nodes).map { node in
            (0..<count).reduce(0) { values[node * count + $1] > values[node * count + $0] ? $1 : $0 }
        }
        let architecture = Architecture(choices: choices, names: space.names)
        let network = Network(space: space, measurement: data.measurement, signal: data.signalShape, training: false)
        let (space, layout) = (space, layout)
        let evaluationSeed = derivedSeed(seed, .evaluation)
        let relaxed = try Evaluation.run(key: "relaxed \(key)", split: data.validation, inputs: [theta, weights], seed: evaluationSeed) { measured, inputs in
            try network.relaxed(measured, theta: inputs[0], layout: layout, weights: inputs[1].reshape([space.nodes, count]))
        }
        let path = try Evaluation.run(key: "path \(architecture) \(key)", split: data.validation, inputs: [theta], seed: evaluationSeed) { measured, inputs in
            try network.discrete(measured, theta: inputs[0], layout: layout, architecture: architecture)
        }
        return SearchResult(
            architecture: architecture, alpha: values, weights: weights.values, oneShotRelaxed: relaxed.psnr(peak: data.peak),
            oneShotArgmax: path.psnr(peak: data.peak), trainingLosses: trainingLosses, validationLosses: validationLosses, alphaHistory: alphaHistory,
            theta: theta.values, memory: memory, seconds: seconds())
    }
}

func initialAlpha(_ count: Int, scale: Double, seed: UInt64) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    var position = RandomPosition(seed: derivedSeed(seed, .alpha), step: 0, stream: 0)
    values.withUnsafeMutableBufferPointer { Kernels.float.normalRows($0.baseAddress!, 1, count, &position) }
    return values.map { $0 * Float(scale) }
}

/// softmax of every row, by the engine.
func softmaxRows(_ values: [Float], columns: Int) -> [Float] {
    let tensor = Tensor(values.map(Double.init), shape: [values.count / columns, columns])
    let graph = Graph()
    guard let plan = try? Plan(graph, outputs: [graph.input(tensor.shape).softmax(1)]), let result = try? Tensor.run(plan, inputs: [tensor])[0],
          let weights = try? result.values() else { return [] }
    return weights.map(Float.init)
}
