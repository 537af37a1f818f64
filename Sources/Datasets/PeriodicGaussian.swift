#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A Gaussian on a circle of `length` samples: k[d] ~ sum over m of exp(-(d + m length)^2 / 2 sigma^2), with sum 1.
///
/// Every image of the Gaussian counts, also those that went round the circle. Where sigma is above the length, the same
/// function is summed by its Fourier series, (1 / length) sum over n of exp(-2 (pi sigma n / length)^2) cos(2 pi n d / length)
/// (Poisson's summation formula), so that a few terms are enough for any sigma.
enum PeriodicGaussian {
    /// {length} weights; the centre, d = 0, is at `length / 2`.
    static func weights(sigma: Double, length: Int) -> [Double] {
        let values = (0..<length).map { unnormalised(Double($0 - length / 2), sigma: sigma, length: Double(length)) }
        let sum = values.reduce(0, +)
        return values.map { $0 / sum }
    }

    private static func unnormalised(_ distance: Double, sigma: Double, length: Double) -> Double {
        if sigma == 0 { return distance == 0 ? 1 : 0 }
        // The smallest terms first.
        if sigma <= length {
            // exp(-x^2 / 2) is 0 in float64 above x = 39.
            let images = (39 * sigma / length).rounded(.up) + 1
            return stride(from: images, through: 1, by: -1).reduce(0) { sum, m in
                sum + gaussian((distance + m * length) / sigma) + gaussian((distance - m * length) / sigma)
            } + gaussian(distance / sigma)
        }
        let frequencies = (39 * length / (2 * .pi * sigma)).rounded(.up)
        return stride(from: frequencies, through: 1, by: -1).reduce(0) { sum, n in
            sum + 2 * gaussian(2 * .pi * sigma * n / length) * cos(2 * .pi * n * distance / length)
        } + 1
    }

    private static func gaussian(_ x: Double) -> Double { exp(-x * x / 2) }
}
