import KernelInterface

/// How far numbers are spread over some axes, which stay as size 1: the 2-norm, or the variance (divided by one less than
/// the count) or its root. The mean is the true one, and no square overflows or vanishes where the result does not: for float32
/// everything is added in double precision, for float64 in pairs, scaled where that is needed.
///
/// Bound, for n numbers with u = 2^-24 (float64: 2^-53): float32 results are within u of the true value, relatively, whatever the
/// mean, up to n = 2^26. float64: norm within (36 + log2 n) u, variance within (140 + 4 log2 n) u, deviation half of that, plus
/// what the rounding of each x - mean makes of a mean that is large: 2 u |mean| / deviation.
public struct Spread: Operator {
    public let code: SpreadCode
    public let axes: [Int]

    public init(code: SpreadCode, axes: [Int]) {
        self.code = code
        self.axes = axes.sorted()
    }
    public var tag: Int { 31 &* axes.mixed &+ code.rawValue }
    public var name: String {
        switch code {
        case .norm: "norm"
        case .variance: "var"
        case .deviation: "std"
        }
    }

    public func shape(_ inputs: [Shape]) -> Shape {
        var shape = inputs[0]
        for axis in axes { shape[axis] = 1 }
        return shape
    }

    /// One less than the count; 0 / 0 is NaN for fewer than two numbers.
    private func divisor(_ shape: Shape) -> Double { max(axes.reduce(1.0) { $0 * Double(shape[$1]) } - 1, 0) }

    /// d norm = x / norm, d variance = 2 (x - mean) / (n - 1), d deviation = (x - mean) / ((n - 1) deviation); the roots are flat
    /// at 0.
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let x = inputs[0]
        let zero = g.graph.constant(0, g.dtype)
        let isZero = node.compare(.equal, zero)
        func overRoot() -> Expression { select(isZero, zero, g / select(isZero, g.graph.constant(1, g.dtype), node)) }
        switch code {
        case .norm: return [x * overRoot()]
        case .variance: return [try centred(x) * (g * (2 / divisor(x.shape)))]
        case .deviation: return [try centred(x) * (overRoot() / divisor(x.shape))]
        }
    }

    /// x - mean, less the mean of that: what the first mean lost by rounding.
    private func centred(_ x: Expression) throws -> Expression {
        let shifted = x - (try x.mean(axes).stopGradient())
        return shifted - (try shifted.mean(axes))
    }

    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for axis in output.indices where !axes.contains(axis) { same(0, axis, axis) }
    }

    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool {
        guard let sample = inputs[0] else { return false }
        return !axes.contains(sample) && output != nil
    }

    public func work(inputs: [Shape], output: Shape) -> Int { 4 &* inputs[0].elements }

    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let divisor = divisor(lowering.graphShape(node.inputs[0]))
        lowering.emitReduction(.spread(code, divisor: divisor), x: lowering.operand(node.inputs[0]), axes: axes, y: lowering.allocate(node))
    }
}
