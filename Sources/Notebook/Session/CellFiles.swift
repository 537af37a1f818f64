import LuaHost
import Scripting
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Cells from and to scripts in the percent format (a line that starts with `-- %%` begins a cell), and what runs beside
/// them: scripts, commands of the system, the list of variables.
extension Session {
    // MARK: scripts

    func runScript(_ argument: String) throws {
        try state.checkFileAccess("%run")
        let words = try Words.of(argument)
        guard let path = words.first else { throw CellError(message: "%run: the path of a script expected") }
        try run(script: path, arguments: Array(words.dropFirst()))
    }

    func loadCells(_ argument: String) throws {
        try state.checkFileAccess("%load")
        let words = try Words.of(argument)
        guard words.count == 1 else { throw CellError(message: "%load: the path of a script expected") }
        for cell in PercentScript.cells(of: try TextFile.read(words[0])) where cell.kind == .code && !cell.source.allSatisfy(\.isWhitespace) {
            let outcome = evaluate(cell.source)
            if let error = outcome.error { throw error }
        }
    }

    func saveCells(_ argument: String) throws {
        try state.checkFileAccess("%save")
        var words = try Words.of(argument)
        let replaces = words.contains("-f")
        words.removeAll { $0 == "-f" }
        guard let path = words.first else { throw CellError(message: "%save: a path, and perhaps the numbers of the cells, expected: %save mine.lua 2-5 7") }
        let ranges = try words.count > 1 ? words.dropFirst().flatMap { try $0.split(separator: ",").map { try cellRange(String($0)) } } : [1...max(1, nextNumber - 1)]
        if !replaces, (try? TextFile.read(path)) != nil { throw CellError(message: "'\(path)' is there already; %save \(argument.trimmingSpace) -f replaces it") }
        let asked = cells.filter { cell in
            guard case .lua = CellInput(cell.text) else { return false }
            return ranges.contains { $0.contains(cell.number) }
        }
        // What failed would stop the script; a cell that is asked for by its number is written all the same.
        let chosen = asked.filter { cell in !cell.failed || words.count > 1 && ranges.contains(cell.number...cell.number) }, left = asked.count - chosen.count
        guard !chosen.isEmpty else { throw CellError(message: "%save: no cells of Lua to write") }
        let parts = chosen.map { cell -> String in
            // An expression alone is no statement of a script.
            let text = cell.text.trimmingSpace
            guard let ending = CellGrammar(text)?.ending, !ending.isCall || cell.showedValue else { return "-- %%\n\(text)\n" }
            let bytes = Array(text.utf8)
            var value = String(decoding: bytes[ending.start...], as: UTF8.self)
            if ending.isSilent { return "-- %%\n\(String(decoding: bytes[..<ending.start], as: UTF8.self))local _ = \(value)\n" }
            // A comment behind the value stays behind the bracket.
            let end = CellTokens.of(value).dropLast().last?.end ?? value.utf8.count
            value = String(decoding: Array(value.utf8)[..<end], as: UTF8.self) + ")" + String(decoding: Array(value.utf8)[end...], as: UTF8.self)
            return "-- %%\n\(String(decoding: bytes[..<ending.start], as: UTF8.self))print(\(value)\n"
        }
        try TextFile.write(parts.joined(separator: "\n"), to: path)
        print("\(chosen.count) cell\(chosen.count == 1 ? "" : "s") written to \(path)" + (left > 0 ? "; \(left) that failed left out" : ""))
        let missing = namesWithoutOrigin(chosen)
        if !missing.isEmpty { print("Not set in these cells: " + missing.map { "\($0.name) (read by cell \($0.cell))" }.joined(separator: ", ")) }
    }

    /// Variables of the session, results included, that cells read though none of them sets them before: the script would find nil.
    private func namesWithoutOrigin(_ cells: [Cell]) -> [(name: String, cell: Int)] {
        let known = Set(variables.map(\.name)).union(Session.ownNames)
        var set: Set<String> = ["arg"], missing: [(name: String, cell: Int)] = []
        for cell in cells {
            let tokens = CellTokens.of(cell.text)
            var openers: [String] = []
            for i in tokens.indices {
                let before = i > 0 ? tokens[i - 1] : nil
                if ["{", "(", "["].contains(tokens[i].text) { openers.append(tokens[i].text) } else if ["}", ")", "]"].contains(tokens[i].text) { _ = openers.popLast() }
                guard tokens[i].kind == .name, case let name = tokens[i].text, known.contains(name), !set.contains(name) else { continue }
                if before?.isSymbol(".") == true || before?.isSymbol(":") == true { continue }
                // A field of a table.
                if openers.last == "{", tokens[i + 1].isSymbol("="), before.map({ ["{", ",", ";"].contains($0.text) }) == true { continue }
                if !isSet(i, tokens) { missing.append((name, cell.number)) }
                set.insert(name)
            }
        }
        return missing
    }

    /// Whether the name at a token is given a value there: in a list of names before = or in, behind local or function, in a function's head.
    private func isSet(_ i: Int, _ tokens: [CellToken]) -> Bool {
        var next = i + 1, first = i
        while tokens[next].isSymbol(","), tokens[next + 1].kind == .name { next += 2 }
        while first > 1, tokens[first - 1].isSymbol(","), tokens[first - 2].kind == .name { first -= 2 }
        if tokens[next].isSymbol("=") || tokens[next].isKeyword("in") { return true }
        guard first > 0 else { return false }
        if tokens[first - 1].isKeyword("local") || tokens[first - 1].isKeyword("function") { return true }
        // function (a, b), function f(a, b)
        guard tokens[first - 1].isSymbol("(") else { return false }
        let head = tokens[..<(first - 1)].reversed().drop { $0.kind == .name || $0.isSymbol(".") || $0.isSymbol(":") }
        return head.first?.isKeyword("function") == true
    }

    func showHistory(_ argument: String) throws {
        let range = argument.isEmpty ? 1...max(1, nextNumber - 1) : try cellRange(argument)
        for cell in cells where range.contains(cell.number) {
            let head = "In [\(cell.number)]: "
            let lines = cell.text.split(separator: "\n", omittingEmptySubsequences: false)
            print(lines.enumerated().map { ($0.offset == 0 ? head : String(repeating: " ", count: head.count)) + $0.element }.joined(separator: "\n"))
        }
    }

    /// "3", "2-5"
    private func cellRange(_ text: String) throws -> ClosedRange<Int> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0.trimmingSpace) }
        guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else {
            throw CellError(message: "the numbers of cells expected, such as 3 or 2-5, got '\(text)'")
        }
        return first...last
    }

    // MARK: variables

    func listVariables() {
        let variables = self.variables
        guard !variables.isEmpty else { return print("no variables yet") }
        let rows = [["name", "type", "value"]] + variables.map { [$0.name, $0.value.typeName, summary(of: $0.value)] }
        let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            var line = ""
            for column in 0..<2 { line += row[column] + String(repeating: " ", count: widths[column] - row[column].count + 2) }
            line = (line + row[2]).trimmingEnd
            let width = max(20, style.width)
            print(line.count > width ? line.prefix(width - 2) + ".." : line)
        }
    }

    // MARK: the system

    func shell(_ command: String) throws {
        try state.checkFileAccess("!")
        sink.flush()
        // Its output goes through a pipe; how wide the page is it learns so.
        guard let stream = popen("exec 2>&1\nexport COLUMNS=\(style.width)\n" + command, "r") else { throw CellError(message: "cannot run '\(command)'") }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = read(fileno(stream), buffer.baseAddress, buffer.count), count != 0 {
            if count > 0 { sink.text(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } else if errno != EINTR { break }
        }
        let status = pclose(stream)
        state.clearInterrupt()
        if status != 0 { throw CellError(message: status & 0x7f == 0 ? "the command ended with status \(status >> 8 & 0xff)" : "the command was stopped by signal \(status & 0x7f)") }
    }
}

/// Words of a command; quotes keep spaces.
enum Words {
    static func of(_ text: String) throws -> [String] {
        var words: [String] = [], word = "", quote: Character?, isOpen = false
        for c in text {
            if let open = quote {
                if c == open { quote = nil } else { word.append(c) }
            } else if c == "\"" || c == "'" {
                (quote, isOpen) = (c, true)
            } else if c.isWhitespace {
                if isOpen || !word.isEmpty { words.append(word) }
                (word, isOpen) = ("", false)
            } else {
                word.append(c)
            }
        }
        guard quote == nil else { throw CellError(message: "a quotation mark is not closed") }
        if isOpen || !word.isEmpty { words.append(word) }
        return words
    }
}

extension String {
    var trimmingEnd: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
