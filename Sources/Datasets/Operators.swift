import Engine
import Synchronization
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The signal itself, plus noise.
public struct IdentityMeasurement: Measurement, Hashable {
    public let noise: Double
    public init(noise: Double) { self.noise = noise }
    public var description: String { "identity{noise = \(noise)}" }
    public func measuredShape(_ signal: Shape) -> Shape { signal }
    public func signalShape(_ measured: Shape) -> Shape { measured }
    public func forward(_ x: Expression) -> Expression { x }
    public func adjoint(_ y: Expression, signal: Shape) -> Expression { y }
}

/// A circular Gaussian blur, every `factor`-th sample of it kept from the first: `blur` has factor 1. An image
/// {channels, height, width} is blurred along its rows and along its columns, and every factor-th of both is kept.
///
/// Without `taps` the kernel goes all round the signal, k[d] ~ exp(-d^2 / 2 sigma^2) for the circular distance d, sum 1.
public struct GaussianMeasurement: Measurement, Hashable {
    public let sigma: Double
    public let taps: Int?
    public let factor: Int
    public let noise: Double

    public init(sigma: Double, taps: Int? = nil, factor: Int = 1, noise: Double) {
        (self.sigma, self.taps, self.factor, self.noise) = (sigma, taps, factor, noise)
    }

    public var description: String {
        factor == 1
            ? "blur{sigma = \(sigma)\(taps.map { ", taps = \($0)" } ?? ""), noise = \(noise)}"
            : "downsample{factor = \(factor), sigma = \(sigma)\(taps.map { ", taps = \($0)" } ?? ""), noise = \(noise)}"
    }

    public func measuredShape(_ signal: Shape) throws -> Shape {
        let name = factor == 1 ? "blur" : "downsample"
        return try [signal[0]] + signal.dropFirst().map { size in
            guard size > 0 else { throw EngineError("\(name): signals of length 0") }
            // The kernel goes round the signal once at most to each side.
            if let taps, taps / 2 > size { throw EngineError("\(name): \(taps) taps are too many for a length of \(size)") }
            return (size + factor - 1) / factor
        }
    }
    public func signalShape(_ measured: Shape) throws -> Shape {
        try [measured[0]] + measured.dropFirst().map { size in
            guard factor < 1 << 20, size < 1 << 20 else { throw EngineError("downsample: no signals of length \(size) times \(factor)") }
            return size * factor
        }
    }

    /// The kernel for signals of a length and the position of its centre.
    func kernel(_ length: Int) -> (weights: [Double], centre: Int) {
        let count = taps ?? length
        // An odd number of taps has its centre in the middle; all round an even length, half the taps are on each side.
        let centre = taps == nil ? length / 2 : (count - 1) / 2
        let values = (0..<count).map { i -> Double in
            let d = Double(i - centre)
            return sigma == 0 ? (d == 0 ? 1 : 0) : exp(-d * d / (2 * sigma * sigma))
        }
        let sum = values.reduce(0, +)
        return (values.map { $0 / sum }, centre)
    }

    private func attributes(_ length: Int, centre: Int, taps: Int) -> ConvolutionAttributes {
        var a = ConvolutionAttributes()
        (a.mode, a.stride, a.padLeft, a.padRight) = (.circular, factor, centre, taps - 1 - centre)
        return a
    }

    /// A dense matrix {measured, length} is less work than a strided convolution with most of the signal in its reach.
    private func matrix(_ length: Int) -> [Double]? {
        guard factor > 1, length <= 1024 else { return nil }
        let (k, centre) = kernel(length)
        guard length <= 2 * k.count else { return nil }
        let rows = (length + factor - 1) / factor
        var matrix = [Double](repeating: 0, count: rows * length)
        for row in 0..<rows { for (t, value) in k.enumerated() { matrix[row * length + (((row * factor + t - centre) % length) + length) % length] += value } }
        return matrix
    }

    private struct WeightsKey: Hashable {
        let sigma: Double, taps: Int?, factor: Int, length: Int, dtype: DType
    }
    private static let known = Mutex<[WeightsKey: (contents: ConstantContents, centre: Int?)]>([:])

    /// The kernel {1, 1, taps} with its centre, or the matrix of the whole: kept, since every node of a network asks for it.
    private func weights(_ length: Int, _ dtype: DType) -> (contents: ConstantContents, centre: Int?) {
        let key = WeightsKey(sigma: sigma, taps: taps, factor: factor, length: length, dtype: dtype)
        if let weights = Self.known.withLock({ $0[key] }) { return weights }
        let weights: (contents: ConstantContents, centre: Int?)
        if let matrix = matrix(length) {
            weights = (ConstantContents(shape: [matrix.count / length, length], dtype: dtype, values: matrix), nil)
        } else {
            let (k, centre) = kernel(length)
            weights = (ConstantContents(shape: [1, 1, k.count], dtype: dtype, values: k), centre)
        }
        Self.known.withLock { known in
            if known.count >= 64 { known.removeAll() }
            known[key] = weights
        }
        return weights
    }

    public func forward(_ x: Expression) throws -> Expression {
        x.shape.count == 4 ? try alongBothAxes(x, sizes: [0, 0]) { x, _ in try forwardAlongLength(x) } : try forwardAlongLength(x)
    }

    public func adjoint(_ y: Expression, signal: Shape) throws -> Expression {
        guard try measuredShape(signal) == Array(y.shape.dropFirst()) else {
            throw EngineError("adjoint: a measurement of shape \(try measuredShape(signal).braces) expected, got \(Array(y.shape.dropFirst()).braces)")
        }
        guard signal.count == 3 else { return try adjointAlongLength(y, length: signal[1]) }
        return try alongBothAxes(y, sizes: Array(signal.dropFirst()), adjointAlongLength)
    }

    /// A map of signals {n, 1, length} along the rows and then the columns of images {n, channels, height, width}.
    /// `sizes` {height, width} are handed to it.
    private func alongBothAxes(_ x: Expression, sizes: Shape, _ map: (Expression, _ length: Int) throws -> Expression) throws -> Expression {
        func alongLast(_ x: Expression, _ size: Int) throws -> Expression {
            let others = Array(x.shape.dropLast())
            let y = try map(try x.reshape([others.elements, 1, x.shape[3]]), size)
            return try y.reshape(others + [y.shape[2]])
        }
        return try alongLast(try alongLast(x, sizes[1]).permute([0, 1, 3, 2]), sizes[0]).permute([0, 1, 3, 2])
    }

    private func forwardAlongLength(_ x: Expression) throws -> Expression {
        let length = x.shape[2], (contents, centre) = weights(length, x.dtype)
        guard let centre else { return try x.matmul(x.graph.constant(contents).transpose(0, 1)) }
        return try perChannel(x) { x in
            try x.convolve(x.graph.constant(contents), attributes(length, centre: centre, taps: contents.values.count))
        }
    }

    private func adjointAlongLength(_ y: Expression, length: Int) throws -> Expression {
        let (contents, centre) = weights(length, y.dtype)
        guard let centre else { return try y.matmul(y.graph.constant(contents)) }
        return try perChannel(y) { y in
            try y.convolveTransposed(y.graph.constant(contents),
                                     attributes(length, centre: centre, taps: contents.values.count), spatial: [length])
        }
    }

    /// Every channel is a signal of its own.
    private func perChannel(_ x: Expression, _ body: (Expression) throws -> Expression) throws -> Expression {
        guard x.shape[1] != 1 else { return try body(x) }
        return try concatenate((0..<x.shape[1]).map { try body(x.slice(axis: 1, start: $0, count: 1)) }, axis: 1)
    }
}

/// The last of several after the ones before it: y = A_n .. A_1 x, written compose{A_n, .., A_1}. Its noise is the outermost's.
public struct ComposedMeasurement: Measurement {
    /// Outermost first.
    public let parts: [any Measurement]
    public init(_ parts: [any Measurement]) { self.parts = parts }
    public var noise: Double { parts.first?.noise ?? 0 }
    public var description: String { "compose{" + parts.map(\.description).joined(separator: ", ") + "}" }
    public func measuredShape(_ signal: Shape) throws -> Shape { try parts.reversed().reduce(signal) { try $1.measuredShape($0) } }
    public func signalShape(_ measured: Shape) throws -> Shape { try parts.reduce(measured) { try $1.signalShape($0) } }
    public func forward(_ x: Expression) throws -> Expression { try parts.reversed().reduce(x) { try $1.forward($0) } }
    public func adjoint(_ y: Expression, signal: Shape) throws -> Expression {
        var shapes = [signal]
        for part in parts.reversed() { shapes.append(try part.measuredShape(shapes.last!)) }
        var y = y
        for (i, part) in parts.enumerated() { y = try part.adjoint(y, signal: shapes[parts.count - 1 - i]) }
        return y
    }
}

/// Samples kept (1) or lost (0), the same for every signal.
public struct MaskMeasurement: Measurement, Hashable {
    /// The share of samples kept.
    public let keep: Double
    public let seed: UInt64
    public let noise: Double
    public init(keep: Double, seed: UInt64, noise: Double) { (self.keep, self.seed, self.noise) = (keep, seed, noise) }
    public var description: String { "mask{keep = \(keep), seed = \(seed), noise = \(noise)}" }
    public func measuredShape(_ signal: Shape) -> Shape { signal }
    public func signalShape(_ measured: Shape) -> Shape { measured }
    public func forward(_ x: Expression) throws -> Expression {
        // A sample is kept where a uniform draw of its position is below `keep`.
        let positions = Array(x.shape.dropFirst())
        let draw = try x.graph.apply(RandomDraw(.uniform, [positions.elements], x.dtype, stream: 0, seed: seed), [])
        return x * (try draw.compare(.less, x.graph.constant(keep, x.dtype)).reshape(positions))
    }
    public func adjoint(_ y: Expression, signal: Shape) throws -> Expression { try forward(y) }
}

/// Any matrix {measured length, length}, applied to every channel.
public struct MatrixMeasurement: Measurement, Hashable {
    public let rows: Int, columns: Int
    public let values: [Double]
    public let noise: Double
    public let description: String
    public init(rows: Int, columns: Int, values: [Double], noise: Double) {
        (self.rows, self.columns, self.values, self.noise) = (rows, columns, values, noise)
        var hasher = SettledHash()
        for value in values { hasher.combine(value.bitPattern) }
        description = "matrix{{\(rows), \(columns)}, \(String(hasher.value, radix: 16)), noise = \(noise)}"
    }
    public func measuredShape(_ signal: Shape) throws -> Shape {
        guard signal.count == 2 else { throw EngineError("matrix: signals {n, channels, length} expected, got images of shape \(signal.braces)") }
        guard signal[1] == columns else { throw EngineError("matrix: signals of length \(columns) expected, got \(signal[1])") }
        return [signal[0], rows]
    }
    public func signalShape(_ measured: Shape) throws -> Shape {
        guard measured.count == 2 else { throw EngineError("matrix: measurements {n, channels, length} expected, got images of shape \(measured.braces)") }
        guard measured[1] == rows else { throw EngineError("matrix: measurements of length \(rows) expected, got \(measured[1])") }
        return [measured[0], columns]
    }
    public func forward(_ x: Expression) throws -> Expression {
        _ = try measuredShape(Array(x.shape.dropFirst()))
        return try x.matmul(x.graph.constant(ConstantContents(shape: [rows, columns], dtype: x.dtype, values: values)).transpose(0, 1))
    }
    public func adjoint(_ y: Expression, signal: Shape) throws -> Expression {
        _ = try signalShape(Array(y.shape.dropFirst()))
        return try y.matmul(y.graph.constant(ConstantContents(shape: [rows, columns], dtype: y.dtype, values: values)))
    }
}

/// A hash that is the same in every process (FNV-1a, 64 bit): for descriptions, not for identity.
struct SettledHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
    mutating func combine(_ word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { value = (value ^ ((word >> UInt64(shift)) & 0xff)) &* 0x100_0000_01b3 }
    }
}
