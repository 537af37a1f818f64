import Engine
import KernelInterface
import Tensors
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A forward operator A of an inverse problem y = A x + noise, with its adjoint. Signals are {n, channels, length}, or
/// images {n, channels, height, width}. An operator only builds graph; `<A x, y> = <x, A'y>` holds to rounding.
public protocol Measurement: Sendable {
    /// What identifies the operator in a study and a file: kind and settings, in one line.
    var description: String { get }
    /// What names plans with the operator while the process lives, contents included: operators of equal identity compute
    /// the same. The operator itself, where it is Hashable.
    associatedtype Identity: Hashable
    var identity: Identity { get }
    /// Standard deviation of the Gaussian noise of an observation.
    var noise: Double { get }
    /// {channels, length} of what a signal of {channels, length} is measured as, or the like of images. Throws when it can't be.
    func measuredShape(_ signal: Shape) throws -> Shape
    /// {channels, length} of the signals that are measured as this; the inverse of `measuredShape` where it is silent.
    func signalShape(_ measured: Shape) throws -> Shape
    func forward(_ x: Expression) throws -> Expression
    /// A'y for signals of shape {channels, length} or {channels, height, width}.
    func adjoint(_ y: Expression, signal: Shape) throws -> Expression
    /// What is measured, with noise: asked for where `noise` is above 0.
    func addNoise(_ y: Expression) throws -> Expression
}

extension Measurement where Self: Hashable {
    public var identity: Self { self }
}

extension Measurement {
    /// The identity beside those of other types.
    public var erasedIdentity: AnyHashable { AnyHashable(identity) }

    /// A'A x.
    public func normal(_ x: Expression) throws -> Expression { try adjoint(try forward(x), signal: Array(x.shape.dropFirst())) }

    /// y = A x + noise, drawn at the run's seed and step.
    public func observe(_ x: Expression) throws -> Expression {
        let y = try forward(x)
        return noise > 0 ? try addNoise(y) : y
    }

    public func addNoise(_ y: Expression) throws -> Expression { y + noise * (try gaussian(like: y)) }

    /// Standard normal draws in the shape of y, at the run's seed and step.
    func gaussian(like y: Expression) throws -> Expression {
        try y.graph.apply(RandomDraw(.normal, y.shape, y.dtype, stream: y.graph.freshRandomStream()), [])
    }

    /// Runs a linear map of this operator on one tensor {n, channels, ..}.
    public func run(_ x: Tensor, seed: UInt64 = 0, step: UInt64 = 0, _ map: (Expression) throws -> Expression) throws -> Tensor {
        let graph = Graph()
        let output = try map(graph.input(x.shape, x.dtype))
        return try Tensor.run(Plan(graph, outputs: [output]), inputs: [x], seed: seed, step: step)[0]
    }

    /// The relative mismatch |<A x, y> - <x, A'y>| / (|A x| |y|) on random x and y of the type given.
    public func dotTest(signal: Shape, dtype: DType, seed: UInt64) throws -> Double {
        let graph = Graph()
        let x = try graph.apply(RandomDraw(.normal, [1] + signal, dtype, stream: 0), [])
        let y = try graph.apply(RandomDraw(.normal, [1] + measuredShape(signal), dtype, stream: 1), [])
        let plan = try Plan(graph, outputs: [x, y, try forward(x), try adjoint(y, signal: signal)])
        let values = try Tensor.run(plan, inputs: [], seed: seed).map { try $0.values() }
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let scale = (dot(values[2], values[2]) * dot(values[1], values[1])).squareRoot()
        return abs(dot(values[2], values[1]) - dot(values[0], values[3])) / max(scale, .leastNormalMagnitude)
    }

    /// The spectral norm |A| for signals of a shape without n: power iteration on A'A in float64, to 1e-12.
    public func norm(signal: Shape) throws -> Double {
        let graph = Graph()
        let x = graph.input([1] + signal, .float64)
        let z = try normal(x)
        let plan = try Plan(graph, outputs: [z])
        let execution = Execution(plan)
        let count = signal.elements
        // Start with every frequency present and none at rest.
        var v = (0..<count).map { 1 + 0.5 * cos(Double($0 * $0)) }
        var previous = 0.0
        for _ in 0..<20_000 {
            let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0 else { return 0 }
            for i in v.indices { v[i] /= length }
            try v.withUnsafeBufferPointer {
                execution.bind(0, to: $0.baseAddress!)
                try execution.run()
            }
            let next = execution.output(0).assumingMemoryBound(to: Double.self)
            var rayleigh = 0.0
            for i in 0..<count {
                rayleigh += v[i] * next[i]
            }
            for i in 0..<count { v[i] = next[i] }
            if abs(rayleigh - previous) <= 1e-14 * rayleigh { return rayleigh.squareRoot() }
            previous = rayleigh
        }
        return previous.squareRoot()
    }
}
