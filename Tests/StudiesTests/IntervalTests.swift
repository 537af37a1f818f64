import Foundation
import Testing
@testable import Studies

/// Intervals against SciPy, the definition by hand, and their own level.
@Suite struct IntervalTests {
    private let reference = Reference.values.intervals

    @Test func distributionsAgreeWithSciPy() {
        for row in reference.student_factor { #expect(close(studentFactor(0.95, degrees: row[0]), row[1], 1e-10), "t, \(row[0])") }
        for row in reference.chi_squared { #expect(close(chiSquaredQuantile(row[0], degrees: row[1]), row[2], 1e-9), "χ², \(row)") }
        for row in reference.f { #expect(close(fQuantile(row[0], row[1], row[2]), row[3], 1e-9), "F, \(row)") }
        for row in reference.median_chance {
            #expect(close(binomialDistribution(Int(row[1]) - 1, of: Int(row[0]), 0.5), row[2], 1e-11), "binomial, \(row)")
        }
        for row in reference.shares {
            let interval = shareEstimate(Int(row[0]), of: Int(row[1])).interval!
            #expect(close(interval.lower, row[2], 1e-10) && close(interval.upper, row[3], 1e-10), "\(row[0]) of \(row[1])")
        }
    }

    @Test func formulasAgreeWithSciPy() throws {
        let few = try #require(Statistic.mean.estimate(reference.few).interval)
        #expect(close(few.lower, reference.few_student[0]) && close(few.upper, reference.few_student[1]) && few.method == .student)
        let std = try #require(Statistic.std.estimate(reference.scores).interval)
        #expect(close(std.lower, reference.bonett[0], 1e-10) && close(std.upper, reference.bonett[1], 1e-10))
        let pearson = try #require(Correlation.pearson.estimate(reference.pairs[0], reference.pairs[1]).interval)
        #expect(close(pearson.lower, reference.pearson[0], 1e-10) && close(pearson.upper, reference.pearson[1], 1e-10))
        // Never narrower than Student's.
        let mean = try #require(Statistic.mean.estimate(reference.scores).interval)
        #expect(mean.lower <= reference.student[0] + 1e-12 && mean.upper >= reference.student[1] - 1e-12 && mean.method == .bootstrapT)
    }

    /// The studentised resamples written out, score by score, on the stream's own words.
    @Test func bootstrapTIsItsDefinition() {
        let n = 9
        let scores = (0..<n).map { Double(($0 * 7919) % 101) * Double($0 + 1) }
        let bootstrap = Bootstrap(resamples: 600, seed: 3)
        let stream = ResamplingStream(seed: 3)
        func moments(_ x: [Double]) -> (mean: Double, error: Double) {
            let mean = x.reduce(0, +) / Double(x.count)
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1)
            return (mean, (variance / Double(x.count)).squareRoot())
        }
        let sorted = scores.sorted()
        let whole = moments(sorted)
        let values = (0..<600).map { r in
            let resampled = moments((0..<n).map { sorted[stream.index(UInt64(r * n + $0), below: n)] })
            return (resampled.mean - whole.mean) / resampled.error
        }.sorted()
        let factor = studentFactor(0.95, degrees: Double(n - 1))
        let interval = Statistic.mean.estimate(scores, bootstrap: bootstrap).interval!
        #expect(close(interval.lower, whole.mean - Swift.max(factor, quantile(0.975, ofSorted: values)) * whole.error, 1e-9))
        #expect(close(interval.upper, whole.mean - Swift.min(-factor, quantile(0.025, ofSorted: values)) * whole.error, 1e-9))
    }

    /// By trying shifts on both sides of every subset's mean (scripts/reference-statistics.py).
    @Test func signFlipIsInverted() throws {
        for flip in reference.sign_flip {
            let test = try SignFlip(flip.differences)
            let interval = try test.interval.get()
            #expect(close(test.p, flip.p) && close(interval.lower, flip.lower, 1e-9) && close(interval.upper, flip.upper, 1e-9), "\(flip.differences)")
        }
    }

    /// 0 is in the interval exactly when p exceeds 5 %: all signs, drawn ones, groups, and Student's.
    @Test func testAndIntervalAgree() throws {
        let stream = ResamplingStream(seed: 9)
        var rejected = 0
        for trial in 0..<400 {
            let n = [6, 7, 10, 14, 15, 40, 1200][trial % 7]
            if n > 100, trial % 3 > 0 { continue }
            let shift = Double(trial % 5) * 2 / Double(n).squareRoot()
            // Whole numbers among them, so that sums are equal on paper.
            let differences = (0..<n).map { i in
                let u = (Double(stream.word(UInt64(trial * 2000 + i)) >> 11) + 0.5) * 0x1p-53
                let z = normalQuantile(u) + shift
                return trial % 2 == 0 ? (4 * z).rounded() / 10 : z
            }
            let groups = trial % 11 == 0 ? differences.indices.map { $0 / 2 } : nil
            let test = try SignFlip(differences, groups: groups)
            guard case .success(let interval) = test.interval else { continue }
            #expect(interval.contains(0) == (test.p > 0.05), "n = \(n): p = \(test.p), \(interval)")
            if test.p <= 0.05 { rejected += 1 }
        }
        #expect(rejected > 50)
    }

    /// The chance of order statistics by counting: of 10 scores the second lowest exceeds the median in 11 of 1024 cases, the third in 56.
    @Test func orderStatistics() throws {
        let scores = (1...10).map(Double.init)
        let interval = try #require(Statistic.median.estimate(scores).interval)
        let (a, b) = (11.0 / 1024, 56.0 / 1024)
        let weight = 1 / (1 + 2 * (b - 0.025) / (8 * (0.025 - a)))
        #expect(close(interval.lower, 2 + weight) && close(interval.upper, 9 - weight))
        #expect(Statistic.median.estimate([1, 2, 3, 4, 5]).intervalReason == .tooFew(count: 5, needed: 6))
        #expect(Statistic.lowerQuartile.estimate(scores).intervalReason == .tooFew(count: 10, needed: 11))
        #expect(Statistic.upperQuartile.estimate((1...11).map(Double.init)).interval?.upper == 11)
        for end in [Statistic.max, .min] { #expect(end.estimate(scores).intervalReason == .end) }
    }

    /// What has no interval says why.
    @Test func reasons() {
        #expect(Statistic.std.estimate([1, 2, 3, 5, 8, 9]).intervalReason == .tooFew(count: 6, needed: 10))
        #expect(Statistic.std.estimate((1...20).map(Double.init) + [1000]).intervalReason == .heavyTails)
        #expect(Statistic.interquartileMean.estimate([1, 2, 2, 2, 2, 3, 4, 5]).intervalReason == .tiedQuartile)
        for statistic in [Statistic.mean, .median, .std, .interquartileMean] {
            #expect(statistic.estimate([Double](repeating: 3, count: 12)).intervalReason == .constant)
        }
        let line = (0..<12).map(Double.init)
        #expect(Correlation.pearson.estimate(line, line).intervalReason == .perfect)
        for ranks in [Correlation.spearman, .kendall] {
            let interval = ranks.estimate(line, line).interval!
            #expect(interval.upper == 1 && interval.lower > 0 && interval.lower < 0.99)
            #expect(ranks.estimate([1, 2, 3, 4, 5], [1, 4, 9, 16, 25]).intervalReason == .tooFew(count: 5, needed: 6))
        }
    }

    /// Groups of equal sizes: Student's t of their means.
    @Test func sharedDataIsClustered() throws {
        let scores: [Double] = [1, 3, 2, 6, 8, 7, 2, 4, 6, 9, 9, 12]
        let groups = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
        let means: [Double] = [2, 7, 4, 10]
        let interval = try #require(Statistic.mean.estimate(scores, groups: groups).interval)
        let expected = try #require(Statistic.mean.estimate(means).interval)
        #expect(close(interval.lower, expected.lower) && close(interval.upper, expected.upper) && interval.method == .cluster)
        #expect(Statistic.median.estimate(scores, groups: groups).intervalReason == .sharedData(dataSets: 4))
        var records = scores.indices.map { finished(spec($0 + 1), test: scores[$0]) }
        for i in records.indices { records[i].zeroPSNR = Double(groups[i]) }
        #expect(records.dataGroups == groups && [TrialRecord](records.prefix(3)).dataGroups == nil)
        let table = StudyTable(records, wide: true)
        #expect(table[data: "Blur", method: "DARTS"]?.summary[.mean].interval?.method == .cluster)
        #expect(table.text().contains("over the data sets that trials share"))
    }

    @Test func isDeterministicAndFollowsItsSeed() {
        let scores = Reference.values.samples["skewed 24"]!.scores
        let first = Statistic.mean.estimate(scores, bootstrap: Bootstrap(seed: 1))
        #expect(first == Statistic.mean.estimate(scores.reversed(), bootstrap: Bootstrap(seed: 1)))
        #expect(first != Statistic.mean.estimate(scores, bootstrap: Bootstrap(seed: 2)))
    }

    /// A small run of scripts/coverage: no cell outside 0.93 to 0.97 without a reason. Its numbers are drawn from a fixed seed.
    @Test func intervalsCover() {
        let table = CoverageTable(CoverageSimulation(samples: 250, counts: [4, 6, 12]), standardErrors: 3)
        #expect(!table.hasFault, "\(table.text)")
    }

    @Test func sizesThatOverflowOrVanish() throws {
        for unit in [1e200, 1e-200, 1e307] {
            let x = [0.1, 0.4, 0.2, 0.9, 0.6, 0.3].map { $0 * unit }
            let y = [0.2, 0.5, 0.1, 0.7, 0.9, 0.4].map { $0 * unit }
            let plain = try Correlation.pearson.of(x.map { $0 / unit }, y.map { $0 / unit })
            #expect(close(try Correlation.pearson.of(x, y), plain, 1e-9))
            let std = try Statistic.std.of(x.map { $0 / unit })
            #expect(close(try Statistic.std.of(x) / unit, std, 1e-9))
            let interval = Statistic.mean.estimate(x).interval!
            let mean = try Statistic.mean.of(x)
            #expect(interval.lower.isFinite && interval.lower < interval.upper && interval.contains(mean))
        }
    }
}

@Suite struct IndependenceTests {
    @Test func agreesWithSciPy() {
        for (name, reference) in Reference.values.independence {
            for (correlation, expected) in [(Correlation.pearson, reference.pearson), (.spearman, reference.spearman), (.kendall, reference.kendall)] {
                let p = correlation.pValue(reference.x, reference.y).value!
                #expect(close(p, expected, 1e-9), "\(correlation) of \(name): \(p), SciPy \(expected)")
            }
        }
    }
}
