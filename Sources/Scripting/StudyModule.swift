import DARTS
import Datasets
import Engine
import LuaHost
import Studies
import Tensors

/// A study as a Lua value: its design, its store and the records that are there.
final class StudyObject: LuaObject, Displayed, Summarized {
    static let luaType = LuaTypeIdentity("study")
    let design: StudyDesign
    let store: Store
    let references: [TableReference]
    private(set) var records: [TrialRecord]

    init(_ design: StudyDesign, store: Store, references: [TableReference]) throws {
        (self.design, self.store, self.references) = (design, store, references)
        records = try store.records(for: design.specs)
    }

    /// - Returns: whether it was stopped.
    func run(workers: Int?, retry: Bool, environment: ScriptingEnvironment) throws -> Bool {
        try design.prepare()
        defer { records = (try? store.records(for: design.specs)) ?? records }
        if let conductor = environment.conductor {
            try conductor.run(design, in: store, workers: workers, retry: retry, environment: environment)
            return false
        }
        return try environment.withRun(design.name, workers: workers) { given, display in
            var run = given
            run.retryFailed = retry
            let design = design
            let outcome = try run.run(study: design.name, design.specs, in: store) { try design.run($0) }
            if outcome.stopped {
                let kept = store.path.map { "; they are kept in \($0), and running the script again goes on from there" } ?? ""
                display.message("stopped after \(outcome.records.count) of \(design.specs.count) trials\(kept)")
            }
            return outcome.stopped
        }
    }

    func representations(_ style: DisplayStyle) -> [Representation] {
        let table = table(score: .test, wide: false)
        return [Representation(text: table.text(width: style.width)), Representation(kind: "text/html", bytes: Array(table.html.utf8)), Representation(kind: "text/latex", bytes: Array(table.latex.utf8))]
    }

    var summary: String {
        let failed = records.filter { $0.status == .failed }.count
        return "\(records.count) of \(design.trials * design.methods.count * design.data.count) trials, \(failed > 0 ? "\(failed) failed, " : "")\(StudyObject.extent(design.methods.count, design.data.count))"
    }

    /// "3 methods on 2 data sets"
    static func extent(_ methods: Int, _ data: Int) -> String { "\(methods) method\(methods == 1 ? "" : "s") on \(data) data set\(data == 1 ? "" : "s")" }

    func table(score: Score, wide: Bool) -> StudyTable {
        StudyTable(records, plan: design.specs, score: score, wide: wide, references: references)
    }
}

/// The namespace `study`: many trials, their statistics, their correlation.
enum StudyModule {
    /// What examples begin with: a study that is run.
    static let small = "local blur = dataset.cosines{length = 16, train = 16, validation = 16, test = 16}\n"
        + "local methods = {{name = \"Random\", strategy = \"random\", space = darts.space{nodes = 2}, train = {steps = 3}}}\n"
        + "local s = study.new{trials = 3, data = {{name = \"Blur\", blur}}, methods = methods}:run{}\n"
    private static let scores = Score.recorded.map(\.rawValue)
    static let dataOption = LuaOption("data", .records([LuaOption("name", .string, "its name"), LuaOption.positional(1, "data", .value(DatasetObject.self), "the data set")]), "the data sets: {{name = \"Blur\", d}, ..}")

    static func declare(in environment: ScriptingEnvironment) {
        let module = environment.state.module("study", "Many trials, their statistics and their correlation.")
        let method: [LuaOption] = [
            LuaOption("name", .string, "name of the row"),
            DartsModule.strategyOption("how an architecture is found, as in darts.search; fixed: the one given", more: ["fixed"]),
            LuaOption("space", .value(SpaceObject.self), "the architectures"),
            LuaOption("architecture", DartsModule.architectureKind, default: nil, "of strategy fixed: one name for all nodes, or a list"),
            .options(of: "darts.search", "search", DartsModule.searchOptions),
            .options(of: "darts.train", "train", DartsModule.trainingOptions),
        ]
        let reference: [LuaOption] = [
            LuaOption("data", .string, "name of the data"), LuaOption("method", .string, "name of the method"),
            LuaOption("max", .number, default: nil, "dB"), LuaOption("mean", .number, default: nil, "dB"), LuaOption("median", .number, default: nil, "dB"),
        ]
        module.options("new", "A study: every method on every data set, trials times.", [
            LuaOption("name", .string, default: "study", "its name"),
            LuaOption("trials", .nonNegativeInteger, default: 100, "trials for each method and data set"),
            .seed(default: 0, "trial i has seed + i - 1; an integer, or a stream, which gives its next number"),
            LuaOption("seeds", .options([
                LuaOption("data", .positiveInteger, default: 1, "data seeds"), LuaOption("search", .positiveInteger, default: 1, "searches on each"),
                LuaOption("retrain", .positiveInteger, default: 1, "retrainings of what each search found"),
            ]), default: nil, "nested seeds in place of trials, for s:variance. Trials that share data are not independent: intervals of means are then over data sets, other tables have none"),
            LuaOption("tabular", .value(TabularObject.self), default: nil, "a table of darts.tabular that final scores are taken from; trial i has the data of its seed number i, again from the first after the last"),
            LuaOption("store", .string, default: nil, "a file that keeps the trials; without it they are lost at the end"),
            dataOption,
            LuaOption("methods", .records(method), "the rows of the table"),
            LuaOption("reference", .records(reference), default: nil, "figures to print beside ours"),
            LuaOption("reference_title", .string, default: "reference", "what they are"),
        ], returns: "study", errors: "no data or methods; two of one name; a store that is damaged, foreign or newer",
           example: "local s = study.new{trials = 1, data = {{name = \"Blur\", dataset.cosines{train = 16, validation = 16, test = 16}}},\n  methods = {{name = \"Random\", strategy = \"random\", space = darts.space{nodes = 2}, train = {steps = 3}}}}\ns:run{}\nprint(#s:trials())") { o -> StudyObject in
            let data = o.records("data").map { (name: $0.string("name"), source: $0.value("data", as: DatasetObject.self).source) }
            let methods = try o.records("methods").map { try StudyModule.method(from: $0, environment) }
            for (what, names) in [("data", data.map(\.name)), ("methods", methods.map(\.name))] {
                guard !names.isEmpty else { throw LuaError("bad argument '\(what)' to 'new' (at least one expected, got none)") }
                var seen: Set<String> = []
                for name in names where !seen.insert(name).inserted { throw LuaError("bad argument '\(what)' to 'new' (two are named '\(name)')") }
            }
            var figures: [String: [String: TableReference.Figures]] = [:]
            for r in o.records("reference") {
                figures[r.string("data"), default: [:]][r.string("method")] =
                    .init(max: r.optionalNumber("max"), mean: r.optionalNumber("mean"), median: r.optionalNumber("median"))
            }
            let nesting = o.optionalOptions("seeds").map { NestedSeeds(data: $0.integer("data"), search: $0.integer("search"), retrain: $0.integer("retrain")) }
            if let nesting, Double(nesting.data) * Double(nesting.search) * Double(nesting.retrain) > 1e7 { throw LuaError("seeds: a product of at most 10000000 trials expected, got \(nesting.data) x \(nesting.search) x \(nesting.retrain)") }
            if nesting != nil, o.isGiven("trials") { throw LuaError("trials: not with seeds, whose product they are, got both") }
            let design = StudyDesign(name: o.string("name"), trials: o.integer("trials"), seed: o.seedNumber ?? 0, data: data, methods: methods,
                                     nesting: nesting, tabular: o.optionalValue("tabular", as: TabularObject.self)?.table)
            try design.checkTable()
            let path = o.optionalString("store")
            return try StudyObject(design, store: environment.conductor?.openStore(study: design.name, path: path) ?? Store(path: path),
                                   references: figures.isEmpty ? [] : [TableReference(title: o.string("reference_title"), figures: figures)])
        }
        declareMembers(module, environment)
    }

    private static func method(from o: LuaOptions, _ environment: ScriptingEnvironment) throws -> StudyMethod {
        let space = o.value("space", as: SpaceObject.self).space, name = o.string("name")
        let architecture = try DartsModule.architecture(o, "architecture", in: space)
        let strategy: StudyMethod.Strategy
        if case .string("fixed") = o["strategy"] {
            guard let architecture else { throw LuaError("method '\(name)': strategy fixed needs architecture = a name or a list of names") }
            if let option = o.options("search").given.sorted().first { throw LuaError("method '\(name)': \(option): strategy 'fixed' searches nothing") }
            strategy = .fixed(architecture)
        } else {
            let settings = try DartsModule.searchSettings(o.options("search"), strategy: o["strategy"], environment: environment)
            guard architecture == nil else { throw LuaError("method '\(name)': architecture goes with strategy = \"fixed\", not with \"\(settings.strategy.name)\"") }
            // Recorded now, so that what a strategy of the script does is part of the trials' identity.
            try settings.strategy.prepare(rows: space.rows, operations: space.operations.count)
            strategy = settings.strategy is RandomChoice ? .random : .search(settings)
        }
        return StudyMethod(name: name, space: space, strategy: strategy, training: try DartsModule.trainingSettings(o.options("train")))
    }

    private static func score(_ name: String) -> Score { Score(rawValue: name)! }

    private static func declareMembers(_ module: LuaModule, _ environment: ScriptingEnvironment) {
        let fields = ResultFields(environment.state)
        let type = module.type(StudyObject.self, "Many trials of several methods on several data sets.", example: small + "print(s.name)\nprint(s)")
        type.method("run", "Runs the trials that are missing.", OptionsParam([
            LuaOption("workers", .positiveInteger, default: .computed("--threads"), "trials at a time"),
            LuaOption("retry", .boolean, default: false, "runs failed trials again"),
        ]), returns: "the study", errors: "a store that cannot be written; a trial that fails is recorded and does not stop the rest",
                    example: small + "print(#s:run{}:trials())") { s, o -> StudyObject in
            if try s.run(workers: o.optionalInteger("workers"), retry: o.boolean("retry"), environment: environment) { throw Interrupted() }
            return s
        }
        let scoreOption = LuaOption("score", .choice(scores), default: .string(Score.test.rawValue), "which score; per_signal.test is the mean over test signals of each one's PSNR")
        type.method("table", "Maximum, mean with standard error, median for each method and data set; failed trials are said.", OptionsParam([
            scoreOption, LuaOption("wide", .boolean, default: true, "also n, standard deviation and the 95 % interval of the mean"),
            LuaOption("latex", .boolean, default: false, "for LaTeX with booktabs"),
        ]), returns: "string", example: small + "print(s:table())") { s, o -> String in
            let table = s.table(score: score(o.string("score")), wide: o.boolean("wide"))
            return o.boolean("latex") ? table.latex : table.text(width: environment.tableWidth)
        }
        type.method("correlation", "Pearson, Spearman and Kendall correlation of two scores over the trials of each method and data set, signed, with 95 % intervals as study.correlate has them; none where trials share data sets.",
                    OptionsParam([
                        LuaOption("x", .choice(scores), default: "one_shot.relaxed", "one score"),
                        LuaOption("y", .choice(scores), default: "psnr.validation", "the other"),
                    ]), returns: "correlation; print it, or c[data][method].pearson = {value, low, high, n, p}, likewise spearman and kendall; \(StudyStatistics.forms)", example: small + "print(s:correlation{x = \"psnr.validation\", y = \"psnr.test\"})") { s, o in
            CorrelationObject(CorrelationTable(s.records, x: score(o.string("x")), y: score(o.string("y"))))
        }
        let standard = FailureThresholds()
        type.method("failures", "Counts of the three kinds of failure, each trial at most in one: dead, the output is next to zero; misled, the one-shot score is high and the final one far below; collapsed, neither is good. High and far below are measured against the upper quartile of all methods on the same data.", OptionsParam([
            LuaOption("far_below", .positiveNumber, default: .number(standard.farBelow), "dB below the reference from which a final score is far below"),
            LuaOption("high_one_shot", .nonNegativeNumber, default: .number(standard.highOneShot), "dB below the reference within which a one-shot score is high"),
            LuaOption("dead_energy", .nonNegativeNumber, default: .number(standard.deadEnergy), "largest energy of a dead net's output, over that of the clean signals"),
            LuaOption("one_shot", .choice(["one_shot.relaxed", "one_shot.argmax", "one_shot.scaled"]), default: "one_shot.relaxed", "the one-shot score that is meant"),
        ]), returns: "array of {data, method, collapsed, misled, dead, failed, finished, share}, printed as a table; collapsed and misled are nil for methods without a search; share.dead = {value, low, high} and so on, of the finished trials (share.failed: of all), by Clopper and Pearson's formula, which holds the truth in at least 95 % of samples",
                    example: small + "local failures = s:failures{far_below = 6}\nprint(failures)\nfor _, f in ipairs(failures) do print(f.data, f.method, f.dead) end") { s, o -> FailureRows in
            var thresholds = standard
            (thresholds.farBelow, thresholds.highOneShot, thresholds.deadEnergy) = (o.number("far_below"), o.number("high_one_shot"), o.number("dead_energy"))
            thresholds.oneShot = score(o.string("one_shot"))
            return FailureRows(table: FailureTable(thresholds.count(s.records)), fields: fields) { environment.tableWidth }
        }
        type.method("trials", "The records of all trials that are done.", returns: "array of {data, method, seed, seeds, trial, architecture, one_shot, psnr, seconds, status, error, digest, per_signal}; digest is of all numbers of the trial, seeds are those of data, search and retraining",
                    example: small + "for _, t in ipairs(s:trials()) do print(t.method, t.psnr.test) end") { s -> [LuaTable] in
            s.records.map { r in
                let table = record(fields, r), seeds = s.design.seeds(trial: r.trial), inner = fields.table("the seeds")
                (inner["data"], inner["search"], inner["retrain"]) = (.integer(seeds.data), .integer(seeds.search), .integer(seeds.retrain))
                table["seeds"] = .table(inner)
                return table
            }
        }
        type.method("retry", "Runs failed trials again, and what is missing.", returns: "the study", errors: "as run", example: small + "print(#s:retry():trials())") { s -> StudyObject in
            if try s.run(workers: nil, retry: true, environment: environment) { throw Interrupted() }
            return s
        }
        type.method("export", "Writes the trials to a file: .csv, .json (JSON Lines), or the table to .tex. pandas reads them with read_csv and read_json(lines=True), and writes Parquet.",
                    Param<String>("path", "ends in .csv, .json, .jsonl or .tex"), returns: "the path",
                    errors: "another ending; a file that cannot be written", example: "local path = os.tmpname() .. \".csv\"\n" + small + "print(s:export(path) == path)\nos.remove(path)") { s, path -> String in
            try environment.state.checkFileAccess("export")
            try TextFile.write(StudyExport.text(for: path, records: s.records) { s.table(score: .test, wide: true) }, to: path)
            return path
        }
        type.method("report", "Writes one page of HTML that needs nothing else: table, figures, failures, trials to sort, provenance, the script.",
                    Param<String>("path", "ends in .html"), returns: "the path", errors: "another ending; a file that cannot be written",
                    example: "local path = os.tmpname() .. \".html\"\n" + small + "print(s:report(path) == path)\nos.remove(path)") { s, path -> String in
            try environment.state.checkFileAccess("report")
            try StudyReport.check(path: path)
            try TextFile.write(StudyReport.html(s, environment), to: path)
            return path
        }
        StudyFigures.declare(type, scores: scores)
        StudyStatistics.declare(module, type, scores: scores, environment)
        type.property("name", "Its name.", type: "string") { $0.design.name }
        type.describe { $0.table(score: .test, wide: false).text(width: environment.tableWidth) }

        let correlation = module.type(CorrelationObject.self, "Correlations of two scores, by data set and method.", example: small + "local c = s:correlation{x = \"psnr.validation\", y = \"psnr.test\"}\nprint(c.Blur.Random.pearson.n)")
        correlation.index("The correlations of a data set: c[data][method].pearson.value, .low, .high, .n; likewise spearman and kendall. A name that is not there is an error.", signature: "correlation[data]", takesAnyName: true) { c, call in
            guard let data: String = call.read(1) else { return call.push(LuaValue.nil) }
            let cells = c.table.cells.filter { $0.data == data }
            guard !cells.isEmpty else {
                throw ResultFields.unknown(data, of: "the correlation", among: c.table.cells.map(\.data))
            }
            let methods = fields.table("the correlation on '\(data)'")
            for cell in cells {
                let estimates = Dictionary(uniqueKeysWithValues: Correlation.allCases.map { ($0, cell[$0]) })
                methods[cell.method] = .table(try StudyStatistics.correlations(fields, estimates, cell.xs, cell.ys, n: cell.count))
            }
            call.push(LuaValue.table(methods))
        }
        correlation.describe { $0.table.text(width: environment.tableWidth) }
    }

    private static func record(_ fields: ResultFields, _ r: TrialRecord) -> LuaTable {
        let table = fields.table("a trial", optional: ["error", "digest"])
        func nested(_ what: String, _ values: [(String, Double?)]) -> LuaValue {
            let inner = fields.table(what, optional: values.map(\.0))
            for (key, value) in values { inner[key] = value.map { .number($0) } ?? .nil }
            return .table(inner)
        }
        table["data"] = .string(r.data)
        table["method"] = .string(r.method)
        table["seed"] = .integer(r.seed)
        table["trial"] = .integer(r.trial)
        let architecture = fields.table("an architecture's names")
        for (i, name) in r.architecture.enumerated() { architecture[i + 1] = .string(name) }
        table["architecture"] = .table(architecture)
        table["one_shot"] = nested("one_shot", [("relaxed", r.oneShot.relaxed), ("argmax", r.oneShot.argmax), ("scaled", r.oneShot.scaled)])
        table["psnr"] = nested("psnr", [("train", r.psnr.train), ("validation", r.psnr.validation), ("test", r.psnr.test)])
        table["per_signal"] = nested("per_signal", [("test", r.perSignal.test)])
        table["seconds"] = .number(r.seconds)
        table["status"] = .string(r.status.rawValue)
        if let error = r.error { table["error"] = .string(error) }
        if let digest = r.digest { table["digest"] = .string(digest) }
        return table
    }
}

/// Correlations as a Lua value.
final class CorrelationObject: LuaObject, Displayed, Summarized {
    static let luaType = LuaTypeIdentity("correlation")
    let table: CorrelationTable
    init(_ table: CorrelationTable) { self.table = table }

    var summary: String {
        "\(table.x.rawValue) and \(table.y.rawValue), " + StudyObject.extent(Set(table.cells.map(\.method)).count, Set(table.cells.map(\.data)).count)
    }

    func representations(_ style: DisplayStyle) -> [Representation] {
        let text = Representation(text: table.text(width: style.width))
        return table.cells.isEmpty ? [text] : [text, Representation(kind: "text/html", bytes: Array(table.html.utf8)), Representation(kind: "text/latex", bytes: Array(table.latex.utf8))]
    }
}
