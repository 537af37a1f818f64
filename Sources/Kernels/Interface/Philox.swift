// Philox4x32-10, one counter at a time: the definition that the vector loops in Loops/Philox.swift must agree with.
// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), and Random123.

/// The four random words at a counter under a key. A bijection of the counters for every key.
public func philox4x32(counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c0, c1, c2, c3) = counter
    var (k0, k1) = key
    for _ in 0..<10 {
        let p0 = UInt64(c0) * 0xD251_1F53, p1 = UInt64(c2) * 0xCD9E_8D57
        (c0, c1, c2, c3) = (
            UInt32(p1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1),
            UInt32(p0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0))
        k0 &+= 0x9E37_79B9
        k1 &+= 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
}

extension RandomPosition {
    /// The words of draw block `index` at this position.
    public func words(at index: UInt32) -> (UInt32, UInt32, UInt32, UInt32) {
        philox4x32(
            counter: (index, stream, UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32)),
            key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    }
}
