// The statistics of one list of scores, by name. Each is one function of a weighted sample, used both for the value and for its
// bootstrap; what the scores must be for it to exist is stated here, once.

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

    /// The statistic with its bootstrap interval, or the reasons why there is none.
    public func estimate(_ scores: [Double], bootstrap: Bootstrap = Bootstrap()) -> Estimate {
        do { return estimate(try Sample(scores), bootstrap: bootstrap) } catch { return Estimate(undefined: error) }
    }

    /// - Parameter bootstrap: nil for no interval.
    func estimate(_ sample: Sample, bootstrap: Bootstrap?) -> Estimate {
        do {
            try check(sample)
            let value = value(sample, sample.once)
            guard var plan = bootstrap else { return Estimate(value) }
            // The jackknife that BCa needs is degenerate for order statistics: their intervals are plain percentiles.
            let smooth = [.mean, .std, .standardError, .interquartileMean].contains(self)
            if !smooth { plan.method = .percentile }
            let interval = plan.interval(count: sample.count, needed: 2, estimate: value) { self.value(sample, $0) }
            return Estimate(value, interval: interval)
        } catch {
            return Estimate(undefined: error)
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
