// Resamples drawn once for all who want the same ones: the rows of a table have the same number of scores and the same seed, so
// their intervals rest on the same draws, which cost more than the statistics of them.

import Foundation

/// The first resamples of a stream, as multiplicities in a byte each. Immutable, so that threads share it.
final class Resamples: Sendable {
    let seed: UInt64, count: Int, drawn: Int
    private let multiplicities: [UInt8]

    private init(_ stream: ResamplingStream, count: Int, drawn: Int) {
        (seed, self.count, self.drawn) = (stream.seed, count, drawn)
        var (counts, all) = ([Int32](repeating: 0, count: count), [UInt8](repeating: 0, count: count * drawn))
        for r in 0..<drawn {
            stream.resample(r, into: &counts)
            // With n scores one is drawn more than 255 times with a probability below 1 / 255!: then it is drawn anew where it is asked for.
            for i in 0..<count { all[r * count + i] = UInt8(clamping: counts[i]) }
        }
        multiplicities = all
    }

    private static let lock = NSLock()
    nonisolated(unsafe) private static var last: Resamples?
    /// Beyond it nothing is kept: a large sample's resamples would stay in memory for one row.
    private static let mostBytes = 8_000_000

    /// At least `drawn` resamples of `count` scores: those of the call before when they are the same.
    static func of(_ stream: ResamplingStream, count: Int, drawn: Int) -> Resamples? {
        guard count * drawn <= mostBytes else { return nil }
        if let last = lock.withLock({ last }), last.seed == stream.seed, last.count == count, last.drawn >= drawn { return last }
        let new = Resamples(stream, count: count, drawn: drawn)
        lock.withLock { last = new }
        return new
    }

    /// Resample number `r` in `counts`; false when it was not drawn.
    func read(_ r: Int, into counts: inout [Int32]) -> Bool {
        guard r < drawn else { return false }
        var isWhole = true
        multiplicities.withUnsafeBufferPointer { all in
            counts.withUnsafeMutableBufferPointer { counts in
                for i in 0..<count {
                    let n = all[r * count + i]
                    counts[i] = Int32(n)
                    if n == .max { isWhole = false }
                }
            }
        }
        return isWhole
    }
}
