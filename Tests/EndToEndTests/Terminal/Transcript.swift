import Foundation

/// A transcript of a terminal: what was typed and what was shown. A line that begins with "$ " is typed to the shell, one that begins with
/// "In [n]: " to the prompt, and "...: " goes on with the cell. Enter ends each of them, save that "^C" at the end is Ctrl-C, and an empty cell
/// with the shell's prompt behind it is Ctrl-D.
struct Transcript {
    struct Entry: Equatable {
        /// "$ ", "In [3]: " or "   ...: ".
        var prompt: String
        var text: String
        var key: String
    }
    let lines: [String]

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var line = String(line)
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    var entries: [Entry] {
        lines.enumerated().compactMap { i, line in
            guard let match = (line + " ").prefixMatch(of: #/\$ |In \[\d+\]: | *\.\.\.: /#) else { return nil }
            let text = String(line.dropFirst(match.output.count)).trimmingCharacters(in: .whitespaces)
            if text.hasSuffix("^C") { return Entry(prompt: String(match.output), text: String(text.dropLast(2)), key: "\u{03}") }
            let isLeaving = text.isEmpty && line.hasPrefix("In [") && i + 1 < lines.count && lines[i + 1].hasPrefix("$")
            return Entry(prompt: String(match.output), text: text, key: isLeaving ? "\u{04}" : "\r")
        }
    }

    /// What two runs may differ in: an amount of time is "# s", whatever its unit and digits, and spaces in a row are one. Everything else is the same on every machine.
    static func masked(_ line: String) -> String {
        line.replacing(#/\d+(\.\d+)? (s|ms|µs|ns|min)\b/#) { _ in "# s" }.replacing(#/ +/#) { _ in " " }
    }
}
