import Engine
import Foundation
import LuaHost
import Plots

/// A figure as a Lua value: saved to files, and shown as text or as what a front end can show.
public final class FigureObject: LuaObject, Displayed, Summarized {
    public static let luaType = LuaTypeIdentity("figure")
    public let figure: Figure
    init(_ figure: Figure) { self.figure = figure }

    /// Its title, or what its axes and legend say.
    public var summary: String {
        let axes = [figure.panels.first?.y.label, figure.panels.first?.x.label].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " over ")
        let words = [figure.title, axes, figure.series.map(\.name).joined(separator: ", "), figure.panels.count > 1 ? "\(figure.panels.count) panels" : ""]
        return words.first { !$0.isEmpty }?.split(whereSeparator: \.isNewline).joined(separator: " ") ?? ""
    }

    /// gnuplot, which stops with the script.
    static func gnuplot() throws -> Gnuplot {
        var gnuplot = try Gnuplot.find()
        gnuplot.shouldStop = { Interruption.isRequested }
        return gnuplot
    }

    /// Text and Vega-Lite, and the pictures that the style asks for; text alone says why there is none.
    public func representations(_ style: DisplayStyle) -> [Representation] {
        var text = figure.text(width: style.width, isColoured: style.isColoured)
        var pictures: [Representation] = []
        if style.pictures != .none {
            do {
                let gnuplot = try Self.gnuplot()
                pictures.append(Representation(kind: "image/svg+xml", bytes: try figure.bytes(.svg, gnuplot: gnuplot)))
                if style.pictures == .both, figure.theme == .light {
                    var dark = figure
                    dark.theme = .dark
                    pictures.append(Representation(kind: Representation.darkPicture, bytes: try dark.bytes(.svg, gnuplot: gnuplot)))
                }
            } catch {
                pictures = []
                text += "(no picture: \(error))\n"
            }
        }
        return [Representation(text: text), Representation(kind: "application/vnd.vegalite.v5+json", bytes: Array(figure.vegaLite.utf8))] + pictures
    }

    static func declare(_ module: LuaModule, _ environment: ScriptingEnvironment) {
        let type = module.type(FigureObject.self, "A figure. Printed, it is drawn in characters; save() writes it to a file.",
                               example: "local figure = plot.line{y = {1, 4, 9}, title = \"squares\"}\nprint(figure)")
        type.method("save", "Writes the figure: .svg, .png and .pdf (drawn by gnuplot), .vl.json (Vega-Lite) or .txt (characters).",
                    Param<String>("path", "ends in .svg, .png, .pdf, .vl.json or .txt"),
                    OptionsParam([LuaOption("dpi", .numberIn(30...1200), default: 300, "dots per inch of .png")]),
                    returns: "the path", errors: "another ending; no gnuplot for .svg, .png, .pdf, or one that fails; a file that cannot be written",
                    example: "local path = os.tmpname() .. \".vl.json\"\nprint(plot.line{y = {1, 4, 9}}:save(path) == path)\nos.remove(path)") { f, path, o -> String in
            try environment.state.checkFileAccess("save")
            let format = try FigureFormat(path: path)
            let bytes = try interruptible { try f.figure.bytes(format, dpi: o.number("dpi"), gnuplot: [.vegaLite, .text].contains(format) ? nil : gnuplot()) }
            try TextFile.write(bytes, to: path)
            return path
        }
        type.method("text", "The figure in characters.", OptionsParam([
            LuaOption("width", .integerIn(24...400), default: .computed("the width of the display"), "characters in a line"),
            LuaOption("color", .boolean, default: false, "with escape sequences for colours"),
        ]), returns: "string", example: "print(plot.line{y = {1, 4, 9}}:text{width = 40})") { f, o -> String in
            f.figure.text(width: o.optionalInteger("width") ?? environment.displayWidth, isColoured: o.boolean("color"))
        }
        type.method("vega", "The figure as a Vega-Lite 5 specification.", returns: "string of JSON", example: "print(plot.line{y = {1, 4, 9}}:vega():find(\"vega-lite\", 1, true) ~= nil)") { f -> String in f.figure.vegaLite }
        type.describe { f in
            let text = f.figure.text(width: environment.displayWidth, isColoured: Self.terminalHasColour)
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
    }

    private static var terminalHasColour: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(1) == 1 && environment["NO_COLOR"] == nil && !["", "dumb"].contains(environment["TERM"] ?? "")
    }

    /// What was stopped because the script is to stop is not an error of gnuplot's.
    private static func interruptible<R>(_ body: () throws -> R) throws -> R {
        do { return try body() } catch {
            if Interruption.isRequested { throw Interrupted() }
            throw error
        }
    }
}
