import LuaHost

/// What a cell asks for: Lua, help on a name, a magic command, or a command of the system.
enum CellInput: Equatable {
    case lua(String)
    case help(String)
    /// `%time f()`, also written `%%time`; the argument is the rest of the cell.
    case magic(String, String)
    case command(String)

    init(_ text: String) {
        let trimmed = text.trimmingSpace
        if trimmed.hasPrefix("%") {
            let rest = trimmed.drop { $0 == "%" }
            let name = rest.prefix { $0.isLetter || $0 == "_" }
            self = .magic(String(name), rest.dropFirst(name.count).description.trimmingSpace)
        } else if trimmed.hasPrefix("!") {
            self = .command(String(trimmed.dropFirst()))
        } else if trimmed.hasPrefix("?") {
            self = .help(trimmed.drop { $0 == "?" }.description.trimmingSpace)
        } else if trimmed.hasSuffix("?"), case let name = trimmed.prefix(while: { $0 != "?" }).description, !name.isEmpty,
                  name.allSatisfy({ $0.isLetter || $0.isNumber || "_.:".contains($0) }) {
            self = .help(name)
        } else if trimmed == "help" {
            self = .help("")
        } else if trimmed.hasPrefix("="), !trimmed.hasPrefix("==") {
            // As older Lua prompts asked for a value; the column stays.
            var blanked = text
            blanked.replaceSubrange(blanked.firstIndex(of: "=")!...blanked.firstIndex(of: "=")!, with: " ")
            self = .lua(blanked)
        } else {
            self = .lua(text)
        }
    }
}

extension StringProtocol {
    var trimmingSpace: String {
        let start = drop { $0.isWhitespace }
        return String(start.prefix(start.count - start.reversed().prefix { $0.isWhitespace }.count))
    }
}

extension Session {
    /// Whether a text is a whole cell, judged by Lua's own parser.
    public func completeness(of text: String) -> CellCompleteness {
        let code: String
        switch CellInput(text) {
        case .lua(let text): code = text
        case .magic("time", let argument), .magic("timeit", let argument): code = argument
        default: return .complete
        }
        do {
            try locals.check(code)
            return .complete
        } catch {
            guard (error as? LuaError)?.isIncomplete == true else { return .invalid }
            return .incomplete(indent: 2 * CellGrammar.openDepth(code))
        }
    }
}
