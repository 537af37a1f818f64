// Pictures in terminals that show them: the kitty protocol (a PNG in base64, in pieces of 4096) and sixel (drawn by gnuplot). A
// terminal is believed to have them only when it says so by its environment; inside tmux and screen neither is used.

import Foundation

public enum TerminalGraphics: String, Sendable {
    case kitty, sixel

    /// What the terminal of this environment shows. OCHE_GRAPHICS = kitty, sixel or none decides; then TERM and its like.
    public static func detect(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> TerminalGraphics? {
        if let wish = environment["OCHE_GRAPHICS"] { return TerminalGraphics(rawValue: wish) }
        let terminal = environment["TERM"] ?? "", program = environment["TERM_PROGRAM"] ?? ""
        if environment["TMUX"] != nil || terminal.hasPrefix("screen") || terminal.hasPrefix("tmux") || terminal == "dumb" || terminal.isEmpty { return nil }
        if terminal == "xterm-kitty" || terminal == "xterm-ghostty" || environment["KITTY_WINDOW_ID"] != nil || ["ghostty", "WezTerm"].contains(program) { return .kitty }
        if terminal.contains("sixel") || ["foot", "foot-extra", "mlterm", "contour", "yaft-256color"].contains(terminal) { return .sixel }
        return nil
    }

    /// What to write to the terminal so that it shows the figure.
    /// - Throws: without gnuplot, or when it fails; the text picture is there then.
    public func bytes(_ figure: Figure, dpi: Double = 144, gnuplot: Gnuplot? = nil) throws -> [UInt8] {
        switch self {
        case .kitty: return TerminalGraphics.kitty(png: try figure.bytes(.png, dpi: dpi, gnuplot: gnuplot))
        case .sixel: return try figure.run(.sixel(dpi), gnuplot) + [10]
        }
    }

    /// a=T: transmit and show; f=100: PNG; m=1: more follows; q=2: no answer.
    static func kitty(png: [UInt8]) -> [UInt8] {
        let text = Array(Data(png).base64EncodedString().utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: 4096) {
            let end = min(start + 4096, text.count), more = end < text.count ? 1 : 0
            out += Array("\u{1B}_G\(start == 0 ? "a=T,f=100,q=2," : "")m=\(more);".utf8) + text[start..<end] + Array("\u{1B}\\".utf8)
        }
        return out + [10]
    }
}
