import KernelInterface

/// What random numbers are for. A trial's data, search and retraining draw from seeds of their own, so that one can be
/// changed without the others; whatever takes a seed of a user derives from it the seed of its purpose, so that two of them
/// that are given one seed share no draws.
public enum Purpose: UInt64, Sendable {
    case trial = 1, data, search, retraining, parameters, alpha, steps, validationSteps, evaluation, architecture, bootstrap, evolution, selection
    /// Fine-tuning while an architecture is selected; the signals of a data set, the order of given ones, the noise of an
    /// observation, the signal that a measurement is known by in a file.
    case tuning, signals, order, observation, measurementResponse
}

/// SplitMix64's output function (Steele, Lea and Flood 2014), a bijection.
private func mix(_ x: UInt64) -> UInt64 {
    var z = x &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
}

/// A seed derived from a seed for a purpose; `index` tells several of one purpose apart.
public func derivedSeed(_ seed: UInt64, _ purpose: Purpose, _ index: UInt64 = 0) -> UInt64 {
    mix(mix(mix(seed) ^ purpose.rawValue) ^ index)
}

extension RandomPosition {
    /// Where the draws begin of one of many things of a purpose, which is known by numbers and names: an initial weight by
    /// the states that its edge joins, its operation's name and its own.
    ///
    /// The key of the generator is `derivedSeed(seed, purpose)`; its step and stream are 96 bits of a hash of the numbers, the
    /// names and their lengths. So there is no bound on any of them, a draw depends on nothing but what names it (what else
    /// is there, and in which order, makes no difference), and things of other names have counters of their own.
    public init(seed: UInt64, _ purpose: Purpose, numbers: [Int], names: [String]) {
        func hash(_ start: UInt64) -> UInt64 {
            var hash = mix(start)
            func add(_ word: UInt64) { hash = mix(hash ^ word) }
            add(UInt64(numbers.count))
            for number in numbers { add(UInt64(bitPattern: Int64(number))) }
            for name in names {
                let bytes = Array(name.utf8)
                add(UInt64(bytes.count))
                for start in stride(from: 0, to: bytes.count, by: 8) {
                    add(bytes[start..<min(start + 8, bytes.count)].reduce(0) { $0 << 8 | UInt64($1) })
                }
            }
            return hash
        }
        self.init(seed: derivedSeed(seed, purpose), step: hash(1), stream: UInt32(truncatingIfNeeded: hash(2)))
    }
}
