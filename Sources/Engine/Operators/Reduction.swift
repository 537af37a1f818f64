import KernelInterface

/// The sum, maximum, minimum or product over some axes, which stay as size 1. Maximum and minimum share their gradient
/// equally among ties; an empty sum is 0, an empty product 1, an empty maximum an error.
///
/// Bound of a sum of n numbers, with u = 2^-24 (float64: 2^-53) and S the sum of their magnitudes: along rows (the axes that lie
/// next to each other in memory) (140 + log2 n) u S, down columns (64 + 2 log2 n) u S, over several axes apart both together.
/// It is the same tree on every instruction set, of n alone. A product of n numbers is within n u, relatively.
public struct Reduction: Operator {
    public let code: ReductionCode
    public let axes: [Int]

    public init(code: ReductionCode, axes: [Int]) { (self.code, self.axes) = (code, axes) }
    public var tag: Int { 31 &* axes.mixed &+ code.rawValue }
    public var name: String {
        switch code {
        case .sum: "sum"
        case .maximum: "max"
        case .minimum: "min"
        case .product: "prod"
        }
    }

    public func shape(_ inputs: [Shape]) throws -> Shape {
        var shape = inputs[0]
        for axis in axes {
            if shape[axis] == 0 && (code == .maximum || code == .minimum) {
                throw EngineError("\(name): no elements to choose from along dimension \(axis + 1) of \(inputs[0].braces)")
            }
            shape[axis] = 1
        }
        return shape
    }

    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let x = inputs[0]
        switch code {
        case .sum: return [try g.expand(x.shape)]
        case .maximum, .minimum:
            let ties = x.compare(.equal, node)
            return [ties * (g / (try ties.sum(axes)))]
        case .product: return [try productGradient(x, g)]
        }
    }

    /// The product of the others, without division, so that zeros are no special case.
    private func productGradient(_ x: Expression, _ g: Expression) throws -> Expression {
        // One axis at a time: the product over several axes is the product of products.
        if axes.count > 1 {
            let inner = try x.reduce(code, [axes[0]])
            let innerGradient = try Reduction(code: code, axes: Array(axes.dropFirst())).productGradient(inner, g)
            return try Reduction(code: code, axes: [axes[0]]).productGradient(x, innerGradient)
        }
        guard let axis = axes.first, x.shape[axis] > 0 else { return try g.expand(x.shape) }
        // Neighbours are multiplied until one element is left; back down, each gets the gradient times its neighbour.
        var pairs: [(even: Expression, odd: Expression, size: Int)] = []
        var level = x
        while level.shape[axis] > 1 {
            let size = level.shape[axis], half = (size + 1) / 2
            if size % 2 == 1 {
                var one = level.shape
                one[axis] = 1
                level = try concatenate([level, x.graph.filled(1, one, x.dtype)], axis: axis)
            }
            let even = try level.slice(axis: axis, start: 0, count: half, step: 2), odd = try level.slice(axis: axis, start: 1, count: half, step: 2)
            pairs.append((even, odd, size))
            level = even * odd
        }
        var gradient = try g.expand(level.shape)
        for (even, odd, size) in pairs.reversed() {
            func spread(_ part: Expression, from start: Int) throws -> Expression {
                try g.graph.apply(Embed(axis: axis, start: start, step: 2, size: 2 * part.shape[axis]), [part])
            }
            let both = try spread(gradient * odd, from: 0) + spread(gradient * even, from: 1)
            gradient = try both.slice(axis: axis, start: 0, count: size)
        }
        return gradient
    }

    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for axis in output.indices where !axes.contains(axis) { same(0, axis, axis) }
    }

    public func summedAxes(inputs: [Shape], output: Shape, pair: (Int, Int, Int, Int) -> Void) {
        if code == .sum { for axis in axes { pair(0, axis, 0, axis) } }
    }

    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool {
        guard let sample = inputs[0] else { return false }
        // (The axis that a sum leaves behind looks like a sample axis when there is one sample.)
        return axes.contains(sample) ? output == nil && code == .sum : output != nil
    }

    public func work(inputs: [Shape], output: Shape) -> Int { inputs[0].elements }

    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.operand(node.inputs[0])
        if lowering.isPacked && node.sampleAxis == nil {
            // Per-lane sums now, lanes and blocks after the region.
            let sample = lowering.sampleAxis(of: node.inputs[0])!
            let partial = lowering.allocatePartial(node)
            var perLane = x
            let others = axes.filter { $0 != sample }
            if others.contains(where: { x.shape[$0] > 1 }) {
                var shape = x.shape
                for axis in others { shape[axis] = 1 }
                perLane = lowering.scratch(packedShape: shape, sampleAxis: sample, dtype: node.dtype)
                lowering.emitReduction(.code(.sum), x: x, axes: others, y: perLane)
            }
            lowering.emit(AddLanesInstruction(partial: partial, x: lowering.contiguous(perLane, sampleAxis: sample), dtype: node.dtype))
        } else {
            lowering.emitReduction(.code(code), x: x, axes: axes, y: lowering.allocate(node))
        }
    }
}

/// The index (from 1) of the first largest or smallest element along an axis, which stays as size 1.
public struct ArgumentExtreme: Operator {
    public let axis: Int
    public let largest: Bool
    public init(axis: Int, largest: Bool) { (self.axis, self.largest) = (axis, largest) }
    public var name: String { largest ? "argmax" : "argmin" }
    public func shape(_ inputs: [Shape]) throws -> Shape {
        var shape = inputs[0]
        if shape[axis] == 0 { throw EngineError("\(name): no elements to choose from along dimension \(axis + 1) of \(inputs[0].braces)") }
        shape[axis] = 1
        return shape
    }
    public func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) -> [Expression?] { [nil] }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for i in output.indices where i != axis { same(0, i, i) }
    }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.contiguous(lowering.operand(node.inputs[0]))
        lowering.emit(ArgumentExtremeInstruction(x: x, y: lowering.allocate(node), axis: axis, largest: largest, dtype: node.dtype))
    }
}

/// Running sums along an axis, from the first element or (reverse) from the last. They are added in double precision; of
/// float64, what each addition rounds away is kept and added in. A sum of n numbers, of magnitudes whose sum is S, is within
/// 1.1 u S of the true one up to n = 2^25 (float64: (2 + n^2 u) u S).
public struct CumulativeSum: Operator {
    public let axis: Int
    public let reverse: Bool
    public init(axis: Int, reverse: Bool) { (self.axis, self.reverse) = (axis, reverse) }
    public var name: String { "cumsum" }
    public func shape(_ inputs: [Shape]) -> Shape { inputs[0] }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.graph.apply(CumulativeSum(axis: axis, reverse: !reverse), [g])]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for i in output.indices where i != axis { same(0, i, i) }
    }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.contiguous(lowering.operand(node.inputs[0]))
        lowering.emit(CumulativeSumInstruction(x: x, y: lowering.allocate(node), axis: axis, reverse: reverse, dtype: node.dtype))
    }
}
