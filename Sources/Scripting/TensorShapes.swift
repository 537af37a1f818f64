import Engine
import KernelInterface
import LuaHost
import Tensors

/// Arrangement of elements, combination of tensors, products.
func declareShapes(_ type: LuaType<Tensor>, _ module: LuaModule) {
    type.method("reshape", "The same elements in row-major order under another shape; one size may be -1, which is worked out.", SizesParam("sizes", least: -1),
                returns: "tensor {sizes}", errors: "when the numbers of elements differ", example: "print(tensor.arange(1, 7):reshape{2, -1})") { x, sizes in
        try x.reshape(try inferred(sizes, x))
    }
    type.method("expand", "Repeats dimensions of size 1 (and new leading ones) without copying; -1 keeps a size.", SizesParam("sizes", least: -1),
                returns: "tensor {sizes}", errors: "for sizes the shape does not broadcast to", example: "print(tensor{{1}, {2}}:expand{2, 3})") { x, sizes in
        let shift = sizes.count - x.rank
        return try x.expand(try sizes.enumerated().map { i, size in
            guard size == -1 else { return size }
            guard i >= shift else { throw EngineError("expand: -1 in \(sizes.braces) stands for a dimension that \(x.shape.braces) does not have") }
            return x.shape[i - shift]
        })
    }
    type.method("transpose", "Two dimensions exchanged; the last two when absent.", Param<Int>("dim1", "dimension", default: -2), Param<Int>("dim2", "dimension", default: -1),
                returns: "tensor", example: "print(tensor{{1, 2, 3}}:transpose(1, 2))") { try $0.transpose(try $0.axis($1, "dim1"), try $0.axis($2, "dim2")) }
    type.method("t", "A matrix transposed; a vector as it is.", returns: "tensor", errors: "for more than two dimensions", example: "print(tensor{{1, 2}, {3, 4}}:t())") { x in
        guard x.rank <= 2 else { throw EngineError("t: a matrix or vector expected, got shape \(x.shape.braces) (transpose exchanges two dimensions)") }
        return x.rank == 2 ? try x.transpose(0, 1) : x.alias()
    }
    type.method("flatten", "All elements in row-major order, along one dimension.", returns: "tensor {size}", example: "print(tensor{{1, 2}, {3, 4}}:flatten())") {
        try $0.reshape([$0.count])
    }
    type.method("permute", "Dimensions in another order.", Param<[Int]>("order", "every dimension once"), returns: "tensor",
                errors: "when a dimension is missing or repeated", example: "print(tensor.zeros{2, 3, 4}:permute{3, 1, 2}.shape)") { x, order in
        let axes = order.count == x.rank ? try order.map { try x.axis($0, "order") } : []
        guard order.count == x.rank, Set(axes).count == x.rank else {
            throw LuaArgumentError.option("order", "each of the \(x.rank) dimensions of \(x.shape.braces) once expected, got \(order.braces)")
        }
        return try x.permute(axes)
    }
    type.method("unsqueeze", "With a new dimension of size 1 at the place given.", Param<Int>("dim", "from 1 to rank + 1, or from -1 (last)"), returns: "tensor",
                example: "print(tensor{1, 2}:unsqueeze(1).shape)") { x, dim in
        var shape = x.shape
        shape.insert(1, at: try insertion(dim, x.shape))
        return try x.reshape(try shape.checked("unsqueeze"))
    }
    type.method("squeeze", "Without the dimension given, if its size is 1; without all of size 1 when absent.", Param<Int?>("dim", "dimension"), returns: "tensor",
                example: "print(tensor.zeros{1, 3, 1}:squeeze().shape)") { x, dim in
        let axis = try dim.map { try x.axis($0) }
        return try x.view(x.shape.indices.map { SliceRange(start: 0, count: x.shape[$0], drops: x.shape[$0] == 1 && (axis == nil || axis == $0)) })
    }
    type.method("flip", "In reverse order along a dimension.", Param<Int>("dim", "dimension"), returns: "tensor", example: "print(tensor{1, 2, 3}:flip(1))") {
        try $0.flip(try $0.axis($1))
    }
    type.method("roll", "Shifted circularly along a dimension: element i moves to i + shift.", Param<Int>("shift", "places"), Param<Int>("dim", "dimension", default: -1),
                returns: "tensor", example: "print(tensor{1, 2, 3}:roll(1, -1))") { try $0.roll(try $0.axis($2), by: $1) }
    type.method("pad", "Longer at both ends of the last dimension: {left, right}, or {left, right, above, below, ..} from the last dimension backwards.",
                Param<[Int]>("widths", "pairs of widths"),
                OptionsParam([.init("mode", .choice(["zeros", "circular", "reflect"]), default: "zeros", "what is put there"),
                              .init("value", .number, default: 0, "instead of 0, in mode \"zeros\"")]), returns: "tensor",
                errors: "for negative widths, and widths that circular or reflect padding can't fill",
                example: "print(tensor{1, 2, 3}:pad({2, 1}, {mode = \"circular\"}))") { x, widths, options in
        guard widths.count % 2 == 0, widths.count >= 2, widths.count / 2 <= x.rank else {
            throw LuaArgumentError.option("widths", "a pair for each of up to \(x.rank) dimensions expected, got \(widths.braces)")
        }
        var y = x
        for i in 0..<(widths.count / 2) {
            y = try y.pad(x.rank - 1 - i, before: widths[2 * i], after: widths[2 * i + 1], mode: paddingMode(options), value: options.number("value"))
        }
        return y
    }
    let list = Param<[Tensor]>("tensors", "array of tensors")
    module.function("cat", "Tensors one after another along a dimension.", list, Param<Int>("dim", "dimension", default: 1), returns: "tensor",
                    errors: "when other dimensions differ, or there are none", example: "print(tensor.cat({tensor{{1, 2}}, tensor{{3, 4}}}, 1))") { tensors, dim in
        guard let first = tensors.first else { throw LuaArgumentError.option("tensors", "at least one tensor expected") }
        if let i = tensors.firstIndex(where: { $0.rank != first.rank }) {
            throw EngineError("cat: tensors of the same number of dimensions expected, got \(first.shape.braces) and \(tensors[i].shape.braces) (tensor \(i + 1))")
        }
        return try Tensor.concatenate(tensors, axis: try first.axis(dim))
    }
    module.function("stack", "Tensors of one shape side by side along a new dimension.", list, Param<Int>("dim", "place of the new dimension", default: 1), returns: "tensor",
                    errors: "when shapes differ, or there are none", example: "print(tensor.stack({tensor{1, 2}, tensor{3, 4}}, 1))") { tensors, dim in
        guard let first = tensors.first else { throw LuaArgumentError.option("tensors", "at least one tensor expected") }
        return try Tensor.stack(tensors, axis: try insertion(dim, first.shape))
    }
}

func declareProducts(_ type: LuaType<Tensor>) {
    type.method("matmul", "Matrix product over the last two dimensions, leading ones broadcast. A vector on the left is a row, on the right a column, and leaves no dimension.",
                Param<Tensor>("b", "right factor", shape: "{.., k, n}"), returns: "tensor {.., m, n}", errors: "when inner dimensions differ",
                example: "local a = tensor{{1, 2}, {3, 4}}\nprint(a:matmul(a))\nprint(a:matmul(tensor{1, 1}))") { try $0.matmul($1) }
    type.method("dot", "The sum of products of two vectors.", Param<Tensor>("b", "vector", shape: "{n}"), returns: "tensor of no dimensions", errors: "for other than vectors of one length",
                example: "print(tensor{1, 2}:dot(tensor{3, 4}))") { a, b in
        guard a.rank == 1, b.rank == 1 else { throw EngineError("dot: two vectors expected, got shapes \(a.shape.braces) and \(b.shape.braces) (matmul is for matrices)") }
        return try a.matmul(b)
    }
}

func paddingMode(_ options: LuaOptions) -> PaddingMode {
    switch options.string("mode") {
    case "circular": .circular
    case "reflect": .reflect
    default: .zeros
    }
}

private func insertion(_ dimension: Int, _ shape: [Int]) throws -> Int {
    let places = shape + [0]
    guard let axis = places.axis(dimension) else {
        throw LuaArgumentError.option("dim", "place from 1 to \(places.count), or -\(places.count) to -1, expected, got \(dimension) for shape \(shape.braces)")
    }
    return axis
}

private func inferred(_ sizes: [Int], _ x: Tensor) throws -> [Int] {
    guard sizes.contains(-1) else { return sizes }
    guard sizes.filter({ $0 == -1 }).count == 1 else { throw EngineError("reshape: one size of -1 expected at most, got \(sizes.braces)") }
    let others = sizes.filter { $0 != -1 }
    try others.checked("reshape")
    let known = others.elements
    guard known > 0, x.count % known == 0 else { throw EngineError("reshape: no size for -1 in \(sizes.braces) gives the \(x.count) elements of \(x.shape.braces)") }
    return sizes.map { $0 == -1 ? x.count / known : $0 }
}
