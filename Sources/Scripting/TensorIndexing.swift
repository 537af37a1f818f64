import CLua
import CLuaBridge
import Engine
import LuaHost
import Tensors

/// a[i], a[{i, {first, last}, {first, last, step}, {}}] and assignment to them: from 1, negative from the end, ranges
/// inclusive. An index down to one element is a Lua number, or while tracing a tensor of no dimensions.
func declareTensorIndexing(_ type: LuaType<Tensor>, _ environment: ScriptingEnvironment) {
    type.index("The part at an index: an integer, or a table with an integer, a range {first, last} or {first, last, step}, or {} (all) for each dimension. One element is a Lua number (inside grad and compile, a tensor of no dimensions).",
               signature: "a[index]", example: "local a = tensor{{1, 2, 3}, {4, 5, 6}}\nprint(a[2], a[1][2], a[{{}, -1}], a[{{1, 2}, {3, 1, -1}}])") { tensor, call in
        let L = call.L, slot = call.slot(1)
        if !tensor.isTraced, let i = Int.read(L, slot), tensor.rank > 0 {
            let i = try position(i, tensor.shape[0], dimension: 1)
            if tensor.rank > 1 {
                tensor.row(i).push(L)
                return call.pushed(1)
            } else if Trace.active.isEmpty {
                tensor.element(i).push(L)
                return call.pushed(1)
            }
        }
        let part = try tensor.view(try readIndex(L, slot, tensor))
        if part.rank == 0, Trace.active.isEmpty, !part.isTraced {
            part.element(0).push(L)
        } else {
            part.push(L)
        }
        call.pushed(1)
    }
    type.assign(
        "Sets a part to a number, or to a tensor (or nested tables) broadcast to its shape. Other tensors keep their "
            + "values: after b = a[1], setting a[{1, 1}] leaves b. In a function given to tensor.grad or "
            + "tensor.compile, arguments and what the function makes can be assigned to: the caller's tensors keep "
            + "their values, and gradients are by what came in. A tensor from outside the function can't be, nor can "
            + "one that belongs to a data set.",
        signature: "a[index] = value",
        example: "local a = tensor.zeros{2, 3}\na[{{}, 1}] = 7\na[2] = tensor{1, 2, 3}\nprint(a)"
    ) { tensor, call in
        do {
            try assign(tensor, call)
        } catch let refused as RefusedAssignment {
            throw EngineError(refused.text(name: LuaVariables.name(call.L) { Tensor.read($0, -1) === tensor }))
        }
    }
    type.iterate("The parts along the first dimension, with their indices.") { [unowned environment] tensor in
        guard tensor.rank > 0 else { throw EngineError("a tensor of no dimensions has no parts to go through") }
        guard tensor.shape[0] <= 1 << 24 else { throw EngineError("pairs: \(tensor.shape[0]) parts are too many for a table; use ipairs") }
        let table = environment.state.makeTable()
        for i in 0..<tensor.shape[0] {
            let part = try tensor.view([SliceRange(start: i, count: 1, drops: true)])
            if part.rank == 0, Trace.active.isEmpty, !part.isTraced {
                table[i + 1] = .number(part.element(0))
            } else {
                part.push(environment.state.running)
                table[i + 1] = LuaValue.at(environment.state.running, -1)
                oche_pop(environment.state.running, 1)
            }
        }
        return table
    }
}

/// tensor[index] = value, the two on the stack.
@inline(__always) private func assign(_ tensor: Tensor, _ call: LuaCall) throws {
    let L = call.L, value = call.slot(2)
    let slices = try readIndex(L, call.slot(1), tensor)
    if let number = Double.read(L, value) { return try tensor.assign(number, at: slices) }
    if lua_type(L, value) == LUA_TTABLE {
        var literal = TensorLiteral(L)
        return try tensor.assign(try literal.read(value, nil), at: slices)
    }
    guard let source = Tensor.read(L, value) else {
        throw LuaArgumentError.option("value", "number or tensor expected, got \(LuaDescription.of(L, value))")
    }
    try tensor.assign(source, at: slices)
}

/// ipairs ends at the first nil, and an index past the end of a tensor is an error, so ipairs must know the length.
func declareTensorIteration(_ type: LuaType<Tensor>, _ environment: ScriptingEnvironment) throws {
    let walk = try environment.state.run("""
    local function step(a, i)
      if i < #a then return i + 1, a[i + 1] end
    end
    return function(a) return step, a, 0 end
    """, name: "ipairs")[0]
    type.iterateInOrder(walk.as(LuaFunction.self)!)
}

extension Tensor {
    /// An element of a tensor with values, by its position along the first axis.
    fileprivate func element(_ i: Int) -> Double { rank == 0 ? value(at: []) : value(at: [i]) }
}

/// The position from 0 of an index into a dimension.
private func position(_ index: Int, _ size: Int, dimension: Int) throws -> Int {
    if index >= 1 && index <= size { return index - 1 }
    if index < 0 && index >= -size { return size + index }
    let hint = index == 0 ? "; indices count from 1" : ""
    throw EngineError("index \(index) is out of range for dimension \(dimension) of size \(size)\(hint)")
}

private func readIndex(_ L: LuaStack, _ slot: Int32, _ tensor: Tensor) throws -> [SliceRange] {
    guard lua_type(L, slot) == LUA_TTABLE else {
        guard tensor.rank > 0 else { throw EngineError("a tensor of no dimensions has no index; use item()") }
        let i = try integer(L, slot, "integer, or table of integers and ranges,", dimension: 1)
        return [SliceRange(start: try position(i, tensor.shape[0], dimension: 1), count: 1, drops: true)]
    }
    let table = lua_absindex(L, slot), count = Int(lua_rawlen(L, table))
    guard count <= tensor.rank else { throw EngineError("\(count) indices for the \(tensor.rank) dimensions of \(tensor.shape.braces)") }
    if let name = LuaFields.named(L, table) { throw EngineError("index table with a field '\(name)'; integers and ranges expected") }
    guard lua_checkstack(L, 8) != 0 else { throw EngineError("stack overflow") }
    return try (0..<count).map { axis in
        lua_rawgeti(L, table, lua_Integer(axis + 1))
        defer { oche_pop(L, 1) }
        let size = tensor.shape[axis]
        if lua_type(L, -1) == LUA_TTABLE { return try range(L, size, dimension: axis + 1) }
        let i = try integer(L, lua_gettop(L), "integer or range", dimension: axis + 1)
        return SliceRange(start: try position(i, size, dimension: axis + 1), count: 1, drops: true)
    }
}

/// An integer, or a tensor that holds one (what argmax gives).
private func integer(_ L: LuaStack, _ slot: Int32, _ expected: String, dimension: Int) throws -> Int {
    if let i = Int.read(L, slot) { return i }
    if let tensor = Tensor.read(L, slot) {
        if tensor.count == 1, let i = Int(exactly: try tensor.item()) { return i }
        throw EngineError("\(expected) expected as index of dimension \(dimension), got a tensor of shape \(tensor.shape.braces) (tensor.where chooses by a condition)")
    }
    throw EngineError("\(expected) expected as index of dimension \(dimension), got \(LuaDescription.of(L, slot, expecting: expected))")
}

/// The range in the table on top of the stack.
private func range(_ L: LuaStack, _ size: Int, dimension: Int) throws -> SliceRange {
    guard lua_rawlen(L, -1) <= 3, let ends = [Int].read(L, -1), ends.count != 1 else {
        throw EngineError("range {first, last} or {first, last, step} of integers expected as index of dimension \(dimension)")
    }
    guard ends.count >= 2 else { return SliceRange(start: 0, count: size) }
    let step = ends.count == 3 ? ends[2] : 1
    func wrong(_ problem: String) -> EngineError {
        EngineError("range \(ends.braces) \(problem) for dimension \(dimension) of size \(size)\(ends.contains(0) ? "; indices count from 1" : "")")
    }
    guard step != 0, step > -(1 << 40), step < 1 << 40 else { throw wrong("has no usable step") }
    let places = ends.prefix(2).map { $0 < 0 ? ($0 < -(1 << 60) ? -1 : size + $0) : $0 - 1 }
    let (first, last) = (places[0], places[1])
    // An empty range may begin just past the end: {1, 0} and {n + 1, n}.
    if step > 0, last == first - 1, first >= 0, first <= size { return SliceRange(start: 0, count: 0) }
    guard first >= 0, first < size, last >= 0, last < size else { throw wrong("is out of range") }
    guard (last - first).signum() * step.signum() >= 0 else { throw wrong("runs against its step of \(step)") }
    return SliceRange(start: first, count: (last - first) / step + 1, step: step)
}
