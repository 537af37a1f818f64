import LuaHost

/// What could stand at the cursor: names, fields and methods, option names and their values, files, magic commands. From
/// the declarations and the variables as they are; nothing of the user's is run.
struct CompletionSource {
    let session: Session
    init(_ session: Session) { self.session = session }
    private var documentation: Documentation { session.state.documentation }
    private static let mostCandidates = 300

    func answer(_ text: String, at offset: Int) -> CompletionAnswer {
        if let answer = special(text, offset) { return answer }
        let context = CursorContext(text, at: offset)
        guard !context.isInComment else { return CompletionAnswer(start: offset, end: offset, candidates: []) }
        if let string = context.string { return inString(string.text, string.start, context, offset) }
        return CompletionAnswer(start: context.wordStart, end: offset, candidates: names(context))
    }

    // MARK: names

    private func names(_ context: CursorContext) -> [Candidate] {
        if let previous = context.previous, previous.isSymbol(".") || previous.isSymbol(":") {
            guard let path = NamePath.ending(before: context.count - 1, context.tokens)?.path, let found = Lookup(session).resolve(path) else { return [] }
            return matching(context.word, members(of: found, areMethods: previous.text == ":"))
        }
        // A name is being invented.
        if let previous = context.previous, previous.isKeyword("local") || previous.isKeyword("goto") || previous.isSymbol("::") { return [] }
        if let options = options(around: context) {
            if context.isAtEntryStart {
                let given = context.brackets.last?.given ?? []
                let names = options.filter { !$0.name.hasPrefix("[") && !given.contains($0.name) }
                    .map { Candidate(text: "\($0.name) = ", detail: Self.describe($0)) }
                let found = matching(context.word, names, sorted: false)
                if !found.isEmpty { return found }
            } else if let key = context.brackets.last?.key, context.previous?.isSymbol("=") == true, let option = options.first(where: { $0.name == key }) {
                let literals = matching(context.word, values(of: option).map { Candidate(text: $0, detail: "") }, sorted: false)
                let found = literals + matching(context.word, variables(for: option))
                // Where nothing is typed yet, what fits is enough.
                if context.word.isEmpty, !found.isEmpty { return found }
                if !literals.isEmpty { return found }
            }
        }
        if context.word.isEmpty, context.previous.map({ $0.kind == .name || $0.kind == .number || $0.kind == .string }) == true { return [] }
        return matching(context.word, general(context))
    }

    /// Variables, then keywords.
    private func general(_ context: CursorContext) -> [Candidate] {
        var seen: Set<String> = [], found: [Candidate] = []
        func add(_ name: String, _ detail: @autoclosure () -> String) {
            // A detail is only made for what may be shown.
            guard LuaQuoting.isName(name), context.word.isEmpty || name.lowercased().hasPrefix(context.word.lowercased()), seen.insert(name).inserted else { return }
            found.append(Candidate(text: name, detail: detail()))
        }
        for name in declared(context) { add(name, "") }
        for name in session.locals.names { add(name, detail(session.locals.value(name) ?? .nil)) }
        for (key, value) in session.state.globals.namedEntries(limit: 2000).first { if case .string(let name) = key { add(name, detail(value)) } }
        if !context.word.isEmpty {
            for word in LuaTokens.keywords where word.hasPrefix(context.word) && word != context.word && seen.insert(word).inserted { found.append(Candidate(text: word)) }
        }
        return found
    }

    /// Names that the cell itself declares or assigns, before the cursor.
    private func declared(_ context: CursorContext) -> [String] {
        let tokens = context.tokens
        return (0..<context.count).compactMap { i in
            guard tokens[i].kind == .name else { return nil }
            let before = i > 0 ? tokens[i - 1].text : ""
            if [".", ":"].contains(before) { return nil }
            let isDeclared = ["local", "for", "function", ",", "("].contains(before) || before != "{" && tokens[i + 1].isSymbol("=")
            return isDeclared ? tokens[i].text : nil
        }
    }

    private func members(of found: Lookup.Found, areMethods: Bool) -> [Candidate] {
        var seen: Set<String> = [], result: [Candidate] = []
        func add(_ name: String, _ detail: String) {
            if LuaQuoting.isName(name), seen.insert(name).inserted { result.append(Candidate(text: name, detail: detail)) }
        }
        switch found.value {
        case .table(let table)?:
            if let module = session.state.module(for: table) {
                guard !areMethods else { break }
                let entries = documentation.members(of: module.name).filter { $0.kind == .function || $0.kind == .constant }
                let summaries = Dictionary(entries.map { ($0.name, $0.summary.firstSentence) }) { first, _ in first }
                for name in module.memberNames { add(name, summaries[name] ?? "") }
            }
            for table in Lookup.chain(table) {
                for (key, value) in table.namedEntries(limit: 1000).first {
                    guard case .string(let name) = key else { continue }
                    if areMethods { guard case .function = value else { continue } }
                    add(name, detail(value))
                }
            }
        case .string?:
            guard areMethods, case .table(let library) = session.state[global: "string"] else { break }
            for (key, value) in library.namedEntries(limit: 100).first { if case .string(let name) = key { add(name, detail(value)) } }
        default:
            guard let type = found.type else { break }
            let entries = documentation.members(of: type)
            for entry in entries where entry.kind == (areMethods ? .method : .property) { add(entry.name, entry.summary.firstSentence) }
        }
        return result
    }

    private func detail(_ value: LuaValue) -> String {
        switch value {
        case .table(let table):
            if let module = session.state.module(for: table) { return documentation.entry(named: module.name)?.summary.firstSentence ?? "namespace" }
            return "table"
        case .function(let function):
            if let entry = value.address.flatMap({ documentation.entry(at: $0) }) { return entry.summary.firstSentence }
            return function.parameterList.map { "function \($0)" } ?? "function"
        case .userdata: return value.typeName
        case .boolean, .integer, .number: return session.valueText.short(value)
        case .string(let text): return LuaQuoting.quoted(text, most: 30)
        default: return value.typeName
        }
    }

    // MARK: options

    /// The declared options of the table the cursor is in.
    private func options(around context: CursorContext) -> [Documentation.Argument]? {
        guard let options = options(of: context.brackets.count - 1, context), !options.isList else { return nil }
        return options.arguments
    }

    private func options(of i: Int, _ context: CursorContext) -> (arguments: [Documentation.Argument], isList: Bool)? {
        guard i >= 0, context.brackets[i].opener == "{" else { return nil }
        if let callee = context.callee(of: context.brackets[i]) { return argument(0, of: callee).map { nested($0) } ?? nil }
        guard i > 0 else { return nil }
        let outer = context.brackets[i - 1]
        if outer.opener == "(" { return context.callee(of: outer).flatMap { argument(outer.index, of: $0) }.map { nested($0) } ?? nil }
        guard let options = options(of: i - 1, context) else { return nil }
        if options.isList { return (options.arguments, false) }
        return outer.key.flatMap { key in options.arguments.first { $0.name == key } }.map { nested($0) } ?? nil
    }

    private func nested(_ argument: Documentation.Argument) -> (arguments: [Documentation.Argument], isList: Bool)? {
        guard !argument.options.isEmpty else { return nil }
        switch argument.kind {
        case .records?, .list?: return (argument.options, true)
        default: return (argument.options, false)
        }
    }

    /// A declared argument of what a path leads to.
    private func argument(_ i: Int, of path: NamePath) -> Documentation.Argument? {
        guard let entry = called(path), let argument = entry.arguments.indices.contains(i) ? entry.arguments[i] : nil else { return nil }
        return argument
    }

    private func called(_ path: NamePath) -> Documentation.Entry? {
        guard let entry = Lookup(session).resolve(path)?.entry else { return nil }
        return entry.kind == .namespace ? documentation.members(of: entry.name).first { $0.kind == .call } : entry
    }

    /// Help on the option whose name or value the cursor is at.
    func option(at context: CursorContext) -> String? {
        guard let options = options(around: context), let key = context.isAtEntryStart ? context.word : context.brackets.last?.key,
              let option = options.first(where: { $0.name == key }) else { return nil }
        return "\(option.name): \(Self.describe(option))"
    }

    private static func describe(_ option: Documentation.Argument) -> String {
        var text = option.summary.isEmpty ? option.type : "\(option.summary), \(option.type)"
        if let value = option.defaultText { text += " (default \(value))" } else if !option.isOptional { text += " (required)" }
        return text
    }

    /// Literals that an option takes.
    private func values(of option: Documentation.Argument) -> [String] {
        if case .boolean? = option.kind { return ["true", "false"] }
        return choices(of: option).map { "\"\($0)\"" }
    }

    /// Variables whose type an option takes.
    private func variables(for option: Documentation.Argument) -> [Candidate] {
        func types(_ kind: LuaOptionKind?) -> [String] {
            switch kind {
            case .custom(let name, _, _)?: return [name]
            case .either(let kinds)?: return kinds.flatMap { types($0) }
            default: return []
            }
        }
        let fitting = types(option.kind)
        guard !fitting.isEmpty else { return [] }
        return session.variables.filter { fitting.contains($0.value.typeName) }.map { Candidate(text: $0.name, detail: session.summary(of: $0.value)) }
    }

    private func choices(of argument: Documentation.Argument) -> [String] {
        func choices(_ kind: LuaOptionKind) -> [String] {
            switch kind {
            case .choice(let names): return names
            case .either(let kinds): return kinds.flatMap(choices)
            case .list(let kind): return choices(kind)
            default: return []
            }
        }
        if let kind = argument.kind { return choices(kind) }
        // "'float32' or 'float64'"
        guard argument.type.hasPrefix("'") else { return [] }
        return argument.type.split(separator: "'", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    // MARK: strings

    private static let fileFunctions: Set<String> = ["dofile", "loadfile", "open", "lines", "input", "output", "load", "save", "export", "report"]

    private func inString(_ text: String, _ start: Int, _ context: CursorContext, _ offset: Int) -> CompletionAnswer {
        func answer(_ candidates: [Candidate]) -> CompletionAnswer { CompletionAnswer(start: start, end: offset, candidates: candidates) }
        let bracket = context.brackets.last
        // f"..", without a bracket, or the first thing in f(..).
        var callee: NamePath?, index = 0
        if let previous = context.previous, previous.kind == .name { callee = NamePath.ending(before: context.count, context.tokens)?.path }
        else if let bracket, bracket.opener == "(" { (callee, index) = (context.callee(of: bracket), bracket.index) }
        if let callee {
            let name = callee.steps.last.map { step -> String in
                switch step {
                case .field(let name), .method(let name): return name
                case .call: return ""
                }
            } ?? callee.root
            if callee.root == "help", index == 0 {
                let names = documentation.paths(startingWith: text)
                return answer(names.prefix(Self.mostCandidates).map { Candidate(text: $0, detail: documentation.entry(named: $0)?.summary.firstSentence ?? "") })
            }
            if let argument = argument(index, of: callee), case let choices = choices(of: argument), !choices.isEmpty {
                return answer(matching(text, choices.map { Candidate(text: $0) }, sorted: false))
            }
            if Self.fileFunctions.contains(name) { return files(text, start, offset) }
        }
        if let bracket, bracket.opener == "{", let options = options(around: context), let option = options.first(where: { $0.name == bracket.key }) {
            let choices = choices(of: option)
            if choices.isEmpty, ["store", "path", "file"].contains(option.name) { return files(text, start, offset) }
            return answer(matching(text, choices.map { Candidate(text: $0) }, sorted: false))
        }
        return answer([])
    }

    private func files(_ text: String, _ start: Int, _ offset: Int) -> CompletionAnswer {
        guard !session.state.configuration.isSandboxed else { return CompletionAnswer(start: offset, end: offset, candidates: []) }
        return FileNames.answer(text, start: start, end: offset)
    }

    // MARK: magic commands and ?name

    private func special(_ text: String, _ offset: Int) -> CompletionAnswer? {
        let bytes = Array(text.utf8)
        let before = String(decoding: bytes[..<min(max(0, offset), bytes.count)], as: UTF8.self)
        let lead = before.prefix { $0.isWhitespace }.utf8.count
        let typed = String(before.dropFirst(before.prefix { $0.isWhitespace }.count))
        if typed.hasPrefix("%") {
            let name = String(typed.drop { $0 == "%" })
            let marks = typed.utf8.count - name.utf8.count
            if name.allSatisfy({ $0.isLetter || $0 == "_" }) {
                let names = Magic.all.map { Candidate(text: $0.name, detail: $0.summary.firstSentence) }
                return CompletionAnswer(start: lead + marks, end: offset, candidates: matching(name, names))
            }
            let command = String(name.prefix { $0.isLetter || $0 == "_" })
            guard let magic = Magic.all.first(where: { $0.name == command }) else { return nil }
            if magic.takesFile {
                let word = typed.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init) ?? ""
                return files(word, offset - word.utf8.count, offset)
            }
            guard magic.takesLua else { return CompletionAnswer(start: offset, end: offset, candidates: []) }
            // The rest is Lua.
            let head = before.utf8.count - name.dropFirst(command.count).utf8.count
            let rest = String(decoding: bytes[head...], as: UTF8.self)
            let answer = self.answer(rest, at: offset - head)
            return CompletionAnswer(start: answer.start + head, end: answer.end + head, candidates: answer.candidates)
        }
        guard typed.hasPrefix("?") else { return nil }
        let name = String(typed.drop { $0 == "?" || $0 == " " })
        let head = before.utf8.count - name.utf8.count
        let answer = self.answer(name, at: name.utf8.count)
        return CompletionAnswer(start: answer.start + head, end: answer.end + head, candidates: answer.candidates)
    }

    /// Those that begin as typed; failing that, those that do but for upper and lower case.
    private func matching(_ word: String, _ candidates: [Candidate], sorted: Bool = true) -> [Candidate] {
        var found = candidates.filter { $0.text.hasPrefix(word) }
        if found.isEmpty { found = candidates.filter { $0.text.lowercased().hasPrefix(word.lowercased()) } }
        // Names that begin with an underscore are asked for by one.
        if !word.hasPrefix("_"), case let plain = found.filter({ !$0.text.hasPrefix("_") }), !plain.isEmpty { found = plain }
        if sorted { found.sort { $0.text < $1.text } }
        return Array(found.prefix(Self.mostCandidates))
    }
}

extension Session {
    /// What could stand at a UTF-8 offset of a cell.
    public func complete(_ text: String, at offset: Int) -> CompletionAnswer { CompletionSource(self).answer(text, at: offset) }
}
