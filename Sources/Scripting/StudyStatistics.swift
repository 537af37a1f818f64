import Engine
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
/// A figure is {value, low, high} with a 95 % interval, {value, reason} where no interval covers, {reason} where it does not exist.
enum StudyStatistics {
    static let forms = "figures are {value, low, high} with a 95 % interval, {value, reason} without one, {reason} where they do not exist"
    private static var tableWidth: Int { ScriptingEnvironment.widthOfTables }
    private static let small = StudyModule.small

    static func declare(_ module: LuaModule, _ type: LuaType<StudyObject>, scores: [String], _ environment: ScriptingEnvironment) {
        let fields = ResultFields(environment.state)
        func scoreOption(_ name: String, _ standard: Score, _ summary: String) -> LuaOption { LuaOption(name, .choice(scores), default: .string(standard.rawValue), summary) }
        func score(_ o: LuaOptions, _ name: String) -> Score { Score(rawValue: o.string(name))! }

        type.method("statistics", "The distribution of a score over the trials of each method and data set: mean, median, interquartile mean, standard deviation, quartiles, minimum, maximum, each with a 95 % interval where one covers: means by the wider of Student's t and the bootstrap-t, quantiles by order statistics, std by Bonett's formula; none for the ends.",
                    OptionsParam([scoreOption("score", .test, "which score")]), returns: "statistics; print it, or t[data][method].median; \(forms)",
                    example: small + "local t = s:statistics{}\nprint(t)\nprint(t.Blur.Random.median.value)") { s, o -> StatisticsObject in
            let table = DistributionTable(s.records, score: score(o, "score"))
            return collect(fields, table.data, table.methods, text: { table.text(width: $0) }) { data, method in
                table[data: data, method: method].map { summary(fields, $0) }
            }
        }
        type.method("best_of", "What running a search k times and keeping one result gives: the expected score of the one that is best by another score, and of the best itself (the oracle), which nobody can choose by.", OptionsParam([
            LuaOption("k", .either([.integer, .integers]), default: [1, 2, 3, 5, 10, 20], "numbers of searches"),
            scoreOption("select", .validation, "the score that is chosen by"), scoreOption("score", .test, "the score that is reported"),
        ]), returns: "statistics; print it, or t[data][method].chosen[k] and .oracle[k]; \(forms)", errors: "a k below 1",
                    example: small + "local t = s:best_of{k = {1, 2, 3}}\nprint(t)\nprint(t.Blur.Random.chosen[2].value <= t.Blur.Random.oracle[2].value)") { s, o -> StatisticsObject in
            let counts = o.optionalInteger("k").map { [$0] } ?? Array(Set(o.integers("k"))).sorted()
            guard let first = counts.first, first >= 1, counts.last! <= 100_000 else { throw LuaError("k: numbers of searches from 1 to 100000 expected, got {\(counts.map(String.init).joined(separator: ", "))}") }
            let table = BestOfTable(s.records, counts: counts, selecting: score(o, "select"), reporting: score(o, "score"))
            return collect(fields, table.data, table.methods, text: { table.text(width: $0) }) { data, method in
                guard let cell = table[data: data, method: method] else { return nil }
                let result = fields.table("a row of best_of")
                let chosen = fields.table("the list of best_of, by k,")
                let oracle = fields.table("the list of best_of, by k,")
                for (i, k) in counts.enumerated() {
                    chosen[k] = figure(fields, cell.chosen[i])
                    oracle[k] = figure(fields, cell.oracle[i])
                }
                result["n"] = .integer(cell.count)
                result["chosen"] = .table(chosen)
                result["oracle"] = .table(oracle)
                return result
            }
        }
        type.method("compare", "Every method against one of them, trial by trial on the same data: mean and median of the differences, how often it is higher, and p-values: of the mean difference under random signs (also corrected by Holm for the number of methods), of the sign test, of Wilcoxon's signed ranks.", OptionsParam([
            LuaOption("baseline", .string, default: .computed("the first method"), "whose scores are subtracted"), scoreOption("score", .test, "which score"),
        ]), returns: "statistics; print it, or t[data][method].mean and .median, .n, .unpaired (trials without a partner), .wins, .ties, .losses, .p, .holm, .sign_p, .wilcoxon_p; \(forms); p-values are {value} or {reason}, holm a number or nil", errors: "no such method; a study of one method",
                    example: "local blur = dataset.cosines{length = 16, train = 16, validation = 16, test = 16}\nlocal space = darts.space{nodes = 2}\nlocal function row(name) return {name = name, strategy = \"fixed\", architecture = name, space = space, train = {steps = 3}} end\nlocal s = study.new{trials = 3, data = {{name = \"Blur\", blur}}, methods = {row \"grad\", row \"net\"}}:run{}\nprint(s:compare{baseline = \"grad\"})") { s, o -> StatisticsObject in
            let baseline = o.optionalString("baseline") ?? s.design.methods[0].name
            guard s.design.methods.contains(where: { $0.name == baseline }) else {
                throw LuaError("compare: no method is named '\(baseline)' (there are \(s.design.methods.map { "'\($0.name)'" }.joined(separator: ", ")))")
            }
            guard s.design.methods.count > 1 else { throw LuaError("compare: another method beside '\(baseline)' expected, the study has none") }
            let table = ComparisonTable(s.records, baseline: baseline, score: score(o, "score"))
            return collect(fields, table.data, table.methods, text: { table.text(width: $0) }) { data, method in
                table[data: data, method: method].map { comparison(fields, $0.comparison, adjusted: $0.adjustedP) }
            }
        }
        type.method("variance", "Where the spread of a score comes from, in a study with seeds = {data = , search = , retrain = }: variance components of the nested seeds, by the analysis of variance, with intervals for normal effects in a balanced design, and their shares of the sum. An estimate below zero cannot be told from none.",
                    OptionsParam([scoreOption("score", .test, "which score")]), returns: "statistics; print it, or t[data][method].share.search and .variance.search, likewise data and retrain; \(forms)",
                    errors: "a study without nested seeds",
                    example: "local blur = dataset.cosines{length = 16, train = 16, validation = 16, test = 16}\nlocal methods = {{name = \"Random\", strategy = \"random\", space = darts.space{nodes = 2}, train = {steps = 3}}}\nlocal s = study.new{seeds = {data = 4, search = 2, retrain = 2}, data = {{name = \"Blur\", blur}}, methods = methods}:run{}\nprint(s:variance{})") { s, o -> StatisticsObject in
            guard s.design.nesting != nil else { throw LuaError("variance: a study with seeds = {data = , search = , retrain = } expected, got one with trials = \(s.design.trials)") }
            let design = s.design
            let table = VarianceTable(s.records, score: score(o, "score"), seeds: { design.seeds(trial: $0) }, searches: { name in design.searches(method: name) })
            return collect(fields, table.data, table.methods, text: { table.text(width: $0) }) { data, method in
                guard let c = table[data: data, method: method] else { return nil }
                let result = fields.table("a row of variances")
                let sources = VarianceComponents.Source.allCases.map(\.rawValue)
                let variance = fields.table("the sources of variance", optional: sources)
                let share = fields.table("the sources of variance", optional: sources)
                for source in VarianceComponents.Source.allCases {
                    if let estimate = c.variance[source] { variance[source.rawValue] = figure(fields, estimate) }
                    if let estimate = c.share[source] { share[source.rawValue] = figure(fields, estimate) }
                }
                result["n"] = .integer(c.observations)
                result["data_seeds"] = .integer(c.dataSeeds)
                result["searches"] = .integer(c.searches)
                result["variance"] = .table(variance)
                result["share"] = .table(share)
                return result
            }
        }
        declareLists(module, fields)

        let statistics = module.type(StatisticsObject.self, "Statistics by data set and method. A name that is not there is an error. \(forms.prefix(1).uppercased() + forms.dropFirst()).",
                                     example: small + "local t = s:statistics{}\nprint(t.Blur.Random.mean.value)\nprint(t)")
        statistics.index("The statistics of a data set: t[data][method].", signature: "statistics[data]", takesAnyName: true) { t, call in
            guard let data: String = call.read(1) else { return call.push(LuaValue.nil) }
            guard let table = t.byData[data] else { throw ResultFields.unknown(data, of: "the statistics", among: t.byData.keys.sorted()) }
            call.push(LuaValue.table(table))
        }
        statistics.describe { $0.text(tableWidth) }
    }

    /// The same of numbers that are no study's.
    private static func declareLists(_ module: LuaModule, _ fields: ResultFields) {
        let numbers = Param<[Double]>("scores", "numbers")
        module.function("describe", "Statistics of numbers: mean, median, interquartile_mean, std, standard_error, lower_quartile, upper_quartile, min, max. Numbers are taken as independent. 95 % intervals: mean by Student's t, from 6 numbers on the wider of it and the bootstrap-t (2000 resamples of a fixed seed, up to 1000 numbers); median from 6 and quartiles from 11 by order statistics; interquartile_mean from 6 by the bootstrap-t of the trimmed mean; std and standard_error from 10 by Bonett's formula unless a few numbers lie far out; none of min and max.",
                        numbers, returns: "{n, mean, median, ..}; \(forms)", example: "local d = study.describe{20.1, 21.3, 5.2, 20.8}\nprint(d.n, d.median.value, d.mean.low < d.mean.value)\nprint(study.describe{20.1}.std.reason)") { scores -> LuaTable in
            let found = Summary(scores, intervals: Set(Statistic.allCases))
            try Interruption.check()
            return summary(fields, found)
        }
        let (x, y) = (Param<[Double]>("x", "numbers"), Param<[Double]>("y", "as many numbers"))
        module.function("correlate", "Signed correlation of pairs of numbers: pearson, spearman and kendall (tau-b), with 95 % intervals by Fisher's z from 4 pairs on (Pearson; from 10 the wider of it and the bootstrap-t) and 6 (ranks), and with p, two-sided, of independence: by Student's t (Pearson), by all orders of the pairs below 10 of them (ranks), beyond by Kendall's exact distribution without ties up to 33 pairs, Student's t (Spearman), or the normal approximation.",
                        x, y, returns: "{n, pearson, spearman, kendall}; \(forms); each also has p", errors: "lists of different lengths", example: "local c = study.correlate({1, 2, 3, 4, 5}, {2, 1, 4, 3, 6})\nprint(c.spearman.value)\nprint(study.correlate({1, 1, 1}, {1, 2, 3}).pearson.reason)") { x, y -> LuaTable in
            guard x.count == y.count else { throw LuaError("correlate: lists of one length expected, got \(x.count) and \(y.count) numbers") }
            let estimates = Correlation.estimates(x, y)
            try Interruption.check()
            return try correlations(fields, estimates, x, y, n: x.count)
        }
        let (a, b) = (Param<[Double]>("a", "numbers"), Param<[Double]>("b", "as many numbers, the partners of a"))
        module.function("paired", "Pairs of numbers compared, a minus b: mean and median difference, wins, ties, losses, and two-sided p-values: p of the mean under random signs (all of them up to 14 pairs, 20000 draws up to 1000, the paired t test beyond), sign_p, wilcoxon_p (differences of 0 dropped, exact up to 50, ties included). The intervals are the differences that p, and the medians that sign_p, does not reject at 5 %: none below 6 pairs.",
                        a, b, returns: "{n, unpaired, mean, median, wins, ties, losses, p, sign_p, wilcoxon_p}; \(forms); p-values are {value} or {reason}", errors: "lists of different lengths", example: "local c = study.paired({3, 5, 8, 9}, {1, 4, 9, 2})\nprint(c.mean.value, c.wins, c.p.value)") { a, b -> LuaTable in
            guard a.count == b.count else { throw LuaError("paired: lists of one length expected, got \(a.count) and \(b.count) numbers") }
            func keyed(_ values: [Double]) -> [Int: Double] { Dictionary(uniqueKeysWithValues: values.enumerated().map { ($0, $1) }) }
            let found = PairedComparison(keyed(a), keyed(b))
            try Interruption.check()
            return comparison(fields, found, adjusted: nil)
        }
    }

    private static func collect(_ fields: ResultFields, _ data: [String], _ methods: [String], text: @escaping (Int) -> String,
                                _ cell: (String, String) -> LuaTable?) -> StatisticsObject {
        var byData: [String: LuaTable] = [:]
        for data in data {
            let table = fields.table("the statistics of '\(data)'")
            for method in methods { if let found = cell(data, method) { table[method] = .table(found) } }
            byData[data] = table
        }
        return StatisticsObject(byData: byData, summary: StudyObject.extent(methods.count, data.count), text: text)
    }

    static func figure(_ fields: ResultFields, _ estimate: Estimate, p: Estimate? = nil, n: Int? = nil) -> LuaValue {
        let table = fields.table("a figure", optional: ["value", "low", "high", "reason", "p", "n"])
        if let value = estimate.value { table["value"] = .number(value) }
        if let interval = estimate.interval {
            table["low"] = .number(interval.lower)
            table["high"] = .number(interval.upper)
        }
        if let reason = estimate.reason ?? estimate.intervalReason { table["reason"] = .string(reason.description) }
        if let p = p?.value { table["p"] = .number(p) }
        if let n { table["n"] = .integer(n) }
        return .table(table)
    }

    private static func summary(_ fields: ResultFields, _ summary: Summary) -> LuaTable {
        let table = fields.table("a summary")
        table["n"] = .integer(summary.count)
        for statistic in Statistic.allCases { table[statistic.rawValue] = figure(fields, summary[statistic]) }
        return table
    }

    /// - Parameters:
    ///   - xs, ys: the pairs, for p; empty where they are not independent.
    static func correlations(_ fields: ResultFields, _ estimates: [Correlation: Estimate], _ xs: [Double], _ ys: [Double], n: Int) throws -> LuaTable {
        let table = fields.table("a correlation")
        table["n"] = .integer(n)
        for (correlation, estimate) in estimates {
            let p = xs.isEmpty ? nil : correlation.pValue(xs, ys)
            try Interruption.check()
            table[correlation.rawValue] = figure(fields, estimate, p: p, n: n)
        }
        return table
    }

    private static func comparison(_ fields: ResultFields, _ c: PairedComparison, adjusted: Double?) -> LuaTable {
        let table = fields.table("a comparison", optional: ["holm"])
        table["n"] = .integer(c.count)
        table["unpaired"] = .integer(c.unpaired)
        table["wins"] = .integer(c.wins)
        table["ties"] = .integer(c.ties)
        table["losses"] = .integer(c.losses)
        table["mean"] = figure(fields, c.meanDifference)
        table["median"] = figure(fields, c.medianDifference)
        table["p"] = figure(fields, c.pValue)
        table["sign_p"] = figure(fields, c.signP)
        table["wilcoxon_p"] = figure(fields, c.wilcoxonP)
        if let adjusted { table["holm"] = .number(adjusted) }
        return table
    }
}
