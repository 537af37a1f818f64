// The statements of a cell, as far as a session needs them: where each top-level `local` ends and what it declares, and
// whether the cell ends in an expression. Lua's compiler stays the judge of what is right: this recogniser accepts
// every correct cell, and what it does not understand is left as it is.

struct CellGrammar {
    struct Local: Equatable {
        var names: [String]
        /// Those with <const> or <close>, which cannot be assigned to.
        var constants: Set<String>
        /// Where the statement ends.
        var end: Int
    }
    /// What the cell ends in, when that has a value: `x + 1`, `f(x)`.
    struct Ending: Equatable {
        var start: Int
        /// A call is a statement as well; anything else would be an error without `return`.
        var isCall: Bool
        /// A semicolon follows.
        var isSilent: Bool
    }

    private(set) var locals: [Local] = []
    private(set) var ending: Ending?
    /// Every name that occurs as a variable could.
    private(set) var names: Set<String> = []

    /// nil for what is not understood.
    init?(_ text: String) {
        var parser = Parser(tokens: CellTokens.of(text))
        do { try parser.chunk() } catch { return nil }
        (locals, ending) = (parser.locals, parser.ending)
        names = Set(parser.tokens.filter { $0.kind == .name }.map(\.text))
    }

    /// Where the top-level statement that may be an expression begins in which the text stops being understood.
    static func failingStatement(_ text: String) -> Int? {
        var parser = Parser(tokens: CellTokens.of(text))
        do { try parser.chunk() } catch {
            let start = parser.statementStart
            guard let at = parser.tokens.firstIndex(where: { $0.start >= start }), parser.tokens[at].kind == .keyword else { return start }
            // A loop, a block or a function with a name is no expression: as one it would be wrong at its first word.
            if parser.tokens[at].text == "function" { return parser.tokens[at + 1].kind == .name ? nil : start }
            return ["nil", "true", "false", "not"].contains(parser.tokens[at].text) ? start : nil
        }
        return nil
    }

    /// The token at which the text stops being understood.
    static func failingToken(_ text: String) -> CellToken? {
        var parser = Parser(tokens: CellTokens.of(text))
        do { try parser.chunk() } catch { return parser.token }
        return nil
    }

    /// The expression that stands where the text, read as a whole, has to have a statement.
    static func loneValue(_ text: String) -> (start: Int, text: String)? {
        var parser = Parser(tokens: CellTokens.of(text))
        do { try parser.chunk() } catch {
            let start = parser.statementStart, end = parser.previousEnd
            // On the line of what follows it, it is another mistake.
            guard start < end, parser.token.kind == .end || text.utf8.dropFirst(end).prefix(parser.token.start - end).contains(10) else { return nil }
            return (start, String(decoding: Array(text.utf8)[start..<end], as: UTF8.self))
        }
        // At the very end it is an expression that a cell may end in.
        return parser.ending.flatMap { $0.isCall || $0.isSilent ? nil : ($0.start, String(decoding: Array(text.utf8)[$0.start..<parser.previousEnd], as: UTF8.self)) }
    }

    /// Blocks and brackets that are open at the end of a text that may be unfinished.
    static func openDepth(_ text: String) -> Int {
        var depth = 0
        for token in CellTokens.of(text) {
            switch (token.kind, token.text) {
            case (.keyword, "function"), (.keyword, "do"), (.keyword, "then"), (.keyword, "repeat"): depth += 1
            case (.symbol, "("), (.symbol, "{"), (.symbol, "["): depth += 1
            case (.keyword, "end"), (.keyword, "until"), (.keyword, "elseif"): depth -= 1
            case (.symbol, ")"), (.symbol, "}"), (.symbol, "]"): depth -= 1
            default: break
            }
        }
        return max(0, depth)
    }

    private struct NotUnderstood: Error {}

    private struct Parser {
        let tokens: [CellToken]
        var at = 0
        var locals: [Local] = []
        var ending: Ending?
        var depth = 0
        var statementStart = 0
        /// Nested constructs; more than Lua itself takes (200) would overflow our stack as well.
        var nesting = 0

        var token: CellToken { tokens[at] }
        var previousEnd: Int { at > 0 ? tokens[at - 1].end : 0 }

        mutating func take() -> CellToken {
            defer { if token.kind != .end { at += 1 } }
            return token
        }
        mutating func accept(_ text: String) -> Bool {
            guard token.text == text, token.kind == .symbol || token.kind == .keyword else { return false }
            at += 1
            return true
        }
        mutating func expect(_ text: String) throws { guard accept(text) else { throw NotUnderstood() } }
        mutating func name() throws -> String {
            guard token.kind == .name else { throw NotUnderstood() }
            return take().text
        }

        // MARK: statements

        mutating func chunk() throws {
            try block()
            guard token.kind == .end else { throw NotUnderstood() }
        }

        private var blockEnds: Bool {
            token.kind == .end || token.kind == .keyword && ["end", "else", "elseif", "until"].contains(token.text)
        }

        mutating func block() throws {
            nesting += 1
            defer { nesting -= 1 }
            guard nesting < 190 else { throw NotUnderstood() }
            while !blockEnds {
                if accept("return") {
                    if !blockEnds, !token.isSymbol(";") { try expressions() }
                    _ = accept(";")
                    guard blockEnds else { throw NotUnderstood() }
                    return
                }
                if depth == 0 { statementStart = token.start }
                try statement()
            }
        }

        private mutating func inner(_ body: (inout Parser) throws -> Void) throws {
            depth += 1
            defer { depth -= 1 }
            try body(&self)
        }

        mutating func statement() throws {
            guard token.kind == .keyword else {
                if accept(";") { return }
                if accept("::") {
                    _ = try name()
                    return try expect("::")
                }
                return try expressionStatement()
            }
            switch token.text {
            case "if":
                at += 1
                try expression()
                try expect("then")
                try inner { try $0.block() }
                while accept("elseif") {
                    try expression()
                    try expect("then")
                    try inner { try $0.block() }
                }
                if accept("else") { try inner { try $0.block() } }
                try expect("end")
            case "while":
                at += 1
                try expression()
                try expect("do")
                try inner { try $0.block() }
                try expect("end")
            case "do":
                at += 1
                try inner { try $0.block() }
                try expect("end")
            case "for":
                at += 1
                _ = try name()
                while accept(",") { _ = try name() }
                guard accept("=") || accept("in") else { throw NotUnderstood() }
                try expressions()
                try expect("do")
                try inner { try $0.block() }
                try expect("end")
            case "repeat":
                at += 1
                try inner { try $0.block() }
                try expect("until")
                try expression()
            case "function":
                // `function (x) .. end` alone is an expression.
                guard tokens[at + 1].kind == .name else { return try expressionStatement() }
                at += 2
                while accept(".") { _ = try name() }
                if accept(":") { _ = try name() }
                try functionBody()
            case "local":
                at += 1
                try local()
            case "break": at += 1
            case "goto":
                at += 1
                _ = try name()
            default: try expressionStatement()
            }
        }

        private mutating func local() throws {
            var names: [String] = [], constants: Set<String> = []
            if accept("function") {
                names = [try name()]
                try functionBody()
            } else {
                repeat {
                    names.append(try name())
                    if accept("<") {
                        guard ["const", "close"].contains(try name()) else { throw NotUnderstood() }
                        constants.insert(names.last!)
                        try expect(">")
                    }
                } while accept(",")
                if accept("=") { try expressions() }
            }
            if depth == 0 { locals.append(Local(names: names, constants: constants, end: previousEnd)) }
        }

        /// An assignment, a call, or (at the end of the cell) expressions.
        private mutating func expressionStatement() throws {
            let start = token.start, first = at
            if let shape = try? suffixed() {
                if accept("=") || token.isSymbol(",") && shape == .variable {
                    at = first
                    if try assignment() { return }
                } else if shape == .call {
                    noteEnding(start, isCall: true)
                    if !continuesExpression { return }
                }
            }
            at = first
            try expressions()
            guard depth == 0 else { throw NotUnderstood() }
            noteEnding(start, isCall: false)
            guard ending?.start == start, ending?.isCall == false else { throw NotUnderstood() }
        }

        /// Whether `a, b = ..` stands here; nothing is taken otherwise.
        private mutating func assignment() throws -> Bool {
            let first = at
            repeat { guard (try? suffixed()) == .variable else { at = first; return false } } while accept(",")
            guard accept("=") else { at = first; return false }
            try expressions()
            return true
        }

        private var continuesExpression: Bool {
            token.isSymbol(",") || token.kind == .symbol && Parser.binary.contains(token.text) || token.isKeyword("and") || token.isKeyword("or")
        }

        private mutating func noteEnding(_ start: Int, isCall: Bool) {
            guard depth == 0 else { return }
            var next = at
            if tokens[next].isSymbol(";") { next += 1 }
            if tokens[next].kind == .end { ending = Ending(start: start, isCall: isCall, isSilent: next > at) }
        }

        // MARK: expressions

        private enum Shape { case call, variable, other }
        private static let binary: Set<String> = ["+", "-", "*", "/", "//", "%", "^", "..", "<", "<=", ">", ">=", "==", "~=", "&", "|", "~", "<<", ">>"]

        mutating func expressions() throws {
            repeat { try expression() } while accept(",")
        }

        mutating func expression() throws {
            nesting += 1
            defer { nesting -= 1 }
            guard nesting < 190 else { throw NotUnderstood() }
            while true {
                while accept("-") || accept("not") || accept("#") || accept("~") {}
                try simple()
                guard token.kind == .symbol && Parser.binary.contains(token.text) || token.isKeyword("and") || token.isKeyword("or") else { return }
                at += 1
            }
        }

        private mutating func simple() throws {
            switch (token.kind, token.text) {
            case (.number, _), (.string, _), (.keyword, "nil"), (.keyword, "true"), (.keyword, "false"), (.symbol, "..."): at += 1
            case (.symbol, "{"): try table()
            case (.keyword, "function"):
                at += 1
                try functionBody()
            default: _ = try suffixed()
            }
        }

        private mutating func suffixed() throws -> Shape {
            var shape = Shape.variable
            if accept("(") {
                try expression()
                try expect(")")
                shape = .other
            } else {
                _ = try name()
            }
            while true {
                if accept(".") {
                    _ = try name()
                    shape = .variable
                } else if accept("[") {
                    try expression()
                    try expect("]")
                    shape = .variable
                } else if accept(":") {
                    _ = try name()
                    guard try arguments() else { throw NotUnderstood() }
                    shape = .call
                } else if try arguments() {
                    shape = .call
                } else {
                    return shape
                }
            }
        }

        private mutating func arguments() throws -> Bool {
            if token.kind == .string {
                at += 1
            } else if token.isSymbol("{") {
                try table()
            } else if accept("(") {
                if !accept(")") {
                    try expressions()
                    try expect(")")
                }
            } else {
                return false
            }
            return true
        }

        private mutating func table() throws {
            nesting += 1
            defer { nesting -= 1 }
            guard nesting < 190 else { throw NotUnderstood() }
            try expect("{")
            while !accept("}") {
                if accept("[") {
                    try expression()
                    try expect("]")
                    try expect("=")
                } else if token.kind == .name, tokens[at + 1].isSymbol("=") {
                    at += 2
                }
                try expression()
                guard accept(",") || accept(";") || token.isSymbol("}") else { throw NotUnderstood() }
            }
        }

        private mutating func functionBody() throws {
            try expect("(")
            if !accept(")") {
                repeat { if accept("...") { break } else { _ = try name() } } while accept(",")
                try expect(")")
            }
            try inner { try $0.block() }
            try expect("end")
        }
    }
}
