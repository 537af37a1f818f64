import Engine
import Synchronization
import Tensors

/// Samples kept (1) or lost (0), the same for every signal. What is lost is not measured: it is 0 in an observation, and
/// has no noise.
public struct MaskMeasurement: Measurement, Hashable {
    /// What is kept or lost as one.
    public enum Unit: String, CaseIterable, Hashable, Sendable {
        /// Each sample of each channel.
        case channel
        /// A sample in all its channels.
        case sample
    }

    /// How many are kept: each with this probability, or exactly this share of all, to the next whole number.
    public let keep: Double
    public let isExact: Bool
    public let unit: Unit
    public let seed: UInt64
    /// Standard deviation of the noise of what is kept.
    public let noise: Double

    public init(keep: Double, isExact: Bool = false, per unit: Unit = .channel, seed: UInt64, noise: Double) {
        self.keep = keep
        self.isExact = isExact
        self.unit = unit
        self.seed = seed
        self.noise = noise
    }

    public var description: String {
        let exact = isExact ? ", exact = true" : ""
        let per = unit == .channel ? "" : ", per = \(unit.rawValue)"
        return "mask{keep = \(keep)\(exact)\(per), seed = \(seed), noise = \(noise)}"
    }

    public func measuredShape(_ signal: Shape) -> Shape { signal }
    public func signalShape(_ measured: Shape) -> Shape { measured }

    public func forward(_ x: Expression) throws -> Expression {
        x * x.graph.constant(try contents(Array(x.shape.dropFirst()), x.dtype))
    }

    public func adjoint(_ y: Expression, signal: Shape) throws -> Expression { try forward(y) }

    /// A (x + noise): where nothing is measured there is no noise either.
    public func addNoise(_ y: Expression) throws -> Expression { try forward(y + (try noise * gaussian(like: y))) }

    private struct ContentsKey: Hashable {
        let mask: MaskMeasurement
        let shape: Shape
        let dtype: DType
    }
    private static let known = Mutex<[ContentsKey: ConstantContents]>([:])

    /// 1 or 0 for every place of a signal {channels, ..}: kept, since every node of a network asks for them.
    private func contents(_ shape: Shape, _ dtype: DType) throws -> ConstantContents {
        let key = ContentsKey(mask: self, shape: shape, dtype: dtype)
        if let contents = Self.known.withLock({ $0[key] }) { return contents }
        let contents = ConstantContents(shape: shape, dtype: dtype, values: try values(shape))
        Self.known.withLock { known in
            if known.count >= 64 { known.removeAll() }
            known[key] = contents
        }
        return contents
    }

    private func values(_ shape: Shape) throws -> [Double] {
        let channels = unit == .sample ? shape[0] : 1
        let units = shape.elements / max(1, channels)
        // The same draws in both precisions, so that both have the same mask.
        let graph = Graph()
        let draw = try graph.apply(RandomDraw(.uniform, [units], .float32, stream: 0, seed: seed), [])
        let draws = try Tensor.run(Plan(graph, outputs: [draw]), inputs: [])[0].values()
        let isKept: [Double]
        if isExact {
            let count = Int((keep * Double(units)).rounded())
            let order = draws.indices.sorted { (draws[$0], $0) < (draws[$1], $1) }
            var kept = [Double](repeating: 0, count: units)
            for place in order.prefix(count) { kept[place] = 1 }
            isKept = kept
        } else {
            isKept = draws.map { $0 < keep ? 1 : 0 }
        }
        return (0..<channels).flatMap { _ in isKept }
    }
}
