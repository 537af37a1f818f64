import KernelInterface

/// Random draws, counter-based: the first axis counts rows, the others elements of a row (`RandomPosition`), so a value
/// does not depend on how or where it is computed. Without a seed of its own the draw follows the seed and step of the run.
public struct RandomDraw: Operator {
    public enum Distribution: Hashable, Sendable { case normal, uniform }
    public let distribution: Distribution
    public let size: Shape
    public let type: DType
    public let stream: UInt32
    public let seed: UInt64?
    public var name: String { distribution == .normal ? "randn" : "rand" }
    public var tag: Int { Int(stream) }

    public init(_ distribution: Distribution, _ size: Shape, _ type: DType, stream: UInt32, seed: UInt64? = nil) {
        (self.distribution, self.size, self.type, self.stream, self.seed) = (distribution, size, type, stream, seed)
    }
    public func shape(_ inputs: [Shape]) -> Shape { size }
    public func dtype(_ input: (Int) -> DType) -> DType { type }
    public func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) -> [Expression?] { [] }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {}
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output == 0 && size.count >= 2 }
    public func work(inputs: [Shape], output: Shape) -> Int { 8 * output.elements }

    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let y = lowering.allocate(node)
        let rows = size.count >= 2 ? size[0] : 1
        lowering.emit(RandomInstruction(y: y, distribution: distribution, rows: lowering.isPacked ? nil : rows,
                                        elements: rows == 0 ? 0 : size.elements / rows, stream: stream, seed: seed, dtype: type))
    }
}
