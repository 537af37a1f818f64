import Engine

/// An option that belongs to a strategy.
public struct StrategyOption: Sendable {
    public enum Kind: Sendable {
        case number(ClosedRange<Double>), integer(ClosedRange<Int>), choice([String])
        /// Two numbers, at the first and at the last step.
        case ramp(ClosedRange<Double>)
    }
    public enum Value: Sendable, Hashable {
        case number(Double), integer(Int), choice(String), ramp(Double, Double)
    }
    public let name: String
    public let kind: Kind
    public let standard: Value
    public let summary: String
}

/// A row of the table of strategies: what it is called, what it takes, how it is made.
public struct StrategyDeclaration: Sendable {
    /// What a strategy understands of the options that all searches share.
    public enum Kind: Sendable { case relaxation, paths, candidates, nothing }
    public let name: String
    public let kind: Kind
    public let summary: String
    public let options: [StrategyOption]
    let make: @Sendable (Values) -> any Strategy

    /// The values of a strategy's options; those not given have their defaults.
    public struct Values {
        let options: [StrategyOption], given: [String: StrategyOption.Value]
        private subscript(_ name: String) -> StrategyOption.Value? { given[name] ?? options.first { $0.name == name }?.standard }
        func number(_ name: String) -> Double { if case .number(let value) = self[name] { value } else { 0 } }
        func integer(_ name: String) -> Int { if case .integer(let value) = self[name] { value } else { 0 } }
        func choice(_ name: String) -> String { if case .choice(let value) = self[name] { value } else { "" } }
        func ramp(_ name: String) -> (Double, Double) { if case .ramp(let a, let b) = self[name] { (a, b) } else { (0, 0) } }
    }

    public func strategy(_ given: [String: StrategyOption.Value] = [:]) -> any Strategy { make(Values(options: options, given: given)) }

    /// All strategies, in the order of help.
    public static let all: [StrategyDeclaration] = [
        .init(name: "darts", kind: .relaxation, summary: "softmax (Liu 2019)", options: []) { _ in Darts() },
        .init(name: "gdas", kind: .relaxation, summary: "hard Gumbel-softmax, straight through (Dong 2019)", options: [
            .init(name: "temperature", kind: .ramp(1e-3...1e6), standard: .ramp(10, 0.1), summary: "of the softmax, falling linearly"),
        ]) { let t = $0.ramp("temperature"); return Gdas(first: t.0, last: t.1) },
        .init(name: "fair", kind: .relaxation, summary: "sigmoid and zero-one loss (Chu 2020)", options: [
            .init(name: "zero_one", kind: .number(0...1e6), standard: .number(10), summary: "weight of the zero-one loss"),
        ]) { Fair(zeroOne: $0.number("zero_one")) },
        .init(name: "sdarts", kind: .relaxation, summary: "theta is trained at perturbed weights (Chen 2020)", options: [
            .init(name: "perturbation", kind: .choice(Sdarts.Perturbation.allCases.map(\.rawValue)), standard: .choice("random"), summary: "how the weights are perturbed"),
            .init(name: "epsilon", kind: .ramp(0...1), standard: .ramp(0.03, 0.3), summary: "largest perturbation, growing linearly"),
            .init(name: "ascent", kind: .integer(1...100), standard: .integer(7), summary: "steps of the adversarial perturbation"),
        ]) { let e = $0.ramp("epsilon"); return Sdarts(Sdarts.Perturbation(rawValue: $0.choice("perturbation"))!, first: e.0, last: e.1, ascent: $0.integer("ascent")) },
        .init(name: "pc", kind: .relaxation, summary: "a part of the batch goes through the mix, the rest passes by (Xu 2020)", options: [
            .init(name: "partial", kind: .integer(1...1024), standard: .integer(4), summary: "one signal in this many goes through the mix"),
        ]) { Pc(partial: $0.integer("partial")) },
        .init(name: "drnas", kind: .relaxation, summary: "weights drawn from a Dirichlet distribution (Chen 2021)", options: [
            .init(name: "regularizer", kind: .choice(Drnas.Regularizer.allCases.map(\.rawValue)), standard: .choice("none"), summary: "distance to the uniform distribution, beside alpha's weight decay"),
            .init(name: "regularizer_scale", kind: .number(0...1e6), standard: .number(1e-3), summary: "its weight"),
        ]) { Drnas(Drnas.Regularizer(rawValue: $0.choice("regularizer"))!, scale: $0.number("regularizer_scale")) },
        .init(name: "random", kind: .nothing, summary: "a random architecture", options: []) { _ in RandomChoice() },
        .init(name: "random_ws", kind: .paths, summary: "weights shared by random paths, the best of random architectures (Li 2019)", options: [
            .init(name: "samples", kind: .integer(1...1_000_000), standard: .integer(1000), summary: "architectures scored with the shared weights"),
        ]) { RandomSharing(samples: $0.integer("samples")) },
        .init(name: "evolution", kind: .candidates, summary: "regularised evolution (Real 2019)", options: [
            .init(name: "population", kind: .integer(1...100_000), standard: .integer(100), summary: "architectures alive"),
            .init(name: "sample", kind: .integer(1...100_000), standard: .integer(25), summary: "of which the best has a child"),
            .init(name: "cycles", kind: .integer(0...10_000_000), standard: .integer(100), summary: "children"),
        ]) { Evolution(population: $0.integer("population"), sample: $0.integer("sample"), cycles: $0.integer("cycles")) },
        .init(name: "local_search", kind: .candidates, summary: "to the best neighbour, from random starts (White 2021)", options: [
            .init(name: "evaluations", kind: .integer(1...10_000_000), standard: .integer(200), summary: "architectures trained"),
        ]) { LocalSearch(evaluations: $0.integer("evaluations")) },
        .init(name: "exhaustive", kind: .candidates, summary: "every architecture", options: [
            .init(name: "limit", kind: .integer(1...1_000_000), standard: .integer(1000), summary: "the largest space it takes"),
        ]) { Exhaustive(limit: $0.integer("limit")) },
    ]

    public static func named(_ name: String) -> StrategyDeclaration? { all.first { $0.name == name } }
}
