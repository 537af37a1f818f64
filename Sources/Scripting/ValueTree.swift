import CLua
import CLuaBridge
import Engine
import LuaHost
import Tensors

/// A Lua value whose tensors (and numbers, where they count as tensors) have been taken out: parameters and results of
/// traced functions keep their structure while their leaves are exchanged. Tables are walked in a fixed order.
indirect enum ValueTree {
    case leaf(Int)
    case table([(key: LuaValue, value: ValueTree)])
    case constant(LuaValue)

    /// What is to become of values that are no tensors: an error, or part of the tree as they are.
    enum Other { case refused, kept, keptWithNumbers }

    /// Reads the value at `index`, appending its leaves. Numbers become weak tensors of no dimensions, but where they
    /// are kept.
    static func read(_ L: LuaStack, _ index: Int32, _ other: Other, _ leaves: inout [Tensor], path: String, depth: Int = 0) throws -> ValueTree {
        if let tensor = Tensor.read(L, index) {
            leaves.append(tensor)
            return .leaf(leaves.count - 1)
        }
        if other != .keptWithNumbers, let number = Double.read(L, index) {
            let tensor = Tensor(number, .float64)
            tensor.markWeak()
            leaves.append(tensor)
            return .leaf(leaves.count - 1)
        }
        guard lua_type(L, index) == LUA_TTABLE else {
            if other != .refused { return .constant(LuaValue.at(L, index)) }
            throw EngineError("\(path): a tensor or nested tables of tensors expected, got \(LuaDescription.of(L, index))")
        }
        guard depth < 32, lua_checkstack(L, 8) != 0 else { throw EngineError("\(path): tables nested deeper than 32 (or within themselves)") }
        let table = lua_absindex(L, index)
        oche_push_sorted_keys(L, table)
        defer { oche_pop(L, 1) }
        let keys = lua_gettop(L)
        return .table(try (0..<Int(lua_rawlen(L, keys))).map { i in
            lua_rawgeti(L, keys, lua_Integer(i + 1))
            let key = LuaValue.at(L, -1)
            lua_rawget(L, table)
            defer { oche_pop(L, 1) }
            return (key, try read(L, -1, other, &leaves, path: "\(path)\(suffix(key))", depth: depth + 1))
        })
    }

    private static func suffix(_ key: LuaValue) -> String {
        switch key {
        case .string(let name): ".\(name)"
        case .integer(let i): "[\(i)]"
        default: "[..]"
        }
    }

    /// Pushes the value with these leaves in place of its own.
    func push(_ L: LuaStack, _ leaves: [Tensor]) {
        guard lua_checkstack(L, 6) != 0 else { return lua_pushnil(L) }
        switch self {
        case .leaf(let i): leaves[i].push(L)
        case .constant(let value): value.push(L)
        case .table(let entries):
            lua_createtable(L, 0, 0)
            for (key, value) in entries {
                key.push(L)
                value.push(L, leaves)
                lua_rawset(L, -3)
            }
        }
    }

    /// What a compiled function distinguishes: structure, keys and constants.
    func appendSignature(_ key: inout [SignaturePart]) {
        switch self {
        case .leaf: key.append(.leaf)
        case .constant(let value): key.append(.constant(ConstantIdentity(value)))
        case .table(let entries):
            key.append(.open(entries.count))
            for (name, value) in entries {
                key.append(.constant(ConstantIdentity(name)))
                value.appendSignature(&key)
            }
        }
    }
}

/// A tree with its leaves, as one Lua value.
struct FilledTree: LuaConvertible {
    let tree: ValueTree
    let leaves: [Tensor]
    static var luaTypeName: String { "value" }
    static func read(_ L: LuaStack, _ index: Int32) -> FilledTree? { nil }
    func push(_ L: LuaStack) { tree.push(L, leaves) }
}

enum SignaturePart: Hashable {
    case leaf, open(Int), constant(ConstantIdentity)
}

/// A Lua value that is part of what was traced: equal by value, or by being the same object.
struct ConstantIdentity: Hashable {
    private enum Kind: Hashable { case `nil`, boolean(Bool), integer(Int), number(Double), string(String), object(UInt) }
    private let kind: Kind

    init(_ value: LuaValue) {
        switch value {
        case .nil: kind = .nil
        case .boolean(let value): kind = .boolean(value)
        case .integer(let value): kind = .integer(value)
        case .number(let value): kind = .number(value)
        case .string(let value): kind = .string(value)
        case .table, .function, .userdata, .other: kind = .object(value.address)
        }
    }
}

extension LuaValue {
    /// Where the object is; it stays there while the value is held.
    fileprivate var address: UInt { self.as(ObjectAddress.self)?.value ?? 0 }
}

private struct ObjectAddress: LuaConvertible {
    let value: UInt
    static var luaTypeName: String { "object" }
    static func read(_ L: LuaStack, _ index: Int32) -> ObjectAddress? { ObjectAddress(value: UInt(bitPattern: lua_topointer(L, index))) }
    func push(_ L: LuaStack) { lua_pushnil(L) }
}
