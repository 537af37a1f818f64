import Engine

/// What shapes a tensor may have: at most 8 dimensions, no negative size, at most 2^40 elements. Whatever a user's
/// numbers decide passes here before anything is multiplied or allocated.
public enum ShapeRules {
    public static let maximalRank = 8
}

extension Array where Element == Int {
    /// This shape, checked. Throws "zeros: at most 8 dimensions, got 9".
    @discardableResult
    public func checked(_ operation: @autoclosure () -> String) throws -> Shape {
        guard count <= ShapeRules.maximalRank else { throw EngineError("\(operation()): at most \(ShapeRules.maximalRank) dimensions, got \(count)") }
        var total = 1
        for size in self {
            guard size >= 0 else { throw EngineError("\(operation()): sizes of at least 0 expected, got \(braces)") }
            let (product, overflow) = total.multipliedReportingOverflow(by: size == 0 ? 1 : size)
            guard !overflow, product <= Graph.maximalElements else { throw EngineError("not enough memory for \(operation()) of shape \(braces)") }
            total = product
        }
        return self
    }

    /// The 0-based axis of a dimension that counts from 1, or from the end when negative.
    public func axis(_ dimension: Int) -> Int? {
        dimension >= 1 && dimension <= count ? dimension - 1 : dimension < 0 && dimension >= -count ? count + dimension : nil
    }
}

extension Tensor {
    /// A tensor of uninitialised values whose size somebody's numbers decide. Throws when it is too large.
    public static func allocate(_ shape: Shape, _ dtype: DType, _ operation: @autoclosure () -> String) throws -> Tensor {
        try shape.checked(operation())
        try Storage.ensure(shape.elements * dtype.size, for: "\(operation()) of shape \(shape.braces)")
        return Tensor(uninitialised: shape, dtype)
    }
}
