import Engine
import KernelInterface

/// Functions along axes. Axes count from 0; a reduction over axes drops them unless `keep`. Each is written once, on
/// expressions, and so has its gradient of any order from its parts.
extension Tensor {
    /// sum, max, min, prod
    public func reduce(_ code: ReductionCode, _ axes: [Int], keep: Bool) throws -> Tensor {
        if code == .maximum || code == .minimum { try requireElements(axes, code == .maximum ? "max" : "min") }
        let target = reducedShape(axes, keep: keep)
        return try Tensor.compute("reduce", [code.rawValue, keep ? 1 : 0] + axes, [self]) { try $0[0].reduce(code, axes).reshape(target) }
    }

    /// The sum divided by the number of elements: as exact as the sum (`Reduction`), and one rounding.
    public func mean(_ axes: [Int], keep: Bool) throws -> Tensor {
        let target = reducedShape(axes, keep: keep)
        return try Tensor.compute("mean", [keep ? 1 : 0] + axes, [self]) { try $0[0].mean(axes).reshape(target) }
    }

    /// The variance, divided by n - 1; NaN for fewer than two elements. From the true mean: its error does not grow with the mean
    /// (`Spread`).
    public func variance(_ axes: [Int], keep: Bool) throws -> Tensor { try spread(.variance, "var", axes, keep: keep) }

    /// The square root of the variance, also where that overflows; its gradient is 0 where it is 0.
    public func deviation(_ axes: [Int], keep: Bool) throws -> Tensor { try spread(.deviation, "std", axes, keep: keep) }

    private func spread(_ code: SpreadCode, _ name: String, _ axes: [Int], keep: Bool) throws -> Tensor {
        let target = reducedShape(axes, keep: keep)
        return try Tensor.compute(name, [keep ? 1 : 0] + axes, [self]) { inputs in
            try inputs[0].graph.apply(Spread(code: code, axes: axes), inputs).reshape(target)
        }
    }

    /// (sum |x|^p)^(1/p); infinity for the largest |x|. Its gradient is 0 where it is 0.
    public func norm(_ p: Double, _ axes: [Int], keep: Bool) throws -> Tensor {
        if p == .infinity { try requireElements(axes, "norm") }
        let target = reducedShape(axes, keep: keep)
        return try Tensor.compute("norm", [Int(bitPattern: UInt(p.bitPattern)), keep ? 1 : 0] + axes, [self]) { inputs in
            let x = inputs[0]
            let norm: Expression
            switch p {
            case 1: norm = try x.abs().sum(axes)
            case 2: norm = try x.graph.apply(Spread(code: .norm, axes: axes), [x])
            case .infinity: norm = try x.abs().reduce(.maximum, axes)
            default:
                let total = try power(x.abs(), x.graph.constant(p, x.dtype)).sum(axes)
                norm = withFlatZero(total) { power($0, x.graph.constant(1 / p, x.dtype)) }
            }
            return try norm.reshape(target)
        }
    }

    /// The index from 1 of the first extreme along an axis, or of all elements in row-major order.
    public func argument(largest: Bool, _ axis: Int?, keep: Bool) throws -> Tensor {
        let name = largest ? "argmax" : "argmin"
        try requireElements(axis.map { [$0] } ?? Array(shape.indices), name)
        let flat = try axis == nil ? reshape([count]) : self
        // float32 holds integers up to 2^24.
        let wide = try (axis.map { shape[$0] } ?? count) > 1 << 24 ? flat.convert(to: .float64) : flat
        let target = axis.map { reducedShape([$0], keep: keep) } ?? (keep ? shape.map { _ in 1 } : [])
        return try Tensor.compute(name, [axis ?? 0, keep ? 1 : 0, axis == nil ? rank : -1], [wide]) {
            try $0[0].graph.apply(ArgumentExtreme(axis: axis ?? 0, largest: largest), $0).reshape(target)
        }
    }

    public func cumulativeSum(_ axis: Int) throws -> Tensor {
        try Tensor.compute("cumsum", [axis], [self]) { try $0[0].graph.apply(CumulativeSum(axis: axis, reverse: false), $0) }
    }

    /// The sorted values, and their places (from 1) before.
    public func sorted(_ axis: Int, descending: Bool) throws -> (values: Tensor, order: Tensor) {
        if shape[axis] > 1 << 24, dtype == .float32 {
            let (values, order) = try convert(to: .float64).sorted(axis, descending: descending)
            return (try values.convert(to: .float32), order)
        }
        let order = try Tensor.compute("sort", [axis, descending ? 1 : 0], [self]) {
            try $0[0].graph.apply(SortOrder(axis: axis, descending: descending), $0)
        }
        let values = try Tensor.compute("take", [axis], [self, order]) { try $0[0].graph.apply(TakeAlong(axis: axis), $0) }
        return (values, try Tensor.binary(.add, order, 1))
    }

    public func softmax(_ axis: Int, logarithm: Bool) throws -> Tensor {
        if shape[axis] == 0 { return alias() }
        return try Tensor.compute(logarithm ? "log_softmax" : "softmax", [axis], [self]) { try logarithm ? $0[0].logSoftmax(axis) : $0[0].softmax(axis) }
    }

    private func reducedShape(_ axes: [Int], keep: Bool) -> Shape {
        keep ? shape.indices.map { axes.contains($0) ? 1 : shape[$0] } : shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    }

    private func requireElements(_ axes: [Int], _ name: String) throws {
        if let axis = axes.first(where: { shape[$0] == 0 }) {
            throw EngineError("\(name): no elements to choose from along dimension \(axis + 1) of \(shape.braces)")
        }
    }
}

/// f(x), with value and gradient 0 where x = 0 (where the slope of a root is infinite).
private func withFlatZero(_ x: Expression, _ f: (Expression) -> Expression) -> Expression {
    let zero = x.graph.constant(0, x.dtype), isZero = x.compare(.equal, zero)
    return select(isZero, zero, f(select(isZero, x.graph.constant(1, x.dtype), x)))
}

