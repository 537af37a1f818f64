// How packed per-lane values leave the block region: sums over the lanes, inner products and sums per lane.
// An inner product goes in blocks of 256 elements, each of four chains of 64, whose sums are added in pairs (PairwiseSums).
import CLanes

func sumLanes(_ y: Out, _ x: In, _ count: Int, _ groups: Int, _ groupStride: Int) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    var i = 0
    while i + 16 <= count {
        var sum = lanes_splat(0)
        if groups > 0 {
            sum = lanes_sums(x + 16 * i)
            var g = 1
            while g < groups {
                sum = lanes_add(sum, lanes_sums(x + g * groupStride + 16 * i))
                g += 1
            }
        }
        lanes_store(y + i, sum)
        i += 16
    }
    while i < count {
        var sum: Real = 0
        if groups > 0 {
            sum = lanes_sum(lanes_load(x + 16 * i))
            var g = 1
            while g < groups {
                sum += lanes_sum(lanes_load(x + g * groupStride + 16 * i))
                g += 1
            }
        }
        y[i] = sum
        i += 1
    }
}

func dotLanes(_ y: Out, _ a: In, _ b: In, _ elements: Int, _ lanes: Int) {
    let y = y.assumingMemoryBound(to: Real.self)
    let a = a.assumingMemoryBound(to: Real.self), b = b.assumingMemoryBound(to: Real.self)
    let block = 4 * blockRows
    var sum: Lanes
    if elements <= block {
        sum = dotBlock(a, b, elements)
    } else {
        let room: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_sums, PairwiseStack.room(width: 1, blocks: (elements + block - 1) / block))
        var sums = PairwiseStack(room.assumingMemoryBound(to: Lanes.self), width: 1)
        var i = 0
        while i < elements {
            if i & 0xffff == 0 && isStopped() { return }
            sums.next[0] = dotBlock(a + 16 * i, b + 16 * i, min(block, elements - i))
            sums.advance()
            i += block
        }
        sum = sums.finish()[0]
    }
    if lanes == 16 {
        lanes_store(y, lanes_add(lanes_load(y), sum))
    } else {
        lanes_store_first(y, lanes_add(lanes_load_first(y, Int32(lanes)), sum), Int32(lanes))
    }
}

/// Four sums, over the elements 0, 4, 8, ..., 1, 5, 9, ... and so on, added in pairs.
@inline(__always)
private func dotBlock(_ a: UnsafePointer<Real>, _ b: UnsafePointer<Real>, _ elements: Int) -> Lanes {
    var s0 = lanes_splat(0), s1 = s0, s2 = s0, s3 = s0
    var i = 0
    let end = 16 * elements
    while i + 64 <= end {
        s0 = lanes_fma(lanes_load(a + i), lanes_load(b + i), s0)
        s1 = lanes_fma(lanes_load(a + i + 16), lanes_load(b + i + 16), s1)
        s2 = lanes_fma(lanes_load(a + i + 32), lanes_load(b + i + 32), s2)
        s3 = lanes_fma(lanes_load(a + i + 48), lanes_load(b + i + 48), s3)
        i += 64
    }
    while i < end {
        s0 = lanes_fma(lanes_load(a + i), lanes_load(b + i), s0)
        i += 16
    }
    return lanes_add(lanes_add(s0, s1), lanes_add(s2, s3))
}

func addLanes(_ y: Out, _ x: In, _ elements: Int, _ lanes: Int) {
    if lanes == 16 { return binaryLoop(y, y, 1, x, 1, 16 * elements) { lanes_add($0, $1) } }
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    var i = 0
    while i < 16 * elements {
        let old = lanes_load(y + i)
        lanes_store(y + i, lanes_first_or(lanes_add(old, lanes_load(x + i)), old, Int32(lanes)))
        i += 16
    }
}
