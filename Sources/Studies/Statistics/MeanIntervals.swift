// Intervals of means. The mean: Student's t, and from six scores on the wider, at each end, of it and the bootstrap-t, which follows
// skewed scores. The interquartile mean: the bootstrap-t of the trimmed mean with its winsorised standard error (Tukey and McLaughlin
// 1963), and Student's t with it above 1000 scores. What is rare and not among the scores is in no interval: where 5 % of trials collapse,
// a third of the samples of 20 show no collapse.

extension Sample {
    /// A power of two that brings the scores' deviations near 1, so that their squares neither overflow nor vanish.
    func unit(around center: Double) -> Double {
        let largest = Swift.max(abs(sorted[0] - center), abs(sorted[count - 1] - center))
        guard largest > 0, largest.isFinite else { return 1 }
        return Double(sign: .plus, exponent: Swift.max(-1000, Swift.min(1000, -largest.exponent)), significand: 1)
    }

    /// - Throws: `tooFew` below two scores, `infinite`, `constant`.
    func meanInterval(_ bootstrap: Bootstrap) throws(Undefined) -> Interval {
        let n = Double(count)
        if count < 2 { throw .tooFew(count: count, needed: 2) }
        if hasInfinity { throw .infinite }
        if sorted[0] == sorted[count - 1] { throw .constant }
        let center = mean(once)
        let unit = unit(around: center)
        let deviations = sorted.map { ($0 - center) * unit }
        let error = standardError(once)
        let factor = studentFactor(bootstrap.level, degrees: n - 1)
        var low = -factor
        var high = factor
        var method = Interval.Method.student
        if (Bootstrap.smallest...Bootstrap.largest).contains(count),
           let found = bootstrap.quantiles(count: count, studentised: { studentisedMean(deviations, $0) }) {
            low = Swift.min(low, found.low)
            high = Swift.max(high, found.high)
            method = .bootstrapT
        }
        return Interval(lower: center - high * error, upper: center - low * error, level: bootstrap.level, method: method)
    }

    /// - Throws: `tooFew` below six scores, `infinite`, `constant`, `tiedQuartile`.
    func interquartileInterval(_ bootstrap: Bootstrap) throws(Undefined) -> Interval {
        if count < Bootstrap.smallest { throw .tooFew(count: count, needed: Bootstrap.smallest) }
        if hasInfinity { throw .infinite }
        if sorted[0] == sorted[count - 1] { throw .constant }
        let cut = count / 4
        // A trimmed mean jumps with the scores at its edges where some are equal.
        for edge in [cut, count - cut] {
            let near = Swift.max(edge - 2, 0)...Swift.min(edge + 1, count - 1)
            if near.dropFirst().contains(where: { sorted[$0] == sorted[$0 - 1] }) { throw .tiedQuartile }
        }
        let center = interquartileMean(once)
        let unit = unit(around: center)
        let deviations = sorted.map { ($0 - center) * unit }
        let error = trimmedMean(deviations, once).error / unit
        if count > Bootstrap.largest {
            let half = studentFactor(bootstrap.level, degrees: Double(count - 2 * cut - 1)) * error
            return Interval(lower: center - half, upper: center + half, level: bootstrap.level, method: .student)
        }
        guard let found = bootstrap.quantiles(count: count, studentised: {
            let resampled = trimmedMean(deviations, $0)
            return resampled.mean / resampled.error
        }) else { throw .degenerate }
        let lower = center - found.high * error
        let upper = center - found.low * error
        return Interval(lower: lower, upper: upper, level: bootstrap.level, method: .trimmed)
    }
}

/// The mean of centred deviations under multiplicities over its standard error.
private func studentisedMean(_ deviations: [Double], _ counts: [Int32]) -> Double {
    var sum = 0.0
    var squares = 0.0
    deviations.withUnsafeBufferPointer { d in
        counts.withUnsafeBufferPointer { w in
            for i in 0..<d.count {
                let term = Double(w[i]) * d[i]
                sum += term
                squares += term * d[i]
            }
        }
    }
    let n = Double(deviations.count)
    let mean = sum / n
    let variance = (squares - sum * mean) / (n - 1)
    // Rounding leaves a trace of a variance where a resample is one score n times.
    return variance > 1e-24 * squares ? mean / (variance / n).squareRoot() : .nan
}

/// The mean without the ⌊n/4⌋ lowest and highest of ascending values under multiplicities, and its winsorised standard error.
private func trimmedMean(_ values: [Double], _ counts: [Int32]) -> (mean: Double, error: Double) {
    let n = counts.reduce(0) { $0 + Int($1) }
    let cut = n / 4
    var sum = 0.0
    var squares = 0.0
    var lowest = 0.0
    var highest = 0.0
    var seen = 0
    var hasBegun = false
    for i in values.indices where counts[i] > 0 {
        let first = Swift.max(seen, cut)
        seen += Int(counts[i])
        let last = Swift.min(seen, n - cut)
        guard last > first else { continue }
        let w = Double(last - first)
        sum += w * values[i]
        squares += w * values[i] * values[i]
        if !hasBegun { lowest = values[i] }
        hasBegun = true
        highest = values[i]
    }
    let kept = Double(n - 2 * cut)
    let c = Double(cut)
    let winsorised = (sum + c * (lowest + highest)) / Double(n)
    let spread = squares + c * (lowest * lowest + highest * highest) - Double(n) * winsorised * winsorised
    return (sum / kept, (Swift.max(spread, 0) / (kept * (kept - 1))).squareRoot())
}

/// The mean of scores in groups that are independent of each other, while scores within one may be alike: Student's t with the groups'
/// summed deviations, √(G/(G − 1) Σ_g (Σ_i (x_gi − x̄))²) / n and G − 1 degrees of freedom (for equal groups, that of their means).
/// - Parameter groups: of each score.
func clusteredMeanInterval(_ scores: [Double], groups: [Int], level: Double) -> Result<Interval, Undefined> {
    if scores.contains(where: \.isInfinite) { return .failure(.infinite) }
    guard let sample = try? Sample(scores) else { return .failure(.noScores) }
    let center = sample.mean(sample.once)
    let unit = sample.unit(around: center)
    var sums: [Int: Double] = [:]
    for (score, group) in zip(scores, groups) { sums[group, default: 0] += (score - center) * unit }
    let g = Double(sums.count)
    if sums.count < 2 { return .failure(.tooFewGroups("data set", count: sums.count, needed: 2)) }
    let squares = sums.keys.sorted().reduce(0.0) { $0 + sums[$1]! * sums[$1]! }
    if squares == 0 { return .failure(.constant) }
    let error = (g / (g - 1) * squares).squareRoot() / Double(scores.count) / unit
    let half = studentFactor(level, degrees: g - 1) * error
    return .success(Interval(lower: center - half, upper: center + half, level: level, method: .cluster))
}
