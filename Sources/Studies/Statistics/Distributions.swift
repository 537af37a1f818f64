// The distributions behind intervals: Student's t, χ², F and the binomial, from the regularised incomplete beta and gamma functions
// (continued fractions and series of Abramowitz and Stegun 6.5.29, 6.5.31 and 26.5.8). Quantiles by bisection, to rounding error.

import Foundation

/// I_x(a, b), the regularised incomplete beta function, for a, b > 0.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast only below the mean of the distribution.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    // Lentz's evaluation; `tiny` stands for zero in denominators.
    let tiny = 1e-300
    func nonzero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / nonzero(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...20_000 {
        let m = Double(step)
        let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / nonzero(1 + even * d)
        c = nonzero(1 + even / c)
        result *= d * c
        let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / nonzero(1 + odd * d)
        c = nonzero(1 + odd / c)
        result *= d * c
        if abs(d * c - 1) < 1e-15 { break }
    }
    return front * result
}

/// P(a, x), the regularised lower incomplete gamma function, for a > 0.
func incompleteGamma(_ a: Double, _ x: Double) -> Double {
    if x <= 0 { return 0 }
    let front = exp(a * log(x) - x - lgamma(a))
    if x < a + 1 {
        var term = 1 / a
        var sum = term
        var n = a
        while term > sum * 1e-17 {
            n += 1
            term *= x / n
            sum += term
        }
        return front * sum
    }
    let tiny = 1e-300
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var result = d
    for step in 1...20_000 {
        let i = Double(step)
        let an = -i * (i - a)
        b += 2
        d = an * d + b
        d = 1 / (abs(d) < tiny ? tiny : d)
        c = b + an / c
        c = abs(c) < tiny ? tiny : c
        result *= d * c
        if abs(d * c - 1) < 1e-15 { break }
    }
    return 1 - front * result
}

/// The x ≥ 0 at which an increasing function with values in 0..<1 reaches `p`.
private func inverse(_ p: Double, _ increasing: (Double) -> Double) -> Double {
    var low = 0.0
    var high = 1.0
    while increasing(high) < p, high < 1e300 { high *= 2 }
    for _ in 0..<2000 where high - low > 4e-16 * high {
        let middle = (low + high) / 2
        if increasing(middle) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

/// P(|T| > t) of Student's distribution, for t ≥ 0.
func studentTwoSided(_ t: Double, degrees: Double) -> Double {
    incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
}

/// The t that |T| stays below with probability `level`.
func studentFactor(_ level: Double, degrees: Double) -> Double {
    inverse(level) { 1 - studentTwoSided($0, degrees: degrees) }
}

/// The quantile at p of χ² with so many degrees of freedom.
func chiSquaredQuantile(_ p: Double, degrees: Double) -> Double {
    2 * inverse(p) { incompleteGamma(degrees / 2, $0) }
}

/// The quantile at p of F.
func fQuantile(_ p: Double, _ first: Double, _ second: Double) -> Double {
    inverse(p) { incompleteBeta(first * $0 / (first * $0 + second), first / 2, second / 2) }
}

/// The quantile at p of the beta distribution.
func betaQuantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    var low = 0.0
    var high = 1.0
    for _ in 0..<1100 where high - low > 4e-16 * high {
        let middle = (low + high) / 2
        if incompleteBeta(middle, a, b) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

/// P(X ≤ k) for X ~ Binomial(n, p).
func binomialDistribution(_ k: Int, of n: Int, _ p: Double) -> Double {
    if k < 0 { return 0 }
    if k >= n { return 1 }
    return incompleteBeta(1 - p, Double(n - k), Double(k + 1))
}

/// The interval of a share of which `hits` of `n` independent trials are evidence (Clopper and Pearson 1934): it covers in at least
/// `level` of samples, often in more, since counts come in steps.
/// - Throws: `noScores` for n = 0.
public func shareEstimate(_ hits: Int, of n: Int, level: Double = 0.95) -> Estimate {
    if n < 1 { return Estimate(undefined: .noScores) }
    let tail = (1 - level) / 2
    let lower = hits == 0 ? 0 : betaQuantile(tail, Double(hits), Double(n - hits + 1))
    let upper = hits == n ? 1 : betaQuantile(1 - tail, Double(hits + 1), Double(n - hits))
    let interval = Interval(lower: lower, upper: upper, level: level, method: .binomial)
    return Estimate(Double(hits) / Double(n), interval: .success(interval))
}
