// Least squares of y = a + b x with the 95 % confidence band of its mean:
// ŷ(x) ± t₀.₉₇₅,ₙ₋₂ s √(1/n + (x − x̄)²/Σ(xᵢ − x̄)²), s² = Σ(yᵢ − ŷᵢ)²/(n − 2) (Draper and Smith 1998, 1.4 and 3.1).

import Foundation

public struct LinearFit: Sendable {
    public let slope: Double
    public let count: Int
    let meanX: Double, meanY: Double, spreadX: Double
    /// s, the residuals' standard deviation; nil for two points.
    public let residual: Double?
    private let factor: Double

    public var intercept: Double { meanY - slope * meanX }

    /// Nil for fewer than two points, or when all have the same x.
    public init?(_ xs: [Double], _ ys: [Double]) {
        count = xs.count
        guard count >= 2, count == ys.count else { return nil }
        let n = Double(count)
        let meanX = xs.reduce(0) { $0 + $1 / n }, meanY = ys.reduce(0) { $0 + $1 / n }
        var (sxx, sxy) = (0.0, 0.0)
        for (x, y) in zip(xs, ys) {
            sxx += (x - meanX) * (x - meanX)
            sxy += (x - meanX) * (y - meanY)
        }
        guard sxx > 0, sxx.isFinite, sxy.isFinite else { return nil }
        let slope = sxy / sxx
        let squares = zip(xs, ys).reduce(0.0) { sum, point in
            let r = point.1 - meanY - slope * (point.0 - meanX)
            return sum + r * r
        }
        (self.meanX, self.meanY, self.slope, spreadX) = (meanX, meanY, slope, sxx)
        residual = count > 2 ? (squares / (n - 2)).squareRoot() : nil
        factor = count > 2 ? StudentDistribution.quantile(0.975, degrees: n - 2) : 0
    }

    public func value(_ x: Double) -> Double { meanY + slope * (x - meanX) }

    /// The 95 % confidence interval of the mean of y at x; nil for two points.
    public func interval(_ x: Double) -> (low: Double, high: Double)? {
        guard let residual else { return nil }
        let half = factor * residual * (1 / Double(count) + (x - meanX) * (x - meanX) / spreadX).squareRoot()
        return (value(x) - half, value(x) + half)
    }

    /// Pearson's r with its 95 % interval, tanh(artanh r ± 1.96/√(n − 3)) (Fisher 1921); nil where a side does not vary, no
    /// interval below four points.
    public static func correlation(_ xs: [Double], _ ys: [Double]) -> (r: Double, interval: (low: Double, high: Double)?)? {
        guard let forward = LinearFit(xs, ys), let back = LinearFit(ys, xs) else { return nil }
        let product = forward.slope * back.slope
        guard product.isFinite else { return nil }
        let r = min(1, product.squareRoot()) * (forward.slope < 0 ? -1 : 1)
        guard xs.count > 3 else { return (r, nil) }
        let half = 1.959963984540054 / Double(xs.count - 3).squareRoot()
        return (r, (tanh(atanh(r) - half), tanh(atanh(r) + half)))
    }
}
