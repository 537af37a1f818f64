import DARTS
import Datasets
import Engine
import LuaHost
import Studies
import Tensors

/// A tabular benchmark as a Lua value.
final class TabularObject: LuaObject {
    static let luaType = LuaTypeIdentity("tabular")
    let table: TabularBenchmark
    var nativeBytes: Int { table.architectures.count * (200 + 16 * table.columns.count * (table.seeds.count + 2)) }
    init(_ table: TabularBenchmark) { self.table = table }
}

/// Tables of every architecture of a small space: made, kept in a file, asked, searched.
enum TabularModule {
    private static let tiny = "local blur = dataset.cosines{length = 16, train = 16, validation = 16, test = 16}\nlocal space = darts.space{nodes = 2}\n"
        + "local t = darts.tabulate{space = space, data = {{name = \"Blur\", blur}}, seeds = 2, train = {steps = 3}}\n"
    private static let data = LuaOption("data", .string, default: .computed("the first"), "name of the data")
    private static let split = LuaOption("split", .choice(TabularBenchmark.Split.allCases.map(\.rawValue)), default: "test", "whose PSNR, the mean over seeds")

    static func declare(_ module: LuaModule, _ environment: ScriptingEnvironment) {
        module.options("tabulate", "Trains every architecture of a small space from scratch, with several seeds on each kind of data: a tabular benchmark, with which the rank and regret of whatever a search finds are known. A seed draws data and initial weights, as a trial of a study with that seed does.", [
            DartsModule.space, StudyModule.dataOption,
            LuaOption("name", .string, default: "tabulate", "of the study that does it, in its store"),
            LuaOption("seeds", .positiveInteger, default: 3, "how many"), .seed(default: 0, "the first of them"),
            .options(of: "darts.train", "train", DartsModule.trainingOptions),
            LuaOption("limit", .positiveInteger, default: 5000, "the largest space it takes"),
            LuaOption("store", .string, default: nil, "a file that keeps the trainings, so that a run that was stopped goes on"),
            LuaOption("workers", .positiveInteger, default: .computed("--threads"), "trainings at a time"),
        ], returns: "tabular", errors: "a cell, or a space larger than limit; a store that cannot be written", example: tiny + "print(t)") { o -> TabularObject in
            let space = o.value("space", as: SpaceObject.self).space, limit = o.integer("limit")
            guard space.topology == .chain else { throw LuaError("tabulate: a chain of nodes expected, got a cell") }
            guard space.size <= Double(limit) else { throw LuaError("tabulate: a space of at most \(limit) architectures expected (limit = raises that), got one of \(space.size < 1e15 ? "\(Int(space.size))" : "\(space.size)")") }
            let data = o.records("data").map { (name: $0.string("name"), source: $0.value("data", as: DatasetObject.self).source) }
            guard !data.isEmpty else { throw LuaError("bad argument 'data' to 'tabulate' (at least one expected, got none)") }
            for (name, source) in data {
                guard data.count(where: { $0.name == name }) == 1 else { throw LuaError("bad argument 'data' to 'tabulate' (two are named '\(name)')") }
                guard !name.contains(where: { ",/:\n\r".contains($0) }) else { throw LuaError("bad argument 'data' to 'tabulate' (a name without , / : expected, got '\(name)')") }
                guard source.seed == nil else { throw LuaError("bad argument 'data' to 'tabulate' ('\(name)' has a seed of its own; without, every seed of the table draws its own)") }
            }
            let design = TabularBenchmark.design(name: o.string("name"), space: space, data: data, seeds: o.integer("seeds"), seed: o.seedNumber ?? 0,
                                                 training: try DartsModule.trainingSettings(o.options("train")))
            let path = o.optionalString("store")
            let study = try StudyObject(design, store: environment.conductor?.openStore(study: design.name, path: path) ?? Store(path: path), references: [])
            if try study.run(workers: o.optionalInteger("workers"), retry: false, environment: environment) { throw Interrupted() }
            return TabularObject(try TabularBenchmark(design, records: study.records, provenance: provenance(environment)))
        }
        module.function("tabular", "Reads a tabular benchmark that t:save wrote. The whole file is checked.", Param<String>("path", "a file of darts.tabulate"), OptionsParam([
            LuaOption("space", .value(SpaceObject.self), default: nil, "the space, for operations made with operation.define"),
        ]), returns: "tabular", errors: "files that are missing, incomplete or of another kind; a space that is not the file's",
                        example: tiny + "local path = os.tmpname() .. \".csv\"\nt:save(path)\nprint(darts.tabular(path))\nos.remove(path)") { path, o -> TabularObject in
            try environment.state.checkFileAccess("darts.tabular")
            return TabularObject(try TabularBenchmark(text: TextFile.read(path), name: path, space: o.optionalValue("space", as: SpaceObject.self)?.space))
        }
        declareMembers(module, environment)
    }

    private static func provenance(_ environment: ScriptingEnvironment) -> [(name: String, value: String)] {
        var lines = [(name: "made by", value: "Oche \(ScriptingEnvironment.version), numeric version \(numericVersion)")]
        let p = environment.provenance
        if let commit = p.gitCommit { lines.append((name: "commit", value: commit + (p.gitDirty == true ? " with changes" : ""))) }
        if let path = p.scriptPath { lines.append((name: "script", value: ([path.split(separator: "/").last.map(String.init) ?? path] + (p.arguments ?? [])).joined(separator: " "))) }
        if let hash = p.scriptHash { lines.append((name: "script SHA-256", value: hash)) }
        return lines
    }

    /// An architecture, its names, one name for all nodes, or what a search found.
    private static func place(_ value: LuaValue, _ table: TabularBenchmark) throws -> Int {
        if let a: ArchitectureObject = value.as() { return try table.place(a.architecture.chosen) }
        if let s: SearchObject = value.as() { return try table.place(s.result.architecture.chosen) }
        if case .string(let name) = value { return try table.place(name.contains(">") ? name.split(separator: ">").map { $0.filter { $0 != " " } } : [name]) }
        if let names: [String] = value.as() { return try table.place(names) }
        let given = switch value {
        case .nil: "nil"
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .userdata(let value): value.typeName
        case .table: "a table of something else"
        default: "another value"
        }
        throw LuaError("an architecture, a search, or a list of \(table.space.nodes) operation names expected, got \(given)")
    }

    private static func declareMembers(_ module: LuaModule, _ environment: ScriptingEnvironment) {
        let state = environment.state
        let type = module.type(TabularObject.self, "Every architecture of a small space with its scores. Ranks are by the mean over the table's seeds; t:scores has the noise between them.",
                               example: tiny + "print(t)\nprint(t.size, t.space, #t.seeds, t.data[1], t.training ~= nil, t.failures)")
        type.property("space", "The architectures.", type: "space") { SpaceObject($0.table.space) }
        type.property("size", "Number of architectures.", type: "integer") { $0.table.architectures.count }
        type.property("seeds", "The seeds that each was trained with.", type: "array of integers") { $0.table.seeds }
        type.property("data", "Names of the data.", type: "array of strings") { $0.table.columns.map(\.name) }
        type.property("training", "How they were trained.", type: "string") { $0.table.training }
        type.property("failures", "Scores that are missing because a training failed.", type: "integer") { $0.table.failures }
        let architecture = Param<LuaValue>("architecture", "an architecture, what darts.search found, or operation names")

        type.method("scores", "The PSNR in dB of an architecture with each seed.", architecture, OptionsParam([data]), returns: "{validation = {..}, test = {..}}, in the order of t.seeds", errors: "no architecture of the space; no such data",
                    example: tiny + "print(#t:scores({\"grad\", \"net\"}, {data = \"Blur\"}).test)") { t, value, o -> [String: [Double]] in
            let (place, column) = (try place(value, t.table), try t.table.column(o.optionalString("data")))
            return Dictionary(uniqueKeysWithValues: TabularBenchmark.Split.allCases.map { split in (split.rawValue, column.scores[split]!.map { $0[place] }) })
        }
        type.method("rank", "How an architecture stands among all: rank 1 is the best; percentile, 100 for the best and 0 for the worst; regret, dB below the best.", architecture, OptionsParam([data, split]),
                    returns: "{rank, of, percentile, regret, mean}", errors: "no architecture of the space; no such data",
                    example: tiny + "local r = t:rank{\"grad\", \"net\"}\nprint(r.rank, r.of, r.percentile, r.regret)") { t, value, o -> [String: LuaValue] in
            standing(try t.table.column(o.optionalString("data")).standing(try place(value, t.table), chosenSplit(o)))
        }
        type.method("best", "The best architectures, the best first. The first is the best of many noisy means, so its own is a little high.", OptionsParam([data, split, LuaOption("count", .positiveInteger, default: 1, "how many")]),
                    returns: "array of {architecture, rank, of, percentile, regret, mean}", errors: "no such data", example: tiny + "print(t:best{count = 3}[1].architecture)") { t, o -> [LuaTable] in
            let column = try t.table.column(o.optionalString("data"))
            return column.best(o.integer("count"), chosenSplit(o)).map { place in
                let entry = state.makeTable()
                for (name, value) in standing(column.standing(place, chosenSplit(o))) { entry[name] = value }
                entry.set("architecture", to: ArchitectureObject(t.table.architectures[place]))
                return entry
            }
        }
        type.method("distribution", "The mean scores of all architectures, in the order of space:all().", OptionsParam([data, split, LuaOption("seed", .positiveInteger, default: .computed("the mean of all"), "the number of one seed of the table")]),
                    returns: "array of numbers; nan where no training finished", errors: "no such data or seed", example: tiny + "print(study.describe(t:distribution{}).median.value)") { t, o -> [Double] in
            let column = try t.table.column(o.optionalString("data")), split = chosenSplit(o)
            guard let number = o.optionalInteger("seed") else { return t.table.architectures.indices.map { column.standing($0, split).mean } }
            guard number <= t.table.seeds.count else { throw LuaError("seed: a number from 1 to \(t.table.seeds.count) expected, got \(number)") }
            return column.scores[split]![number - 1]
        }
        let candidates = StrategyDeclaration.all.filter { $0.kind == .candidates || $0.kind == .nothing }
        type.method("search", "Runs a strategy that trains candidates on the table, in no time: the fitness of a candidate is its validation PSNR with one of the table's seeds. A strategy that shares weights has to train them: darts.search on the same space, then t:rank(found); or a study with tabular = t, which does both.", OptionsParam([
            LuaOption("strategy", .choice(candidates.map(\.name)), default: "random", candidates.map { "\($0.name): \($0.summary)" }.joined(separator: "; ")),
            data, .seed, LuaOption("table_seed", .positiveInteger, default: .computed("drawn from seed"), "the number of the table's seed"),
        ] + candidates.flatMap { strategy in strategy.options.map { LuaOption($0.name, $0.luaKind, default: .computed($0.standard.text), "of \(strategy.name): \($0.summary)") } }),
                    returns: "{architecture, evaluations, table_seed, rank, of, percentile, regret, mean}; ranks by the test mean", errors: "an option of another strategy; no such data or seed",
                    example: tiny + "local found = t:search{strategy = \"local_search\", evaluations = 8, seed = 1}\nprint(found.architecture, found.evaluations, found.regret)") { t, o -> LuaTable in
            let declaration = StrategyDeclaration.named(o.string("strategy"))!
            var values: [String: StrategyOption.Value] = [:]
            for option in declaration.options where o.isGiven(option.name) { values[option.name] = try option.value(o) }
            if let stray = candidates.flatMap(\.options).map(\.name).first(where: { name in o.isGiven(name) && !declaration.options.contains { $0.name == name } }) {
                throw LuaError("\(stray): does not apply to strategy '\(declaration.name)'")
            }
            // Every architecture is there already: the limit guards against training them.
            if declaration.name == "exhaustive", !o.isGiven("limit") { values["limit"] = .integer(1_000_000) }
            let seed = environment.seed(o), count = t.table.seeds.count
            let number = o.optionalInteger("table_seed") ?? Int(derivedSeed(seed, .data) % UInt64(count)) + 1
            guard number <= count else { throw LuaError("table_seed: a number from 1 to \(count) expected, got \(number)") }
            let column = try t.table.column(o.optionalString("data"))
            guard let strategy = declaration.strategy(values) as? any CandidateStrategy else {
                throw LuaError("strategy: one that trains candidates expected, got '\(declaration.name)'")
            }
            let found = try t.table.search(strategy, data: column.name, seed: seed, seedIndex: number - 1)
            let result = state.makeTable()
            for (name, value) in standing(column.standing(try t.table.place(found.architecture.chosen), .test)) { result[name] = value }
            result.set("architecture", to: ArchitectureObject(found.architecture))
            (result["evaluations"], result["table_seed"]) = (.integer(found.candidates.count), .integer(number))
            return result
        }
        type.method("save", "Writes the table to a text file: lines with # that say what it is, then comma-separated values; pandas.read_csv(path, comment=\"#\") reads it.", Param<String>("path", "of any ending, as .csv"), returns: "the path",
                    errors: "a file that cannot be written", example: tiny + "local path = os.tmpname() .. \".csv\"\nprint(t:save(path) == path)\nos.remove(path)") { t, path -> String in
            try state.checkFileAccess("save")
            try TextFile.write(t.table.text, to: path)
            return path
        }
        type.describe { t in
            let table = t.table
            var lines = ["tabular: \(table.architectures.count) architectures, \(table.space.nodes) nodes of {\(table.space.names.joined(separator: ", "))}, \(table.seeds.count) \(table.seeds.count == 1 ? "seed" : "seeds")"]
            for column in table.columns {
                guard let best = column.best(1, .test).first else { continue }
                lines.append("\(column.name): best \(table.architectures[best]), test PSNR \(fixed(column.standing(best, .test).mean)) dB")
            }
            if table.failures > 0 { lines.append("\(table.failures) scores are missing: their trainings failed") }
            return lines.joined(separator: "\n")
        }
    }

    private static func chosenSplit(_ o: LuaOptions) -> TabularBenchmark.Split { o.choice("split") }

    private static func standing(_ s: TabularBenchmark.Column.Standing) -> [String: LuaValue] {
        ["rank": .integer(s.rank), "of": .integer(s.count), "percentile": .number(s.percentile), "regret": .number(s.regret), "mean": .number(s.mean)]
    }
}
