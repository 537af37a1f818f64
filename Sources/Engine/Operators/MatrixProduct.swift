import KernelInterface

/// Matrix products of {.., m, k} and {.., k, n}, leading dimensions broadcast.
///
/// Bound of an element, with u = 2^-24 (float64: 2^-53) and S the sum over k of |a| |b|: (272 + log2 k) u S; of a vector times a
/// vector (96 + log2 k) u S. Sums over samples in a block region are within (100 + 2 log2 samples) u S.
public struct MatrixProduct: Operator {
    public init() {}
    public var name: String { "matmul" }
    public var tag: Int { 0 }

    public func shape(_ inputs: [Shape]) throws -> Shape {
        let (a, b) = (inputs[0], inputs[1])
        guard a.count >= 2, b.count >= 2 else { throw EngineError("matmul: matrices expected, got \(a.braces) x \(b.braces)") }
        guard a[a.count - 1] == b[b.count - 2] else { throw EngineError("matmul: inner dimensions differ: \(a.braces) x \(b.braces)") }
        return try broadcast([Array(a.dropLast(2)), Array(b.dropLast(2))], operation: "matmul") + [a[a.count - 2], b[b.count - 1]]
    }

    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let (a, b) = (inputs[0], inputs[1])
        return [
            wanted[0] ? try g.matmul(b.transpose(b.rank - 2, b.rank - 1)).sum(to: a.shape) : nil,
            wanted[1] ? try a.transpose(a.rank - 2, a.rank - 1).matmul(g).sum(to: b.shape) : nil,
        ]
    }

    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for (i, shape) in inputs.enumerated() {
            let shift = output.count - shape.count
            for axis in 0..<(shape.count - 2) where shape[axis] == output[axis + shift] { same(i, axis, axis + shift) }
        }
        same(0, inputs[0].count - 2, output.count - 2)
        same(1, inputs[1].count - 1, output.count - 1)
    }

    public func summedAxes(inputs: [Shape], output: Shape, pair: (Int, Int, Int, Int) -> Void) {
        pair(0, inputs[0].count - 1, 1, inputs[1].count - 2)
    }

    private enum PackedForm { case rows, columns, outer }

    /// rows: samples are rows of the left, the right is one matrix; columns: one matrix on the left, each sample a
    /// matrix on the right; outer: the sum over samples of outer products.
    private func packedForm(inputs: [Int?], output: Int?, shapes: [Shape]) -> PackedForm? {
        switch (inputs[0], inputs[1], output) {
        case (let a?, nil, .some) where shapes[1].count == 2 && a < shapes[0].count - 1: .rows
        case (nil, 0?, 0?) where shapes[0].count == 2 && shapes[1].count == 3: .columns
        case (1?, 0?, nil) where shapes[0].count == 2 && shapes[1].count == 2: .outer
        default: nil
        }
    }

    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool {
        packedForm(inputs: inputs, output: output, shapes: shapes) != nil
    }
    public var gainsFromPacking: Bool { true }
    public var asksForPacking: Bool { false }
    public func work(inputs: [Shape], output: Shape) -> Int { 2 &* output.elements &* (inputs[0].last ?? 1) }

    /// One number: a row times a column.
    private func isInnerProduct(_ a: Shape, _ b: Shape) -> Bool {
        a.dropLast().allSatisfy { $0 == 1 } && b.last == 1 && b.dropLast(2).allSatisfy { $0 == 1 }
    }

    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        var a = lowering.operand(node.inputs[0]), b = lowering.operand(node.inputs[1])
        guard lowering.isPacked else {
            if isInnerProduct(a.shape, b.shape) {
                a = lowering.contiguous(a)
                b = lowering.contiguous(b)
                return lowering.emit(InnerProductInstruction(y: lowering.allocate(node), a: a, b: b, dtype: node.dtype))
            }
            if b.strides[b.rank - 1] != 1 && b.shape[b.rank - 1] > 1 { b = lowering.contiguous(b) }
            let y = lowering.allocate(node)
            lowering.emit(MatrixProductInstruction(batchedOver: y, a: a, b: b, dtype: node.dtype))
            return
        }
        let axes = node.inputs.map { lowering.sampleAxis(of: $0) }
        switch packedForm(inputs: axes, output: node.sampleAxis, shapes: node.inputs.map { lowering.graphShape($0) })! {
        case .rows:
            let sample = axes[0]!
            a = lowering.contiguous(a, sampleAxis: sample)
            let y = lowering.allocate(node)
            lowering.emit(MatrixProductInstruction(packedRows: y, x: a, matrix: b, sampleAxis: sample, dtype: node.dtype))
        case .columns:
            b = lowering.contiguous(b, sampleAxis: 0)
            let y = lowering.allocate(node)
            lowering.emit(MatrixProductInstruction(packedColumns: y, matrix: a, x: b, dtype: node.dtype))
        case .outer:
            let partial = lowering.allocatePartial(node)
            a = lowering.contiguous(a, sampleAxis: 1)
            b = lowering.contiguous(b, sampleAxis: 0)
            lowering.emit(OuterProductInstruction(partial: partial, a: a, b: b, m: a.shape[0], n: b.shape[1], dtype: node.dtype))
        }
    }
}
