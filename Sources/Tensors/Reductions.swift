import Engine
import KernelInterface

/// Functions along axes. Axes count from 0; a reduction over axes drops them unless `keep`. Each is written once, on
/// expressions, and so has its gradient of any order from its parts.
extension Tensor {
    /// sum, max, min, prod
    public func reduce(_ code: ReductionCode, _ axes: [Int], keep: Bool) throws -> Tensor {
        if code == .maximum || code == .minimum { try requireElements(axes, code == .maximum ? "max" : "min") }
        return try Tensor.compute(Reduce(code: code, axes: axes, keep: keep), [self])
    }

    /// The sum divided by the number of elements: as exact as the sum (`Reduction`), and one rounding.
    public func mean(_ axes: [Int], keep: Bool) throws -> Tensor {
        try Tensor.compute(Mean(axes: axes, keep: keep), [self])
    }

    /// The variance, divided by n - 1; NaN for fewer than two elements. From the true mean: its error does not grow with the
    /// mean (`Spread`).
    public func variance(_ axes: [Int], keep: Bool) throws -> Tensor {
        try Tensor.compute(SpreadAlong(code: .variance, axes: axes, keep: keep), [self])
    }

    /// The square root of the variance, also where that overflows; its gradient is 0 where it is 0.
    public func deviation(_ axes: [Int], keep: Bool) throws -> Tensor {
        try Tensor.compute(SpreadAlong(code: .deviation, axes: axes, keep: keep), [self])
    }

    /// (sum |x|^p)^(1/p); infinity for the largest |x|. Its gradient is 0 where it is 0.
    public func norm(_ p: Double, _ axes: [Int], keep: Bool) throws -> Tensor {
        if p == .infinity { try requireElements(axes, "norm") }
        return try Tensor.compute(Norm(order: Bits(p), axes: axes, keep: keep), [self])
    }

    /// The index from 1 of the first extreme along an axis, or of all elements in row-major order.
    public func argument(largest: Bool, _ axis: Int?, keep: Bool) throws -> Tensor {
        let name = largest ? "argmax" : "argmin"
        try requireElements(axis.map { [$0] } ?? Array(shape.indices), name)
        let flat = try axis == nil ? reshape([count]) : self
        // float32 holds integers up to 2^24.
        let wide = try (axis.map { shape[$0] } ?? count) > 1 << 24 ? flat.convert(to: .float64) : flat
        return try Tensor.compute(Argument(axis: axis, largest: largest, keep: keep, rank: rank), [wide])
    }

    public func cumulativeSum(_ axis: Int) throws -> Tensor { try Tensor.compute(RunningSum(axis: axis), [self]) }

    /// The sorted values, and their places (from 1) before.
    public func sorted(_ axis: Int, descending: Bool) throws -> (values: Tensor, order: Tensor) {
        if shape[axis] > 1 << 24, dtype == .float32 {
            let (values, order) = try convert(to: .float64).sorted(axis, descending: descending)
            return (try values.convert(to: .float32), order)
        }
        let order = try Tensor.compute(Order(axis: axis, descending: descending), [self])
        let values = try Tensor.compute(Taken(axis: axis), [self, order])
        return (values, try Tensor.binary(.add, order, 1))
    }

    public func softmax(_ axis: Int, logarithm: Bool) throws -> Tensor {
        if shape[axis] == 0 { return alias() }
        return try Tensor.compute(Softmax(axis: axis, logarithm: logarithm), [self])
    }

    private func requireElements(_ axes: [Int], _ name: String) throws {
        if let axis = axes.first(where: { shape[$0] == 0 }) {
            throw EngineError("\(name): no elements to choose from along dimension \(axis + 1) of \(shape.braces)")
        }
    }
}

/// A function along axes of one input, which it drops unless `keep`.
private protocol AxesFunction: EagerFunction {
    var axes: [Int] { get }
    var keep: Bool { get }
    /// Without regard to what `keep` says.
    func along(_ x: Expression) throws -> Expression
}

extension AxesFunction {
    var fold: Int { axes.reduce(keep ? 1 : 0) { 31 &* $0 &+ $1 } }
    func expression(_ inputs: [Expression]) throws -> Expression {
        let x = inputs[0]
        return try along(x).reshape(x.shape.reduced(axes, keep: keep))
    }
}

extension Shape {
    fileprivate func reduced(_ axes: [Int], keep: Bool) -> Shape {
        keep ? indices.map { axes.contains($0) ? 1 : self[$0] } : indices.filter { !axes.contains($0) }.map { self[$0] }
    }
}

private struct Reduce: AxesFunction {
    let code: ReductionCode
    let axes: [Int]
    let keep: Bool
    var name: String { "reduce" }
    var fold: Int { axes.reduce(2 &* code.rawValue &+ (keep ? 1 : 0)) { 31 &* $0 &+ $1 } }
    func along(_ x: Expression) throws -> Expression { try x.reduce(code, axes) }
}

private struct Mean: AxesFunction {
    let axes: [Int]
    let keep: Bool
    var name: String { "mean" }
    func along(_ x: Expression) throws -> Expression { try x.mean(axes) }
}

/// Variance or standard deviation.
private struct SpreadAlong: AxesFunction {
    let code: SpreadCode
    let axes: [Int]
    let keep: Bool
    var name: String { code == .variance ? "var" : "std" }
    func along(_ x: Expression) throws -> Expression { try x.graph.apply(Spread(code: code, axes: axes), [x]) }
}

private struct Norm: AxesFunction {
    let order: Bits
    let axes: [Int]
    let keep: Bool
    var name: String { "norm" }
    var fold: Int { axes.reduce(order.fold &+ (keep ? 1 : 0)) { 31 &* $0 &+ $1 } }
    func along(_ x: Expression) throws -> Expression {
        let p = order.value
        switch p {
        case 1: return try x.abs().sum(axes)
        case 2: return try x.graph.apply(Spread(code: .norm, axes: axes), [x])
        case .infinity: return try x.abs().reduce(.maximum, axes)
        default:
            func raised(_ base: Expression) -> Expression { power(base, x.graph.constant(p, x.dtype)) }
            func root(_ total: Expression) -> Expression { power(total, x.graph.constant(1 / p, x.dtype)) }
            guard p > 0, !axes.contains(where: { x.shape[$0] == 0 }) else {
                return withFlatZero(try raised(x.abs()).sum(axes), root)
            }
            // m (sum (|x| / m)^p)^(1/p) is the same for every m: with the largest |x| no power overflows, and not all of
            // them vanish. An element 0 has the gradient 0, also where |x|^p has an infinite slope.
            let largest = try x.abs().reduce(.maximum, axes).reshape(x.shape.reduced(axes, keep: true)).stopGradient()
            let isUsable = largest.compare(.greater, x.graph.constant(0, x.dtype))
                * largest.compare(.less, x.graph.constant(.infinity, x.dtype))
            let scale = select(isUsable, largest, x.graph.constant(1, x.dtype))
            let total = try withFlatZero(x.abs() / scale, raised).sum(axes)
            return try withFlatZero(total, root) * scale.reshape(total.shape)
        }
    }
}

/// Along an axis, or over all of a tensor of `rank` dimensions that has been flattened.
private struct Argument: EagerFunction {
    let axis: Int?
    let largest: Bool
    let keep: Bool
    let rank: Int
    var name: String { largest ? "argmax" : "argmin" }
    var fold: Int { 31 &* (4 &* (axis ?? -1) &+ (keep ? 2 : 0) &+ (largest ? 1 : 0)) &+ rank }
    func expression(_ inputs: [Expression]) throws -> Expression {
        let x = inputs[0]
        let target = axis.map { x.shape.reduced([$0], keep: keep) } ?? (keep ? Array(repeating: 1, count: rank) : [])
        return try x.graph.apply(ArgumentExtreme(axis: axis ?? 0, largest: largest), [x]).reshape(target)
    }
}

private struct RunningSum: EagerFunction {
    let axis: Int
    var name: String { "cumsum" }
    var fold: Int { axis }
    func expression(_ inputs: [Expression]) throws -> Expression {
        try inputs[0].graph.apply(CumulativeSum(axis: axis, reverse: false), inputs)
    }
}

private struct Order: EagerFunction {
    let axis: Int
    let descending: Bool
    var name: String { "sort" }
    var fold: Int { 2 &* axis &+ (descending ? 1 : 0) }
    func expression(_ inputs: [Expression]) throws -> Expression {
        try inputs[0].graph.apply(SortOrder(axis: axis, descending: descending), inputs)
    }
}

/// Values in an order.
private struct Taken: EagerFunction {
    let axis: Int
    var name: String { "take" }
    var fold: Int { axis }
    func expression(_ inputs: [Expression]) throws -> Expression {
        try inputs[0].graph.apply(TakeAlong(axis: axis), inputs)
    }
}

private struct Softmax: EagerFunction {
    let axis: Int
    let logarithm: Bool
    var name: String { logarithm ? "log_softmax" : "softmax" }
    var fold: Int { 2 &* axis &+ (logarithm ? 1 : 0) }
    func expression(_ inputs: [Expression]) throws -> Expression {
        try logarithm ? inputs[0].logSoftmax(axis) : inputs[0].softmax(axis)
    }
}

/// f(x), with value and gradient 0 where x = 0 (where the slope of a root is infinite).
private func withFlatZero(_ x: Expression, _ f: (Expression) -> Expression) -> Expression {
    let zero = x.graph.constant(0, x.dtype), isZero = x.compare(.equal, zero)
    return select(isZero, zero, f(select(isZero, x.graph.constant(1, x.dtype), x)))
}

