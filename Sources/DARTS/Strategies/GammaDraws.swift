import Engine
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Draws of the gamma distribution as graph, with their derivative in the shape parameter.
///
/// A draw is Marsaglia and Tsang's (2000) for shape a + 1, scaled by u^(1/a); of eight candidates the last that is
/// accepted. Its derivative is implicit (Figurnov, Mohamed and Mnih 2018): dx/da = -(dF/da) / f at the draw.

/// One draw for each element of `shape` (positive), from streams of the graph.
func gammaDraw(_ shape: Expression) throws -> Expression {
    let graph = shape.graph, a = shape.stopGradient()
    let d = a + (1 - 1.0 / 3)
    let c = (9.0 * d).sqrt().reciprocal()
    // The mode stands in should all candidates be refused, about once in 10^11 draws.
    var boosted = d
    for _ in 0..<8 {
        let normal = try graph.apply(RandomDraw(.normal, shape.shape, shape.dtype, stream: graph.freshRandomStream()), [])
        let u = try graph.uniform(shape.shape, shape.dtype)
        let root = c * normal + 1.0
        let v = (root * root * root).maximum(graph.constant(1e-12, shape.dtype))
        let bound = 0.5 * (normal * normal) + d * (1.0 - v + v.log())
        let accepted = u.log().compare(.less, bound) * root.compare(.greater, graph.constant(0, shape.dtype))
        boosted = select(accepted, d * v, boosted)
    }
    let u = try graph.uniform(shape.shape, shape.dtype)
    let draw = (boosted * (u.log() / a).exp()).maximum(graph.constant(1e-30, shape.dtype)).stopGradient()
    return draw + gammaDerivative(shape: a, draw: draw).stopGradient() * (shape - a)
}

/// dx/da of a draw x at shape a.
///
/// Below x = 3 the power series of the distribution function, -sum over n of x^(n+1) / (a (a+1) .. (a+n)) (log x - psi(a+n+1)).
/// Above, the integral of the upper tail, with v = t - x: the integral over v of (1 + v/x)^(a-1) e^-v (log(x + v) - psi(a)), by Gauss-Laguerre.
func gammaDerivative(shape a: Expression, draw x: Expression) -> Expression {
    let graph = a.graph
    let border = graph.constant(3, a.dtype)
    let low = x.minimum(border), logLow = low.log()
    var power = low / a, psi = digamma(a + 1)
    var series = power * (psi - logLow)
    for n in 1...20 {
        let next = a + Double(n)
        power = power * low / next
        psi = psi + next.reciprocal()
        series = series + power * (psi - logLow)
    }
    let high = x.maximum(border), psiA = digamma(a)
    var tail = graph.filled(0, a.shape, a.dtype)
    for (node, weight) in GaussLaguerre.sixteen {
        let at = high + node
        tail = tail + weight * (((a - 1) * (at / high).log()).exp() * (at.log() - psiA))
    }
    return select(x.compare(.less, border), series, tail)
}

/// The digamma function for positive x: the recurrence up to x + 6, then the asymptotic series.
func digamma(_ x: Expression) -> Expression {
    var shift = x.reciprocal()
    for n in 1..<6 { shift = shift + (x + Double(n)).reciprocal() }
    let z = x + 6, r = z.reciprocal(), s = r * r
    return z.log() - 0.5 * r - s * (1.0 / 12 - s * (1.0 / 120 - (1.0 / 252) * s)) - shift
}

/// log Gamma for positive x, likewise; its derivative is that of the graph.
func logGamma(_ x: Expression) -> Expression {
    var product = x
    for n in 1..<6 { product = product * (x + Double(n)) }
    let z = x + 6, r = z.reciprocal(), s = r * r
    return (z - 0.5) * z.log() - z + 0.5 * log(2 * Double.pi) + r * (1.0 / 12 - s * (1.0 / 360 - (1.0 / 1260) * s)) - product.log()
}

/// Nodes and weights of the quadrature of e^-v f(v) over v > 0: the roots of the Laguerre polynomial, by Newton's method.
enum GaussLaguerre {
    static let sixteen: [(node: Double, weight: Double)] = rule(16)

    private static func rule(_ n: Int) -> [(Double, Double)] {
        func laguerre(_ x: Double) -> (value: Double, before: Double) {
            var (before, value) = (1.0, 1 - x)
            for k in 1..<n { (before, value) = (value, ((2 * Double(k) + 1 - x) * value - Double(k) * before) / Double(k + 1)) }
            return (value, before)
        }
        var roots: [Double] = []
        // Between two changes of sign lies a root; the largest is below 4 n.
        var x = 0.0, sign = laguerre(0).value > 0
        while roots.count < n, x < 4 * Double(n) {
            var low = x
            x += 0.01
            guard (laguerre(x).value > 0) != sign else { continue }
            var high = x
            for _ in 0..<80 {
                let middle = (low + high) / 2
                if (laguerre(middle).value > 0) == sign { low = middle } else { high = middle }
            }
            sign.toggle()
            roots.append((low + high) / 2)
        }
        return roots.map { root in
            // L_{n+1} at a root of L_n is -n / (n + 1) L_{n-1}.
            let next = -Double(n) / Double(n + 1) * laguerre(root).before
            return (root, root / (Double((n + 1) * (n + 1)) * next * next))
        }
    }
}
