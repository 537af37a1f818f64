// Fused multiply-adds on registers only, in enough independent chains to fill the pipelines: the mark that kernels are
// measured against.
import CLanes

/// Gives the number of floating-point operations: a multiply-add is two.
func multiplyAddRounds(_ rounds: Int) -> Double {
    let a = lanes_splat(0.999), b = lanes_splat(1e-3)
    var (s0, s1, s2, s3, s4, s5) = (a, a, a, a, a, a)
    var (s6, s7, s8, s9, s10, s11) = (a, a, a, a, a, a)
    for _ in 0..<rounds {
        s0 = lanes_fma(s0, a, b); s1 = lanes_fma(s1, a, b); s2 = lanes_fma(s2, a, b); s3 = lanes_fma(s3, a, b)
        s4 = lanes_fma(s4, a, b); s5 = lanes_fma(s5, a, b); s6 = lanes_fma(s6, a, b); s7 = lanes_fma(s7, a, b)
        s8 = lanes_fma(s8, a, b); s9 = lanes_fma(s9, a, b); s10 = lanes_fma(s10, a, b); s11 = lanes_fma(s11, a, b)
    }
    let low = lanes_add(lanes_add(lanes_add(s0, s1), lanes_add(s2, s3)), lanes_add(s4, s5))
    let high = lanes_add(lanes_add(lanes_add(s6, s7), lanes_add(s8, s9)), lanes_add(s10, s11))
    // The sum is used, so that nothing is optimised away; it is far from this bound.
    let isUsed = lanes_sum(lanes_add(low, high)) > 1e30
    return isUsed ? 0 : Double(rounds) * 12 * 16 * 2
}
