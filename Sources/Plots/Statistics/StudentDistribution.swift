// Student's t: the quantile behind the 95 % intervals of fits and means. F(t) = 1 − I_x(ν/2, 1/2)/2 with x = ν/(ν + t²), the
// incomplete beta function by its continued fraction (Abramowitz and Stegun 26.5.8, 26.7.1), inverted by bisection.

import Foundation

enum StudentDistribution {
    /// t with P(T ≤ t) = p, for p above a half and ν ≥ 1 degrees of freedom.
    static func quantile(_ p: Double, degrees: Double) -> Double {
        var low = 0.0, high = 2.0
        while upperTail(high, degrees) > 1 - p, high < 1e8 { high *= 2 }
        for _ in 0..<200 where high - low > 1e-14 * high {
            let middle = (low + high) / 2
            if upperTail(middle, degrees) > 1 - p { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// P(T > t) for t ≥ 0.
    static func upperTail(_ t: Double, _ degrees: Double) -> Double {
        incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
    }

    /// I_x(a, b), regularised.
    static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        // The fraction converges fast only below the mean of the distribution.
        if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
        let front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
        // Lentz's evaluation; `tiny` stands for zero in denominators.
        let tiny = 1e-300
        func nonzero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), result = d
        for m in 1...500 {
            let m = Double(m)
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
}
