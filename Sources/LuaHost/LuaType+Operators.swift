// Operators of a userdata type. The operands of a binary operator may come in either order, so both are declared as
// parameters (a convertible enum for "tensor or number"); a wrong one is "bad argument #2 'b' to '+' (…)".

import CLua
import CLuaBridge

public enum LuaOperator: String {
    case add = "__add", subtract = "__sub", multiply = "__mul", divide = "__div", modulo = "__mod", power = "__pow"
    case negate = "__unm", floorDivide = "__idiv", concatenate = "__concat"
    case equal = "__eq", less = "__lt", lessOrEqual = "__le"
    case bitAnd = "__band", bitOr = "__bor", bitXor = "__bxor", bitNot = "__bnot", shiftLeft = "__shl", shiftRight = "__shr"

    public var symbol: String {
        switch self {
        case .add: return "+"
        case .subtract, .negate: return "-"
        case .multiply: return "*"
        case .divide: return "/"
        case .modulo: return "%"
        case .power: return "^"
        case .floorDivide: return "//"
        case .concatenate: return ".."
        case .equal: return "=="
        case .less: return "<"
        case .lessOrEqual: return "<="
        case .bitAnd: return "&"
        case .bitOr: return "|"
        case .bitXor, .bitNot: return "~"
        case .shiftLeft: return "<<"
        case .shiftRight: return ">>"
        }
    }
}

extension LuaType {
    /// A binary operator.
    @inlinable public func operation<A: LuaParameter, B: LuaParameter, R: LuaResult>(
        _ operation: LuaOperator, _ summary: String, _ a: A, _ b: B, example: String = "",
        _ body: @escaping (A.Value, B.Value) throws -> R
    ) {
        install(operation.rawValue, operation.symbol, summary,
                signature: "\(a.documentation.name) \(operation.symbol) \(b.documentation.name)",
                [a.documentation, b.documentation], example) { L in
            try body(a.value(L, 1), b.value(L, 2)).pushResults(L)
        }
    }

    /// The same; `direct` takes its usual operands from slots 1 and 2 by itself, and gives nil for all others.
    @inlinable public func operation<A: LuaParameter, B: LuaParameter, R: LuaResult>(
        _ operation: LuaOperator, _ summary: String, _ a: A, _ b: B, example: String = "",
        direct: @escaping (LuaStack) throws -> R?, _ body: @escaping (A.Value, B.Value) throws -> R
    ) {
        install(operation.rawValue, operation.symbol, summary,
                signature: "\(a.documentation.name) \(operation.symbol) \(b.documentation.name)",
                [a.documentation, b.documentation], example) { L in
            if let result = try direct(L) { return result.pushResults(L) }
            return try body(a.value(L, 1), b.value(L, 2)).pushResults(L)
        }
    }

    /// A unary operator: `-a`, `~a`.
    @inlinable public func operation<R: LuaResult>(
        _ operation: LuaOperator, _ summary: String, example: String = "", _ body: @escaping (Object) throws -> R
    ) {
        install(operation.rawValue, operation.symbol, summary, signature: "\(operation.symbol)a", [], example) { L in
            guard let object = Object.borrowed(L, 1) else { throw Self.badSelf(L) }
            return try object._withUnsafeGuaranteedRef { try body($0).pushResults(L) }
        }
    }

    /// `#a`
    @inlinable public func length(_ summary: String, _ body: @escaping (Object) throws -> Int) {
        install("__len", "#", summary, signature: "#a", [], "", offset: 1) { L in
            guard let object = Object.borrowed(L, 1) else { throw Self.badSelf(L) }
            return try object._withUnsafeGuaranteedRef { try body($0).pushResults(L) }
        }
    }

    /// `tostring(a)`, `print(a)`
    public func describe(_ body: @escaping (Object) throws -> String) {
        unary("__tostring", "tostring", "", signature: nil, body)
    }

    /// `a(…)`
    public func call(_ summary: String, signature: String, _ body: @escaping (Object, inout LuaCall) throws -> Void) {
        raw("__call", name, summary, signature: signature, offset: 1, body)
    }

    /// `a[key]` for keys that are not the name of a member: the key is argument 1 of the call. Names reach it only with
    /// `takesAnyName`; without, an unknown name is an error that suggests the nearest.
    public func index(_ summary: String, signature: String, takesAnyName: Bool = false, example: String = "",
                      _ body: @escaping (Object, inout LuaCall) throws -> Void) {
        declared.takesAnyName = takesAnyName
        declared.indexer = Self.bodyWithSelf(body)
        document(name, summary, signature, example)
    }

    /// `a[key] = value`: arguments 1 and 2.
    public func assign(_ summary: String, signature: String, example: String = "",
                       _ body: @escaping (Object, inout LuaCall) throws -> Void) {
        raw("__newindex", "[]=", summary, signature: signature, offset: 1, body)
    }

    /// `for k, v in pairs(a)`: the table that is walked instead.
    public func iterate(_ summary: String, _ body: @escaping (Object) throws -> LuaTable) {
        declared.metatable.set("__pairs", NativeFunction("pairs", offset: 1) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            let table = try body(object)
            oche_push_next(L)
            table.push(L)
            lua_pushnil(L)
            return 3
        })
        document("pairs", summary, "pairs(a)", "")
    }

    /// `for i, v in ipairs(a)`: a Lua function of the object that returns what ipairs does.
    public func iterateInOrder(_ function: LuaFunction) { declared.metatable.set("__ipairs", function) }

    /// What functions of numbers (those of math, string.format, tonumber) take the object as; nil when it stands for none.
    public func number(_ body: @escaping (Object) throws -> Double?) {
        declared.metatable.set("__number", NativeFunction("number", offset: 1) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            return try body(object).pushResults(L)
        })
    }

    /// `local a <close> = …`: runs when the variable goes out of scope.
    public func close(_ body: @escaping (Object) throws -> Void) {
        declared.metatable.set("__close", NativeFunction("close", offset: 1) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            try body(object)
            return 0
        })
    }

    private func unary<R: LuaResult>(_ event: String, _ symbol: String, _ summary: String, signature: String?,
                                     _ body: @escaping (Object) throws -> R) {
        declared.metatable.set(event, NativeFunction(symbol, offset: 1) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            return try body(object).pushResults(L)
        })
        if let signature { document(symbol, summary, signature, "") }
    }

    private func raw(_ event: String, _ symbol: String, _ summary: String, signature: String, offset: Int32,
                     _ body: @escaping (Object, inout LuaCall) throws -> Void) {
        declared.metatable.set(event, NativeFunction(symbol, offset: offset, Self.bodyWithSelf(body)))
        document(symbol, summary, signature, "")
    }

    private static func bodyWithSelf(_ body: @escaping (Object, inout LuaCall) throws -> Void) -> NativeBody {
        { L in
            guard let object = Object.read(L, 1) else { throw badSelf(L) }
            var call = LuaCall(L, base: 1)
            try body(object, &call)
            return call.resultCount
        }
    }

    @usableFromInline
    func install(_ event: String, _ symbol: String, _ summary: String, signature: String,
                 _ arguments: [Documentation.Argument], _ example: String, offset: Int32 = 0, _ body: @escaping NativeBody) {
        declared.metatable.set(event, NativeFunction(symbol, offset: offset, body))
        document(symbol, summary, signature, example, arguments)
    }

    private func document(_ symbol: String, _ summary: String, _ signature: String, _ example: String,
                          _ arguments: [Documentation.Argument] = []) {
        state.documentation.add(.init(kind: symbol == name ? .index : .operation, owner: name, name: signature, summary: summary,
                                      signature: signature, arguments: arguments, example: example))
    }
}
