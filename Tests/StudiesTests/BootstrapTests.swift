import Testing
@testable import Studies

@Suite struct BootstrapTests {
    /// Bounds within five Monte Carlo errors of SciPy's scipy.stats.bootstrap.
    @Test func agreesWithSciPy() throws {
        let statistics: [String: Statistic] = ["mean": .mean, "std": .std, "interquartile_mean": .interquartileMean, "median": .median]
        for reference in Reference.values.intervals {
            let plan = Bootstrap(resamples: 5000, seed: 3, method: Interval.Method(rawValue: reference.method)!)
            let estimate: Estimate
            if let statistic = statistics[reference.statistic] {
                estimate = statistic.estimate(Reference.values.samples[reference.data]!.scores, bootstrap: plan)
            } else {
                let pairs = Reference.values.pairs[reference.data]!
                estimate = Correlation(rawValue: reference.statistic)!.estimate(pairs.x, pairs.y, bootstrap: plan)
            }
            let interval = try #require(estimate.interval)
            let what = "\(reference.method) \(reference.statistic) of \(reference.data)"
            #expect(interval.method == plan.method, "\(what)")
            // The median's bootstrap is discrete: its bounds may jump to the next gap between scores, with no measured error.
            let floor = reference.statistic == "median" ? 0.05 : 1e-3
            #expect(abs(interval.lower - reference.lower) < Swift.max(5 * reference.lower_error, floor),
                    "\(what): lower \(interval.lower), SciPy \(reference.lower) ± \(reference.lower_error)")
            #expect(abs(interval.upper - reference.upper) < Swift.max(5 * reference.upper_error, floor),
                    "\(what): upper \(interval.upper), SciPy \(reference.upper) ± \(reference.upper_error)")
        }
    }

    @Test func isDeterministicAndFollowsItsSeed() {
        let scores = Reference.values.samples["skewed 24"]!.scores
        let first = Statistic.mean.estimate(scores, bootstrap: Bootstrap(seed: 1))
        #expect(first == Statistic.mean.estimate(scores.reversed(), bootstrap: Bootstrap(seed: 1)))
        #expect(first != Statistic.mean.estimate(scores, bootstrap: Bootstrap(seed: 2)))
    }

    /// Nominal 95 % intervals of the mean of 20 normal scores cover it in about 93 % of samples.
    /// Rows that share their draws have the intervals they have alone: each is the one of the definition, drawn word by word.
    @Test func sharedDrawsAreTheStreamsOwn() {
        let rows = [(7, 3), (300, 3), (300, 4), (7, 3), (300, 3), (2, 0)].map { n, seed in (scores: (0..<n).map { Double($0 * 7919 % 101) }, seed: UInt64(seed)) }
        for row in rows + rows.reversed() {
            let n = row.scores.count, stream = ResamplingStream(seed: row.seed)
            var means = (0..<800).map { r in
                (0..<n).reduce(0.0) { $0 + row.scores[Int(stream.word(UInt64(r * n + $1)).multipliedFullWidth(by: UInt64(n)).high)] } / Double(n)
            }
            means.sort()
            let bootstrap = Bootstrap(resamples: 800, seed: row.seed, method: .percentile)
            guard case .success(let interval) = bootstrap.interval(count: n, needed: 2, estimate: 0, statistic: { counts in
                zip(counts, row.scores).reduce(0) { $0 + Double($1.0) * $1.1 } / Double(n)
            }) else { Issue.record("no interval"); continue }
            #expect(abs(interval.lower - quantile(0.025, ofSorted: means)) < 1e-9 && abs(interval.upper - quantile(0.975, ofSorted: means)) < 1e-9)
        }
    }

    @Test func covers() {
        let stream = ResamplingStream(seed: 11)
        var covered = 0
        for sample in 0..<300 {
            let scores = (0..<20).map { i in
                normalQuantile((Double(stream.word(UInt64(sample * 20 + i)) >> 11) + 0.5) * 0x1p-53)
            }
            if Statistic.mean.estimate(scores, bootstrap: Bootstrap(resamples: 1000)).interval!.contains(0) { covered += 1 }
        }
        #expect((263...297).contains(covered), "\(covered) of 300")
    }

    @Test func orderStatisticsUsePercentiles() {
        let scores = Reference.values.samples["skewed 24"]!.scores
        for statistic in [Statistic.median, .max, .min, .lowerQuartile, .upperQuartile] {
            #expect(statistic.estimate(scores).interval?.method == .percentile)
        }
        #expect(Statistic.max.estimate(scores).interval?.upper == scores.max())
    }

    @Test func infiniteScoresGiveNoIntervalOfTheMean() {
        let estimate = Statistic.mean.estimate([20, 21, 22, 23, .infinity])
        #expect(estimate.value == .infinity)
        #expect(estimate.interval == nil || estimate.interval!.upper == .infinity)
    }
}
