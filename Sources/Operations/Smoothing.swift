import Datasets
import Engine

/// The mean over `width` neighbours, all round the signal: average pooling that keeps the length. No parameters.
public struct Smoothing: Operation, Hashable {
    public let name: String
    public let width: Int
    public init(name: String = "smooth", width: Int = 3) { (self.name, self.width) = (name, width) }
    public var description: String { "smooth{width = \(width)}" }
    public func parameters(signal: Shape) -> [Parameter] { [] }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        guard width <= x.shape[2] else { throw EngineError("smooth: a width of at most the signal's length \(x.shape[2]) expected, got \(width)") }
        let first = -((width - 1) / 2)
        var sum = try x.roll(axis: 2, by: first)
        for i in 1..<max(width, 1) { sum = sum + (try x.roll(axis: 2, by: first + i)) }
        return sum * (1 / Double(width))
    }
}
