// Where a position outside the signal is read, for each padding mode.
import KernelInterface

/// The position of 0 ..< count that stands for `position`, or -1 where it counts as zero.
@inline(__always)
func resolvePosition(_ position: Int, _ count: Int, _ mode: PaddingMode) -> Int {
    if position >= 0 && position < count { return position }
    switch mode {
    case .zeros: return -1
    case .circular:
        let r = position % count
        return r < 0 ? r + count : r
    case .reflect:
        if count == 1 { return 0 }
        let period = 2 * (count - 1)
        var r = position % period
        if r < 0 { r += period }
        return r < count ? r : period - r
    }
}
