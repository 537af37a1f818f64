// The mean over repeated runs at each position with its 95 % interval, x̄ ± t₀.₉₇₅,ₙ₋₁ s/√n. Runs that have no finite value at a
// position are left out there.

struct MeanBand: Equatable {
    /// NaN where no run has a value.
    let mean: [Double]
    /// As the mean where only one run has a value.
    let low, high: [Double]

    init(runs: [[Double]]) {
        let length = runs.map(\.count).max() ?? 0
        var (mean, low, high) = ([Double](), [Double](), [Double]())
        var factors: [Int: Double] = [:]
        for i in 0..<length {
            let values = runs.compactMap { i < $0.count && abs($0[i]) <= Limits.largest ? $0[i] : nil }, n = Double(values.count)
            let center = values.isEmpty ? .nan : values.reduce(0) { $0 + $1 / n }
            var half = 0.0
            if values.count > 1 {
                let factor = factors[values.count] ?? StudentDistribution.quantile(0.975, degrees: n - 1)
                factors[values.count] = factor
                let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
                half = factor * (squares / (n - 1) / n).squareRoot()
            }
            mean.append(center)
            low.append(center - half)
            high.append(center + half)
        }
        (self.mean, self.low, self.high) = (mean, low, high)
    }
}
