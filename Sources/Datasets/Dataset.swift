import Engine
import Tensors

/// Signals and what was measured of them: {n, channels, length} and {n, channels, measured length}.
public struct Split: Sendable {
    public let clean: Tensor, measured: Tensor
    public var count: Int { clean.shape[0] }
    public init(clean: Tensor, measured: Tensor) { (self.clean, self.measured) = (clean, measured) }
}

/// A drawn data set.
public struct Dataset: Sendable {
    public let train: Split, validation: Split, test: Split
    public let measurement: any Measurement
    /// The peak that every PSNR of this data set uses.
    public let peak: Double
    public var signalShape: Shape { Array(train.clean.shape.dropFirst()) }
    public init(train: Split, validation: Split, test: Split, measurement: any Measurement, peak: Double) {
        (self.train, self.validation, self.test, self.measurement, self.peak) = (train, validation, test, measurement, peak)
    }
}

/// Where a trial's data come from. With a seed of its own every trial shares one data set; without, each draws from its
/// own seed.
public protocol DataSource: Sendable {
    var description: String { get }
    var seed: UInt64? { get }
    var measurement: any Measurement { get }
    var signalShape: Shape { get }
    var counts: (train: Int, validation: Int, test: Int) { get }
    var peak: Double { get }
    func draw(seed: UInt64) throws -> Dataset
}

extension DataSource {
    public func dataset(trialSeed: UInt64) throws -> Dataset { try draw(seed: seed ?? derivedSeed(trialSeed, .data)) }
}

/// x(t) = a cos(2 pi f t / length + phi) + offset at t = 0 .. length - 1, each parameter uniform in its range.
public final class Cosines: DataSource {
    public struct Range: Hashable, Sendable {
        public var low: Double, high: Double
        public init(_ low: Double, _ high: Double) { (self.low, self.high) = (low, high) }
        var text: String { "{\(low), \(high)}" }
    }
    public let length: Int
    public let counts: (train: Int, validation: Int, test: Int)
    public let magnitude: Range, frequency: Range, phase: Range, offset: Range
    public let measurement: any Measurement
    public let seed: UInt64?
    public let peak = 1.0
    private let plan: Plan

    /// Throws when the measurement does not take signals of this length, or a split is empty.
    public init(length: Int, counts: (train: Int, validation: Int, test: Int), magnitude: Range, frequency: Range, phase: Range, offset: Range,
                measurement: any Measurement, seed: UInt64?) throws {
        (self.length, self.counts, self.magnitude, self.frequency, self.phase, self.offset) = (length, counts, magnitude, frequency, phase, offset)
        (self.measurement, self.seed) = (measurement, seed)
        for (name, count) in [("train", counts.train), ("validation", counts.validation), ("test", counts.test)] where count < 1 {
            throw EngineError("cosines: at least one \(name) signal expected, got \(count)")
        }
        _ = try measurement.measuredShape([1, length])
        let total = counts.train + counts.validation + counts.test
        let graph = Graph()
        // Four uniform draws per signal; the signals of the three splits are one after another.
        let draws = try graph.apply(RandomDraw(.uniform, [total, 4], .float32, stream: graph.freshRandomStream()), [])
        func parameter(_ i: Int, _ range: Range) throws -> Expression {
            try draws.slice(axis: 1, start: i, count: 1) * (range.high - range.low) + range.low
        }
        let t = graph.constant(ConstantContents(shape: [1, length], dtype: .float32, values: (0..<length).map { 2 * .pi * Double($0) / Double(length) }))
        let angle = try parameter(1, frequency) * t + parameter(2, phase)
        let x = try (try parameter(0, magnitude) * angle.cos() + parameter(3, offset)).reshape([total, 1, length])
        plan = try Plan(graph, outputs: [x, measurement.observe(x)])
    }

    public var signalShape: Shape { [1, length] }
    public var description: String {
        "cosines{length = \(length), train = \(counts.train), validation = \(counts.validation), test = \(counts.test), magnitude = \(magnitude.text), "
            + "frequency = \(frequency.text), phase = \(phase.text), offset = \(offset.text), measurement = \(measurement.description)"
            + (seed.map { ", seed = \($0)" } ?? "") + "}"
    }

    public func draw(seed: UInt64) throws -> Dataset {
        let values = try Tensor.run(plan, inputs: [], seed: derivedSeed(seed, .signals))
        return try split(clean: values[0], measured: values[1], counts: counts, measurement: measurement, peak: peak)
    }
}

/// Three splits of rows in order.
func split(clean: Tensor, measured: Tensor, counts: (train: Int, validation: Int, test: Int), measurement: any Measurement, peak: Double) throws -> Dataset {
    var start = 0
    func next(_ count: Int) throws -> Split {
        defer { start += count }
        return Split(clean: try clean.view([SliceRange(start: start, count: count)]), measured: try measured.view([SliceRange(start: start, count: count)]))
    }
    return Dataset(train: try next(counts.train), validation: try next(counts.validation), test: try next(counts.test), measurement: measurement, peak: peak)
}

/// A user's own signals {n, channels, length}, shuffled and split.
public final class GivenSignals: DataSource {
    public let clean: Tensor
    public let measurement: any Measurement
    public let counts: (train: Int, validation: Int, test: Int)
    public let peak: Double
    public let seed: UInt64?
    private let contentHash: String

    /// `fractions` of train, validation and test, summing to 1. Throws for values that are not finite, fewer signals than
    /// splits, or fractions that leave a split empty.
    public init(clean: Tensor, measurement: any Measurement, fractions: [Double], peak: Double, seed: UInt64?) throws {
        guard clean.rank == 3 else { throw EngineError("from: signals {n, length} or {n, channels, length} expected, got shape \(clean.shape.braces)") }
        let n = clean.shape[0]
        let values = try clean.values()
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
            throw EngineError("from: finite values expected, got \(values[bad].isNaN ? "nan" : "\(values[bad])") in signal \(bad / (clean.count / n) + 1)")
        }
        guard fractions.count == 3, fractions.allSatisfy({ $0 > 0 }), abs(fractions.reduce(0, +) - 1) < 1e-9 else {
            throw EngineError("from: split of three positive fractions with sum 1 expected, got {\(fractions.map { "\($0)" }.joined(separator: ", "))}")
        }
        let train = Int((Double(n) * fractions[0]).rounded()), validation = Int((Double(n) * fractions[1]).rounded())
        counts = (train, validation, n - train - validation)
        guard train > 0, validation > 0, counts.test > 0 else {
            throw EngineError("from: \(n) \(n == 1 ? "signal is" : "signals are") too few for the split: train \(train), validation \(validation), test \(counts.test)")
        }
        _ = try measurement.measuredShape(Array(clean.shape.dropFirst()))
        // In an object of its own: what the caller assigns to its tensor afterwards is no part of the data set.
        self.clean = try clean.concrete("it becomes part of a data set").convert(to: .float32).alias()
        self.measurement = measurement
        self.peak = peak
        self.seed = seed
        var hash = SettledHash()
        for value in values { hash.combine(value.bitPattern) }
        contentHash = String(hash.value, radix: 16)
    }

    public var signalShape: Shape { Array(clean.shape.dropFirst()) }
    public var description: String {
        "from{clean = \(clean.shape.braces) \(contentHash), split = {\(counts.train), \(counts.validation), \(counts.test)}, peak = \(peak), measurement = \(measurement.description)"
            + (seed.map { ", seed = \($0)" } ?? "") + "}"
    }

    public func draw(seed: UInt64) throws -> Dataset {
        // The order of uniform draws is a random permutation.
        let graph = Graph()
        let n = clean.shape[0]
        let plan = try Plan(graph, outputs: [graph.apply(RandomDraw(.uniform, [n], .float64, stream: 0), [])])
        let draws = try Tensor.run(plan, inputs: [], seed: derivedSeed(seed, .order))[0].values()
        let order = draws.indices.sorted { (draws[$0], $0) < (draws[$1], $1) }
        let row = clean.count / n, values = try clean.values()
        let shuffled = Tensor(order.flatMap { values[($0 * row)..<(($0 + 1) * row)] }, shape: clean.shape)
        let measured = try measurement.run(shuffled, seed: derivedSeed(seed, .observation)) { try measurement.observe($0) }
        return try split(clean: shuffled, measured: measured, counts: counts, measurement: measurement, peak: peak)
    }
}
