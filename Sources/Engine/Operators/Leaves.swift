import Foundation

/// What a graph starts from: inputs, which are given at every run, and constants, which are part of the plan.
public struct Input: Operator {
    public let index: Int
    let shape: Shape
    let dtype: DType
    public var name: String { "input" }
    public func shape(_ inputs: [Shape]) -> Shape { shape }
    public func dtype(_ input: (Int) -> DType) -> DType { dtype }
    public func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) -> [Expression?] { [] }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {}
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {}
}

/// One number everywhere.
public struct Constant: Operator {
    public let value: Double
    let shape: Shape
    let dtype: DType
    public var name: String { "constant" }
    public var tag: Int { Int(truncatingIfNeeded: value.bitPattern ^ (value.bitPattern >> 32)) &+ shape.mixed }
    public func shape(_ inputs: [Shape]) -> Shape { shape }
    public func dtype(_ input: (Int) -> DType) -> DType { dtype }
    public func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) -> [Expression?] { [] }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {}
    public func work(inputs: [Shape], output: Shape) -> Int { 0 }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {}

    public static func == (a: Constant, b: Constant) -> Bool {
        a.value.bitPattern == b.value.bitPattern && a.shape == b.shape && a.dtype == b.dtype
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(value.bitPattern)
        hasher.combine(shape)
    }
}

/// Row-major values that a plan holds.
public final class ConstantContents: Hashable, @unchecked Sendable {
    public let shape: Shape
    public let dtype: DType
    public let values: [Double]
    public init(shape: Shape, dtype: DType, values: [Double]) {
        precondition(shape.elements == values.count)
        (self.shape, self.dtype, self.values) = (shape, dtype, values)
        tag = values.prefix(64).reduce(shape.mixed) { 31 &* $0 &+ Int(truncatingIfNeeded: $1.bitPattern ^ ($1.bitPattern >> 32)) }
    }
    let tag: Int
    public static func == (a: ConstantContents, b: ConstantContents) -> Bool {
        a === b || (a.shape == b.shape && a.dtype == b.dtype && a.values.elementsEqual(b.values) { $0.bitPattern == $1.bitPattern })
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(tag)
    }
}

public struct ConstantTensor: Operator {
    public let contents: ConstantContents
    public var name: String { "constant" }
    public var tag: Int { contents.tag }
    public func shape(_ inputs: [Shape]) -> Shape { contents.shape }
    public func dtype(_ input: (Int) -> DType) -> DType { contents.dtype }
    public func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) -> [Expression?] { [] }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {}
    public func work(inputs: [Shape], output: Shape) -> Int { 0 }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {}
}
