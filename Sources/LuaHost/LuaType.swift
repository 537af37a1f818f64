// Declaring the members of a userdata type: methods, properties, operators, indexing. Methods are found in one table
// lookup in C; an unknown name is an error that names the nearest.

import CLua
import CLuaBridge

/// What is the same for every type: its tables in the state, and the names for suggestions.
final class LuaTypeMembers {
    let members: LuaTable
    let metatable: LuaTable
    var names: [String] = []
    var indexer: NativeBody?
    var takesAnyName = false
    var otherNames: [String: String] = [:]

    init(members: LuaTable, metatable: LuaTable) {
        self.members = members
        self.metatable = metatable
    }
}

public final class LuaType<Object: LuaObject> {
    public unowned let state: LuaState
    public let name: String
    let declared: LuaTypeMembers

    init(_ state: LuaState, _ summary: String, example: String) {
        self.state = state
        name = Object.luaType.name
        let name = name, L = state.running
        if let known = state.declaredTypes[Object.luaType.pointer] {
            declared = known
        } else {
            LuaMetatable.pushBare(L, Object.luaType)
            let declared = LuaTypeMembers(members: state.makeTable(), metatable: LuaTable(LuaReference(L, -1)))
            self.declared = declared
            // __index: members table, then this for whatever is not in it.
            declared.members.push(L)
            NativeFunction(name, offset: 1) { [unowned declared, unowned state] L in
                if let key = String.read(L, 2), !declared.takesAnyName {
                    throw LuaError("\(name) has no method or property '\(key)'\(state.documentation.suggestion(for: key, in: name, isType: true, among: declared.names, otherNames: declared.otherNames))")
                }
                guard let indexer = declared.indexer else {
                    throw LuaError("\(name) cannot be indexed with \(LuaDescription.of(L, 2))")
                }
                return try indexer(L)
            }.push(L)
            oche_push_object_index(L)
            "__index".push(L)
            lua_rotate(L, -2, 1)
            lua_rawset(L, -3)
            oche_pop(L, 1)
            declared.metatable.set("__newindex", NativeFunction(name) { L in
                throw LuaError("\(name) is immutable: cannot assign to \(String.read(L, 2).map { "'\($0)'" } ?? LuaDescription.of(L, 2))")
            })
            declared.metatable.set("__tostring", NativeFunction(name) { L in
                let serial = oche_to_block(L, 1)?.pointee.serial ?? 0
                return "\(name) #\(serial)".pushResults(L)
            })
            state.declaredTypes[Object.luaType.pointer] = declared
        }
        state.documentation.add(.init(kind: .type, owner: "", name: name, summary: summary, signature: name, example: example))
    }

    /// `a.shape`
    @inlinable public func property<R: LuaResult>(_ name: String, _ summary: String, type: String = "", example: String = "",
                                                  _ body: @escaping (Object) throws -> R) {
        declareProperty(name, summary, type: type, example: example) { L in
            guard let object = Object.borrowed(L, 1) else { throw Self.badSelf(L) }
            return try object._withUnsafeGuaranteedRef { try body($0).pushResults(L) }
        }
    }

    @usableFromInline
    func declareProperty(_ name: String, _ summary: String, type: String, example: String, _ body: @escaping NativeBody) {
        let owner = self.name, L = state.running
        // A block instead of a function in the members table marks a property.
        declared.members.push(L)
        name.push(L)
        NativeFunction(name, offset: 1, body).push(L)
        lua_rawset(L, -3)
        oche_pop(L, 1)
        declared.names.append(name)
        state.documentation.add(.init(kind: .property, owner: owner, name: name, summary: summary,
                                      signature: "\(owner).\(name)", returns: type, example: example))
    }

    /// A method that parses its own arguments; they count from 1 behind self.
    public func rawMethod(_ name: String, _ summary: String, signature: String, arguments: [Documentation.Argument] = [],
                          returns: String = "", errors: String = "", example: String = "",
                          _ body: @escaping (Object, inout LuaCall) throws -> Void) {
        declare(name, summary, arguments, signature: signature, returns, errors, example) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            var call = LuaCall(L, base: 1)
            try body(object, &call)
            return call.resultCount
        }
    }

    @usableFromInline
    func declare(_ name: String, _ summary: String, _ arguments: [Documentation.Argument], signature: String? = nil,
                 _ returns: String, _ errors: String, _ example: String, _ body: @escaping NativeBody) {
        let L = state.running
        NativeFunction.push(NativeFunction(name, offset: 1, body), L)
        let address = lua_topointer(L, -1)
        declared.members[name] = LuaValue.at(L, -1)
        oche_pop(L, 1)
        declared.names.append(name)
        state.documentation.add(
            .init(kind: .method, owner: self.name, name: name, summary: summary,
                  signature: signature ?? Documentation.signature("\(self.name):\(name)", arguments),
                  arguments: arguments, returns: returns, errors: errors, example: example), value: address)
    }

    /// What other libraries call things, and what to write here; errors about unknown names say it.
    public func otherNames(_ names: [String: String]) { declared.otherNames.merge(names) { $1 } }

    /// Gives a namespace the methods of this type as functions whose first argument is the object: `tensor.exp(a)`.
    /// Names that the namespace has already are left alone.
    public func shareMethods(with module: LuaModule) {
        for entry in state.documentation.members(of: name) where entry.kind == .method {
            module.adopt(entry, declared.members[entry.name], self.name)
        }
        module.otherNames(declared.otherNames)
    }

    /// Makes functions of a namespace, whose first argument is the object, methods as well: `a:maximum(b)`. They are
    /// described with the namespace.
    public func shareFunctions(_ names: [String], of module: LuaModule) {
        for name in names {
            declared.members[name] = module.contents[name]
            declared.names.append(name)
        }
    }

    @inline(never) @usableFromInline
    static func badSelf(_ L: LuaStack) -> LuaArgumentError {
        LuaArgumentError(.position(1, name: "self"), Object.mismatch(L, 1))
    }
}

extension LuaModule {
    /// Declares the members of a class whose values scripts hold. `example` shows the properties that have none of their own.
    public func type<Object: LuaObject>(_ type: Object.Type, _ summary: String, example: String = "") -> LuaType<Object> {
        LuaType(state, summary, example: example)
    }

    fileprivate func adopt(_ entry: Documentation.Entry, _ value: LuaValue, _ type: String) {
        guard !memberNames.contains(entry.name) else { return }
        let arguments = [Documentation.Argument(name: "x", type: type, shape: "", summary: "", defaultText: nil, isOptional: false)]
            + entry.arguments
        adopt(entry.name, value, Documentation.Entry(
            kind: .function, owner: name, name: entry.name, summary: entry.summary,
            signature: Documentation.signature("\(name).\(entry.name)", arguments), arguments: arguments,
            returns: entry.returns, errors: entry.errors, example: entry.example))
    }

    private func adopt(_ name: String, _ value: LuaValue, _ entry: Documentation.Entry) {
        contents.set(name, value)
        noteMember(name)
        state.documentation.add(entry)
    }
}
