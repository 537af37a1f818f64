// Bootstrap intervals. The default is BCa (Efron 1987): the scores of a search are skewed (a few collapses far below) and a
// correlation's bootstrap is biased, and BCa corrects both to second order. It falls back to plain percentiles, and the interval
// says so, where the correction has no meaning: order statistics, a degenerate jackknife, more than 1000 scores (it has vanished).

/// How intervals are made. The same settings and scores give the same bits.
public struct Bootstrap: Equatable, Sendable {
    /// Resamples wished for. Fewer (never below 500) are drawn when resamples × scores would exceed 5·10⁶.
    public var resamples: Int
    /// The confidence level, as 0.95.
    public var level: Double
    /// The seed of the resampling stream; not a trial's seed.
    public var seed: UInt64
    public var method: Interval.Method

    public init(resamples: Int = 5000, level: Double = 0.95, seed: UInt64 = 0, method: Interval.Method = .bca) {
        (self.resamples, self.level, self.seed, self.method) = (resamples, level, seed, method)
    }

    /// The most draws spent on one interval, so that a table of 10⁵ trials still takes less than a second.
    static let drawBudget = 5_000_000
    /// Above this many scores the correction of BCa, of order 1/√n in coverage, is not worth n jackknife passes.
    static let largestCorrected = 1000

    /// The interval of a statistic given as a function of multiplicities; resamples on which it is NaN are drawn again, so
    /// the interval is conditional on the statistic being defined.
    /// - Returns: the interval, or `tooFew` below `needed` scores, `infinite` or `degenerate` without enough resamples.
    func interval(count n: Int, needed: Int, estimate: Double,
                  statistic: ([Int32]) -> Double) -> Result<Interval, Undefined> {
        if n < needed { return .failure(.tooFew(count: n, needed: needed)) }
        let wanted = Swift.max(Swift.min(resamples, Swift.max(500, Bootstrap.drawBudget / n)), 1)
        let stream = ResamplingStream(seed: seed), drawn = Resamples.of(stream, count: n, drawn: wanted)
        var counts = [Int32](repeating: 0, count: n)
        var values: [Double] = []
        values.reserveCapacity(wanted)
        for attempt in 0..<(4 * wanted) where values.count < wanted {
            if drawn?.read(attempt, into: &counts) != true { stream.resample(attempt, into: &counts) }
            let value = statistic(counts)
            if !value.isNaN { values.append(value) }
        }
        if values.count < wanted / 2 { return .failure(estimate.isInfinite ? .infinite : .degenerate) }
        values.sort()
        let tail = (1 - level) / 2
        var (low, high, used) = (tail, 1 - tail, Interval.Method.percentile)
        if method == .bca, n <= Bootstrap.largestCorrected, let correction = BiasCorrection(
            estimate: estimate, resampled: values, jackknife: jackknife(count: n, statistic: statistic)) {
            (low, high, used) = (correction.probability(tail), correction.probability(1 - tail), .bca)
        }
        let (lower, upper) = (quantile(low, ofSorted: values), quantile(high, ofSorted: values))
        if lower.isNaN || upper.isNaN { return .failure(.infinite) }
        return .success(Interval(lower: lower, upper: upper, level: level, method: used, resamples: values.count))
    }

    /// The statistic without each score in turn.
    private func jackknife(count n: Int, statistic: ([Int32]) -> Double) -> [Double] {
        var counts = [Int32](repeating: 1, count: n)
        return (0..<n).map { i in
            counts[i] = 0
            defer { counts[i] = 1 }
            return statistic(counts)
        }
    }
}

/// The shift of probabilities that BCa makes: bias z₀ and acceleration a (Efron and Tibshirani 1993, equations 14.9 to 14.15).
struct BiasCorrection {
    let bias: Double
    let acceleration: Double

    /// Nil where the correction has no meaning: all resamples on one side of the estimate, or a jackknife that is not
    /// finite or does not vary.
    init?(estimate: Double, resampled sorted: [Double], jackknife: [Double]) {
        let below = sorted.reduce(0) { $0 + ($1 < estimate ? 1 : 0) }
        let equal = sorted.reduce(0) { $0 + ($1 == estimate ? 1 : 0) }
        let share = (Double(below) + Double(equal) / 2) / Double(sorted.count)
        guard share > 0, share < 1 else { return nil }
        let center = jackknife.reduce(0, +) / Double(jackknife.count)
        guard center.isFinite else { return nil }
        var (squares, cubes) = (0.0, 0.0)
        for value in jackknife {
            let d = center - value
            squares += d * d
            cubes += d * d * d
        }
        guard squares > 0, squares.isFinite else { return nil }
        bias = normalQuantile(share)
        acceleration = cubes / (6 * squares * squares.squareRoot())
    }

    /// The probability at which the resampled statistic is read in place of `p`.
    func probability(_ p: Double) -> Double {
        let z = bias + normalQuantile(p)
        return normalDistribution(bias + z / (1 - acceleration * z))
    }
}
