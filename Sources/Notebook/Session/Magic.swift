import LuaHost

/// Commands of the session that are not Lua, `%time f()`: one row of a table for each.
struct Magic {
    let name: String
    /// Behind the name in help: "file.lua [n-m]".
    let argument: String
    let summary: String
    var takesFile = false
    var takesLua = false
    let run: (Session, String) throws -> Void

    var usage: String { "%\(name)" + (argument.isEmpty ? "" : " \(argument)") }

    static let all: [Magic] = [
        Magic(name: "time", argument: "code", summary: "Runs code and says how long it took.", takesLua: true) { try $0.time($1) },
        Magic(name: "timeit", argument: "code", summary: "Runs code many times and says how long one run takes. What it prints is dropped.", takesLua: true) { try $0.timeIt($1) },
        Magic(name: "who", argument: "", summary: "Lists your variables with type, shape and size.") { session, _ in session.listVariables() },
        Magic(name: "run", argument: "script.lua [arguments]", summary: "Runs a script. Its globals stay, its locals end with it.", takesFile: true) { try $0.runScript($1) },
        Magic(name: "load", argument: "script.lua", summary: "Evaluates the cells of a script (lines that start with -- %% begin one) as if they had been typed: their locals stay.",
              takesFile: true) { try $0.loadCells($1) },
        Magic(name: "save", argument: "script.lua [n-m ..] [-f]", summary: "Writes the cells that ran, or cells n to m, as a script. A value that was shown is printed by the script. -f replaces a file.", takesFile: true) { try $0.saveCells($1) },
        Magic(name: "args", argument: "[arguments]", summary: "Sets arg to what a script would be given on the command line, for the cells that follow.") { try $0.setArguments(Words.of($1)) },
        Magic(name: "history", argument: "[n-m]", summary: "Shows the cells of this session.") { try $0.showHistory($1) },
        Magic(name: "reset", argument: "", summary: "Removes your variables and all results.") { session, _ in session.reset() },
        Magic(name: "tour", argument: "", summary: "A walk through a first search: each step is shown, and runs on Enter.") { session, _ in
            session.tour = Tour()
            session.tour?.show(session)
        },
        Magic(name: "keys", argument: "", summary: "Lists the keys of the prompt.") { session, _ in session.print(session.state.documentation.layout(KeyList.text)) },
        Magic(name: "help", argument: "[name]", summary: "Lists these commands, or explains a name.") { session, argument in
            session.print(session.state.documentation.layout(argument.isEmpty ? Magic.list : try session.explanation(of: argument)))
        },
    ]

    static func named(_ name: String) throws -> Magic {
        if let magic = all.first(where: { $0.name == name }) { return magic }
        let nearest = NearestName.of(name, among: all.map(\.name)).map { " (did you mean '%\($0)'?)" } ?? "; %help lists the commands"
        throw CellError(message: name.isEmpty ? "the name of a command expected behind %; %help lists them" : "unknown command '%\(name)'\(nearest)")
    }

    static func run(_ name: String, _ argument: String, _ session: Session) throws { try named(name).run(session, argument) }

    private static var list: String {
        TextColumns.of(all.map { ($0.usage, $0.summary.firstSentence) } + [
            ("name? or ?name", "Explains a name; inside a call, Tab completes options."), ("!command", "Runs a command of the system."),
            ("expression;", "The semicolon silences a value."), ("_, __, Out[n]", "The last result, the one before, that of cell n."),
        ])
    }
}
