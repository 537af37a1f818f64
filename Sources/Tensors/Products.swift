import Engine
import KernelInterface

/// Matrix products, by PyTorch's rule: a vector on the left is a row, on the right a column, and is dropped from the
/// result; leading dimensions broadcast.
extension Tensor {
    public func matmul(_ other: Tensor) throws -> Tensor {
        let (a, b) = try Tensor.promoted(self, other)
        guard a.rank >= 1, b.rank >= 1 else {
            throw EngineError("matmul: vectors or matrices expected, got \(a.shape.braces) x \(b.shape.braces)")
        }
        guard a.shape[a.rank - 1] == b.shape[max(b.rank - 2, 0)] else {
            throw EngineError("matmul: inner dimensions differ: \(a.shape.braces) x \(b.shape.braces)")
        }
        let left = a.rank == 1 ? [1] + a.shape : a.shape, right = b.rank == 1 ? b.shape + [1] : b.shape
        var target = try broadcast([Array(left.dropLast(2)), Array(right.dropLast(2))], operation: "matmul")
        if a.rank > 1 { target.append(left[left.count - 2]) }
        if b.rank > 1 { target.append(right[right.count - 1]) }
        try target.checked("matmul")
        return try Tensor.compute(MatrixProduct(left: left, right: right, target: target), [a, b])
    }
}

/// Matrices of the shapes left and right, whose product takes the shape target.
private struct MatrixProduct: EagerFunction {
    let left: Shape
    let right: Shape
    let target: Shape
    var name: String { "matmul" }
    /// The inputs' shapes say it all.
    var fold: Int { 0 }
    func expression(_ inputs: [Expression]) throws -> Expression {
        try inputs[0].reshape(left).matmul(inputs[1].reshape(right)).reshape(target)
    }
}
