import CLua
import CLuaBridge
import Engine
import LuaHost
import Tensors

/// A tensor from what a script writes: a number, nested tables of numbers (rectangular), a tensor, or tables whose
/// innermost values are tensors, which are stacked.
struct TensorLiteral {
    let L: LuaStack
    private var shape: Shape = []

    init(_ L: LuaStack) { self.L = L }

    mutating func read(_ index: Int32, _ dtype: DType?) throws -> Tensor {
        if let number = Double.read(L, index) { return Tensor(number, dtype ?? .float32) }
        if let tensor = Tensor.read(L, index) {
            if let dtype, dtype != tensor.dtype { return try tensor.convert(to: dtype) }
            return tensor.alias()
        }
        guard lua_type(L, index) == LUA_TTABLE else {
            throw LuaArgumentError.option("values", "number, tensor or nested tables of numbers expected, got \(LuaDescription.of(L, index))")
        }
        if let field = LuaFields.named(L, index) {
            throw LuaArgumentError.option("values", "nested tables of numbers expected, got a field '\(field)' (options go in a second table)")
        }
        let holdsTensors = try measure(index)
        if holdsTensors {
            let stacked = try stack(index, [])
            return try dtype.map { try stacked.convert(to: $0) } ?? stacked
        }
        let result = try Tensor.allocate(shape, dtype ?? .float32, "tensor")
        var values: [Double] = []
        values.reserveCapacity(result.count)
        try collect(index, [], &values)
        return Tensor(values, shape: shape, dtype ?? .float32)
    }

    /// Takes the shape from the first elements; whether these end in a tensor.
    private mutating func measure(_ index: Int32) throws -> Bool {
        var depth: Int32 = 0
        defer { oche_pop(L, depth) }
        lua_pushvalue(L, index)
        depth += 1
        while lua_type(L, -1) == LUA_TTABLE {
            guard shape.count < ShapeRules.maximalRank, lua_checkstack(L, 8) != 0 else {
                throw EngineError("tensor: at most \(ShapeRules.maximalRank) dimensions, got tables nested deeper")
            }
            let count = Int(lua_rawlen(L, -1))
            shape.append(count)
            if count == 0 { return false }
            lua_rawgeti(L, -1, 1)
            depth += 1
        }
        return Tensor.read(L, -1) != nil
    }

    private func collect(_ index: Int32, _ path: [Int], _ values: inout [Double]) throws {
        let table = lua_absindex(L, index)
        guard lua_type(L, table) == LUA_TTABLE else { throw irregular(path, "table of \(shape[path.count]) expected, got \(LuaDescription.of(L, table))") }
        let count = Int(lua_rawlen(L, table))
        guard count == shape[path.count] else { throw irregular(path, "\(shape[path.count]) elements expected, as in the first, got \(count)") }
        let isInnermost = path.count == shape.count - 1
        for i in 0..<count {
            lua_rawgeti(L, table, lua_Integer(i + 1))
            defer { oche_pop(L, 1) }
            if isInnermost {
                if let number = Double.read(L, -1) {
                    values.append(number)
                } else if let tensor = Tensor.read(L, -1), tensor.shape.isEmpty {
                    throw irregular(path + [i + 1], "number expected, as in the first place, got tensor")
                } else {
                    throw irregular(path + [i + 1], "number expected, got \(LuaDescription.of(L, -1))")
                }
            } else {
                try collect(-1, path + [i + 1], &values)
            }
        }
    }

    private func stack(_ index: Int32, _ path: [Int]) throws -> Tensor {
        let table = lua_absindex(L, index)
        if path.count == shape.count {
            if let tensor = Tensor.read(L, table) { return tensor }
            if let number = Double.read(L, table) { return Tensor(number) }
            throw irregular(path, "tensor expected, got \(LuaDescription.of(L, table))")
        }
        guard lua_type(L, table) == LUA_TTABLE, Int(lua_rawlen(L, table)) == shape[path.count] else {
            throw irregular(path, "table of \(shape[path.count]) expected, as in the first")
        }
        let parts = try (0..<shape[path.count]).map { i in
            lua_rawgeti(L, table, lua_Integer(i + 1))
            defer { oche_pop(L, 1) }
            return try stack(-1, path + [i + 1])
        }
        return try Tensor.stack(parts, axis: 0)
    }

    private func irregular(_ path: [Int], _ problem: String) -> LuaArgumentError {
        LuaArgumentError.option("values", path.isEmpty ? problem : "at \(path.braces): \(problem)")
    }
}
