import Datasets
import Engine
import KernelInterface
import Kernels
import Operations
import Tensors

/// How a search runs; the defaults are those of the default study.
public struct SearchSettings: Sendable {
    public var strategy: any Strategy = Darts()
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
    /// Steps during which alpha rests; nil: the strategy's.
    public var warmup: Int?
    /// Weight of the mean entropy of the rows' weights in the loss that alpha follows.
    public var entropy = 0.0
    public var order = AlphaGradient.firstOrder
    /// The rate of the inner step of second order; nil: that of theta at the step.
    public var innerRate: Double?
    public var selection = Selection.argmax
    public var hessian = HessianSettings()
    /// Whether a rise of the Hessian's eigenvalue ends the search.
    public var stopsEarly = false
    /// Steps from one score of the relaxed network to the next; 0: none but the last.
    public var scoreEvery = 0
    public init() {}

    /// What a strategy says of training, where the search's user does not.
    public static func standard(_ strategy: any Strategy) -> SearchSettings {
        var settings = SearchSettings()
        settings.strategy = strategy
        if let steps = (strategy as? any CandidateStrategy)?.standardSteps { settings.steps = steps }
        return settings
    }
}

/// What a search found.
public struct SearchResult: Sendable {
    public let architecture: Architecture
    /// {rows, operations}, row-major; empty for strategies without.
    public var alpha: [Float] = []
    /// The relaxation's weights.
    public var weights: [Float] = []
    /// Validation PSNR in dB of the relaxed network; of the architecture with the weights of the search; of the same with
    /// each operation's output times its weight in the mix.
    public var oneShotRelaxed: Double?, oneShotArgmax: Double?, oneShotScaled: Double?
    /// The losses of every step that ran; NaN where no validation loss was taken, since alpha rested.
    public var trainingLosses: [Float] = [], validationLosses: [Float] = []
    /// alpha after every step that ran, {steps, rows, operations}; empty for strategies that move none.
    public var alphaHistory: [Float] = []
    /// Of the relaxed network and of the Hessian, with the steps after which they were taken.
    public var scores: [(step: Int, psnr: Double)] = [], eigenvalues: [(step: Int, value: Double)] = []
    /// The step whose alpha was kept when the search was ended early.
    public var stopped: Int?
    /// What was tried, with validation PSNR in dB.
    public var candidates: [(architecture: Architecture, score: Double)] = []
    public var theta: [Float] = []
    /// Bytes held while it ran: the arenas of its plans, parameters and moments, packed batches, histories.
    public var memory = 0
    public var seconds = 0.0
}

/// Searches an architecture. The strategies with alpha take turns: each step moves alpha along the gradient of the
/// validation loss, of first or second order, then theta along that of the training loss. The others train candidates.
public func search(_ space: Space, on data: Dataset, settings: SearchSettings, seed: UInt64, progress: ((Int) -> Void)? = nil) throws -> SearchResult {
    guard settings.steps >= 1 else { throw EngineError("search: at least one step expected, got \(settings.steps)") }
    guard settings.batch >= 1 else { throw EngineError("search: a batch of at least one signal expected, got \(settings.batch)") }
    let began = ContinuousClock.now
    switch settings.strategy {
    case let strategy as any CandidateStrategy:
        try strategy.check(space)
        var training = TrainingSettings()
        (training.steps, training.batch, training.theta) = (settings.steps, settings.batch, settings.theta)
        let candidates = Candidates(space, seed: seed, progress: progress) { try validationScore($0, in: space, on: data, settings: training, seed: derivedSeed(seed, .search)) }
        let architecture = try strategy.choose(candidates)
        return SearchResult(architecture: architecture, candidates: candidates.scores, seconds: secondsSince(began))
    case let strategy as any RelaxingStrategy:
        guard space.operations.count >= 2 || space.size > 1 else {
            throw EngineError("search: at least two operations to choose from expected, got the space of '\(space.names[0])' alone (darts.train needs no search)")
        }
        let run = try SearchRun(space, strategy, data: data, settings: settings, seed: seed)
        try run.all(progress: progress)
        var result = try run.result()
        result.seconds = secondsSince(began)
        return result
    default: throw EngineError("search: strategy '\(settings.strategy.name)' neither relaxes nor chooses")
    }
}

/// Builds the plans of a search, as its first step would.
public func compileSearch(_ space: Space, data: Dataset, settings: SearchSettings) throws {
    if let strategy = settings.strategy as? any RelaxingStrategy { _ = try SearchRun(space, strategy, data: data, settings: settings, seed: 0) }
}

/// The state of one search: weights, alpha and the plans of the two steps.
final class SearchRun {
    typealias Feed = (clean: BatchFeed, measured: BatchFeed)
    let space: Space
    let strategy: any RelaxingStrategy
    let data: Dataset
    let settings: SearchSettings
    let seed: UInt64
    let layout: ParameterLayout
    let theta: StateVector, alpha: StateVector
    let thetaState: OptimizerState, alphaState: OptimizerState
    private let thetaPlan: Plan, alphaPlan: Plan?
    private let isUnrolled: Bool
    /// Starts with the rate of the inner step.
    private let innerRate: StateVector
    let key: RelaxedKey
    private(set) var memory = 0
    private let warmup: Int
    private(set) var trainingLosses: [Float] = [], validationLosses: [Float] = [], alphaHistory: [Float] = []
    private var scores: [(step: Int, psnr: Double)] = [], eigenvalues: [(step: Int, value: Double)] = []
    private var stopped: Int?

    init(_ space: Space, _ strategy: any RelaxingStrategy, data: Dataset, settings: SearchSettings, seed: UInt64) throws {
        (self.space, self.strategy, self.data, self.settings, self.seed) = (space, strategy, data, settings, seed)
        let signal = data.signalShape, count = space.rows * space.operations.count
        let layout = try ParameterLayout(relaxing: space, signal: signal)
        self.layout = layout
        theta = StateVector(layout.initialValues(seed: seed))
        alpha = StateVector(initialAlpha(space, scale: settings.alphaInitial, seed: seed))
        thetaState = OptimizerState(settings.theta, count: layout.count)
        alphaState = OptimizerState(settings.alpha, count: count)
        warmup = settings.warmup ?? strategy.standardWarmup(steps: settings.steps)
        try strategy.prepare(rows: space.rows, operations: space.operations.count)
        let key = RelaxedKey(network: NetworkKey(space, data.measurement, signal: signal), strategy: strategy.erasedIdentity)
        self.key = key

        // Without weights there is no inner step.
        let order = layout.count > 0 ? settings.order : .firstOrder
        let isUnrolled = order != .firstOrder
        self.isUnrolled = isUnrolled
        innerRate = settings.innerRate.map { StateVector([Float($0)]) } ?? thetaState.scalars
        let momentum = settings.theta.kind == .sgd ? settings.theta.momentum : 0
        let builder = Builder(space: space, strategy: strategy, data: data, settings: settings, layout: layout)

        /// Inputs: clean, measured, theta, alpha, the state of what moves, scalars; for an alpha step of second order also
        /// the training batch's clean and measured, the inner rate and theta's first moment; the strategy's numbers.
        /// Outputs: loss, what moves, its state.
        func plan(moves: Optimizer, theta movesTheta: Bool) throws -> Plan {
            let graph = Graph()
            let (clean, measured) = builder.batchInputs(graph)
            let (theta, alpha) = (graph.input([layout.count]), graph.input([count]))
            let state = (0..<moves.stateCount).map { _ in graph.input([movesTheta ? layout.count : count]) }
            let scalars = graph.input([Optimizer.scalarCount])
            var packed: Set = [0, 1]
            let result: (loss: Expression, gradient: Expression)
            if movesTheta {
                let onBatch = builder.loss(clean, measured, .outer, RelaxationContext(.theta, numbers: builder.numbersInput(graph)))
                let loss = try onBatch(theta: theta, alpha: alpha)
                result = (loss, layout.count == 0 ? theta : try gradients(of: loss, withRespectTo: [theta])[0])
            } else {
                var training: (clean: Expression, measured: Expression)?, inner: InnerStep?
                if isUnrolled {
                    packed.formUnion([graph.inputs.count, graph.inputs.count + 1])
                    training = builder.batchInputs(graph)
                    inner = InnerStep(rate: graph.input([1]), weightDecay: settings.theta.weightDecay, momentum: momentum, velocity: graph.input([layout.count]))
                }
                let numbers = builder.numbersInput(graph)
                let onBatch = builder.loss(clean, measured, .outer, RelaxationContext(.alpha, numbers: numbers))
                let onTraining = training.map { builder.loss($0.clean, $0.measured, .inner, RelaxationContext(.inner, numbers: numbers)) }
                result = try order.build(theta: theta, alpha: alpha, validation: onBatch, training: onTraining, step: inner)
            }
            let outputs = try moves.outputs(movesTheta ? theta : alpha, loss: result.loss, gradient: result.gradient, state: state, scalars: scalars)
            return try Plan(graph, outputs: outputs, packedInputs: packed)
        }
        let thetaKey = ThetaStepKey(relaxed: key, batch: settings.batch, optimizer: settings.theta)
        thetaPlan = try PlanCache.shared.plan(thetaKey) { try plan(moves: settings.theta, theta: true) }
        let inner = isUnrolled ? AlphaStepKey.Inner(weightDecay: settings.theta.weightDecay, momentum: momentum) : nil
        let alphaKey = AlphaStepKey(relaxed: key, batch: settings.batch, optimizer: settings.alpha, entropy: settings.entropy,
                                    order: order, inner: inner)
        alphaPlan = !strategy.movesAlpha ? nil : try PlanCache.shared.plan(alphaKey) { try plan(moves: settings.alpha, theta: false) }
    }

    /// What the graphs of a search are made of.
    struct Builder {
        let space: Space
        let strategy: any RelaxingStrategy
        let data: Dataset
        let settings: SearchSettings
        let layout: ParameterLayout

        func batchInputs(_ graph: Graph) -> (clean: Expression, measured: Expression) {
            (graph.input([settings.batch] + data.signalShape), graph.input([settings.batch] + data.train.measured.shape.dropFirst()))
        }
        /// The strategy's numbers; no input where it has none.
        func numbersInput(_ graph: Graph) -> Expression? {
            let count = strategy.numbers(step: 0, of: settings.steps).count
            return count > 0 ? graph.input([count]) : nil
        }
        func loss(_ clean: Expression, _ measured: Expression, _ draws: Draws, _ context: RelaxationContext) -> RelaxedLoss {
            let network = Network(space: space, measurement: data.measurement, signal: data.signalShape, training: true)
            return RelaxedLoss(network: network, layout: layout, clean: clean, measured: measured, draws: draws, strategy: strategy, context: context, entropy: settings.entropy)
        }
    }
    private var builder: Builder { Builder(space: space, strategy: strategy, data: data, settings: settings, layout: layout) }
    func batchInputs(_ graph: Graph) -> (clean: Expression, measured: Expression) { builder.batchInputs(graph) }
    func numbersInput(_ graph: Graph) -> Expression? { builder.numbersInput(graph) }
    func loss(_ clean: Expression, _ measured: Expression, _ draws: Draws, _ context: RelaxationContext) -> RelaxedLoss { builder.loss(clean, measured, draws, context) }

    func numbers(step: Int) -> StateVector? {
        let values = strategy.numbers(step: step, of: settings.steps)
        return values.isEmpty ? nil : StateVector(values.map { Float($0) })
    }

    func feed(_ split: Split) throws -> Feed { (try BatchFeed(split.clean, batch: settings.batch), try BatchFeed(split.measured, batch: settings.batch)) }

    func all(progress: ((Int) -> Void)?) throws {
        let (train, validation) = (try feed(data.train), try feed(data.validation))
        try ensureHistory(steps: settings.steps, numbers: alpha.count + 2)
        let (thetaSeed, alphaSeed) = (derivedSeed(seed, .steps), derivedSeed(seed, .validationSteps))
        let hessianInterval = settings.hessian.interval(steps: settings.steps, stops: settings.stopsEarly)
        let hessian = hessianInterval > 0 && strategy.movesAlpha ? try AlphaHessian(self) : nil
        var rise = RiseDetector<Snapshot>(settings.hessian, steps: settings.steps)
        try PlanCache.shared.withExecution(alphaPlan ?? thetaPlan) { alphaExecution in
            try PlanCache.shared.withExecution(thetaPlan) { thetaExecution in
                memory = alphaExecution.bytes + thetaExecution.bytes + theta.bytes + alpha.bytes + thetaState.bytes + alphaState.bytes
                    + [train.0, train.1, validation.0, validation.1].reduce(0) { $0 + $1.bytes } + 4 * settings.steps * (alpha.count + 2)
                for step in 0..<settings.steps {
                    let numbers = numbers(step: step)
                    if alphaPlan != nil, step >= warmup {
                        if isUnrolled { bindInnerStep(alphaExecution, train, step: step) }
                        let others = numbers.map { [(5 + alphaState.moments.count + (isUnrolled ? 4 : 0), $0)] } ?? []
                        alphaExecution.bind(3, to: alpha.current)
                        validationLosses.append(try move(alpha, alphaState, settings.alpha, alphaExecution, validation,
                                                         step: step, of: settings.steps, seed: alphaSeed, others: others))
                        guard validationLosses.last!.isFinite else { throw DivergenceError("the validation loss", step: step) }
                        try checkAlpha(step: step)
                    } else {
                        validationLosses.append(.nan)
                    }
                    let others = [(3, alpha)] + (numbers.map { [(5 + thetaState.moments.count, $0)] } ?? [])
                    trainingLosses.append(try move(theta, thetaState, settings.theta, thetaExecution, train,
                                                   step: step, of: settings.steps, seed: thetaSeed, others: others))
                    guard trainingLosses.last!.isFinite else { throw DivergenceError("the training loss", step: step) }
                    if alphaPlan != nil { for i in 0..<alpha.count { alphaHistory.append(alpha.current[i]) } }
                    if settings.scoreEvery > 0, (step + 1) % settings.scoreEvery == 0 { scores.append((step + 1, try relaxedScore(weights: mixWeights()).psnr(peak: data.peak))) }
                    if let hessian, (step + 1) % hessianInterval == 0 {
                        let eigenvalue = try hessian.dominantEigenvalue(validation, step: step)
                        eigenvalues.append((step + 1, eigenvalue))
                        if settings.stopsEarly, let before = rise.add(eigenvalue, step: step + 1, state: snapshot) {
                            stopped = before.step
                            before.state.theta.restore(theta, thetaState)
                            before.state.alpha.restore(alpha, alphaState)
                            break
                        }
                    }
                    progress?(step)
                }
            }
        }
    }

    private func bindInnerStep(_ execution: Execution, _ train: Feed, step: Int) {
        let first = 5 + alphaState.moments.count
        execution.bind(first, to: train.clean.pointer(step: step))
        execution.bind(first + 1, to: train.measured.pointer(step: step))
        thetaState.prepare(settings.theta, step: step, of: settings.steps)
        execution.bind(first + 2, to: innerRate.current)
        execution.bind(first + 3, to: thetaState.moments[0].current)
    }

    /// One step of an optimiser: input 2 is theta, inputs from 4 the state and then the scalars, `others` the rest. A vector
    /// without numbers does not move, its loss is taken all the same.
    func move(_ vector: StateVector, _ state: OptimizerState, _ optimizer: Optimizer, _ execution: Execution, _ feed: Feed,
              step: Int, of steps: Int, seed: UInt64, others: [(Int, StateVector)]) throws -> Float {
        execution.bind(0, to: feed.clean.pointer(step: step))
        execution.bind(1, to: feed.measured.pointer(step: step))
        execution.bind(2, to: theta.current)
        for (index, other) in others { execution.bind(index, to: other.current) }
        state.prepare(optimizer, step: step, of: steps)
        execution.bind(4 + state.moments.count, to: state.scalars.current)
        for (i, moment) in state.moments.enumerated() { execution.bind(4 + i, to: moment.current) }
        if vector.count > 0 {
            execution.bindOutput(1, to: vector.next)
            for (i, moment) in state.moments.enumerated() { execution.bindOutput(2 + i, to: moment.next) }
        }
        try execution.run(seed: seed, step: UInt64(step))
        if vector.count > 0 {
            vector.advance()
            state.advance()
        }
        return execution.output(0).load(as: Float.self)
    }

    /// What moves, with what its optimisers remember: what early stopping goes back to.
    struct Snapshot {
        let theta: VectorSnapshot, alpha: VectorSnapshot
    }
    private var snapshot: Snapshot { Snapshot(theta: VectorSnapshot(theta, thetaState), alpha: VectorSnapshot(alpha, alphaState)) }

    private func checkAlpha(step: Int) throws {
        let count = space.operations.count
        for i in 0..<alpha.count where !alpha.current[i].isFinite {
            throw DivergenceError("alpha of operation '\(space.names[i % count])' at \(space.place(row: i / count))", step: step)
        }
    }

    /// The relaxation's weights at the present alpha, and the scores of selection.
    private func mix() throws -> (weights: [Float], scores: [Float]) {
        let shape = [space.rows, space.operations.count]
        let plan = try PlanCache.shared.plan(MixKey(shape: shape, strategy: key.strategy)) {
            let graph = Graph()
            let alpha = graph.input(shape), context = RelaxationContext(.evaluation)
            return try Plan(graph, outputs: [strategy.weights(alpha, context), strategy.scores(alpha, context)])
        }
        let results = try Tensor.run(plan, inputs: [Tensor(alpha.values.map(Double.init), shape: shape)])
        return (try results[0].values().map { Float($0) }, try results[1].values().map { Float($0) })
    }
    func mixWeights() throws -> [Float] { try mix().weights }

    private var evaluator: Network { Network(space: space, measurement: data.measurement, signal: data.signalShape, training: false) }

    /// The relaxed network on the validation set, with weights {rows * operations} of the mix.
    func relaxedScore(weights: [Float]) throws -> Evaluation {
        let (strategy, layout) = (strategy, layout)
        return try Evaluation.run(key: key, split: data.validation, inputs: [theta, StateVector(weights)],
                                  seed: derivedSeed(seed, .evaluation)) { measured, inputs in
            try evaluator.relaxed(measured, theta: inputs[0], layout: layout, weights: inputs[1]) { try strategy.join($0, $1, RelaxationContext(.evaluation)) }
        }
    }

    /// One architecture with the weights of the search, on the validation set.
    private func sharedScore(_ architecture: Architecture) throws -> Double {
        let key = DiscreteKey(network: key.network, architecture: architecture, isShared: true)
        return try Evaluation.run(key: key, split: data.validation, inputs: [theta], seed: derivedSeed(seed, .evaluation)) { measured, inputs in
            try evaluator.discrete(measured, theta: inputs[0], layout: layout, architecture: architecture)
        }.psnr(peak: data.peak)
    }

    func result() throws -> SearchResult {
        if let sharing = strategy as? RandomSharing { return try bestSample(sharing.samples) }
        let (weights, scores) = try mix()
        // Before selection moves the weights of the network.
        let relaxed = try relaxedScore(weights: weights).psnr(peak: data.peak)
        let architecture: Architecture = switch settings.selection {
        case .argmax: space.best(scores: scores, weights: weights)
        case .perturbation(let tuning): try selectByPerturbation(tuning: tuning ?? settings.steps / 5, weights: weights)
        }
        var result = SearchResult(architecture: architecture)
        (result.alpha, result.weights, result.oneShotRelaxed) = (alpha.values, weights, relaxed)
        result.oneShotArgmax = try sharedScore(architecture)
        result.oneShotScaled = try relaxedScore(weights: space.masked(weights, to: architecture)).psnr(peak: data.peak)
        (result.trainingLosses, result.validationLosses, result.alphaHistory) = (trainingLosses, validationLosses, alphaHistory)
        (result.scores, result.eigenvalues, result.stopped, result.theta) = (self.scores, eigenvalues, stopped, theta.values)
        result.memory = memory
        return result
    }

    /// The best of random architectures, each scored as one path of the relaxed network.
    private func bestSample(_ samples: Int) throws -> SearchResult {
        let path = [Float](repeating: 1, count: alpha.count)
        let candidates = Candidates(space, seed: seed, progress: nil) { [self] in try relaxedScore(weights: space.masked(path, to: $0)).psnr(peak: data.peak) }
        for i in 0..<samples { _ = try candidates.fitness(space.random(seed: derivedSeed(seed, .selection), index: UInt64(i))) }
        var result = SearchResult(architecture: candidates.best!)
        result.oneShotArgmax = try sharedScore(result.architecture)
        result.trainingLosses = trainingLosses
        result.validationLosses = validationLosses
        (result.candidates, result.scores, result.theta) = (candidates.scores, scores, theta.values)
        result.memory = memory
        return result
    }
}

/// alpha {rows, operations}: `scale` times standard normals, each named by the states that its row's edge joins and the
/// operation's name, as the draws of initial weights are.
func initialAlpha(_ space: Space, scale: Double, seed: UInt64) -> [Float] {
    space.edges.flatMap { edge in
        space.names.map { name in
            var value: Float = 0
            var position = RandomPosition(seed: seed, .alpha, numbers: [edge.from, edge.to], names: [name])
            Kernels.float.normalRows(&value, 1, 1, &position)
            return value * Float(scale)
        }
    }
}
