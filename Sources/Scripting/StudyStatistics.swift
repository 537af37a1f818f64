import LuaHost
import Studies

/// Statistics as a Lua value: printed as a table of text, and read by data set and method.
final class StatisticsObject: LuaObject, Summarized {
    static let luaType = LuaTypeIdentity("statistics")
    let text: (Int) -> String
    let byData: [String: LuaTable]
    let summary: String
    init(byData: [String: LuaTable], summary: String, text: @escaping (Int) -> String) { (self.text, self.summary, self.byData) = (text, summary, byData) }
}

/// Statistics of a study's trials, and the same of any lists of numbers: distributions, the best of k, comparisons, variances.
/// A figure is {value, low, high}, with a 95 % bootstrap interval; where it does not exist, {reason}.
enum StudyStatistics {
    private static var tableWidth: Int { terminalWidth ?? 120 }
    private static let small = StudyModule.small
    private static let figures = "figures are {value, low, high}, or {reason} where they do not exist"

    static func declare(_ module: LuaModule, _ type: LuaType<StudyObject>, scores: [String], _ environment: ScriptingEnvironment) {
        let state = environment.state
        func scoreOption(_ name: String, _ standard: Score, _ summary: String) -> LuaOption { LuaOption(name, .choice(scores), default: .string(standard.rawValue), summary) }
        func score(_ o: LuaOptions, _ name: String) -> Score { Score(rawValue: o.string(name))! }

        type.method("statistics", "The distribution of a score over the trials of each method and data set: mean, median, interquartile mean, standard deviation, quartiles, minimum, maximum, each with a 95 % bootstrap interval.",
                    OptionsParam([scoreOption("score", .test, "which score")]), returns: "statistics; print it, or t[data][method].median; \(figures)",
                    example: small + "local t = s:statistics{}\nprint(t)\nprint(t.Blur.Random.median.value)") { s, o -> StatisticsObject in
            let table = DistributionTable(s.records, score: score(o, "score"))
            return collect(state, table.data, table.methods, text: { table.text(width: $0) }) { data, method in
                table[data: data, method: method].map { summary(state, $0) }
            }
        }
        type.method("best_of", "What running a search k times and keeping one result gives: the expected score of the one that is best by another score, and of the best itself (the oracle), which nobody can choose by.", OptionsParam([
            LuaOption("k", .either([.integer, .integers]), default: [1, 2, 3, 5, 10, 20], "numbers of searches"),
            scoreOption("select", .validation, "the score that is chosen by"), scoreOption("score", .test, "the score that is reported"),
        ]), returns: "statistics; print it, or t[data][method].chosen[k] and .oracle[k]; \(figures)", errors: "a k below 1",
                    example: small + "local t = s:best_of{k = {1, 2, 3}}\nprint(t)\nprint(t.Blur.Random.chosen[2].value <= t.Blur.Random.oracle[2].value)") { s, o -> StatisticsObject in
            let counts = o.optionalInteger("k").map { [$0] } ?? Array(Set(o.integers("k"))).sorted()
            guard let first = counts.first, first >= 1, counts.last! <= 100_000 else { throw LuaError("k: numbers of searches from 1 to 100000 expected, got {\(counts.map(String.init).joined(separator: ", "))}") }
            let table = BestOfTable(s.records, counts: counts, selecting: score(o, "select"), reporting: score(o, "score"))
            return collect(state, table.data, table.methods, text: { table.text(width: $0) }) { data, method in
                guard let cell = table[data: data, method: method] else { return nil }
                let (result, chosen, oracle) = (state.makeTable(), state.makeTable(), state.makeTable())
                for (i, k) in counts.enumerated() { (chosen[k], oracle[k]) = (figure(state, cell.chosen[i]), figure(state, cell.oracle[i])) }
                (result["n"], result["chosen"], result["oracle"]) = (.integer(cell.count), .table(chosen), .table(oracle))
                return result
            }
        }
        type.method("compare", "Every method against one of them, trial by trial on the same data: mean and median of the differences, how often it is higher, and p-values: of the mean difference under random signs (also corrected by Holm for the number of methods), of the sign test, of Wilcoxon's signed ranks.", OptionsParam([
            LuaOption("baseline", .string, default: .computed("the first method"), "whose scores are subtracted"), scoreOption("score", .test, "which score"),
        ]), returns: "statistics; print it, or t[data][method].mean and .median, .n, .wins, .ties, .losses, .p, .holm, .sign_p, .wilcoxon_p; \(figures)", errors: "no such method",
                    example: "local blur = dataset.cosines{length = 16, train = 16, validation = 16, test = 16}\nlocal space = darts.space{nodes = 2}\nlocal function row(name) return {name = name, strategy = \"fixed\", architecture = name, space = space, train = {steps = 3}} end\nlocal s = study.new{trials = 3, data = {{name = \"Blur\", blur}}, methods = {row \"grad\", row \"net\"}}:run{}\nprint(s:compare{baseline = \"grad\"})") { s, o -> StatisticsObject in
            let baseline = o.optionalString("baseline") ?? s.design.methods[0].name
            guard s.design.methods.contains(where: { $0.name == baseline }) else {
                throw LuaError("compare: no method is named '\(baseline)' (there are \(s.design.methods.map { "'\($0.name)'" }.joined(separator: ", ")))")
            }
            let table = ComparisonTable(s.records, baseline: baseline, score: score(o, "score"))
            return collect(state, table.data, table.methods, text: { table.text(width: $0) }) { data, method in
                table[data: data, method: method].map { comparison(state, $0.comparison, adjusted: $0.adjustedP) }
            }
        }
        type.method("variance", "Where the spread of a score comes from, in a study with seeds = {data = , search = , retrain = }: variance components of the nested seeds, by the analysis of variance, and their shares, with bootstrap intervals over data seeds.",
                    OptionsParam([scoreOption("score", .test, "which score")]), returns: "statistics; print it, or t[data][method].share.search and .variance.search, likewise data and retrain; \(figures)",
                    errors: "a study without nested seeds",
                    example: "local blur = dataset.cosines{length = 16, train = 16, validation = 16, test = 16}\nlocal methods = {{name = \"Random\", strategy = \"random\", space = darts.space{nodes = 2}, train = {steps = 3}}}\nlocal s = study.new{seeds = {data = 4, search = 2, retrain = 2}, data = {{name = \"Blur\", blur}}, methods = methods}:run{}\nprint(s:variance{})") { s, o -> StatisticsObject in
            guard s.design.nesting != nil else { throw LuaError("variance: a study with seeds = {data = , search = , retrain = } expected, got one with trials = \(s.design.trials)") }
            let design = s.design
            let table = VarianceTable(s.records, score: score(o, "score"), seeds: { design.seeds(trial: $0) }, searches: { name in design.searches(method: name) })
            return collect(state, table.data, table.methods, text: { table.text(width: $0) }) { data, method in
                guard let c = table[data: data, method: method] else { return nil }
                let (result, variance, share) = (state.makeTable(), state.makeTable(), state.makeTable())
                for source in VarianceComponents.Source.allCases {
                    if let estimate = c.variance[source] { variance[source.rawValue] = figure(state, estimate) }
                    if let estimate = c.share[source] { share[source.rawValue] = figure(state, estimate) }
                }
                (result["n"], result["data_seeds"], result["searches"]) = (.integer(c.observations), .integer(c.dataSeeds), .integer(c.searches))
                (result["variance"], result["share"]) = (.table(variance), .table(share))
                return result
            }
        }
        declareLists(module, state)

        let statistics = module.type(StatisticsObject.self, "Statistics by data set and method. A figure is {value, low, high} with a 95 % bootstrap interval, or {reason} where it does not exist.",
                                     example: small + "local t = s:statistics{}\nprint(t.Blur.Random.mean.value)\nprint(t)")
        statistics.index("The statistics of a data set: t[data][method].", signature: "statistics[data]", takesAnyName: true) { t, call in
            guard let data: String = call.read(1), let table = t.byData[data] else { return call.push(LuaValue.nil) }
            call.push(LuaValue.table(table))
        }
        statistics.describe { $0.text(tableWidth) }
    }

    /// The same of numbers that are no study's.
    private static func declareLists(_ module: LuaModule, _ state: LuaState) {
        let numbers = Param<[Double]>("scores", "numbers")
        module.function("describe", "Statistics of numbers: mean, median, interquartile_mean, std, standard_error, lower_quartile, upper_quartile, min, max, each {value, low, high} with a 95 % bootstrap interval, or {reason}.",
                        numbers, returns: "{n, mean, median, ..}", example: "local d = study.describe{20.1, 21.3, 5.2, 20.8}\nprint(d.n, d.median.value, d.mean.low < d.mean.value)\nprint(study.describe{20.1}.std.reason)") { scores -> LuaTable in
            summary(state, Summary(scores, intervals: Set(Statistic.allCases)))
        }
        let (x, y) = (Param<[Double]>("x", "numbers"), Param<[Double]>("y", "as many numbers"))
        module.function("correlate", "Signed correlation of pairs of numbers: pearson, spearman and kendall (tau-b), each {value, low, high} with a 95 % bootstrap interval, or {reason}.",
                        x, y, returns: "{n, pearson, spearman, kendall}", errors: "lists of different lengths", example: "local c = study.correlate({1, 2, 3, 4, 5}, {2, 1, 4, 3, 6})\nprint(c.spearman.value)\nprint(study.correlate({1, 1, 1}, {1, 2, 3}).pearson.reason)") { x, y -> LuaTable in
            guard x.count == y.count else { throw LuaError("correlate: lists of one length expected, got \(x.count) and \(y.count) numbers") }
            let result = state.makeTable()
            result["n"] = .integer(x.count)
            for correlation in Correlation.allCases { result[correlation.rawValue] = figure(state, correlation.estimate(x, y)) }
            return result
        }
        let (a, b) = (Param<[Double]>("a", "numbers"), Param<[Double]>("b", "as many numbers, the partners of a"))
        module.function("paired", "Pairs of numbers compared, a minus b: mean and median difference with 95 % bootstrap intervals, wins, ties, losses, and p-values: p (random signs of the mean), sign_p, wilcoxon_p.",
                        a, b, returns: "{n, mean, median, wins, ties, losses, p, sign_p, wilcoxon_p}", errors: "lists of different lengths", example: "local c = study.paired({3, 5, 8, 9}, {1, 4, 9, 2})\nprint(c.mean.value, c.wins, c.p.value)") { a, b -> LuaTable in
            guard a.count == b.count else { throw LuaError("paired: lists of one length expected, got \(a.count) and \(b.count) numbers") }
            func keyed(_ values: [Double]) -> [Int: Double] { Dictionary(uniqueKeysWithValues: values.enumerated().map { ($0, $1) }) }
            return comparison(state, PairedComparison(keyed(a), keyed(b)), adjusted: nil)
        }
    }

    private static func collect(_ state: LuaState, _ data: [String], _ methods: [String], text: @escaping (Int) -> String, _ cell: (String, String) -> LuaTable?) -> StatisticsObject {
        var byData: [String: LuaTable] = [:]
        for data in data {
            let table = state.makeTable()
            for method in methods { if let found = cell(data, method) { table[method] = .table(found) } }
            byData[data] = table
        }
        return StatisticsObject(byData: byData, summary: StudyObject.extent(methods.count, data.count), text: text)
    }

    static func figure(_ state: LuaState, _ estimate: Estimate) -> LuaValue {
        let table = state.makeTable()
        if let value = estimate.value { table["value"] = .number(value) }
        if let interval = estimate.interval { (table["low"], table["high"]) = (.number(interval.lower), .number(interval.upper)) }
        if let reason = estimate.reason ?? estimate.intervalReason { table["reason"] = .string(reason.description) }
        return .table(table)
    }

    private static func summary(_ state: LuaState, _ summary: Summary) -> LuaTable {
        let table = state.makeTable()
        table["n"] = .integer(summary.count)
        for statistic in Statistic.allCases { table[statistic.rawValue] = figure(state, summary[statistic]) }
        return table
    }

    private static func comparison(_ state: LuaState, _ c: PairedComparison, adjusted: Double?) -> LuaTable {
        let table = state.makeTable()
        (table["n"], table["unpaired"], table["wins"], table["ties"], table["losses"]) = (.integer(c.count), .integer(c.unpaired), .integer(c.wins), .integer(c.ties), .integer(c.losses))
        (table["mean"], table["median"]) = (figure(state, c.meanDifference), figure(state, c.medianDifference))
        (table["p"], table["sign_p"], table["wilcoxon_p"]) = (figure(state, c.pValue), figure(state, c.signP), figure(state, c.wilcoxonP))
        if let adjusted { table["holm"] = .number(adjusted) }
        return table
    }
}
