/// Shapes are plain arrays of sizes, outermost first. A shape error says what was expected and what was given, in the
/// notation of the user's language: `{2, 3}`.
public typealias Shape = [Int]

public enum DType: UInt8, Hashable, Sendable {
    case float32, float64
    public var size: Int { self == .float32 ? 4 : 8 }
    public var name: String { self == .float32 ? "float32" : "float64" }
}

/// A mistake in the shapes, dimensions or attributes given to an operator; the message is meant for the user.
public struct EngineError: Error, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

extension Array where Element == Int {
    /// The number of elements of a tensor of this shape.
    public var elements: Int { reduce(1, *) }

    /// `{2, 3}`
    public var braces: String { "{" + map(String.init).joined(separator: ", ") + "}" }

    /// Row-major strides, in elements.
    public var rowMajorStrides: [Int] {
        var strides = [Int](repeating: 1, count: count)
        var axis = count - 2
        while axis >= 0 {
            strides[axis] = strides[axis + 1] * self[axis + 1]
            axis -= 1
        }
        return strides
    }
}

/// The shape that two or more shapes broadcast to by NumPy's rule: aligned at the right, sizes equal or one of them 1.
public func broadcast(_ shapes: [Shape], operation: String) throws -> Shape {
    var result = shapes[0]
    for shape in shapes.dropFirst() where shape != result {
        let rank = max(result.count, shape.count)
        var merged = Shape(repeating: 1, count: rank)
        for i in 0..<rank {
            let a = i < rank - result.count ? 1 : result[i - (rank - result.count)]
            let b = i < rank - shape.count ? 1 : shape[i - (rank - shape.count)]
            guard a == b || a == 1 || b == 1 else {
                throw EngineError("\(operation): shapes \(result.braces) and \(shape.braces) do not broadcast (dimension \(i + 1): \(a) against \(b))")
            }
            merged[i] = a == 1 ? b : a
        }
        result = merged
    }
    return result
}
