// One step of Adam over a flat vector in one pass: parameters and both moments are read and written once. The operations
// are those of the formula one by one, each rounded, so that the bits are those of the elementwise loops.
import CLanes
import KernelInterface

func adamStep(_ step: UnsafeRawPointer, _ count: Int) {
    let s = step.assumingMemoryBound(to: AdamStep.self).pointee
    let pass = AdamPass(s)
    var i = 0
    while i + 16 <= count {
        pass.advance(i, 16)
        i += 16
    }
    if i < count { pass.advance(i, Int32(count - i)) }
}

private struct AdamPass {
    var p: UnsafePointer<Real>, m: UnsafePointer<Real>, v: UnsafePointer<Real>, g: UnsafePointer<Real>
    var newP: UnsafeMutablePointer<Real>, newM: UnsafeMutablePointer<Real>, newV: UnsafeMutablePointer<Real>
    var scale: Lanes, rate: Lanes, correction1: Lanes, correction2: Lanes
    var keep1: Lanes, keep2: Lanes, take1: Lanes, take2: Lanes, epsilon: Lanes, decay: Lanes, shrinkage: Lanes
    var scales: Bool, decays: Bool, shrinks: Bool

    @inline(__always)
    init(_ s: AdamStep) {
        func number(_ p: UnsafeRawPointer) -> Lanes { lanes_splat(p.assumingMemoryBound(to: Real.self).pointee) }
        p = s.parameters.assumingMemoryBound(to: Real.self)
        m = s.mean.assumingMemoryBound(to: Real.self)
        v = s.square.assumingMemoryBound(to: Real.self)
        g = s.gradient.assumingMemoryBound(to: Real.self)
        newP = s.newParameters.assumingMemoryBound(to: Real.self)
        newM = s.newMean.assumingMemoryBound(to: Real.self)
        newV = s.newSquare.assumingMemoryBound(to: Real.self)
        rate = number(s.rate)
        correction1 = number(s.meanCorrection)
        correction2 = number(s.squareCorrection)
        scales = s.scale != nil
        scale = s.scale == nil ? lanes_splat(1) : number(s.scale!)
        keep1 = lanes_splat(Real(s.constants.meanDecay))
        take1 = lanes_splat(Real(s.constants.meanShare))
        keep2 = lanes_splat(Real(s.constants.squareDecay))
        take2 = lanes_splat(Real(s.constants.squareShare))
        epsilon = lanes_splat(Real(s.constants.epsilon))
        decay = lanes_splat(Real(s.constants.weightDecay))
        decays = s.constants.weightDecay != 0
        shrinkage = lanes_mul(rate, lanes_splat(Real(s.constants.shrinkage)))
        shrinks = s.constants.shrinkage != 0
    }

    @inline(__always)
    func advance(_ i: Int, _ n: Int32) {
        @inline(__always) func load(_ x: UnsafePointer<Real>) -> Lanes { n == 16 ? lanes_load(x + i) : lanes_load_first(x + i, n) }
        @inline(__always) func store(_ x: UnsafeMutablePointer<Real>, _ a: Lanes) { if n == 16 { lanes_store(x + i, a) } else { lanes_store_first(x + i, a, n) } }
        let p = load(self.p)
        var g = load(self.g)
        if scales { g = lanes_mul(g, scale) }
        if decays { g = lanes_add(g, lanes_mul(decay, p)) }
        let m = lanes_add(lanes_mul(keep1, load(self.m)), lanes_mul(take1, g))
        let v = lanes_add(lanes_mul(keep2, load(self.v)), lanes_mul(take2, lanes_mul(g, g)))
        let direction = lanes_div(lanes_mul(correction1, m), lanes_add(lanes_square_root(lanes_mul(correction2, v)), epsilon))
        let base = shrinks ? lanes_sub(p, lanes_mul(shrinkage, p)) : p
        store(newP, lanes_sub(base, lanes_mul(rate, direction)))
        store(newM, m)
        store(newV, v)
    }
}
