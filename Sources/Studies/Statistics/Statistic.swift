// The statistics of one list of scores, by name, each with the interval that covers it; what the scores must be for it to exist is
// stated here, once.

/// A statistic of a list of scores.
public enum Statistic: String, CaseIterable, Sendable {
    /// The arithmetic mean; infinite when a score is.
    case mean
    case median
    case max
    case min
    /// The standard deviation with n − 1; needs two finite scores.
    case std
    /// std / √n; needs two finite scores.
    case standardError = "standard_error"
    /// The first quartile, interpolated linearly between order statistics.
    case lowerQuartile = "lower_quartile"
    /// The third quartile, interpolated linearly between order statistics.
    case upperQuartile = "upper_quartile"
    /// The mean without the ⌊n/4⌋ lowest and highest scores.
    case interquartileMean = "interquartile_mean"

    /// The statistic of `scores`, in their unit.
    /// - Throws: why it does not exist: no scores, NaN among them, too few, or infinite ones where differences are needed.
    public func of(_ scores: [Double]) throws(Undefined) -> Double {
        let sample = try Sample(scores)
        try check(sample)
        return value(sample, sample.once)
    }

    /// The statistic with its interval, or the reasons why there is none.
    /// - Parameter groups: of each score, where those of one group are not independent (trials on the same data).
    public func estimate(_ scores: [Double], groups: [Int]? = nil, bootstrap: Bootstrap = Bootstrap()) -> Estimate {
        Summary(scores, groups: groups, intervals: [self], bootstrap: bootstrap)[self]
    }

    /// - Parameter bootstrap: nil for no interval.
    func estimate(_ sample: Sample, bootstrap: Bootstrap?) -> Estimate {
        do {
            try check(sample)
            let value = value(sample, sample.once)
            guard let bootstrap else { return Estimate(value) }
            return Estimate(value) { () throws(Undefined) in try interval(sample, bootstrap) }
        } catch {
            return Estimate(undefined: error)
        }
    }

    private func interval(_ sample: Sample, _ bootstrap: Bootstrap) throws(Undefined) -> Interval {
        switch self {
        case .mean: return try sample.meanInterval(bootstrap)
        case .median: return try sample.quantileInterval(0.5, level: bootstrap.level)
        case .lowerQuartile: return try sample.quantileInterval(0.25, level: bootstrap.level)
        case .upperQuartile: return try sample.quantileInterval(0.75, level: bootstrap.level)
        case .interquartileMean: return try sample.interquartileInterval(bootstrap)
        case .std: return try sample.spreadInterval(level: bootstrap.level)
        case .standardError:
            var interval = try sample.spreadInterval(level: bootstrap.level)
            let root = Double(sample.count).squareRoot()
            interval.lower /= root
            interval.upper /= root
            return interval
        case .max, .min: throw .end
        }
    }

    /// Throws why the statistic of `sample` does not exist.
    private func check(_ sample: Sample) throws(Undefined) {
        switch self {
        case .std, .standardError:
            if sample.count < 2 { throw .tooFew(count: sample.count, needed: 2) }
            if sample.hasInfinity { throw .infinite }
        default:
            if value(sample, sample.once).isNaN { throw .infinite }
        }
    }

    /// The statistic of the sample with multiplicities; NaN where it does not exist.
    func value(_ sample: Sample, _ counts: [Int32]) -> Double {
        switch self {
        case .mean: return sample.mean(counts)
        case .median: return sample.median(counts)
        case .max: return sample.maximum(counts)
        case .min: return sample.minimum(counts)
        case .std: return sample.standardDeviation(counts)
        case .standardError: return sample.standardError(counts)
        case .lowerQuartile: return sample.quantile(0.25, counts)
        case .upperQuartile: return sample.quantile(0.75, counts)
        case .interquartileMean: return sample.interquartileMean(counts)
        }
    }
}
