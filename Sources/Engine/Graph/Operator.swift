/// What a node of the graph computes: a shape rule, a gradient written in operators (so that gradients of gradients
/// come for free), how its axes relate, and how it becomes instructions. A value type: equal operators on equal inputs
/// are the same node.
public protocol Operator: Hashable, Sendable {
    var name: String { get }

    /// The shape of the result. Throws an `EngineError` for shapes the operator does not take.
    func shape(_ inputs: [Shape]) throws -> Shape

    /// The element type of the result, given that of each input; the inputs have one type unless the operator says otherwise.
    func dtype(_ input: (Int) -> DType) -> DType

    /// The gradient of the inputs, given that of the output; nil where there is none. Only the inputs for which
    /// `wanted` is true need an answer.
    func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) throws -> [Expression?]

    /// Calls `same(input, inputAxis, outputAxis)` for every axis that goes through untouched: output index i along it
    /// depends on input index i alone.
    func relateAxes(inputs: [Shape], output: Shape, same: (_ input: Int, _ inputAxis: Int, _ outputAxis: Int) -> Void)

    /// Calls `pair(inputA, axisA, inputB, axisB)` for axes that are summed over together (a contraction), and
    /// `pair(input, axis, input, axis)` for an axis that is summed alone.
    func summedAxes(inputs: [Shape], output: Shape, pair: (_ inputA: Int, _ axisA: Int, _ inputB: Int, _ axisB: Int) -> Void)

    /// Whether the operator can run on packed blocks when the inputs' sample axes (nil: the same for every sample) and
    /// the output's (nil: summed over) are these.
    func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool

    /// Arithmetic operations of one evaluation, to choose which axis is worth packing.
    func work(inputs: [Shape], output: Shape) -> Int

    /// True when packing the sample axis makes this operator faster (convolutions, products).
    var gainsFromPacking: Bool { get }

    /// True when that is worth packing a plan for: not for a product alone, which is as fast on rows.
    var asksForPacking: Bool { get }

    /// The kernel of an operator that acts on each element alone.
    var elementwise: ElementwiseKernel? { get }

    /// Tells operators of one kind apart, as a hash value does: the same for equal ones. Said by those that graphs have many of.
    var tag: Int { get }

    /// Adds the instructions that compute the node.
    func lower(_ lowering: Lowering, _ node: LoweredNode) throws
}

extension Operator {
    public func dtype(_ input: (Int) -> DType) -> DType { input(0) }
    public func summedAxes(inputs: [Shape], output: Shape, pair: (Int, Int, Int, Int) -> Void) {}
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { false }
    public func work(inputs: [Shape], output: Shape) -> Int { output.elements }
    public var gainsFromPacking: Bool { false }
    public var asksForPacking: Bool { gainsFromPacking }

    public var elementwise: ElementwiseKernel? { nil }
    public var tag: Int { hashValue }

    /// This operator as what it is: a cast without the search for what else it could be.
    @inline(__always) func known<Known: Operator>(_: Known.Type) -> Known {
        precondition(Self.self == Known.self)
        return unsafeBitCast(self, to: Known.self)
    }
}

extension Array where Element == Int {
    /// For `tag`s.
    var mixed: Int { reduce(count) { 31 &* $0 &+ $1 } }
}
