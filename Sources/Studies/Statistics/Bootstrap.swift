// The bootstrap-t (Efron 1979; Hall 1988): the statistic of each resample, studentised by that resample's own standard error. Unlike
// the percentiles of resampled values, which lean inwards at the sample sizes of a study, its quantiles stand where those of Student's
// t do for normal scores and follow the skewness of others. scripts/coverage measures what the intervals hold.

/// How intervals are made. The same settings and scores give the same bits.
public struct Bootstrap: Equatable, Sendable {
    /// Resamples of a bootstrap.
    public var resamples: Int
    /// The confidence level, as 0.95.
    public var level: Double
    /// The seed of the resampling stream; not a trial's seed.
    public var seed: UInt64

    public init(resamples: Int = 2000, level: Double = 0.95, seed: UInt64 = 0) {
        (self.resamples, self.level, self.seed) = (resamples, level, seed)
    }

    /// Above this many scores the bootstrap's correction, of order 1/√n, is not worth its time.
    static let largest = 1000
    /// Below this many a resample has too few different scores to be studentised.
    static let smallest = 6

    /// The quantiles between which the studentised statistic of a resample lies with probability `level`.
    /// - Parameter studentised: of the multiplicities of a resample, (statistic − estimate) / standard error; one that is not finite
    ///   is left out.
    /// - Returns: nil when more than half are.
    func quantiles(count n: Int, studentised: ([Int32]) -> Double) -> (low: Double, high: Double)? {
        let stream = ResamplingStream(seed: seed)
        let drawn = Resamples.of(stream, count: n, drawn: resamples)
        var counts = [Int32](repeating: 0, count: n)
        var values: [Double] = []
        values.reserveCapacity(resamples)
        for r in 0..<resamples {
            if drawn?.read(r, into: &counts) != true { stream.resample(r, into: &counts) }
            let value = studentised(counts)
            if value.isFinite { values.append(value) }
        }
        if 2 * values.count <= resamples { return nil }
        values.sort()
        let tail = (1 - level) / 2
        return (quantile(tail, ofSorted: values), quantile(1 - tail, ofSorted: values))
    }
}
