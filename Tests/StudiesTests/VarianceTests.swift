import Testing
@testable import Studies

@Suite struct VarianceTests {
    private func observations(_ reference: ComparisonReference.Variance) -> [VarianceComponents.Observation] {
        zip(zip(reference.data, reference.search), reference.score).map { .init(data: $0.0, search: $0.1, score: $1) }
    }

    /// Balanced: restricted maximum likelihood of statsmodels. Unbalanced: expectations of the sums of squares written out as traces.
    @Test func agreesWithStatsmodels() throws {
        for (name, reference) in ComparisonReference.values.variance {
            let components = VarianceComponents(observations(reference).shuffled())
            for (source, expected) in zip(VarianceComponents.Source.allCases, reference.components) {
                let value = try #require(components.variance[source]?.value)
                #expect(close(value, expected, reference.reml ? 1e-3 : 1e-9), "\(source) of \(name): \(value), statsmodels \(expected)")
            }
            let sum = VarianceComponents.Source.allCases.reduce(0) { $0 + components.share[$1]!.value! }
            #expect(close(sum, 1))
        }
    }

    /// Scores that only one source moves, by hand.
    @Test func tellsTheSourcesApart() {
        func only(_ score: (Int, Int, Int) -> Double) -> VarianceComponents {
            VarianceComponents((0..<36).map { .init(data: $0 / 6, search: $0 / 2, score: score($0 / 6, $0 / 2 % 3, $0 % 2)) })
        }
        let data = only { d, _, _ in Double(d) }
        #expect(close(data.variance[.data]!.value!, 3.5) && data.share[.data]!.value == 1 && data.share[.search]!.value == 0)
        let retrain = only { _, _, r in Double(r) }
        #expect(close(retrain.variance[.retrain]!.value!, 0.5) && retrain.share[.retrain]!.value == 1)
        #expect(retrain.variance[.search]!.value! < 0)
        let search = only { _, s, _ in Double(s) }
        #expect(search.share[.search]!.value! == 1 && close(search.variance[.search]!.value!, 1))
        #expect((search.dataSeeds, search.searches, search.observations) == (6, 18, 36))
    }

    /// Without a search the trials of a data seed differ by retraining alone: one-way analysis of variance.
    @Test func withoutASearch() {
        let scores: [Double] = [1, 2, 3, 4, 6, 8, 2, 2, 5]
        let c = VarianceComponents(scores.enumerated().map { .init(data: $0 / 3, search: $0, score: $1) }, hasSearch: false)
        // Mean squares by hand: within (2 + 8 + 6) / 6, between 3 ((2 − 11/3)² + (6 − 11/3)² + (3 − 11/3)²) / 2.
        let within = 16.0 / 6, between = 3 * (25.0 / 9 + 49.0 / 9 + 4.0 / 9) / 2
        #expect(close(c.variance[.retrain]!.value!, within) && close(c.variance[.data]!.value!, (between - within) / 3))
        #expect(c.variance[.search] == nil)
    }

    /// One-way, by hand: χ² of the mean square within for the retraining's variance.
    @Test func intervalOfRetraining() throws {
        let scores: [Double] = [1, 2, 3, 4, 6, 8, 2, 2, 5]
        let c = VarianceComponents(scores.enumerated().map { .init(data: $0 / 3, search: $0, score: $1) }, hasSearch: false)
        let interval = try #require(c.variance[.retrain]!.interval)
        #expect(close(interval.lower, 16 / chiSquaredQuantile(0.975, degrees: 6)) && close(interval.upper, 16 / chiSquaredQuantile(0.025, degrees: 6)))
        #expect(c.share[.retrain]!.intervalReason == .share)
        let uneven = VarianceComponents(scores.dropLast().enumerated().map { .init(data: $0 / 3, search: $0, score: $1) }, hasSearch: false)
        #expect(uneven.variance[.data]!.intervalReason == .unbalanced)
    }

    @Test func saysWhyThereIsNoValue() {
        func reason(_ trials: [VarianceComponents.Observation]) -> Undefined? { VarianceComponents(trials).variance[.search]!.reason }
        #expect(reason([]) == .noScores)
        #expect(reason([.init(data: 0, search: 0, score: 1), .init(data: 0, search: 1, score: 2)]) == .notRepeated("the data seed"))
        #expect(reason([.init(data: 0, search: 0, score: 1), .init(data: 1, search: 1, score: 2)]) == .notRepeated("the search seed of one data seed"))
        #expect(reason([.init(data: 0, search: 0, score: 1), .init(data: 0, search: 1, score: 2), .init(data: 1, search: 2, score: 2)])
            == .notRepeated("the retraining seed of one search"))
        #expect(reason([.init(data: 0, search: 0, score: .infinity)]) == .infinite)
        #expect(reason([.init(data: 0, search: 0, score: .nan)]) == .notANumber(count: 1))
        // Enough to estimate, too few data seeds for an interval.
        func eight(_ score: (Int) -> Double) -> VarianceComponents {
            VarianceComponents((0..<8).map { .init(data: $0 / 4, search: $0 / 2, score: score($0)) })
        }
        let few = eight { Double($0) }
        #expect(few.variance[.data]!.value != nil && few.variance[.data]!.intervalReason == .tooFewGroups("data seed", count: 2, needed: 3))
        // All equal: no variance to share.
        let equal = eight { _ in 3 }
        #expect(equal.share[.data]!.reason == .constant && equal.variance[.data]!.value == 0)
    }

    @Test func nestedSeeds() {
        let nested = NestedSeeds(data: 3, search: 2, retrain: 2)
        let seeds = (1...12).map { nested.seeds(trial: $0, first: 100) }
        #expect(seeds.map(\.data) == [100, 100, 100, 100, 101, 101, 101, 101, 102, 102, 102, 102])
        #expect(seeds.map(\.search) == [100, 100, 101, 101, 102, 102, 103, 103, 104, 104, 105, 105])
        #expect(seeds.map(\.retrain) == Array(100...111))
    }
}
