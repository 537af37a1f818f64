// y = c0 x0 + c1 x1 + ...: one pass whatever the number of terms, first a product, then fused multiply-adds in order.
// Up to six terms have loops of their own with coefficients and pointers in registers. y may equal any x.
import CLanes

func linearCombination(
    _ y: Out, _ coefficients: UnsafePointer<UnsafeRawPointer?>, _ x: UnsafePointer<UnsafeRawPointer>, _ terms: Int, _ count: Int
) {
    switch terms {
    case ...0: fill(y, 0, count)
    case 1:
        let c0 = coefficient(coefficients, 0)
        unaryLoop(y, x[0], 1, count) { lanes_mul(c0, $0) }
    case 2: combine2(y, coefficients, x, count)
    case 3: combine3(y, coefficients, x, count)
    case 4: combine4(y, coefficients, x, count)
    case 5: combine5(y, coefficients, x, count)
    case 6: combine6(y, coefficients, x, count)
    default: combineMany(y, coefficients, x, terms, count)
    }
}

@inline(__always)
private func coefficient(_ c: UnsafePointer<UnsafeRawPointer?>, _ t: Int) -> Lanes {
    if let p = c[t] { return lanes_splat(p.assumingMemoryBound(to: Real.self)[0]) }
    return lanes_splat(1)
}

@inline(__always)
private func term(_ x: UnsafePointer<UnsafeRawPointer>, _ t: Int) -> UnsafePointer<Real> { x[t].assumingMemoryBound(to: Real.self) }

/// Two vectors at a time and the tail; `f` gets the position and the number of lanes to take there.
@inline(__always)
private func combineLoop(_ y: Out, _ count: Int, _ f: (Int, Int32) -> Lanes) {
    let y = y.assumingMemoryBound(to: Real.self)
    var i = 0
    while i + 32 <= count {
        let a = f(i, 16), b = f(i + 16, 16)
        lanes_store(y + i, a)
        lanes_store(y + i + 16, b)
        i += 32
    }
    if i + 16 <= count {
        lanes_store(y + i, f(i, 16))
        i += 16
    }
    if i < count { lanes_store_first(y + i, f(i, Int32(count - i)), Int32(count - i)) }
}

@inline(__always)
private func load(_ p: UnsafePointer<Real>, _ lanes: Int32) -> Lanes { lanes == 16 ? lanes_load(p) : lanes_load_first(p, lanes) }

private func combine2(_ y: Out, _ c: UnsafePointer<UnsafeRawPointer?>, _ x: UnsafePointer<UnsafeRawPointer>, _ count: Int) {
    let c0 = coefficient(c, 0), c1 = coefficient(c, 1)
    let x0 = term(x, 0), x1 = term(x, 1)
    combineLoop(y, count) { i, n in lanes_fma(c1, load(x1 + i, n), lanes_mul(c0, load(x0 + i, n))) }
}

private func combine3(_ y: Out, _ c: UnsafePointer<UnsafeRawPointer?>, _ x: UnsafePointer<UnsafeRawPointer>, _ count: Int) {
    let c0 = coefficient(c, 0), c1 = coefficient(c, 1), c2 = coefficient(c, 2)
    let x0 = term(x, 0), x1 = term(x, 1), x2 = term(x, 2)
    combineLoop(y, count) { i, n in
        lanes_fma(c2, load(x2 + i, n), lanes_fma(c1, load(x1 + i, n), lanes_mul(c0, load(x0 + i, n))))
    }
}

private func combine4(_ y: Out, _ c: UnsafePointer<UnsafeRawPointer?>, _ x: UnsafePointer<UnsafeRawPointer>, _ count: Int) {
    let c0 = coefficient(c, 0), c1 = coefficient(c, 1), c2 = coefficient(c, 2), c3 = coefficient(c, 3)
    let x0 = term(x, 0), x1 = term(x, 1), x2 = term(x, 2), x3 = term(x, 3)
    combineLoop(y, count) { i, n in
        var s = lanes_fma(c1, load(x1 + i, n), lanes_mul(c0, load(x0 + i, n)))
        s = lanes_fma(c2, load(x2 + i, n), s)
        return lanes_fma(c3, load(x3 + i, n), s)
    }
}

private func combine5(_ y: Out, _ c: UnsafePointer<UnsafeRawPointer?>, _ x: UnsafePointer<UnsafeRawPointer>, _ count: Int) {
    let c0 = coefficient(c, 0), c1 = coefficient(c, 1), c2 = coefficient(c, 2), c3 = coefficient(c, 3), c4 = coefficient(c, 4)
    let x0 = term(x, 0), x1 = term(x, 1), x2 = term(x, 2), x3 = term(x, 3), x4 = term(x, 4)
    combineLoop(y, count) { i, n in
        var s = lanes_fma(c1, load(x1 + i, n), lanes_mul(c0, load(x0 + i, n)))
        s = lanes_fma(c2, load(x2 + i, n), s)
        s = lanes_fma(c3, load(x3 + i, n), s)
        return lanes_fma(c4, load(x4 + i, n), s)
    }
}

private func combine6(_ y: Out, _ c: UnsafePointer<UnsafeRawPointer?>, _ x: UnsafePointer<UnsafeRawPointer>, _ count: Int) {
    let c0 = coefficient(c, 0), c1 = coefficient(c, 1), c2 = coefficient(c, 2)
    let c3 = coefficient(c, 3), c4 = coefficient(c, 4), c5 = coefficient(c, 5)
    let x0 = term(x, 0), x1 = term(x, 1), x2 = term(x, 2), x3 = term(x, 3), x4 = term(x, 4), x5 = term(x, 5)
    combineLoop(y, count) { i, n in
        var s = lanes_fma(c1, load(x1 + i, n), lanes_mul(c0, load(x0 + i, n)))
        s = lanes_fma(c2, load(x2 + i, n), s)
        s = lanes_fma(c3, load(x3 + i, n), s)
        s = lanes_fma(c4, load(x4 + i, n), s)
        return lanes_fma(c5, load(x5 + i, n), s)
    }
}

private func combineMany(
    _ y: Out, _ c: UnsafePointer<UnsafeRawPointer?>, _ x: UnsafePointer<UnsafeRawPointer>, _ terms: Int, _ count: Int
) {
    let y = y.assumingMemoryBound(to: Real.self)
    var i = 0
    while i + 64 <= count {
        let c0 = coefficient(c, 0), x0 = term(x, 0) + i
        var s0 = lanes_mul(c0, lanes_load(x0)), s1 = lanes_mul(c0, lanes_load(x0 + 16))
        var s2 = lanes_mul(c0, lanes_load(x0 + 32)), s3 = lanes_mul(c0, lanes_load(x0 + 48))
        for t in 1..<terms {
            let ct = coefficient(c, t), xt = term(x, t) + i
            s0 = lanes_fma(ct, lanes_load(xt), s0)
            s1 = lanes_fma(ct, lanes_load(xt + 16), s1)
            s2 = lanes_fma(ct, lanes_load(xt + 32), s2)
            s3 = lanes_fma(ct, lanes_load(xt + 48), s3)
        }
        lanes_store(y + i, s0)
        lanes_store(y + i + 16, s1)
        lanes_store(y + i + 32, s2)
        lanes_store(y + i + 48, s3)
        i += 64
    }
    while i < count {
        let n = Int32(min(count - i, 16))
        var s = lanes_mul(coefficient(c, 0), lanes_load_first(term(x, 0) + i, n))
        for t in 1..<terms { s = lanes_fma(coefficient(c, t), lanes_load_first(term(x, t) + i, n), s) }
        lanes_store_first(y + i, s, n)
        i += 16
    }
}
