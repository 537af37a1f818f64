// The random numbers of the bootstrap: SplitMix64 (Steele, Lea and Flood 2014) read by counter, so that draw i of resample r is
// a pure function of (seed, r, i) and intervals are the same on every machine and in every order of evaluation.

/// A counter-based stream of 64-bit words.
struct ResamplingStream: Sendable {
    let seed: UInt64

    /// The word at `counter`, counted from 0: output `counter` of SplitMix64 started at `seed`.
    @inline(__always) func word(_ counter: UInt64) -> UInt64 {
        var z = seed &+ (counter &+ 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A uniform index in 0..<n, by multiplication (its bias is below n / 2⁶⁴).
    @inline(__always) func index(_ counter: UInt64, below n: Int) -> Int {
        Int(truncatingIfNeeded: word(counter).multipliedFullWidth(by: UInt64(n)).high)
    }

    /// Draws `counts.count` positions with replacement into `counts` as multiplicities: resample number `resample`.
    func resample(_ resample: Int, into counts: inout [Int32]) {
        let n = counts.count
        counts.withUnsafeMutableBufferPointer { buffer in
            buffer.update(repeating: 0)
            let first = UInt64(resample) &* UInt64(n)
            for i in 0..<n { buffer[index(first &+ UInt64(i), below: n)] += 1 }
        }
    }
}
