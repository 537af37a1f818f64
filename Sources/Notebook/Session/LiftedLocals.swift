// Top-level locals that outlive their cell. A cell is compiled inside a function whose outer locals are the earlier cells'
// (those it names), and these are made the very variables that earlier closures see; after each top-level `local` a
// closure over its names is kept. So a local is a real local: shadowing, <const>, <close>, goto and speed are Lua's own,
// and a second `local x` is a second variable.

import LuaHost

final class LiftedLocals {
    /// A variable, as the place of it in a closure that uses it.
    private struct Variable {
        let closure: LuaFunction
        let place: Int
        let isConstant: Bool
    }

    private let state: LuaState
    private var variables: [String: Variable] = [:]
    /// In order of declaration, for listings.
    private(set) var names: [String] = []
    /// The name that cells call the keeping function by.
    private static let keep = "oche__keep"

    init(_ state: LuaState) { self.state = state }

    func value(_ name: String) -> LuaValue? { variables[name].map { $0.closure.upvalue($0.place) } }
    func isConstant(_ name: String) -> Bool { variables[name]?.isConstant ?? false }
    func removeAll() { (variables, names) = ([:], []) }

    /// A cell ready to run.
    struct Program {
        let function: LuaFunction
        /// Whether the first result is not the cell's but stands before its values.
        let hasMarker: Bool
        let isSilent: Bool
        /// Whether it ends in an expression that is no call: its value is shown whatever it is.
        let isExpression: Bool
    }

    /// - Parameters:
    ///   - name: of the chunk in messages. `firstLine`: number of the cell's first line in them.
    ///   - showsCalls: whether the value of a call that ends the cell counts as its value.
    /// - Throws: the syntax error, in the words of Lua's compiler.
    func compile(_ text: String, name: String, firstLine: Int = 1, showsCalls: Bool = true) throws -> Program {
        let source = LiftedLocals.source(text, showsCalls: showsCalls)
        let skipped = String(repeating: "\n", count: max(0, firstLine - 1))
        // Alone first: then no text can reach out of the function around it, and messages speak of what was typed. A
        // newline ends a short string that was not closed, which no further line could mend.
        try compileAlone(source, text, skipped: skipped, name: name)
        let known = source.names.intersection(variables.keys).sorted()
        let outer = known.map { $0 + (isConstant($0) ? "<const>" : "") } + [LiftedLocals.keep]
        let wrapped = skipped + "local " + outer.joined(separator: ",") + ";return function(...)" + source.text + "\nend"
        guard case .function(let function)? = try state.run(state.compile(wrapped, name: name)).first else {
            throw LuaError("the cell did not compile to a function")
        }
        for (i, used) in function.upvalueNames.enumerated() {
            if used == LiftedLocals.keep {
                let keeper = try keeper(source.locals)
                function.share(i, with: keeper.closure, keeper.place)
            } else if let variable = variables[used], known.contains(used) {
                function.share(i, with: variable.closure, variable.place)
            }
        }
        return Program(function: function, hasMarker: source.hasMarker, isSilent: source.isSilent, isExpression: source.isExpression)
    }

    /// Only whether it would compile, and if not, why.
    func check(_ text: String) throws {
        try compileAlone(LiftedLocals.source(text, showsCalls: true), text, skipped: "", name: "cell")
    }

    private func compileAlone(_ source: Source, _ text: String, skipped: String, name: String) throws {
        do {
            _ = try state.compile(skipped + LiftedLocals.withReturn(text, at: source.returnAt), name: name)
        } catch let error as LuaError where error.kind == .syntax && !error.isIncomplete {
            // The last statement may be an expression that is wrong or unfinished: then what is wrong with that is said.
            guard source.returnAt == nil, let start = CellGrammar.failingStatement(text) else { throw error }
            do { _ = try state.compile(skipped + LiftedLocals.withReturn(text, at: start), name: name) } catch let other as LuaError {
                throw other.message.hasPrefix("'<eof>' expected") || other.message.hasPrefix("<eof> expected") ? error : other
            }
            throw error
        }
    }

    // MARK: the text that Lua compiles

    private struct Source {
        var text: String
        var locals: [CellGrammar.Local] = []
        var names: Set<String>
        var hasMarker = false, isSilent = false, isExpression = false
        var returnAt: Int?
    }

    private static func source(_ text: String, showsCalls: Bool) -> Source {
        guard let grammar = CellGrammar(text) else {
            return Source(text: text, names: Set(CellTokens.of(text).filter { $0.kind == .name }.map(\.text)))
        }
        var bytes = Array(text.utf8)
        var source = Source(text: "", locals: grammar.locals, names: grammar.names)
        if let ending = grammar.ending {
            (source.isSilent, source.isExpression) = (ending.isSilent, !ending.isCall)
            if !ending.isCall || showsCalls {
                // Not `return f(x)`: a tail call would take the cell's own line out of the traceback.
                bytes.insert(contentsOf: Array("return nil,".utf8), at: ending.start)
                (source.hasMarker, source.returnAt) = (true, ending.start)
            }
        }
        for (i, local) in grammar.locals.enumerated().reversed() {
            let names = local.names.filter { $0 != "_ENV" }
            guard !names.isEmpty else { continue }
            // Constants that are known when compiling are no variables: their values are given as well.
            let values = names.filter(local.constants.contains).map { "," + $0 }.joined()
            bytes.insert(contentsOf: Array(";\(keep)(\(i),function()return \(names.joined(separator: ",")) end\(values));".utf8), at: local.end)
        }
        source.text = String(decoding: bytes, as: UTF8.self)
        return source
    }

    /// The cell as typed, but for the `return` of its value, and ended by a newline.
    private static func withReturn(_ text: String, at: Int?) -> String {
        let text = text.utf8.last == 10 ? text : text + "\n"
        guard let at else { return text }
        let bytes = Array(text.utf8)
        return String(decoding: bytes[..<at], as: UTF8.self) + "return nil," + String(decoding: bytes[at...], as: UTF8.self)
    }

    // MARK: variables

    private func keeper(_ locals: [CellGrammar.Local]) throws -> Variable {
        let function = LuaNativeFunction("local") { [unowned self] call in
            guard let i: Int = call.read(1), locals.indices.contains(i), let closure: LuaFunction = call.read(2) else { return }
            try keepLocals(locals[i], closure, values: (3..<max(3, call.count + 1)).map { call.read($0, as: LuaValue.self) ?? .nil })
        }
        return try variable(function, isConstant: false)
    }

    private func keepLocals(_ local: CellGrammar.Local, _ closure: LuaFunction, values: [LuaValue]) throws {
        let used = closure.upvalueNames
        let constants = local.names.filter { $0 != "_ENV" && local.constants.contains($0) }
        for name in local.names where name != "_ENV" {
            let isConstant = local.constants.contains(name)
            // Of `local x, x` the second is meant, by Lua and so by the closure.
            if let place = used.firstIndex(of: name) {
                variables[name] = Variable(closure: closure, place: place, isConstant: isConstant)
            } else if let i = constants.firstIndex(of: name) {
                variables[name] = try variable(values.indices.contains(i) ? values[i] : .nil, isConstant: true)
            }
            names.removeAll { $0 == name }
            names.append(name)
        }
    }

    /// A new variable of this value.
    private func variable(_ value: any LuaConvertible, isConstant: Bool) throws -> Variable {
        let maker = try state.compile("local x = ...; return function() return x end", name: "variable")
        return Variable(closure: try maker.call(value, as: LuaFunction.self), place: 0, isConstant: isConstant)
    }
}
