import DARTS
import Foundation
import LuaHost
import Plots
import Studies
import Tensors

/// Figures of a study: one score against another, the scores of each method, the architecture parameters that searches end with.
enum StudyFigures {
    static func declare(_ type: LuaType<StudyObject>, scores: [String]) {
        let data = LuaOption("data", .string, default: .computed("the first"), "name of the data set")
        type.method("scatter", "One score against another over the trials of each method that has both, with fit and 95 % band; in the notes Pearson's r with its 95 % interval, as s:correlation has it.", OptionsParam([
            LuaOption("x", .choice(scores), default: "psnr.validation", "score along x"), LuaOption("y", .choice(scores), default: "one_shot.relaxed", "score along y"), data,
            LuaOption("methods", .list(.string), default: .computed("all that have both scores"), "names of methods"), LuaOption("fit", .boolean, default: true, "draw line and band"),
        ] + PlotModule.commonOptions), returns: "figure", errors: "no such data or method; no trial with both scores", example: StudyModule.small + "local figure = s:scatter{x = \"psnr.validation\", y = \"psnr.test\"}\nprint(figure)") { s, o -> FigureObject in
            let (xScore, yScore) = (Score(rawValue: o.string("x"))!, Score(rawValue: o.string("y"))!)
            return FigureObject(try scatter(chosen(s, o), xScore, yScore, hasFit: o.boolean("fit"), options(s, o, x: label(xScore), y: label(yScore))))
        }
        type.method("box", "The scores of each method, with the individual trials.", OptionsParam([
            LuaOption("score", .choice(scores), default: .string(Score.test.rawValue), "which score"), data,
            LuaOption("methods", .list(.string), default: .computed("all"), "names of methods"), LuaOption("horizontal", .boolean, default: .computed("where names are long"), "names from top to bottom"),
        ] + PlotModule.commonOptions), returns: "figure", errors: "no such data or method; no trial with the score", example: StudyModule.small + "print(s:box{})") { s, o -> FigureObject in
            let score = Score(rawValue: o.string("score"))!
            return FigureObject(try boxes(chosen(s, o), score, isHorizontal: o.optionalBoolean("horizontal"), options(s, o, x: "", y: label(score))))
        }
        type.method("alpha", "softmax(alpha), what searches end with, node by node, as the mean over the trials of a method. Where the strategy mixes by other weights (fair by sigmoid, drnas by draws), it is still the softmax that is shown.", OptionsParam([
            data, LuaOption("method", .string, default: .computed("the first that searches"), "name of the method"),
            LuaOption("trial", .positiveInteger, default: .computed("the mean of all"), "one trial alone"),
        ] + PlotModule.commonOptions), returns: "figure", errors: "no such data, method or trial; no search with alpha among them", example:
            "local s = study.new{trials = 1, data = {{name = \"Blur\", dataset.cosines{train = 16, validation = 16, test = 16}}},\n  methods = {{name = \"DARTS\", strategy = \"darts\", space = darts.space{nodes = 2}, search = {steps = 3}, train = {steps = 3}}}}\ns:run{}\nprint(s:alpha{})") { s, o -> FigureObject in
            let names = s.design.methods.filter { if case .search = $0.strategy { return true } else { return false } }
            guard let method = o.optionalString("method").map({ name in names.first { $0.name == name } }) ?? names.first else {
                throw LuaError("alpha: no method searches\(o.optionalString("method").map { " under the name '\($0)'" } ?? "")")
            }
            let operations = method.space.names, nodes = method.space.rows, isCell = method.space.topology == .cell
            var (sum, count) = ([Double](repeating: 0, count: nodes * operations.count), 0.0)
            for record in try chosen(s, o) where record.method == method.name && record.status == .ok {
                if let trial = o.optionalInteger("trial"), record.trial != trial { continue }
                guard let packed = try s.store.record(record.identity)?.history, let alpha = History(packed: packed)?["alpha"], alpha.count == sum.count else { continue }
                for node in 0..<nodes {
                    let row = alpha[(node * operations.count)..<((node + 1) * operations.count)].map(Double.init)
                    let highest = row.max() ?? 0, powers = row.map { exp($0 - highest) }, total = powers.reduce(0, +)
                    for (i, power) in powers.enumerated() { sum[node * operations.count + i] += power / total }
                }
                count += 1
            }
            guard count > 0 else { throw LuaError("alpha: no finished trial of '\(method.name)' has architecture parameters") }
            // Operations from top to bottom, nodes from left to right, in the order that signals pass them.
            let values = operations.indices.flatMap { i in (0..<nodes).map { sum[$0 * operations.count + i] / count } }
            var map = HeatMap(values: values, rows: operations.count, columns: nodes)
            (map.rowNames, map.columnNames, map.valueLabel, map.valueLimits) = (operations, (1...nodes).map(String.init), "weight", 0...1)
            var options = try options(s, o, x: isCell ? "edge" : "node", y: "")
            if options.title.isEmpty { options.title = method.name }
            options.notes.append(o.optionalInteger("trial").map { "trial \($0)" } ?? "mean of \(Int(count)) trials")
            if options.size == nil { options.size = FigureSize(width: 516, height: 60 + 24 * Double(operations.count)) }
            return FigureObject(try map.figure(options))
        }
    }

    private static func scatter(_ all: [TrialRecord], _ xScore: Score, _ yScore: Score, hasFit: Bool, _ options: FigureOptions) throws -> Figure {
        let records = all.filter { $0.status == .ok }
        var (scatter, groups) = (Scatter(x: [], y: []), [String]())
        for record in records {
            guard let x = xScore.of(record), let y = yScore.of(record) else { continue }
            scatter.x.append(x)
            scatter.y.append(y)
            groups.append(record.method)
        }
        guard !groups.isEmpty else { throw LuaError("scatter: no finished trial has both \(xScore.rawValue) and \(yScore.rawValue)") }
        (scatter.groups, scatter.hasFit) = (groups, hasFit)
        // As s:correlation has them, one-shot first: sums in another order differ in the last digit.
        let isSwapped = yScore.rawValue.hasPrefix("one_shot") && !xScore.rawValue.hasPrefix("one_shot")
        for cell in CorrelationTable(records, x: isSwapped ? yScore : xScore, y: isSwapped ? xScore : yScore).cells {
            let estimate = cell[.pearson]
            guard let value = estimate.value else { continue }
            let bounds = estimate.interval.map { " [\(NumberText.correlation($0.lower)), \(NumberText.correlation($0.upper))]" } ?? ""
            scatter.correlations[cell.method] = "r = \(NumberText.correlation(value))\(bounds), n = \(cell.count)"
        }
        return try scatter.figure(options)
    }

    private static func boxes(_ records: [TrialRecord], _ score: Score, isHorizontal: Bool?, _ options: FigureOptions) throws -> Figure {
        var groups: [(name: String, values: [Double])] = []
        for record in records {
            if !groups.contains(where: { $0.name == record.method }) { groups.append((record.method, [])) }
            guard record.status == .ok, let value = score.of(record) else { continue }
            groups[groups.firstIndex { $0.name == record.method }!].values.append(value)
        }
        groups.removeAll { $0.values.isEmpty }
        guard !groups.isEmpty else { throw LuaError("box: no finished trial has \(score.rawValue)") }
        var boxes = Boxes(groups)
        boxes.isHorizontal = isHorizontal
        return try boxes.figure(options)
    }

    /// The figures of the report, of one data set.
    static func scatter(_ records: [TrialRecord], data: String, _ options: FigureOptions) throws -> Figure {
        var options = options
        (options.xLabel, options.yLabel) = (label(.validation), label(.relaxed))
        return try scatter(records.filter { $0.data == data }, .validation, .relaxed, hasFit: true, options)
    }

    static func boxes(_ records: [TrialRecord], data: String, _ options: FigureOptions) throws -> Figure {
        var options = options
        options.yLabel = label(.test)
        return try boxes(records.filter { $0.data == data }, .test, isHorizontal: nil, options)
    }

    private static func chosen(_ s: StudyObject, _ o: LuaOptions) throws -> [TrialRecord] {
        let data = try dataName(s, o)
        var methods: Set<String>?
        if o.values.keys.contains("methods") {
            let names = o.list("methods").compactMap { if case .string(let name) = $0 { return name } else { return nil } }
            if let unknown = names.first(where: { name in !s.design.methods.contains { $0.name == name } }) { throw LuaError("methods: no method is named '\(unknown)'") }
            methods = Set(names)
        }
        guard !s.records.isEmpty else { throw LuaError("the study has no trials yet: s:run{} runs them") }
        return s.records.filter { $0.data == data && (methods?.contains($0.method) ?? true) }
    }

    private static func dataName(_ s: StudyObject, _ o: LuaOptions) throws -> String {
        guard let name = o.optionalString("data") else { return s.design.data[0].name }
        guard s.design.data.contains(where: { $0.name == name }) else { throw LuaError("data: no data set is named '\(name)', there are \(s.design.data.map { "'\($0.name)'" }.joined(separator: ", "))") }
        return name
    }

    private static func options(_ s: StudyObject, _ o: LuaOptions, x: String, y: String) throws -> FigureOptions {
        var options = try PlotModule.common(o)
        if options.xLabel.isEmpty { options.xLabel = x }
        if options.yLabel.isEmpty { options.yLabel = y }
        if options.title.isEmpty, s.design.data.count > 1 { options.title = try dataName(s, o) }
        return options
    }

    private static func label(_ score: Score) -> String {
        switch score {
        case .relaxed: "one-shot validation PSNR (dB)"
        case .argmax: "one-shot argmax PSNR (dB)"
        case .scaled: "one-shot scaled PSNR (dB)"
        case .train: "training PSNR (dB)"
        case .validation: "architecture validation PSNR (dB)"
        case .test: "test PSNR (dB)"
        case .perSignalTrain: "mean training PSNR of a signal (dB)"
        case .perSignalValidation: "mean validation PSNR of a signal (dB)"
        case .perSignalTest: "mean test PSNR of a signal (dB)"
        case .seconds: "time (s)"
        }
    }
}
