import Datasets
import Engine

/// Another operation with x(0) = A'y added to its output: a connection past the nodes before. It has weights of its own.
public struct SkipOperation: Operation {
    public let inner: any Operation
    public init(_ inner: any Operation) { self.inner = inner }
    public var name: String { "\(inner.name)+x0" }
    public var description: String { "skip{\(inner.description)}" }
    public struct Identity: Hashable {
        let skipped: AnyHashable
    }
    public var identity: Identity { Identity(skipped: inner.erasedIdentity) }
    public func parameters(signal: Shape) throws -> [Parameter] { try inner.parameters(signal: signal) }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        try inner.forward(x, parameters, context) + context.initial
    }
    public func prepare(batch: Shape, measurement: any Measurement, training: Bool) throws {
        try inner.prepare(batch: batch, measurement: measurement, training: training)
    }
}
