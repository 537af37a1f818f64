/// Seeds derived from seeds: a trial's data, search and retraining draw from seeds of their own, so that one can be
/// changed without the others. SplitMix64 (Steele, Lea and Flood 2014) of seed and purpose.
public enum Purpose: UInt64, Sendable {
    case trial = 1, data, search, retraining, parameters, alpha, steps, validationSteps, evaluation, architecture, bootstrap, evolution, selection
}

public func derivedSeed(_ seed: UInt64, _ purpose: Purpose, _ index: UInt64 = 0) -> UInt64 {
    func mix(_ x: UInt64) -> UInt64 {
        var z = x &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    return mix(mix(mix(seed) ^ purpose.rawValue) ^ index)
}
