// The drivers of elementwise loops: 16 lanes at a time over flat memory, the tail through a partial load and store, so
// that an element gets the same bits wherever it stands and nothing past the end is touched.
// `f` is a literal closure at each use and these are always inlined: no closure is left in the machine code.
import CLanes

@inline(__always)
func unaryLoop(
    _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ step: Int, _ count: Int, unroll: Bool = true, _ f: (Lanes) -> Lanes
) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    var i = 0
    if step == 0 {
        if count <= 0 { return }
        let value = f(lanes_splat(x[0]))
        while i + 16 <= count {
            lanes_store(y + i, value)
            i += 16
        }
        if i < count { lanes_store_first(y + i, value, Int32(count - i)) }
        return
    }
    if unroll {
        while i + 64 <= count {
            let a = lanes_load(x + i), b = lanes_load(x + i + 16), c = lanes_load(x + i + 32), d = lanes_load(x + i + 48)
            lanes_store(y + i, f(a))
            lanes_store(y + i + 16, f(b))
            lanes_store(y + i + 32, f(c))
            lanes_store(y + i + 48, f(d))
            i += 64
        }
    }
    while i + 16 <= count {
        lanes_store(y + i, f(lanes_load(x + i)))
        i += 16
    }
    if i < count {
        let rest = Int32(count - i)
        lanes_store_first(y + i, f(lanes_load_first(x + i, rest)), rest)
    }
}

@inline(__always)
func binaryLoop(
    _ y: UnsafeMutableRawPointer, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int, _ count: Int,
    unroll: Bool = true, _ f: (Lanes, Lanes) -> Lanes
) {
    let b0 = b.assumingMemoryBound(to: Real.self)
    if count <= 0 { return }
    // One operand the same for all: a unary loop with its value held in a register.
    if bStep == 0 {
        let value = lanes_splat(b0[0])
        return unaryLoop(y, a, aStep, count, unroll: unroll) { f($0, value) }
    }
    let a = a.assumingMemoryBound(to: Real.self)
    if aStep == 0 {
        let value = lanes_splat(a[0])
        return unaryLoop(y, b, bStep, count, unroll: unroll) { f(value, $0) }
    }
    let y = y.assumingMemoryBound(to: Real.self)
    var i = 0
    if unroll {
        while i + 64 <= count {
            let r0 = f(lanes_load(a + i), lanes_load(b0 + i)), r1 = f(lanes_load(a + i + 16), lanes_load(b0 + i + 16))
            let r2 = f(lanes_load(a + i + 32), lanes_load(b0 + i + 32)), r3 = f(lanes_load(a + i + 48), lanes_load(b0 + i + 48))
            lanes_store(y + i, r0)
            lanes_store(y + i + 16, r1)
            lanes_store(y + i + 32, r2)
            lanes_store(y + i + 48, r3)
            i += 64
        }
    }
    while i + 16 <= count {
        lanes_store(y + i, f(lanes_load(a + i), lanes_load(b0 + i)))
        i += 16
    }
    if i < count {
        let rest = Int32(count - i)
        lanes_store_first(y + i, f(lanes_load_first(a + i, rest), lanes_load_first(b0 + i, rest)), rest)
    }
}

@inline(__always)
func ternaryLoop(
    _ y: UnsafeMutableRawPointer, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ c: UnsafeRawPointer, _ cStep: Int, _ count: Int, _ f: (Lanes, Lanes, Lanes) -> Lanes
) {
    if count <= 0 { return }
    let a0 = a.assumingMemoryBound(to: Real.self), b0 = b.assumingMemoryBound(to: Real.self)
    if aStep == 0 {
        let value = lanes_splat(a0[0])
        return binaryLoop(y, b, bStep, c, cStep, count) { f(value, $0, $1) }
    }
    if bStep == 0 {
        let value = lanes_splat(b0[0])
        return binaryLoop(y, a, aStep, c, cStep, count) { f($0, value, $1) }
    }
    let c0 = c.assumingMemoryBound(to: Real.self)
    if cStep == 0 {
        let value = lanes_splat(c0[0])
        return binaryLoop(y, a, aStep, b, bStep, count) { f($0, $1, value) }
    }
    let y = y.assumingMemoryBound(to: Real.self)
    var i = 0
    while i + 32 <= count {
        let r0 = f(lanes_load(a0 + i), lanes_load(b0 + i), lanes_load(c0 + i))
        let r1 = f(lanes_load(a0 + i + 16), lanes_load(b0 + i + 16), lanes_load(c0 + i + 16))
        lanes_store(y + i, r0)
        lanes_store(y + i + 16, r1)
        i += 32
    }
    while i + 16 <= count {
        lanes_store(y + i, f(lanes_load(a0 + i), lanes_load(b0 + i), lanes_load(c0 + i)))
        i += 16
    }
    if i < count {
        let rest = Int32(count - i)
        let r = f(lanes_load_first(a0 + i, rest), lanes_load_first(b0 + i, rest), lanes_load_first(c0 + i, rest))
        lanes_store_first(y + i, r, rest)
    }
}

#if OCHE_DOUBLE
/// One element at a time, for functions that double precision takes from libm.
@inline(__always)
func scalarLoop(_ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ step: Int, _ count: Int, _ f: (Double) -> Double) {
    let y = y.assumingMemoryBound(to: Double.self), x = x.assumingMemoryBound(to: Double.self)
    for i in 0..<max(count, 0) { y[i] = f(x[i * step]) }
}
#endif
