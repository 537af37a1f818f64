// The standard normal distribution function and its inverse. The inverse starts from Acklam's rational approximation (relative
// error 1.2e-9) and takes one Halley step with the distribution function, which leaves rounding error.

import Foundation

/// Φ(z) = P(Z ≤ z).
func normalDistribution(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

/// Φ⁻¹(p) for p in 0...1; −∞ at 0 and +∞ at 1.
func normalQuantile(_ p: Double) -> Double {
    if p <= 0 { return -.infinity }
    if p >= 1 { return .infinity }
    if p > 0.5 { return -normalQuantile(1 - p) }
    let start: Double
    if p < 0.02425 {
        let q = (-2 * log(p)).squareRoot()
        start = polynomial(q, [-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                               -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00])
            / polynomial(q, [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1])
    } else {
        let q = p - 0.5
        let r = q * q
        start = q * polynomial(r, [-3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
                                   1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00])
            / polynomial(r, [-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                             6.680131188771972e+01, -1.328068155288572e+01, 1])
    }
    let error = (normalDistribution(start) - p) * (2 * Double.pi).squareRoot() * exp(start * start / 2)
    return start - error / (1 + start * error / 2)
}

/// Horner's rule, highest power first.
private func polynomial(_ x: Double, _ coefficients: [Double]) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
}
