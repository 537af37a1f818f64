// A namespace of the scripting language: a read-only table whose unknown fields are errors that name the nearest.
// What scripts hold is an empty table in front of the real one, so that assigning to an existing field is refused too.

import CLua
import CLuaBridge

public final class LuaModule {
    public unowned let state: LuaState
    public let name: String
    let contents: LuaTable
    let proxy: LuaTable
    let metatable: LuaTable
    public private(set) var memberNames: [String] = []
    private var otherNames: [String: String] = [:]

    init(_ state: LuaState, _ name: String, _ summary: String) {
        self.state = state
        self.name = name
        contents = state.makeTable()
        proxy = state.makeTable()
        metatable = state.makeTable()
        let L = state.running
        let fallback = state.makeTable()
        fallback.set("__index", NativeFunction(name) { [unowned self] L in throw unknownField(L) })
        fallback.set("__metatable", "namespace")
        contents.setMetatable(fallback, L)
        metatable.set("__name", "namespace")
        metatable.set("__metatable", "namespace")
        metatable.set("__index", contents)
        metatable.set("__newindex", NativeFunction(name) { L in
            let field = String.read(L, 2).map { " '\($0)'" } ?? ""
            throw LuaError("'\(name)' is read-only: cannot assign to field\(field)")
        })
        metatable.set("__tostring", NativeFunction(name) { L in "namespace \(name)".pushResults(L) })
        metatable.set("__pairs", NativeFunction(name) { [unowned self] L in
            let copy = self.state.makeTable()
            for (key, value) in contents.pairs { if case .string(let key) = key { copy[key] = value } }
            oche_push_next(L)
            copy.push(L)
            lua_pushnil(L)
            return 3
        })
        proxy.setMetatable(metatable, L)
        proxy.push(L)
        let address = lua_topointer(L, -1)
        oche_pop(L, 1)
        state.documentation.add(.init(kind: .namespace, owner: "", name: name, summary: summary, signature: name), value: address)
    }

    private func unknownField(_ L: LuaStack) -> LuaError {
        guard let field = String.read(L, 2) else {
            return LuaError("'\(name)' has no field \(LuaDescription.of(L, 2))")
        }
        return LuaError("'\(name)' has no field '\(field)'\(state.documentation.suggestion(for: field, in: name, isType: false, among: memberNames, otherNames: otherNames))")
    }

    /// What other libraries call things, and what to write here; errors about unknown names say it.
    public func otherNames(_ names: [String: String]) { otherNames.merge(names) { $1 } }

    func noteMember(_ name: String) { memberNames.append(name) }

    /// A constant field.
    public func constant(_ name: String, _ summary: String, _ value: any LuaConvertible) {
        contents.set(name, value)
        memberNames.append(name)
        state.documentation.add(.init(kind: .constant, owner: self.name, name: name, summary: summary, signature: "\(self.name).\(name)"))
    }

    /// Makes the namespace callable: `tensor{{1, 2}, {3, 4}}`. Arguments count from 1 behind the namespace itself.
    public func call(_ summary: String, signature: String, arguments: [Documentation.Argument] = [],
                     returns: String = "", errors: String = "", example: String = "",
                     _ body: @escaping (inout LuaCall) throws -> Void) {
        metatable.set("__call", NativeFunction(name, offset: 1) { L in
            var call = LuaCall(L, base: 1)
            try body(&call)
            return call.resultCount
        })
        state.documentation.add(.init(kind: .call, owner: name, name: name, summary: summary, signature: signature,
                                      arguments: arguments, returns: returns, errors: errors, example: example))
    }

    /// A function that parses its own arguments.
    public func rawFunction(_ name: String, _ summary: String, signature: String, arguments: [Documentation.Argument] = [],
                            returns: String = "", errors: String = "", example: String = "",
                            _ body: @escaping (inout LuaCall) throws -> Void) {
        declare(name, summary, arguments, signature: signature, returns, errors, example) { L in
            var call = LuaCall(L, base: 0)
            try body(&call)
            return call.resultCount
        }
    }

    /// A function of one table of named options.
    public func options<R: LuaResult>(_ name: String, _ summary: String, _ options: [LuaOption],
                                      returns: String = "", errors: String = "", example: String = "",
                                      _ body: @escaping (LuaOptions) throws -> R) {
        function(name, summary, OptionsParam(options), returns: returns, errors: errors, example: example, body)
    }

    /// A second name for a function of this namespace.
    public func alias(_ alias: String, of name: String) {
        contents.set(alias, contents[name])
        memberNames.append(alias)
        state.documentation.addAlias(alias, of: "\(self.name).\(name)")
    }

    @usableFromInline
    func declare(_ name: String, _ summary: String, _ arguments: [Documentation.Argument], signature: String? = nil,
                 _ returns: String, _ errors: String, _ example: String, _ body: @escaping NativeBody) {
        let L = state.running
        NativeFunction.push(NativeFunction(name, body), L)
        let address = lua_topointer(L, -1)
        contents[name] = LuaValue.at(L, -1)
        oche_pop(L, 1)
        memberNames.append(name)
        state.documentation.add(
            .init(kind: .function, owner: self.name, name: name, summary: summary,
                  signature: signature ?? Documentation.signature("\(self.name).\(name)", arguments),
                  arguments: arguments, returns: returns, errors: errors, example: example), value: address)
    }
}

extension LuaState {
    /// Declares a namespace: a global, and a field of `require "oche"`. Asking again for the same name gives the same.
    public func module(_ name: String, _ summary: String) -> LuaModule {
        if let module = modules[name] { return module }
        let module = LuaModule(self, name, summary)
        modules[name] = module
        setGlobal(name, module.proxy)
        oche.contents.set(name, module.proxy)
        oche.noteMember(name)
        return module
    }

    /// `require "oche"`: one table that holds all namespaces.
    func installOche() {
        let module = LuaModule(self, "oche", "All namespaces: local oche = require \"oche\".")
        modules["oche"] = module
        let L = running
        if lua_rawgetf(L, LUA_LOADED_TABLE) { LuaMetatable.set(L, "oche", module.proxy) }
        oche_pop(L, 1)
    }

    var oche: LuaModule { modules["oche"]! }
}

/// Pushes registry[name]; whether it is a table.
private func lua_rawgetf(_ L: LuaStack, _ name: String) -> Bool {
    name.push(L)
    return lua_rawget(L, oche_registry_index()) == LUA_TTABLE
}

extension LuaTable {
    public func set(_ key: String, _ value: any LuaConvertible) {
        guard let L = try? reference.running, reference.push(L) else { return }
        LuaMetatable.set(L, key, value)
        oche_pop(L, 1)
    }

    func set(_ key: String, _ function: NativeFunction) {
        guard let L = try? reference.running, reference.push(L) else { return }
        key.push(L)
        NativeFunction.push(function, L)
        lua_rawset(L, -3)
        oche_pop(L, 1)
    }

    func setMetatable(_ metatable: LuaTable, _ L: LuaStack) {
        push(L)
        metatable.push(L)
        lua_setmetatable(L, -2)
        oche_pop(L, 1)
    }
}

extension Documentation {
    /// "tensor.sum(x [, dim])"; a lone table of options is written as a call with braces.
    static func signature(_ head: String, _ arguments: [Argument]) -> String {
        if arguments.count == 1, !arguments[0].options.isEmpty {
            return head + "{" + arguments[0].options.map { $0.name.hasPrefix("[") ? "…" : "\($0.name) =" }.joined(separator: ", ") + "}"
        }
        let required = arguments.prefix { !$0.isOptional }.map(\.name)
        let optional = arguments.dropFirst(required.count).map(\.name)
        var text = required.joined(separator: ", ")
        for name in optional { text += text.isEmpty ? "[\(name)" : " [, \(name)" }
        return "\(head)(\(text)\(String(repeating: "]", count: optional.count)))"
    }
}
