import DARTS
import Engine
import LuaHost

/// How a script says what a search does: the one declaration that darts.search and the methods of a study share.
/// An option that the chosen strategy does not take is an error that lists those it takes.
extension DartsModule {
    /// A name of the table, or a strategy of the script's own.
    static func strategyOption(_ summary: String, more: [String] = []) -> LuaOption {
        LuaOption("strategy", .either([.choice(StrategyDeclaration.all.map(\.name) + more), .options(DefinedStrategy.options)]), default: "darts", summary)
    }

    static let strategySummary = StrategyDeclaration.all.map { "\($0.name): \($0.summary)" }.joined(separator: "; ")
        + "; or your own: {name = , weights = function(alpha, context), loss = , select = }"

    private static let common = ["steps", "batch", "theta"]
    private static let ofRelaxation = ["evaluate", "alpha", "order", "hvp", "xi", "entropy", "selection", "tuning", "early_stop", "hessian"]

    /// What a search takes besides space, data and seed.
    static let searchOptions: [LuaOption] = {
        let standard = SearchSettings(), hessian = HessianSettings()
        return [
            LuaOption("order", .integerIn(1...2), default: 1, "alpha follows the validation loss 1: at the present weights, 2: at the weights after one more step on the training batch"),
            LuaOption("hvp", .choice(HessianProduct.allCases.map(\.rawValue)), default: .string(HessianProduct.exact.rawValue), "second order: differentiate the inner step, or take the reference implementation's central difference"),
            LuaOption("xi", .nonNegativeNumber, default: .computed("the rate of theta at the step"), "second order: rate of the inner step, which is SGD with theta's weight decay (and momentum, if theta's optimizer is sgd), not clipped"),
            LuaOption("steps", .positiveInteger, default: .computed("\(standard.steps); evolution and local_search \(Evolution().standardSteps!)"), "steps; each moves alpha, then theta; of evolution, local_search and exhaustive those that train a candidate"),
            LuaOption("batch", .positiveInteger, default: .integer(standard.batch), "signals of a batch"),
            LuaOption("theta", optimizer(standard.theta), default: .empty, "optimiser of the weights"),
            LuaOption("alpha", optimizer(standard.alpha, [
                LuaOption("init", .nonNegativeNumber, default: .number(standard.alphaInitial), "alpha starts at this times N(0, 1)"),
                LuaOption("warmup", .nonNegativeInteger, default: .computed("0; pc 30 % of the steps"), "steps during which alpha rests and its optimiser with it"),
            ]), default: .empty, "optimiser of the architecture parameters"),
            LuaOption("entropy", .number, default: 0.0, "weight of the rows' mean entropy in the loss that alpha follows: above 0 it decides, below 0 it hesitates"),
            LuaOption("selection", .choice(["argmax", "perturbation"]), default: "argmax", "the operation with the largest alpha, or the one whose removal hurts the validation loss most (DARTS-PT, Wang 2021)"),
            LuaOption("tuning", .nonNegativeInteger, default: .computed("a fifth of steps"), "selection = \"perturbation\": steps of fine-tuning after each decision"),
            LuaOption("evaluate", .nonNegativeInteger, default: 0, "steps from one score of the relaxed network to the next; 0: only the last"),
            LuaOption("early_stop", .choice(["none", "hessian"]), default: "none", "hessian: a rise of the dominant eigenvalue of the Hessian of the validation loss in alpha ends the search, and the state of before is kept (Zela 2020)"),
            LuaOption("hessian", .options([
                LuaOption("every", .nonNegativeInteger, default: .computed("0: none; with early_stop a 25th of steps"), "steps from one eigenvalue to the next"),
                LuaOption("window", .positiveInteger, default: .integer(hessian.window), "with early_stop: values that are averaged"),
                LuaOption("distance", .positiveInteger, default: .integer(hessian.distance), "with early_stop: how many values apart the averages are that are compared"),
                LuaOption("factor", .positiveNumber, default: .number(hessian.factor), "with early_stop: their ratio that ends the search"),
                LuaOption("start", .numberIn(0...1), default: .number(hessian.start), "with early_stop: share of the steps before which it is not ended"),
            ]), default: .empty, "the dominant eigenvalue: when it is computed and what ends a search"),
        ] + StrategyDeclaration.all.flatMap { strategy in strategy.options.map { LuaOption($0.name, $0.luaKind, default: .computed($0.standard.text), "of \(strategy.name): \($0.summary)") } }
    }()

    /// The settings of a search by the strategy given, a name or a script's own.
    static func searchSettings(_ o: LuaOptions, strategy: LuaOptions.Value?, environment: ScriptingEnvironment) throws -> SearchSettings {
        let chosen: any Strategy, takes: [String]
        if case .options(let own) = strategy {
            (chosen, takes) = (DefinedStrategy(own, environment: environment), common + ofRelaxation)
        } else {
            guard case .string(let name) = strategy, let declaration = StrategyDeclaration.named(name) else { throw LuaError("strategy: one of the table expected") }
            var values: [String: StrategyOption.Value] = [:]
            for option in declaration.options where o.isGiven(option.name) { values[option.name] = try option.value(o) }
            chosen = declaration.strategy(values)
            takes = common + (declaration.kind == .relaxation ? ofRelaxation : declaration.kind == .paths ? ["evaluate"] : []) + declaration.options.map(\.name)
        }
        if let option = searchOptions.map(\.name).first(where: { o.isGiven($0) && !takes.contains($0) }) {
            throw LuaError("\(option): does not apply to strategy '\(chosen.name)', which takes \(takes.joined(separator: ", "))")
        }
        var settings = SearchSettings.standard(chosen)
        settings.batch = o.integer("batch")
        if let steps = o.optionalInteger("steps") { settings.steps = steps }
        if o.integer("order") == 2 {
            settings.order = .secondOrder(o.choice("hvp", of: HessianProduct.self))
            settings.innerRate = o.optionalNumber("xi")
        } else if o.isGiven("xi") || o.choice("hvp", of: HessianProduct.self) != .exact {
            throw LuaError("\(o.isGiven("xi") ? "xi" : "hvp"): only for order = 2, got order = 1")
        }
        let alpha = o.options("alpha"), hessian = o.options("hessian")
        (settings.theta, settings.alpha) = (try optimizer(o.options("theta")), try optimizer(alpha))
        (settings.alphaInitial, settings.warmup) = (alpha.number("init"), alpha.optionalInteger("warmup"))
        (settings.entropy, settings.scoreEvery) = (o.number("entropy"), o.integer("evaluate"))
        if o.string("selection") == "perturbation" { settings.selection = .perturbation(tuning: o.optionalInteger("tuning")) }
        else if o.isGiven("tuning") { throw LuaError("tuning: only for selection = \"perturbation\", got selection = \"argmax\"") }
        settings.stopsEarly = o.string("early_stop") == "hessian"
        settings.hessian.every = hessian.optionalInteger("every") ?? 0
        (settings.hessian.window, settings.hessian.distance) = (hessian.integer("window"), hessian.integer("distance"))
        (settings.hessian.factor, settings.hessian.start) = (hessian.number("factor"), hessian.number("start"))
        return settings
    }
}

extension StrategyOption {
    var luaKind: LuaOptionKind {
        switch kind {
        case .number(let range): .numberIn(range)
        case .integer(let range): .integerIn(range)
        case .choice(let names): .choice(names)
        case .ramp(let range): .either([.numberIn(range), .numbers])
        }
    }

    func value(_ o: LuaOptions) throws -> Value {
        switch (kind, o[name]) {
        case (.integer, .integer(let value)): return .integer(value)
        case (.choice, .string(let value)): return .choice(value)
        case (.number, .number(let value)): return .number(value)
        case (.ramp, .number(let value)): return .ramp(value, value)
        case (.ramp(let range), .numbers(let values)):
            guard values.count == 2, values.allSatisfy(range.contains) else {
                throw LuaError("\(name): {first, last} from \(range.lowerBound) to \(range.upperBound) expected, got {\(values.map { "\($0)" }.joined(separator: ", "))}")
            }
            return .ramp(values[0], values[1])
        default: return standard
        }
    }
}

extension StrategyOption.Value {
    var text: String {
        switch self {
        case .number(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .choice(let value): "\"\(value)\""
        case .ramp(let first, let last): "{\(first), \(last)}"
        }
    }
}
