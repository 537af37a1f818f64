import Engine
import KernelInterface
import Kernels
import Foundation

/// New tensors from numbers.
extension Tensor {
    public static func full(_ shape: Shape, _ value: Double, _ dtype: DType, _ name: String = "full") throws -> Tensor {
        let result = try allocate(shape, dtype, name)
        let fill = (dtype == .float32 ? Kernels.float : Kernels.double).fill!, y = result.mutablePointer
        try Interruption.checkedPieces(result.count) { start, count in fill(y + start * dtype.size, value, count) }
        return result
    }

    public static func identity(_ n: Int, _ m: Int, _ dtype: DType) throws -> Tensor {
        let result = try full([n, m], 0, dtype, "eye")
        for i in 0..<min(n, m) { result.store(1, at: i * m + i) }
        return result
    }

    /// first, first + step, ... below `stop` (above it, for a negative step), as NumPy's.
    public static func range(_ first: Double, _ stop: Double, _ step: Double, _ dtype: DType) throws -> Tensor {
        guard first.isFinite, stop.isFinite, step.isFinite, step != 0 else {
            let given = [first, stop, step].map { $0.isNaN ? "nan" : "\($0)" }.joined(separator: ", ")
            throw EngineError("arange: finite numbers and a step other than 0 expected, got \(given)")
        }
        // Below 0 for a step away from `stop`; NaN where both ends and the step are beyond what a difference can be.
        let count = max(0, ((stop - first) / step).rounded(.up))
        guard count < 1e12 else { throw EngineError("not enough memory for arange of \(count) elements") }
        return try spaced(Int(count), dtype, "arange") { first + Double($0) * step }
    }

    /// `count` values from first to last, both included.
    public static func linspace(_ first: Double, _ last: Double, _ count: Int, _ dtype: DType) throws -> Tensor {
        try spaced(count, dtype, "linspace") { i in
            // From both ends, so that the last value is exact.
            let step = count > 1 ? (last - first) / Double(count - 1) : 0
            return 2 * i < count ? first + Double(i) * step : last - Double(count - 1 - i) * step
        }
    }

    private static func spaced(_ count: Int, _ dtype: DType, _ name: String, _ value: (Int) -> Double) throws -> Tensor {
        let result = try allocate([count], dtype, name)
        try Interruption.checkedPieces(count) { start, count in for i in start..<(start + count) { result.store(value(i), at: i) } }
        return result
    }

    /// |a - b| <= atol + rtol |b| everywhere; NaN is close to nothing, an infinity to itself.
    public static func allClose(_ a: Tensor, _ b: Tensor, relative: Double, absolute: Double) throws -> Bool {
        let shape = try broadcast([a.shape, b.shape], operation: "allclose").checked("allclose")
        let (x, y) = (try a.concrete().expand(shape).values(), try b.concrete().expand(shape).values())
        return zip(x, y).allSatisfy { x, y in x == y || abs(x - y) <= absolute + relative * abs(y) && abs(y) < .infinity }
    }
}
