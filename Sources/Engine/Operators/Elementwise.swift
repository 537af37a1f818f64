import KernelInterface

/// Operators that act on each element alone, with NumPy broadcasting between the inputs. Axes go through untouched, so
/// they run on packed blocks and in fused passes as they are.
protocol ElementwiseOperator: Operator {
    var kernel: ElementwiseKernel { get }
}

public enum ElementwiseKernel: Hashable, Sendable {
    case unary(UnaryCode), binary(BinaryCode), ternary(TernaryCode)
}

/// The axes that go through where shapes broadcast.
@inline(__always) func relateBroadcastAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
    for i in inputs.indices {
        let rank = inputs[i].count, shift = output.count - rank
        for axis in 0..<rank where inputs[i][axis] == output[axis + shift] { same(i, axis, axis + shift) }
    }
}

extension ElementwiseOperator {
    public var elementwise: ElementwiseKernel? { kernel }
    public func shape(_ inputs: [Shape]) throws -> Shape { try broadcast(inputs, operation: name) }

    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        relateBroadcastAxes(inputs: inputs, output: output, same: same)
    }

    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output != nil }

    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let output = lowering.allocate(node)
        lowering.emitElementwise(kernel, output: output, inputs: node.inputs.map { lowering.operand($0) })
    }
}

/// f(x), element by element.
public struct Unary: ElementwiseOperator {
    public let code: UnaryCode
    public init(code: UnaryCode) { self.code = code }
    public var name: String {
        switch code {
        case .copy: "copy"
        case .negate: "unary minus"
        case .absolute: "abs"
        case .sign: "sign"
        case .squareRoot: "sqrt"
        case .reciprocal: "reciprocal"
        case .exponential: "exp"
        case .logarithm: "log"
        case .sine: "sin"
        case .cosine: "cos"
        case .tangentHyperbolic: "tanh"
        case .sigmoid: "sigmoid"
        case .relu: "relu"
        case .floor: "floor"
        }
    }
    var kernel: ElementwiseKernel { .unary(code) }
    public var tag: Int { code.rawValue }

    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let x = inputs[0]
        switch code {
        case .copy: return [g]
        case .negate: return [-g]
        case .absolute: return [g * x.sign()]
        case .sign, .floor: return [nil]
        case .squareRoot: return [g * (node.reciprocal() * 0.5)]
        case .reciprocal: return [-(g * (node * node))]
        case .exponential: return [g * node]
        case .logarithm: return [g / x]
        case .sine: return [g * x.cos()]
        case .cosine: return [-(g * x.sin())]
        case .tangentHyperbolic: return [g * (1 - node * node)]
        case .sigmoid: return [g * (node * (1 - node))]
        case .relu: return [select(x.compare(.greater, g.graph.constant(0, x.dtype)), g, g.graph.constant(0, g.dtype))]
        }
    }
}

/// f(a, b), element by element.
public struct Binary: ElementwiseOperator {
    public let code: BinaryCode
    public init(code: BinaryCode) { self.code = code }
    public var name: String {
        switch code {
        case .add: "add"
        case .subtract: "subtract"
        case .multiply: "multiply"
        case .divide: "divide"
        case .power: "power"
        case .maximum: "maximum"
        case .minimum: "minimum"
        case .greater: "gt"
        case .greaterEqual: "ge"
        case .less: "lt"
        case .lessEqual: "le"
        case .equal: "eq"
        case .notEqual: "ne"
        case .remainder: "remainder"
        }
    }
    var kernel: ElementwiseKernel { .binary(code) }
    public var tag: Int { code.rawValue }

    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let (a, b) = (inputs[0], inputs[1])
        let zero = g.graph.constant(0, g.dtype)
        func reduced(_ index: Int, _ make: () -> Expression) throws -> Expression? {
            wanted[index] ? try make().sum(to: inputs[index].shape) : nil
        }
        switch code {
        case .add: return [try reduced(0) { g }, try reduced(1) { g }]
        case .subtract: return [try reduced(0) { g }, try reduced(1) { -g }]
        case .multiply: return [try reduced(0) { g * b }, try reduced(1) { g * a }]
        case .divide: return [try reduced(0) { g / b }, try reduced(1) { -(g * node / b) }]
        case .power:
            // d a^b / da = b a^(b-1), 0 where b = 0; d a^b / db = a^b log a, 0 where a = 0 and b >= 0 (as PyTorch has it).
            return [
                try reduced(0) { select(b.compare(.equal, zero), zero, g * b * power(a, b - 1)) },
                try reduced(1) {
                    let flat = a.compare(.equal, zero) * b.compare(.greaterEqual, zero)
                    return select(flat, zero, g * node * select(flat, g.graph.constant(1, a.dtype), a).log())
                },
            ]
        case .maximum, .minimum:
            // Ties share the gradient equally.
            let wins = a.compare(code == .maximum ? .greater : .less, b) + 0.5 * a.compare(.equal, b)
            return [try reduced(0) { g * wins }, try reduced(1) { g * (1 - wins) }]
        case .remainder:
            // d (a % b) = da - floor(a / b) db. What a - a % b is a multiple of is the floor, but for rounding; it is -1 where b is
            // infinite and of the other sign.
            return [
                try reduced(0) { g },
                try reduced(1) {
                    let quotient = ((a - node) / b + 0.5).floor()
                    let isInfinite = node.abs().compare(.equal, g.graph.constant(.infinity, g.dtype))
                    return -(g * select(isInfinite, g.graph.constant(-1, g.dtype), quotient))
                },
            ]
        case .greater, .greaterEqual, .less, .lessEqual, .equal, .notEqual: return [nil, nil]
        }
    }
}

/// b where a is not zero, else c.
public struct Select: ElementwiseOperator {
    public init() {}
    public var name: String { "where" }
    var kernel: ElementwiseKernel { .ternary(.select) }
    public var tag: Int { 0 }
    public func dtype(_ input: (Int) -> DType) -> DType { input(1) }

    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let zero = g.graph.constant(0, g.dtype)
        return [
            nil,
            wanted[1] ? try select(inputs[0], g, zero).sum(to: inputs[1].shape) : nil,
            wanted[2] ? try select(inputs[0], zero, g).sum(to: inputs[2].shape) : nil,
        ]
    }
}

/// The value, with no gradient through it.
public struct StopGradient: Operator {
    public var name: String { "stop_gradient" }
    public var tag: Int { 0 }
    public func shape(_ inputs: [Shape]) -> Shape { inputs[0] }
    public func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) -> [Expression?] { [nil] }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) { for axis in output.indices { same(0, axis, axis) } }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output != nil }
    public func work(inputs: [Shape], output: Shape) -> Int { 0 }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) { lowering.alias(node, to: lowering.operand(node.inputs[0])) }
}

/// The value under an identity of its own: what a nested gradient differentiates with respect to, so that other uses of
/// the same value are not mistaken for it.
public struct Variable: Operator {
    public let tag: Int
    public init(tag: Int) { self.tag = tag }
    public var name: String { "variable" }
    public func shape(_ inputs: [Shape]) -> Shape { inputs[0] }
    public func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) -> [Expression?] { [upstream] }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) { for axis in output.indices { same(0, axis, axis) } }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output != nil }
    public func work(inputs: [Shape], output: Shape) -> Int { 0 }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) { lowering.alias(node, to: lowering.operand(node.inputs[0])) }
}

/// The same values in another precision.
public struct Convert: Operator {
    public let to: DType
    public init(to: DType) { self.to = to }
    public var name: String { "to" }
    public func shape(_ inputs: [Shape]) -> Shape { inputs[0] }
    public func dtype(_ input: (Int) -> DType) -> DType { to }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.convert(to: inputs[0].dtype)]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) { for axis in output.indices { same(0, axis, axis) } }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.contiguous(lowering.operand(node.inputs[0]))
        lowering.emit(ConvertInstruction(from: x, to: lowering.allocate(node), widens: to == .float64))
    }
}
