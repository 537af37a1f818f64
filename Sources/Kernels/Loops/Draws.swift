// Where random values go. Counter r * quads + q gives the values 4 q ... 4 q + 3 of row r; a packed block takes one q of 16
// rows at a time, rows take 16 counters in a row, so both make the same words of the same counters.
import CLanes
import KernelInterface

/// Four values from each of 16 counters: value j of counter l in lane l of vector j.
typealias Draws = (v0: Lanes, v1: Lanes, v2: Lanes, v3: Lanes)

@inline(__always)
func drawPacked(_ packed: Out, _ elements: Int, _ firstRow: Int, _ position: In, from start: Int = 0, _ transform: (RandomWords) -> Draws) {
    lanes_align_stack()
    let packed = packed.assumingMemoryBound(to: Real.self)
    let position = position.assumingMemoryBound(to: RandomPosition.self).pointee
    let quads = (elements + 3) / 4
    var counter = UInt32(truncatingIfNeeded: firstRow &* quads &+ start / 4)
    var e = start
    while e + 8 <= elements && lanes_many_registers() != 0 {
        let (w, v) = philoxPair(counter, counter &+ 1, UInt32(truncatingIfNeeded: quads), position)
        let d = transform(w), g = transform(v)
        lanes_store(packed + 16 * e, d.v0)
        lanes_store(packed + 16 * e + 16, d.v1)
        lanes_store(packed + 16 * e + 32, d.v2)
        lanes_store(packed + 16 * e + 48, d.v3)
        lanes_store(packed + 16 * e + 64, g.v0)
        lanes_store(packed + 16 * e + 80, g.v1)
        lanes_store(packed + 16 * e + 96, g.v2)
        lanes_store(packed + 16 * e + 112, g.v3)
        e += 8
        counter = counter &+ 2
        if isStopped(at: e) { return }
    }
    while e + 4 <= elements {
        let d = transform(philox(counter, UInt32(truncatingIfNeeded: quads), position))
        lanes_store(packed + 16 * e, d.v0)
        lanes_store(packed + 16 * e + 16, d.v1)
        lanes_store(packed + 16 * e + 32, d.v2)
        lanes_store(packed + 16 * e + 48, d.v3)
        e += 4
        counter = counter &+ 1
        if isStopped(at: e) { return }
    }
    if e < elements {
        let d = transform(philox(counter, UInt32(truncatingIfNeeded: quads), position))
        lanes_store(packed + 16 * e, d.v0)
        if e + 1 < elements { lanes_store(packed + 16 * e + 16, d.v1) }
        if e + 2 < elements { lanes_store(packed + 16 * e + 32, d.v2) }
    }
}

@inline(__always)
func drawRows(_ y: Out, _ rows: Int, _ elements: Int, _ position: In, _ transform: (RandomWords) -> Draws) {
    lanes_align_stack()
    let y = y.assumingMemoryBound(to: Real.self)
    let position = position.assumingMemoryBound(to: RandomPosition.self).pointee
    let quads = (elements + 3) / 4, counters = max(rows, 0) * quads
    var c = 0
    if elements & 3 == 0 {
        // No gaps between rows: 64 values in a row from 16 counters.
        while c + 32 <= counters && lanes_many_registers() != 0 {
            let (w, v) = philoxPair(UInt32(truncatingIfNeeded: c), UInt32(truncatingIfNeeded: c + 16), 1, position)
            let d = transform(w), g = transform(v)
            lanes_store_interleaved(y + 4 * c, d.v0, d.v1, d.v2, d.v3)
            lanes_store_interleaved(y + 4 * c + 64, g.v0, g.v1, g.v2, g.v3)
            c += 32
            if isStopped(at: c) { return }
        }
        while c + 16 <= counters {
            let d = transform(philox(UInt32(truncatingIfNeeded: c), 1, position))
            lanes_store_interleaved(y + 4 * c, d.v0, d.v1, d.v2, d.v3)
            c += 16
            if isStopped(at: c) { return }
        }
    }
    // Rows end inside a counter's values, or counters end inside a vector: through a buffer.
    var r = c / max(quads, 1), e = 4 * (c - r * quads)
    while c < counters {
        let d = transform(philox(UInt32(truncatingIfNeeded: c), 1, position))
        var buffer = (d.v0, d.v0, d.v0, d.v0)
        withUnsafeMutablePointer(to: &buffer) {
            let values = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Real.self)
            lanes_store_interleaved(values, d.v0, d.v1, d.v2, d.v3)
            var l = 0
            while l < 16 && c + l < counters {
                lanes_store_four(y + r * elements + e, values + 4 * l, min(4, elements - e))
                e += 4
                if e >= elements { (r, e) = (r + 1, 0) }
                l += 1
            }
        }
        c += 16
        if isStopped(at: c) { return }
    }
}
