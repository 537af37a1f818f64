import Engine
import KernelInterface
import LuaHost
import Tensors

/// Questions about values: any, all, isnan, isfinite, and whether two tensors are the same (==).
func declareTests(_ type: LuaType<Tensor>) {
    let dims = Param<Dimensions>("dim", "dimension, or table of dimensions; all when absent", default: .all)
    let keep = OptionsParam([.keepdim])
    type.method("any", "1 where an element along the dimensions is not 0, else 0; 0 of nothing.", dims, keep, returns: "tensor of 1 and 0",
                example: "print(tensor{1, 5, 3}:gt(4):any():item() == 1)") { x, dim, options in
        try count(x, .notEqual, dim, options) { try Tensor.binary(.greater, $0, 0) }
    }
    type.method("all", "1 where no element along the dimensions is 0, else 0; 1 of nothing.", dims, keep, returns: "tensor of 1 and 0",
                example: "print(tensor{{1, 0}, {1, 1}}:all(2))") { x, dim, options in
        try count(x, .equal, dim, options) { try Tensor.binary(.equal, $0, 0) }
    }
    type.method("isnan", "1 where an element is NaN, else 0.", returns: "tensor of 1 and 0", example: "print(tensor{1, 0/0, 1/0}:isnan())") {
        try Tensor.binary(.notEqual, $0, $0)
    }
    type.method("isfinite", "1 where an element is neither NaN nor infinite, else 0.", returns: "tensor of 1 and 0", example: "print(tensor{1, 0/0, 1/0}:isfinite())") {
        try Tensor.binary(.less, try $0.unary(.absolute), .infinity)
    }
    type.operation(.equal, "Whether two tensors have the same shape and the same values (a:eq(b) compares elementwise). A number is never equal to a tensor, as Lua has it.",
                   Param<LuaValue>("a", "tensor"), Param<LuaValue>("b", "tensor"), example: "print(tensor{1, 2} == tensor{1, 2}, tensor{1, 2} == tensor{1, 3})") { a, b -> Bool in
        guard let a: Tensor = a.as(), let b: Tensor = b.as() else { return false }
        guard a !== b else { return true }
        guard a.shape == b.shape else { return false }
        let difference = try Tensor.binary(.notEqual, try a.concrete("== asks for its values"), try b.concrete("== asks for its values"))
        return try difference.reduce(.sum, Array(a.shape.indices), keep: false).item() == 0
    }
}

/// How many elements compare so with 0, as `test` of it.
private func count(_ x: Tensor, _ code: BinaryCode, _ dim: Dimensions, _ options: LuaOptions, _ test: (Tensor) throws -> Tensor) throws -> Tensor {
    try test(try Tensor.binary(code, x, 0).reduce(.sum, try x.axes(dim), keep: options.boolean("keepdim")))
}
