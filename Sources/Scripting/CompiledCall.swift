import CLua
import CLuaBridge
import Engine
import LuaHost
import Tensors

/// How the arguments and results of a recorded function lie in Lua. A call like an earlier one is recognised, its tensors
/// found and its results built by looking into the tables directly: keys and fixed values wait in a Lua table, `names`.
/// Invariant: what matches here has the signature that was recorded; nothing is said about what does not match.
final class CompiledCall {
    /// An argument, a result, or a part of one, in the order of a walk; the parts of a table follow it.
    private struct Part {
        enum Kind { case tensor, number, fixed, table }
        var kind: Kind
        /// Where the key in the table around it is among the names.
        var key = 0
        /// A tensor's or number's place among the parameters or outputs, a fixed value's among the names, a table's entries.
        var index = 0
        /// Entries of a table whose keys count from 1.
        var positions = 0
        var shape: Shape = []
        var dtype = DType.float32
    }

    private let compiled: CompiledFunction
    private let arguments: UnsafeMutableBufferPointer<Part>, results: UnsafeMutableBufferPointer<Part>
    private let argumentCount: Int, resultCount: Int
    private let names: LuaTable
    /// The values of parameters that are numbers.
    private let numbers: UnsafeMutablePointer<Double>
    private static let deepest = 32

    init(_ compiled: CompiledFunction, _ arguments: [ValueTree], _ leaves: [Tensor], _ results: [ValueTree], _ state: LuaState) {
        let names = state.makeTable()
        var nameCount = 0
        func name(_ value: LuaValue) -> Int {
            nameCount += 1
            names[nameCount] = value
            return nameCount
        }
        func flatten(_ trees: [ValueTree], _ leaf: (Int) -> Part) -> UnsafeMutableBufferPointer<Part> {
            var parts: [Part] = []
            func add(_ tree: ValueTree, key: Int) {
                switch tree {
                case .leaf(let i):
                    var part = leaf(i)
                    part.key = key
                    parts.append(part)
                case .constant(let value): parts.append(Part(kind: .fixed, key: key, index: name(value)))
                case .table(let entries):
                    let positions = entries.count { if case .integer = $0.key { true } else { false } }
                    parts.append(Part(kind: .table, key: key, index: entries.count, positions: positions))
                    for (key, value) in entries { add(value, key: name(key)) }
                }
            }
            for tree in trees { add(tree, key: 0) }
            let lasting = UnsafeMutableBufferPointer<Part>.allocate(capacity: parts.count)
            _ = lasting.initialize(from: parts)
            return lasting
        }
        (self.compiled, self.names, argumentCount, resultCount) = (compiled, names, arguments.count, results.count)
        self.arguments = flatten(arguments) { i in
            leaves[i].isWeak ? Part(kind: .number, index: i) : Part(kind: .tensor, index: i, shape: leaves[i].shape, dtype: leaves[i].dtype)
        }
        self.results = flatten(results) { Part(kind: .tensor, index: $0) }
        numbers = .allocate(capacity: max(1, leaves.count))
    }

    deinit {
        for parts in [arguments, results] {
            parts.deinitialize()
            parts.deallocate()
        }
        numbers.deallocate()
    }

    /// Runs the function when the arguments, from slot base + 1, are as recorded: pushes its results and says how many.
    func replay(_ L: LuaStack, _ count: Int, base: Int32, session: RandomStream) throws -> Int? {
        guard count == argumentCount, lua_checkstack(L, Int32(resultCount + 4 * CompiledCall.deepest + 8)) != 0 else { return nil }
        let top = lua_gettop(L)
        names.push(L)
        let table = top + 1
        var part = 0, copies: [Tensor] = []
        for i in 0..<count {
            guard try matches(&part, L, base + Int32(i) + 1, table, &copies) else {
                lua_settop(L, top)
                return nil
            }
        }
        let outputs = try withExtendedLifetime(copies) { try compiled.replay(session: session) }
        part = 0
        for _ in 0..<resultCount { push(&part, L, table, outputs) }
        return resultCount
    }

    /// Whether the value in a slot is the part, whose tensors and numbers are bound.
    private func matches(_ next: inout Int, _ L: LuaStack, _ slot: Int32, _ table: Int32, _ copies: inout [Tensor]) throws -> Bool {
        let part = arguments.baseAddress! + next
        next += 1
        switch part.pointee.kind {
        case .tensor:
            guard let object = Tensor.borrowed(L, slot) else { return false }
            return try object._withUnsafeGuaranteedRef { tensor in
                guard !tensor.isTraced, !tensor.isWeak, tensor.dtype == part.pointee.dtype, tensor.shape == part.pointee.shape else { return false }
                if tensor.isContiguous {
                    compiled.bind(part.pointee.index, to: tensor.pointer)
                } else {
                    let copy = try tensor.contiguous()
                    copies.append(copy)
                    compiled.bind(part.pointee.index, to: copy.pointer)
                }
                return true
            }
        case .number:
            guard lua_type(L, slot) == LUA_TNUMBER else { return false }
            numbers[part.pointee.index] = lua_tonumberx(L, slot, nil)
            compiled.bind(part.pointee.index, to: numbers + part.pointee.index)
            return true
        case .fixed:
            lua_rawgeti(L, table, lua_Integer(part.pointee.index))
            defer { oche_pop(L, 1) }
            return lua_rawequal(L, -1, slot) != 0
        case .table:
            guard lua_type(L, slot) == LUA_TTABLE, entries(L, slot, atMost: part.pointee.index) == part.pointee.index else { return false }
            for _ in 0..<part.pointee.index {
                lua_rawgeti(L, table, lua_Integer(arguments[next].key))
                lua_rawget(L, slot)
                guard try matches(&next, L, lua_gettop(L), table, &copies) else { return false }
                oche_pop(L, 1)
            }
            return true
        }
    }

    /// The number of entries of the table in a slot, counted until there are too many.
    private func entries(_ L: LuaStack, _ slot: Int32, atMost limit: Int) -> Int {
        var count = 0
        lua_pushnil(L)
        while lua_next(L, slot) != 0 {
            oche_pop(L, 1)
            count += 1
            if count > limit {
                oche_pop(L, 1)
                break
            }
        }
        return count
    }

    private func push(_ next: inout Int, _ L: LuaStack, _ table: Int32, _ outputs: [Tensor]) {
        let part = results.baseAddress! + next
        next += 1
        switch part.pointee.kind {
        case .tensor, .number: outputs[part.pointee.index].push(L)
        case .fixed: lua_rawgeti(L, table, lua_Integer(part.pointee.index))
        case .table:
            lua_createtable(L, Int32(clamping: part.pointee.positions), Int32(clamping: part.pointee.index - part.pointee.positions))
            for _ in 0..<part.pointee.index {
                lua_rawgeti(L, table, lua_Integer(results[next].key))
                push(&next, L, table, outputs)
                lua_rawset(L, -3)
            }
        }
    }
}
