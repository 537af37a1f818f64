// Where the fused backward kernels keep their per-lane sums while the block's positions go by.
// Invariant: sums and the windows that the inner loop reads never share a place within a page. A load that follows a store
// to the same place of another page is held up as if it depended on it, and which buffers collide would be chance.
import CLanes
import KernelInterface

/// `each` entries for every channel: as many channels to a page as leave the first `window` entries of each page free.
struct TwoLayerWeightSums {
    static var page: Int { 4096 / MemoryLayout<Lanes>.size }
    var window: UnsafeMutablePointer<Lanes>, first: UnsafeMutablePointer<Lanes>, zeros: UnsafeMutablePointer<Lanes>
    var each: Int, perPage: Int, gap: Int

    static func channelsPerPage(_ window: Int, _ each: Int) -> Int { max(1, (page - window) / each) }
    static func pagesPerStep(_ window: Int, _ each: Int) -> Int { (window + channelsPerPage(window, each) * each + page - 1) / page }
    /// Entries of scratch that `init` takes.
    static func count(window: Int, each: Int, channels: Int) -> Int {
        let steps = (channels + channelsPerPage(window, each) - 1) / channelsPerPage(window, each)
        return page + each + (steps * pagesPerStep(window, each) + 1) * page
    }

    init(_ scratch: UnsafeMutablePointer<Lanes>, window: Int, each: Int) {
        zeros = scratch
        lanes_clear(zeros, each)
        let start = (Int(bitPattern: scratch + each) + 4095) & ~4095
        self.window = UnsafeMutableRawPointer(bitPattern: start)!.assumingMemoryBound(to: Lanes.self)
        first = self.window + window
        self.each = each
        perPage = Self.channelsPerPage(window, each)
        gap = Self.pagesPerStep(window, each) * Self.page - perPage * each
    }
}

/// A channel's sums on the way through all channels.
struct TwoLayerWeightPlace {
    var sums: UnsafeMutablePointer<Lanes>, left: Int

    @_transparent
    init(_ s: TwoLayerWeightSums) { (sums, left) = (s.first, s.perPage) }

    @_transparent
    mutating func advance(_ s: TwoLayerWeightSums) {
        left -= 1
        sums += left == 0 ? s.each + s.gap : s.each
        left = left == 0 ? s.perPage : left
    }
}
