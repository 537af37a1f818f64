// Between rows and packed blocks: 16 x 16 transpositions where a sample's elements lie side by side, loads and stores where
// samples do, one element at a time otherwise. Lanes without a sample repeat the last one, so that they can't raise
// infinities or NaN of their own.
import CLanes

func pack(_ packed: Out, _ x: In, _ sampleStride: Int, _ elementStride: Int, _ elements: Int, _ lanes: Int) {
    let packed = packed.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    var e = 0
    if sampleStride == 1 && lanes == 16 {
        while e < elements {
            lanes_store(packed + 16 * e, lanes_load(x + e * elementStride))
            e += 1
        }
        return
    }
    if elementStride == 1 {
        while e + 16 <= elements {
            if lanes == 16 {
                lanes_pack_square(packed + 16 * e, x + e, sampleStride, 16, 16)
            } else {
                lanes_pack_square(packed + 16 * e, x + e, sampleStride, 16, lanes)
            }
            e += 16
        }
        if e < elements { lanes_pack_square(packed + 16 * e, x + e, sampleStride, elements - e, lanes) }
        return
    }
    while e < elements {
        for l in 0..<16 { packed[16 * e + l] = x[min(l, lanes - 1) * sampleStride + e * elementStride] }
        e += 1
    }
}

func unpack(_ x: Out, _ sampleStride: Int, _ elementStride: Int, _ packed: In, _ elements: Int, _ lanes: Int) {
    let packed = packed.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    var e = 0
    if sampleStride == 1 && lanes == 16 {
        while e < elements {
            lanes_store(x + e * elementStride, lanes_load(packed + 16 * e))
            e += 1
        }
        return
    }
    if elementStride == 1 {
        while e + 16 <= elements {
            if lanes == 16 {
                lanes_unpack_square(x + e, sampleStride, packed + 16 * e, 16, 16)
            } else {
                lanes_unpack_square(x + e, sampleStride, packed + 16 * e, 16, lanes)
            }
            e += 16
        }
        if e < elements { lanes_unpack_square(x + e, sampleStride, packed + 16 * e, elements - e, lanes) }
        return
    }
    while e < elements {
        for l in 0..<max(lanes, 0) { x[l * sampleStride + e * elementStride] = packed[16 * e + l] }
        e += 1
    }
}
