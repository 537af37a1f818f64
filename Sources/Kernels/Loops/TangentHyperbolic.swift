// tanh. Float32: x + x^3 q(x^2) for |x| < 0.625 (minimax, 2^-32), else 1 - 2 / (e^2|x| + 1) with the sign of x.
// Greatest error over all of float32: 1.33 ulp.
import CLanes
#if OCHE_DOUBLE
import Glibc

func tangentHyperbolic(_ y: Out, _ x: In, _ step: Int, _ count: Int) { scalarLoop(y, x, step, count) { Glibc.tanh($0) } }
#else

func tangentHyperbolic(_ y: Out, _ x: In, _ step: Int, _ count: Int) {
    unaryLoop(y, x, step, count, unroll: false) { tangentHyperbolicLanes($0) }
}

@inline(__always)
func tangentHyperbolicLanes(_ x: Lanes) -> Lanes {
    let a = lanes_absolute(x), z = lanes_mul(x, x)
    var q = lanes_splat(0x1.16b06p-9)
    q = lanes_fma(q, z, lanes_splat(-0x1.0b5f52p-7))
    q = lanes_fma(q, z, lanes_splat(0x1.636de6p-6))
    q = lanes_fma(q, z, lanes_splat(-0x1.b9ebf4p-5))
    q = lanes_fma(q, z, lanes_splat(0x1.11105ap-3))
    q = lanes_fma(q, z, lanes_splat(-0x1.555554p-2))
    let near = lanes_fma(lanes_mul(z, a), q, a)
    // From 9.02 on the result rounds to 1.
    let double = lanes_at_most(lanes_add(a, a), 20)
    let (p, n) = exponentialReduced(double)
    let e = lanes_mul(p, lanes_from_bits(bits_left(bits_add(n, bits_splat(127)), 23)))
    let far = lanes_sub(lanes_splat(1), lanes_div(lanes_splat(2), lanes_add(e, lanes_splat(1))))
    return lanes_copysign(lanes_select(lanes_less(a, lanes_splat(0.625)), near, far), x)
}
#endif
