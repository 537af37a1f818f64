// Scripts in the percent format of Jupytext and of editors: a line that starts with `-- %%` begins a cell, behind it stand the cell's
// title and kind, `-- %% A title [markdown]`. The lines of a Markdown cell are comments. Such a line inside a string or a long comment
// begins nothing: the script must stay the script that Lua runs.
// Invariant: the `script` of the cells, one behind the other, is the text that was read.

public enum PercentScript {
    /// The cells of a script; what stands before the first marker is a cell of its own.
    public static func cells(of text: String) -> [NotebookCell] {
        let bytes = Array(text.utf8)
        var starts = [0]
        for i in bytes.indices where bytes[i] == 10 && i + 1 < bytes.count { starts.append(i + 1) }
        let lineStarts = Set(starts)
        let marks = LuaTokens.read(bytes).filter { $0.kind == .comment && lineStarts.contains($0.start) && isMarker(bytes[$0.start..<$0.end]) }.map(\.start)
        guard !bytes.isEmpty else { return [] }
        func isBlank(_ range: Range<Int>) -> Bool { bytes[range].allSatisfy { [9, 10, 11, 12, 13, 32].contains($0) } }
        // Blank lines before the first marker belong to its cell.
        var begins = marks
        if begins.isEmpty { begins = [0] } else if begins[0] > 0, !isBlank(0..<begins[0]) { begins.insert(0, at: 0) } else { begins[0] = 0 }
        var cells: [NotebookCell] = [], mark = marks.makeIterator(), next = mark.next()
        for (i, begin) in begins.enumerated() {
            let end = i + 1 < begins.count ? begins[i + 1] : bytes.count
            var head: Range<Int>?
            if let at = next, at < end {
                head = at..<(bytes[at..<end].firstIndex(of: 10).map { $0 + 1 } ?? end)
                next = mark.next()
            }
            cells += read(bytes, begin, head, end)
        }
        return cells
    }

    /// "-- %%" or "--%%"
    private static func isMarker(_ line: ArraySlice<UInt8>) -> Bool { line.starts(with: Array("-- %%".utf8)) || line.starts(with: Array("--%%".utf8)) }

    private static func read(_ bytes: [UInt8], _ begin: Int, _ head: Range<Int>?, _ end: Int) -> [NotebookCell] {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        var cell = NotebookCell(.code, "")
        var body = begin..<end
        if let head {
            (cell.title, cell.kind, cell.options) = Heading.read(text(head))
            body = head.upperBound..<end
        }
        cell.script = text(begin..<end)
        cell.firstLine = 1 + bytes[..<body.lowerBound].reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
        if cell.kind != .code {
            let (lines, rest) = Commented.lines(bytes, body)
            cell.source = trimmed(lines.joined(separator: "\n")).text
            guard let rest else { return [cell] }
            // Lua among the comments runs when the script does, and so in the notebook.
            cell.script = text(begin..<rest)
            var code = NotebookCell(.code, "")
            code.script = text(rest..<end)
            code.firstLine = 1 + bytes[..<rest].reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
            let source = trimmed(unified(text(rest..<end)))
            (code.source, code.firstLine) = (source.text, code.firstLine + source.skipped)
            return [cell, code]
        }
        let source = trimmed(unified(text(body)))
        (cell.source, cell.firstLine) = (source.text, cell.firstLine + source.skipped)
        return [cell]
    }

    /// Lines that end in \n.
    static func unified(_ text: String) -> String { text.replacing("\r\n", with: "\n").replacing("\r", with: "\n") }

    /// Without the blank lines around it.
    private static func trimmed(_ text: String) -> (text: String, skipped: Int) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...], skipped = 0
        while let first = lines.first, first.allSatisfy(\.isWhitespace) { lines.removeFirst(); skipped += 1 }
        while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
        return (lines.joined(separator: "\n"), skipped)
    }

    // MARK: writing

    /// The script of cells: what was read comes back as it was; other cells are written anew.
    public static func text(of cells: [NotebookCell]) -> String {
        var out = "", last = ""
        for (i, cell) in cells.enumerated() {
            if !out.isEmpty, !out.hasSuffix("\n"), !out.hasSuffix("\r\n") { out += "\n" }
            if let script = cell.script, stillReads(script, cell, behind: i > 0 ? (last, cells[i - 1]) : nil) {
                last = script
            } else {
                last = written(cell, isLast: i == cells.count - 1)
            }
            out += last
        }
        return out
    }

    /// Whether lines that a cell was read from are still that cell, where it stands now.
    private static func stillReads(_ script: String, _ cell: NotebookCell, behind: (script: String, cell: NotebookCell)?) -> Bool {
        func isCell(_ found: NotebookCell) -> Bool { found.kind == cell.kind && found.source == cell.source && found.title == cell.title }
        let found = cells(of: script)
        guard found.count == 1, isCell(found[0]) else { return false }
        guard let behind, !isMarker(Array(script.utf8)[...]) else { return true }
        // Without a marker it would run into another cell of code; behind Markdown it is known by being none.
        guard behind.cell.kind != .code else { return false }
        let both = cells(of: behind.script + script)
        return both.count == 2 && both[0].source == behind.cell.source && isCell(both[1])
    }

    /// A cell as this writes it: marker, source, a blank line before the next.
    static func written(_ cell: NotebookCell, isLast: Bool) -> String {
        func text(_ title: String) -> String {
            let words = ["-- %%", title, cell.kind == .code ? "" : "[\(cell.kind.rawValue)]", cell.options].filter { !$0.isEmpty }
            return words.joined(separator: " ") + "\n" + body(cell) + (isLast ? "" : "\n")
        }
        let title = cell.title.split(whereSeparator: \.isNewline).joined(separator: " ").trimmingSpace
        // A title that would be read as something else is left out.
        let head = Heading.read(String(text(title).prefix { $0 != "\n" }))
        return text(head.title == title && head.kind == cell.kind ? title : "")
    }

    private static func body(_ cell: NotebookCell) -> String {
        guard !cell.source.isEmpty else { return "" }
        if cell.kind != .code { return Commented.text(cell.source) }
        // What only a session understands would be no Lua.
        guard case .lua = CellInput(cell.source) else { return Commented.text(cell.source) }
        // A comment in the cell that looks like a marker is moved by a space; in strings nothing is.
        var bytes = Array(cell.source.utf8)
        for token in LuaTokens.read(bytes).reversed() where token.kind == .comment && (token.start == 0 || bytes[token.start - 1] == 10) && isMarker(bytes[token.start..<token.end]) {
            bytes.insert(32, at: token.start)
        }
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }

    /// `-- %% A title [markdown] key="value"`
    private enum Heading {
        static func read(_ line: String) -> (title: String, kind: NotebookCell.Kind, options: String) {
            let rest = line.drop { $0 == "-" || $0 == " " }.drop { $0 == "%" }.trimmingSpace
            for (word, kind) in [("[markdown]", NotebookCell.Kind.markdown), ("[md]", .markdown), ("[raw]", .raw)] {
                guard let found = rest.firstRange(of: word) else { continue }
                let before = rest[..<found.lowerBound], after = rest[found.upperBound...]
                guard before.isEmpty || before.last == " ", after.isEmpty || after.first == " " else { continue }
                return (before.trimmingSpace, kind, after.trimmingSpace)
            }
            // Options begin with a name and an equals sign without space around it.
            if let found = rest.firstMatch(of: #/(?:^|\s)([A-Za-z_][\w.\-]*=\S.*|\{".*\})$/#) {
                return (rest[..<found.range.lowerBound].trimmingSpace, .code, found.1.trimmingSpace)
            }
            return (rest, .code, "")
        }
    }

    /// Text in comments, a line each.
    private enum Commented {
        static func text(_ source: String) -> String {
            source.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "--\n" : "-- \($0)\n" }.joined()
        }

        /// The lines without `-- `, and where something begins that is no comment. One long comment, `--[[ .. ]]`, is its text.
        static func lines(_ bytes: [UInt8], _ range: Range<Int>) -> (lines: [String], rest: Int?) {
            let tokens = LuaTokens.read(bytes[range])
            if tokens.count == 1, let only = tokens.first, only.kind == .comment, only.isClosed {
                let whole = bytes[(range.lowerBound + only.start)..<(range.lowerBound + only.end)]
                if whole.starts(with: Array("--[".utf8)), let open = whole.dropFirst(3).firstIndex(of: UInt8(ascii: "[")), whole[(whole.startIndex + 3)..<open].allSatisfy({ $0 == UInt8(ascii: "=") }) {
                    let level = open - whole.startIndex - 3
                    let inner = unified(String(decoding: whole[(open + 1)..<(whole.endIndex - level - 2)], as: UTF8.self))
                    return (inner.split(separator: "\n", omittingEmptySubsequences: false).map(String.init), nil)
                }
            }
            var lines: [String] = [], start = range.lowerBound
            while start < range.upperBound {
                let end = bytes[start..<range.upperBound].firstIndex(of: 10) ?? range.upperBound
                let line = String(decoding: bytes[start..<end], as: UTF8.self).replacing("\r", with: "")
                let bare = line.drop { $0 == " " || $0 == "\t" }
                if bare.hasPrefix("--"), !bare.hasPrefix("--[[") && !bare.hasPrefix("--[=") {
                    let text = bare.dropFirst(2)
                    lines.append(String(text.first == " " ? text.dropFirst() : text))
                } else if bare.isEmpty {
                    lines.append("")
                } else {
                    return (lines, start)
                }
                start = end + 1
            }
            return (lines, nil)
        }
    }
}
