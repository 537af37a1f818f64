import Testing
@testable import Studies

@Suite struct RankTestTests {
    @Test func agreeWithSciPy() throws {
        for (name, reference) in ComparisonReference.values.tests {
            let (sign, wilcoxon) = (try signTest(reference.differences), try wilcoxonTest(reference.differences))
            #expect(close(sign, reference.sign), "sign test of \(name): \(sign), SciPy \(reference.sign)")
            #expect(close(wilcoxon, reference.wilcoxon), "Wilcoxon of \(name): \(wilcoxon), SciPy \(reference.wilcoxon)")
        }
    }

    /// Far beyond where 2ⁿ or a factorial overflow.
    @Test func manyPairs() throws {
        #expect(try signTest([Double](repeating: 1, count: 1000)) < 1e-300)
        // Half of them higher: nothing could be more equal.
        #expect(try signTest((0..<5000).map { $0 % 2 == 0 ? 1 : -1 }) == 1)
        // Normal approximation: 2 Φ(−(2600 − 2500 − ½) / √1250).
        let p = try signTest((0..<5000).map { $0 < 2600 ? 1 : -1 })
        #expect(abs(p - 2 * normalDistribution(-99.5 / 1250.0.squareRoot())) < 1e-5)
    }

    @Test func zerosAreDropped() throws {
        #expect(try signTest([0, 0, 1, 2, -3]) == signTest([1, 2, -3]))
        #expect(try wilcoxonTest([0, 0, 1, 2, -4]) == wilcoxonTest([1, 2, -4]))
        #expect(throws: Undefined.constant) { try signTest([0, 0]) }
        #expect(throws: Undefined.constant) { try wilcoxonTest([0]) }
    }

    @Test func holmAgreesWithStatsmodels() {
        let reference = ComparisonReference.values.holm
        let adjusted = holmAdjusted(reference.p)
        #expect(zip(adjusted, reference.adjusted).allSatisfy { close($0!, $1) })
        #expect(holmAdjusted([0.01, nil, 0.04]) == [0.02, nil, 0.04])
    }

    @Test func orderStatisticsHaveSciPysIntervals() throws {
        let reference = ComparisonReference.values.orders, sorted = reference.scores.sorted()
        for expected in reference.intervals {
            let interval = try #require(Statistic(rawValue: expected.statistic)!.estimate(reference.scores).interval)
            // The bounds lie on order statistics and means of them: within the scores next to SciPy's.
            func near(_ a: Double, _ b: Double) -> Bool {
                let below = sorted.last { $0 < b } ?? b, above = sorted.first { $0 > b } ?? b
                return a >= below - 1e-9 && a <= above + 1e-9
            }
            #expect(near(interval.lower, expected.lower), "\(expected.statistic): lower \(interval.lower), SciPy \(expected.lower)")
            #expect(near(interval.upper, expected.upper), "\(expected.statistic): upper \(interval.upper), SciPy \(expected.upper)")
        }
    }
}
