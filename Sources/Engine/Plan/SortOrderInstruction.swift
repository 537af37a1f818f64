import KernelInterface

/// The indices (from 0) that sort each line; stable, NaN last. Numbers become integers of the same order, which are
/// sorted digit by digit from the last; every pass keeps the order of the one before.
final class SortOrderInstruction: Instruction {
    let x: Operand, y: Operand
    let walk: AxisWalk
    let descending: Bool
    let dtype: DType
    init(x: Operand, y: Operand, axis: Int, descending: Bool, dtype: DType) {
        (self.x, self.y, walk, self.descending, self.dtype) = (x, y, AxisWalk(x.shape, axis: axis), descending, dtype)
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(x.address.buffer)
        body(y.address.buffer)
    }

    override func run(_ memory: UnsafePointer<Memory>) {
        let (x, y) = (memory.pointee.pointer(x.address), memory.pointee.pointer(y.address))
        let inner = walk.inner
        switch dtype {
        case .float32:
            let x = x.assumingMemoryBound(to: Float.self), y = y.assumingMemoryBound(to: Float.self)
            sort(UInt32.self, key: { i in
                let value = x[i], bits = (value + 0).bitPattern  // -0 + 0 is 0
                if value.isNaN { return .max }
                let ordered = bits >> 31 == 0 ? bits | 1 << 31 : ~bits
                return descending ? ~ordered : ordered
            }, place: { first, i, index in y[first + i * inner] = Float(index) })
        case .float64:
            let x = x.assumingMemoryBound(to: Double.self), y = y.assumingMemoryBound(to: Double.self)
            sort(UInt64.self, key: { i in
                let value = x[i], bits = (value + 0).bitPattern
                if value.isNaN { return .max }
                let ordered = bits >> 63 == 0 ? bits | 1 << 63 : ~bits
                return descending ? ~ordered : ordered
            }, place: { first, i, index in y[first + i * inner] = Double(index) })
        }
    }

    @inline(__always)
    private func sort<Key: FixedWidthInteger & UnsignedInteger>(
        _: Key.Type, key: (_ element: Int) -> Key, place: (_ first: Int, _ i: Int, _ index: Int) -> Void
    ) {
        typealias Item = (key: Key, index: UInt32)
        let n = walk.size
        guard n > 0 else { return }
        var from = UnsafeMutablePointer<Item>.allocate(capacity: n), to = UnsafeMutablePointer<Item>.allocate(capacity: n)
        defer {
            from.deallocate()
            to.deallocate()
        }
        let digits = Key.bitWidth / 8
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 256 * digits) { counts in
            walk.forEachLine { _, first in
                Interruption.pieces(n) { start, count in
                    for i in start..<(start + count) { from[i] = (key(first + i * walk.inner), UInt32(truncatingIfNeeded: i)) }
                }
                if n <= 32 {
                    insertionSort(from, n)
                } else {
                    counts.update(repeating: 0)
                    Interruption.pieces(n) { start, count in
                        for i in start..<(start + count) {
                            var rest = from[i].key
                            for d in 0..<digits {
                                counts[256 * d + Int(truncatingIfNeeded: rest & 255)] += 1
                                rest >>= 8
                            }
                        }
                    }
                    for d in 0..<digits where !Interruption.isRequested {
                        let starts = counts.baseAddress! + 256 * d, shift = Key(8 * d)
                        // A digit that all have in common changes nothing.
                        if starts[Int(truncatingIfNeeded: (from[0].key >> shift) & 255)] == n { continue }
                        var start = 0
                        for digit in 0..<256 { (starts[digit], start) = (start, start + starts[digit]) }
                        Interruption.pieces(n) { start, count in
                            for i in start..<(start + count) {
                                let digit = Int(truncatingIfNeeded: (from[i].key >> shift) & 255)
                                to[starts[digit]] = from[i]
                                starts[digit] += 1
                            }
                        }
                        swap(&from, &to)
                    }
                }
                Interruption.pieces(n) { start, count in
                    for i in start..<(start + count) { place(first, i, Int(from[i].index)) }
                }
            }
        }
    }

    @inline(__always)
    private func insertionSort<Key: FixedWidthInteger>(_ items: UnsafeMutablePointer<(key: Key, index: UInt32)>, _ n: Int) {
        for i in 1..<max(n, 1) {
            let item = items[i]
            var j = i
            while j > 0, items[j - 1].key > item.key {
                items[j] = items[j - 1]
                j -= 1
            }
            items[j] = item
        }
    }
}
