import Engine

/// How an architecture is looked for. A strategy is a value: what it does is graph that a search compiles, or a choice
/// among candidates that are trained. Its description is what identifies it in a study.
public protocol Strategy: Sendable {
    var name: String { get }
    /// Name and settings, in one line.
    var description: String { get }
    /// What names plans with the strategy while the process lives: strategies of equal identity compute the same. The
    /// strategy itself, where it is Hashable.
    associatedtype Identity: Hashable
    var identity: Identity { get }
    /// Called on the thread that may run user code, before graphs are built elsewhere, for alpha {rows, operations}.
    func prepare(rows: Int, operations: Int) throws
}

extension Strategy where Self: Hashable {
    public var identity: Self { self }
}

extension Strategy {
    public var description: String { name }
    /// The identity beside those of other types.
    public var erasedIdentity: AnyHashable { AnyHashable(identity) }
    public func prepare(rows: Int, operations: Int) throws {}
}

/// A strategy whose network is all operations at once, mixed by weights that come from alpha.
public protocol RelaxingStrategy: Strategy {
    /// False where alpha plays no part and only the weights of the network are trained.
    var movesAlpha: Bool { get }
    /// Steps during which alpha rests, where the search does not say.
    func standardWarmup(steps: Int) -> Int
    /// Numbers that change from step to step; `RelaxationContext.numbers` is them in the graph.
    func numbers(step: Int, of steps: Int) -> [Double]
    /// The weights {rows, operations} of the mix for alpha {rows, operations}. Random operators follow the step.
    func weights(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression
    /// Added to the loss that alpha follows; of no dimensions.
    func penalty(_ alpha: Expression, _ weights: Expression, _ context: RelaxationContext) throws -> Expression?
    /// The weights at which theta is trained, from those of `weights`; `loss` is the training loss at any.
    func trainingWeights(_ weights: Expression, _ context: RelaxationContext, loss: (Expression) throws -> Expression) throws -> Expression
    /// What an edge gives, from the mix of the operations and their input, both {n, channels, length}.
    func join(_ mixed: Expression, _ x: Expression, _ context: RelaxationContext) throws -> Expression
    /// Scores {rows, operations}, of which the largest of a row is selected.
    func scores(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression
}

extension RelaxingStrategy {
    public var movesAlpha: Bool { true }
    public func standardWarmup(steps: Int) -> Int { 0 }
    public func numbers(step: Int, of steps: Int) -> [Double] { [] }
    public func penalty(_ alpha: Expression, _ weights: Expression, _ context: RelaxationContext) throws -> Expression? { nil }
    public func trainingWeights(_ weights: Expression, _ context: RelaxationContext, loss: (Expression) throws -> Expression) throws -> Expression { weights }
    public func join(_ mixed: Expression, _ x: Expression, _ context: RelaxationContext) throws -> Expression { mixed }
    public func scores(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression { alpha }
}

/// Where in a search the relaxation is asked for.
public struct RelaxationContext {
    public enum Use: String, Sendable {
        /// The loss that alpha follows, and the inner step of second order.
        case alpha, inner
        /// The loss that theta follows.
        case theta
        /// Scores and selection, without draws.
        case evaluation
    }
    public let use: Use
    /// {count}; nil for a strategy without, and in evaluation.
    public let numbers: Expression?
    public init(_ use: Use, numbers: Expression? = nil) { (self.use, self.numbers) = (use, numbers) }
    func with(_ use: Use) -> RelaxationContext { RelaxationContext(use, numbers: use == .evaluation ? nil : numbers) }
    func number(_ index: Int) throws -> Expression {
        guard let numbers else { throw EngineError("this strategy has no numbers outside its steps") }
        return try numbers.slice(axis: 0, start: index, count: 1)
    }
}

/// A strategy that trains candidates one by one.
public protocol CandidateStrategy: Strategy {
    /// Training steps of a candidate where the search does not say.
    var standardSteps: Int? { get }
    /// Throws when there are more candidates than it will train.
    func check(_ space: Space) throws
    func choose(_ candidates: Candidates) throws -> Architecture
    /// How many candidates it trains, to show progress.
    func count(_ space: Space) -> Int
}

extension CandidateStrategy {
    public var standardSteps: Int? { nil }
    public func check(_ space: Space) throws {}
}

/// 1 where a row has its largest value, else 0: {rows, operations}.
func oneHot(_ values: Expression) throws -> Expression { values.compare(.equal, try values.reduce(.maximum, [values.rank - 1])) }

extension Graph {
    /// Uniform draws in (0, 1) that follow the run's seed and step, never 0.
    func uniform(_ shape: Shape, _ dtype: DType) throws -> Expression {
        try apply(RandomDraw(.uniform, shape, dtype, stream: freshRandomStream()), []).maximum(constant(0x1p-25, dtype))
    }
}
