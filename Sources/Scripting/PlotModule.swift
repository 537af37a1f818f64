import Foundation
import LuaHost
import Plots

/// The namespace `plot`: figures from numbers.
enum PlotModule {
    /// What every figure takes.
    static let commonOptions: [LuaOption] = [
        LuaOption("title", .string, default: nil, "above the figure; lines end in \\n"),
        LuaOption("xlabel", .string, default: nil, "along x"), LuaOption("ylabel", .string, default: nil, "along y"),
        LuaOption("note", .string, default: nil, "small print below"),
        LuaOption("xlim", .range, default: .computed("the data's"), "limits of x"), LuaOption("ylim", .range, default: .computed("the data's"), "limits of y"),
        LuaOption("log", .choice(["x", "y", "xy", "none"]), default: "none", "logarithmic axes"),
        LuaOption("legend", .boolean, default: .computed("with more than one name"), "whether names are explained"),
        LuaOption("size", .either([.choice(["single", "double"]), .numbers]), default: .computed("by kind"),
                  "\"single\" or \"double\": 252 or 516 points wide, one column of a page or two; or {width, height} in points"),
        LuaOption("theme", .choice(Theme.allCases.map(\.rawValue)), default: "light", "colours of ground and lines"),
    ]

    static func common(_ o: LuaOptions) throws -> FigureOptions {
        var options = FigureOptions()
        (options.title, options.xLabel, options.yLabel) = (o.optionalString("title") ?? "", o.optionalString("xlabel") ?? "", o.optionalString("ylabel") ?? "")
        (options.xLimits, options.yLimits, options.legend) = (o.optionalRange("xlim"), o.optionalRange("ylim"), o.optionalBoolean("legend"))
        (options.isLogX, options.isLogY) = (o.string("log").contains("x"), o.string("log").contains("y") )
        options.theme = o.choice("theme", of: Theme.self)
        options.notes = o.optionalString("note").map { [$0] } ?? []
        switch o["size"] {
        case .string("single"): options.size = .single
        case .string: options.size = .double
        case .numbers(let values):
            guard values.count == 2, values.allSatisfy(FigureSize.allowed.contains) else {
                throw LuaError("size: {width, height} of \(Int(FigureSize.allowed.lowerBound)) to \(Int(FigureSize.allowed.upperBound)) points expected, got {\(values.map { LuaDescription.number($0) }.joined(separator: ", "))}")
            }
            options.size = FigureSize(width: values[0].rounded(), height: values[1].rounded())
        default: break
        }
        return options
    }

    static func declare(in environment: ScriptingEnvironment) {
        let module = environment.state.module("plot", "Figures: drawn in characters at the prompt, saved as .svg, .png, .pdf and .vl.json.")
        let values = "list of numbers or tensor"
        func figure(_ name: String, _ summary: String, _ options: [LuaOption], errors: String, example: String, _ body: @escaping (LuaOptions, FigureOptions) throws -> Figure) {
            module.options(name, summary, options + commonOptions, returns: "figure", errors: errors, example: example) { o in FigureObject(try body(o, common(o))) }
        }
        figure("scatter", "Points, with a least-squares line and the 95 % confidence band of its mean, and Pearson's r with its 95 % interval (Fisher) in a note. On logarithmic axes the fit is of the logarithms.", [
            LuaOption("x", .any, "\(values)"), LuaOption("y", .any, "\(values)"),
            LuaOption("color", .any, default: nil, "a number for each point, shown as its colour; or names, as group"),
            LuaOption("group", .any, default: nil, "a name for each point: colour, marker and fit of its own"),
            LuaOption("fit", .boolean, default: false, "draw the line"), LuaOption("band", .boolean, default: true, "with its band"),
            LuaOption("colorlabel", .string, default: nil, "what color is"),
        ], errors: "lengths that differ; nothing finite", example: "print(plot.scatter{x = {1, 2, 3, 4}, y = {1.1, 1.9, 3.2, 3.9}, fit = true, xlabel = \"x\"})") { o, options in
            guard let x = try PlotValues.vector(o.any("x"), "x"), let y = try PlotValues.vector(o.any("y"), "y") else { throw LuaError("scatter: x and y expected") }
            var scatter = Scatter(x: x, y: y)
            scatter.groups = try PlotValues.names(o.any("group"), "group")
            if case .table(let table) = o.any("color"), case .string = table[1] {
                guard scatter.groups == nil else { throw LuaError("scatter: names in color or in group expected, not both") }
                scatter.groups = try PlotValues.names(o.any("color"), "color")
            } else {
                scatter.values = try PlotValues.vector(o.any("color"), "color")
            }
            (scatter.hasFit, scatter.hasBand, scatter.valueLabel) = (o.boolean("fit"), o.boolean("band"), o.optionalString("colorlabel") ?? "")
            return try scatter.figure(options)
        }
        figure("line", "Lines. Several runs of one name, {runs, n}, are drawn as their mean with its 95 % interval (Student's t).", [
            LuaOption("x", .any, default: .computed("1, 2, 3, .."), "\(values), shared by all lines"),
            .first("y", .any, "\(values); {name = values, ..}; or {{\"name\", values}, ..} in this order. Values of a name may be {runs, n}"),
            LuaOption("labels", .any, default: nil, "names of the rows of y, which are then lines of their own"),
            LuaOption("band", .boolean, default: true, "draw the interval"), LuaOption("points", .boolean, default: false, "a dot at each value"),
        ], errors: "lengths that differ; nothing finite", example: "print(plot.line{y = {loss = {3, 2, 1.5, 1.2}, bound = {1, 1, 1, 1}}, xlabel = \"step\"})") { o, options in
            let x = try PlotValues.vector(o.any("x"), "x")
            var lines: [Lines.Line] = []
            if let labels = try PlotValues.names(o.any("labels"), "labels") {
                let rows = try PlotValues.matrix(o.any("y"), "y")
                guard rows.count == labels.count else { throw LuaError("line: \(labels.count) labels for \(rows.count) rows of y") }
                lines = zip(labels, rows).map { Lines.Line(name: $0, x: x, runs: [$1]) }
            } else {
                lines = try PlotValues.named(o.any("y"), "y").map { name, value in
                    Lines.Line(name: name, x: x, runs: try PlotValues.matrix(value, name.isEmpty ? "y" : "y.\(name)"))
                }
            }
            var figure = Lines(lines)
            (figure.hasBand, figure.hasPoints) = (o.boolean("band"), o.boolean("points"))
            return try figure.figure(options)
        }
        figure("box", "Boxes: median, quartiles (linear interpolation), whiskers to the furthest values within 1.5 interquartile ranges, and the individual values.", [
            .first("y", .any, "{name = values, ..}; {{\"name\", values}, ..} in this order; a list of lists; or values, with group"),
            LuaOption("group", .any, default: nil, "a name for each value of y"), LuaOption("labels", .any, default: nil, "names of the lists of y"),
            LuaOption("points", .boolean, default: true, "draw the individual values; without, those beyond the whiskers"),
            LuaOption("horizontal", .boolean, default: .computed("where names are long"), "names from top to bottom"),
        ], errors: "no finite value", example: "print(plot.box{y = {good = {20, 21, 22, 20.5}, random = {3, 9, 15, 7}}, ylabel = \"PSNR (dB)\"})") { o, options in
            var boxes = Boxes(try groups(o, "y", "group"))
            (boxes.hasStrip, boxes.isHorizontal) = (o.boolean("points"), o.optionalBoolean("horizontal"))
            return try boxes.figure(options)
        }
        figure("heatmap", "A matrix as coloured cells, its first row on top, with a colour bar.", [
            .first("values", .any, "tensor {rows, columns} or list of lists"),
            LuaOption("rows", .any, default: nil, "names of the rows"), LuaOption("columns", .any, default: nil, "names of the columns"),
            LuaOption("print", .boolean, default: .computed("up to 120 cells"), "write the values into the cells"),
            LuaOption("center", .number, default: nil, "a value in the middle of a diverging colour map"),
            LuaOption("limits", .range, default: .computed("the values'"), "values at the ends of the colours"),
            LuaOption("colorlabel", .string, default: nil, "what the values are"),
        ], errors: "rows of different lengths; names that are too few or many; nothing finite", example: "print(plot.heatmap{values = {{0.1, 0.9}, {0.6, 0.4}}, columns = {\"net\", \"roll\"}})") { o, options in
            let rows = try PlotValues.matrix(o.any("values"), "values")
            var map = HeatMap(values: rows.flatMap { $0 }, rows: rows.count, columns: rows.first?.count ?? 0)
            (map.rowNames, map.columnNames) = (try PlotValues.names(o.any("rows"), "rows"), try PlotValues.names(o.any("columns"), "columns"))
            (map.showsValues, map.center, map.valueLimits, map.valueLabel) = (o.optionalBoolean("print"), o.optionalNumber("center"), o.optionalRange("limits"), o.optionalString("colorlabel") ?? "")
            return try map.figure(options)
        }
        figure("histogram", "How many values fall into equal bins; their number is by Freedman and Diaconis unless given.", [
            .first("x", .any, "\(values); {name = values, ..}; or {{\"name\", values}, ..}"),
            LuaOption("group", .any, default: nil, "a name for each value of x"), LuaOption("labels", .any, default: nil, "names of the lists of x"),
            LuaOption("bins", .integerIn(1...500), default: .computed("from the data"), "number of bins"),
            LuaOption("share", .boolean, default: false, "shares of each name's values in place of counts"),
        ], errors: "no finite value", example: "print(plot.histogram{x = {1, 2, 2, 3, 3, 3, 4, 4, 5}, bins = 5})") { o, options in
            var histogram = Histogram(try groups(o, "x", "group"))
            (histogram.bins, histogram.isNormalised) = (o.optionalInteger("bins"), o.boolean("share"))
            return try histogram.figure(options)
        }
        figure("signals", "Signals beside each other, each clean, measured and reconstructed. A measurement of another length covers the same positions.", [
            LuaOption("clean", .any, default: nil, "{n, 1, length}, {n, length} or one signal"), LuaOption("measured", .any, default: nil, "{n, 1, measured length}, drawn as dots"),
            LuaOption("reconstructed", .any, default: nil, "as clean, or {name = signals, ..}"),
            LuaOption("which", .either([.integer, .integers]), default: .computed("the first four"), "numbers of the signals"),
        ], errors: "none given; a signal that is not there", example: "local d = dataset.cosines{train = 4, validation = 4, test = 4, seed = 1}\nprint(plot.signals{clean = d.test.clean, measured = d.test.measured, which = {1}})") { o, options in
            var versions: [Signals.Version] = []
            for name in ["clean", "measured", "reconstructed"] where !o.any(name).isNil {
                for (label, value) in try PlotValues.named(o.any(name), name) {
                    let rows = try PlotValues.matrix(value, name)
                    // Few samples are dots; many would be a cloud.
                    versions.append(.init(name: label.isEmpty ? name : label, signals: rows, isDots: name == "measured" && (rows.first?.count ?? 0) <= 64))
                }
            }
            guard let first = versions.first else { throw LuaError("signals: clean, measured or reconstructed expected") }
            let which = o.optionalInteger("which").map { [$0] } ?? o.optionalIntegers("which") ?? Array(1...max(1, min(4, first.signals.count)))
            return try Signals(versions, shown: which).figure(options)
        }
        FigureObject.declare(module, environment)
    }

    /// Values under names, from any of the forms that `box` and `histogram` take.
    private static func groups(_ o: LuaOptions, _ option: String, _ groupOption: String) throws -> [(name: String, values: [Double])] {
        let value = o.any(option), labels = try PlotValues.names(o.any("labels"), "labels")
        if let group = try PlotValues.names(o.any(groupOption), groupOption) {
            guard labels == nil else { throw LuaError("group or labels expected, not both") }
            let values = try PlotValues.vector(value, option) ?? []
            guard values.count == group.count else { throw LuaError("\(groupOption): \(group.count) names for \(values.count) values of \(option)") }
            var (order, members) = ([String](), [String: [Double]]())
            for (name, value) in zip(group, values) {
                if members[name] == nil { order.append(name) }
                members[name, default: []].append(value)
            }
            return order.map { ($0, members[$0] ?? []) }
        }
        let named = try PlotValues.named(value, option)
        guard named.count == 1, named[0].name.isEmpty else {
            guard labels == nil else { throw LuaError("labels: \(option) has names of its own") }
            return try named.map { ($0, try PlotValues.vector($1, "\(option).\($0)") ?? []) }
        }
        var lists: [[Double]]
        if case .table(let table) = value, table.count > 0, table[1].as(Double.self) == nil {
            lists = try (1...table.count).map { try PlotValues.vector(table[$0], "\(option)[\($0)]") ?? [] }
        } else {
            lists = try PlotValues.matrix(value, option)
        }
        if let labels {
            guard labels.count == lists.count else { throw LuaError("labels: \(labels.count) names for \(lists.count) lists of \(option)") }
            return Array(zip(labels, lists))
        }
        return lists.count == 1 ? [("", lists[0])] : lists.enumerated().map { ("\($0 + 1)", $1) }
    }
}
