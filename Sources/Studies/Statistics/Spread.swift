// How far the scores scatter: standard deviation with n − 1, and the standard error of the mean it gives. Two passes, so that
// scores of 20 dB that differ in the tenth digit keep their spread.

extension Sample {
    /// √(Σ w (x − x̄)² / (n − 1)); NaN for fewer than two scores or an infinite one.
    func standardDeviation(_ counts: [Int32]) -> Double {
        let center = mean(counts)
        guard center.isFinite else { return .nan }
        // In units of a power of two, which changes no bit, so that squares neither overflow nor vanish.
        let unit = unit(around: center)
        var squares = CompensatedSum()
        var n = 0
        for i in 0..<sorted.count where counts[i] > 0 {
            let d = (sorted[i] - center) * unit
            squares.add(Double(counts[i]) * d * d)
            n += Int(counts[i])
        }
        return n < 2 ? .nan : (squares.total / Double(n - 1)).squareRoot() / unit
    }

    /// The standard error of the mean, std / √n.
    func standardError(_ counts: [Int32]) -> Double {
        let n = counts.reduce(0) { $0 + Int($1) }
        return standardDeviation(counts) / Double(n).squareRoot()
    }
}
