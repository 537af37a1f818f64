import CLua
import CLuaBridge
import Engine
import KernelInterface
import LuaHost
import Tensors

/// What every tensor has: properties, operators, values as Lua numbers and tables, printing.
func declareTensorProperties(_ type: LuaType<Tensor>, _ environment: ScriptingEnvironment) throws {
    let shapes = try ShapeTable.metatable(in: environment)
    type.property("shape", "Sizes, outermost first: an array that prints as {2, 3} and compares by value.", type: "array of integers",
                  example: "local a = tensor.zeros{2, 3}\nprint(a.shape, a.shape[2], a.shape == tensor.ones{2, 3}.shape)") { ShapeTable(shape: $0.shape, metatable: shapes) }
    type.property("dtype", "\"float32\" or \"float64\".", type: "string") { $0.dtype.name }
    type.property("size", "Number of elements.", type: "integer") { $0.count }
    type.property("rank", "Number of dimensions.", type: "integer") { $0.rank }
    type.length("Size of the first dimension.") { tensor in
        guard let first = tensor.shape.first else { throw EngineError("a tensor of no dimensions has no length") }
        return first
    }
    declareTensorText(type, environment)

    type.method("item", "The value of a tensor of one element, as a Lua number.", returns: "number",
                errors: "for more or fewer elements; while tensor.compile traces, where values are not known",
                example: "print(tensor{1, 2}:sum():item())") { try $0.item() }
    type.method("totable", "Nested Lua tables of numbers; a number for a tensor of no dimensions.", returns: "table",
                example: "print(tensor{{1, 2}, {3, 4}}:totable()[2][1])") { NestedNumbers(tensor: $0, values: try $0.concrete("totable() asks for its values").values()) }
    type.method("to", "The same values in another element type.", Param<String>.choice("dtype", ["float32", "float64"], "element type"),
                returns: "tensor", example: "print(tensor{1, 2}:to(\"float64\").dtype)") { tensor, dtype in
        try tensor.convert(to: dtype == "float64" ? .float64 : .float32).alias()
    }
    type.method("clone", "The same values in another tensor.", returns: "tensor",
                example: "local a = tensor{1, 2}\nlocal b = a:clone()\nb[1] = 9\nprint(a)") { $0.alias() }
    type.method("detach", "The same values, without gradient through them.", returns: "tensor",
                example: "print(tensor.grad(function(x) return (x * x:detach()):sum() end)(tensor{2, 3}))") { tensor in
        try Tensor.compute("detach", [], [tensor]) { $0[0].stopGradient() }
    }
}

/// Values as nested Lua tables.
private struct NestedNumbers: LuaResult {
    let tensor: Tensor
    let values: [Double]
    func pushResults(_ L: LuaStack) -> Int32 {
        guard lua_checkstack(L, 2 * Int32(tensor.rank) + 4) != 0 else { return 0 }
        var next = 0
        push(L, axis: 0, &next)
        return next < values.count ? Int32(OCHE_RAISE_INTERRUPT) : 1
    }
    /// Until all are pushed, or asked to stop.
    private func push(_ L: LuaStack, axis: Int, _ next: inout Int) {
        guard axis < tensor.rank else {
            values[next].push(L)
            next += 1
            return
        }
        lua_createtable(L, Int32(clamping: tensor.shape[axis]), 0)
        for i in 0..<tensor.shape[axis] {
            if next > Interruption.pieceOfElements, Interruption.isRequested { return }
            push(L, axis: axis + 1, &next)
            lua_rawseti(L, -2, lua_Integer(i + 1))
        }
    }
}

func declareTensorOperators(_ type: LuaType<Tensor>) {
    for (operation, code, word) in [
        (LuaOperator.add, BinaryCode.add, "sum"), (.subtract, .subtract, "difference"), (.multiply, .multiply, "product"),
        (.divide, .divide, "quotient"), (.power, .power, "power"),
    ] {
        type.operation(operation, "Elementwise \(word), with NumPy broadcasting; a number takes the tensor's type.",
                       Param<Operand>("a", "tensor or number"), Param<Operand>("b", "tensor or number"),
                       example: "print(tensor{1, 2} \(operation.symbol) tensor{{3}, {4}})", direct: { try combineDirectly(code, $0) }) { try combine(code, $0, $1) }
    }
    type.operation(.floorDivide, "Elementwise quotient rounded down, with broadcasting.", Param<Operand>("a", "tensor or number"), Param<Operand>("b", "tensor or number"),
                   example: "print(tensor{7, -7} // 2)") { try pair($0, $1, Tensor.floorDivide) }
    type.operation(.modulo, "Elementwise remainder, with broadcasting: exact, and of b's sign, as Lua's own; NaN for b = 0.",
                   Param<Operand>("a", "tensor or number"), Param<Operand>("b", "tensor or number"),
                   example: "print(tensor{7, -7} % 3)") { try combine(.remainder, $0, $1) }
    type.operation(.negate, "Elementwise negative.", example: "print(-tensor{1, -2})") { try $0.unary(.negate) }
    type.operation(.less, "Compares tensors of one element by value.", Param<Operand>("a", "one element"), Param<Operand>("b", "one element"),
                   example: "print(tensor(1) < tensor(2))") { try value($0) < value($1) }
    type.operation(.lessOrEqual, "Compares tensors of one element by value.", Param<Operand>("a", "one element"), Param<Operand>("b", "one element"),
                   example: "print(tensor(1) <= tensor(2))") { try value($0) <= value($1) }
}

/// Two tensors, or a tensor and a number, straight from the stack; nil for anything else.
@inline(__always) private func combineDirectly(_ code: BinaryCode, _ L: LuaStack) throws -> Tensor? {
    guard let a = Tensor.borrowed(L, 1) else {
        guard let b = Tensor.borrowed(L, 2), let number = Double.read(L, 1) else { return nil }
        return try b._withUnsafeGuaranteedRef { try Tensor.binary(code, number, $0) }
    }
    guard let b = Tensor.borrowed(L, 2) else {
        guard let number = Double.read(L, 2) else { return nil }
        return try a._withUnsafeGuaranteedRef { try Tensor.binary(code, $0, number) }
    }
    return try a._withUnsafeGuaranteedRef { a in try b._withUnsafeGuaranteedRef { try Tensor.binary(code, a, $0) } }
}

@inline(__always) func combine(_ code: BinaryCode, _ a: Operand, _ b: Operand) throws -> Tensor {
    switch (a, b) {
    case (.tensor(let x), .tensor(let y)): try Tensor.binary(code, x, y)
    case (.tensor(let x), .number(let y)): try Tensor.binary(code, x, y)
    case (.number(let x), .tensor(let y)): try Tensor.binary(code, x, y)
    case (.number(let x), .number(let y)): try Tensor.binary(code, Tensor(x), y)
    }
}

/// Both as tensors; a number takes the other's type.
private func pair(_ a: Operand, _ b: Operand, _ function: (Tensor, Tensor) throws -> Tensor) throws -> Tensor {
    switch (a, b) {
    case (.tensor(let x), _): try function(x, b.tensor(x.dtype))
    case (.number(let x), .tensor(let y)): try function(Tensor(x, y.dtype), y)
    case (.number(let x), .number(let y)): try function(Tensor(x), Tensor(y))
    }
}

private func value(_ operand: Operand) throws -> Double {
    switch operand {
    case .number(let value): return value
    case .tensor(let tensor):
        guard tensor.count == 1 else { throw EngineError("comparison with < or <= of tensors of one element expected, got shape \(tensor.shape.braces) (a:lt(b), a:gt(b) and the like compare elementwise)") }
        return try tensor.item()
    }
}
