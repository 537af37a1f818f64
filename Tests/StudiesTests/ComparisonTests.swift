import Testing
@testable import Studies

@Suite struct BestOfTests {
    @Test func agreesWithAllSubsets() throws {
        let reference = Reference.values.best_of
        for k in 1...reference.selecting.count {
            let maximum = try BestOf.expectedMaximum(reference.selecting, k: k)
            #expect(close(maximum, reference.maximum[k - 1]))
            let reported = try BestOf.expected(selecting: reference.selecting, reporting: reference.reporting, k: k)
            #expect(close(reported, reference.reported[k - 1]), "k = \(k): \(reported), by hand \(reference.reported[k - 1])")
        }
    }

    @Test func endsAreMeanAndMaximum() throws {
        let scores = Reference.values.samples["skewed 100"]!.scores
        #expect(close(try BestOf.expectedMaximum(scores, k: 1), try Statistic.mean.of(scores)))
        #expect(close(try BestOf.expectedMaximum(scores, k: 100), scores.max()!))
        let curve = BestOf.curve(selecting: scores, reporting: scores, bootstrap: Bootstrap(resamples: 500))
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.value! <= $1.value! + 1e-12 })
        #expect(curve[4].interval!.contains(curve[4].value!) && curve[20].intervalReason == .tooFew(count: 100, needed: 105))
    }

    /// The jackknife in linear time is the one that leaves out each trial, ties among the selecting scores too.
    @Test func jackknifeIsItsDefinition() throws {
        let selecting: [Double] = [5, 3, 3, 8, 1, 8, 8, 2, 6, 9, 3, 7]
        let reporting: [Double] = [4, 2, 3, 9, 0, 6, 7, 1, 8, 8, 5, 2]
        let n = Double(selecting.count)
        let left = try selecting.indices.map { i in
            var (s, r) = (selecting, reporting)
            s.remove(at: i)
            r.remove(at: i)
            return try BestOf.expected(selecting: s, reporting: r, k: 2)
        }
        let center = left.reduce(0, +) / n
        let error = ((n - 1) / n * left.reduce(0) { $0 + ($1 - center) * ($1 - center) }).squareRoot()
        let interval = BestOf.curve(selecting: selecting, reporting: reporting, upTo: 2, bootstrap: Bootstrap())[1].interval!
        #expect(close((interval.upper - interval.lower) / 2, studentFactor(0.95, degrees: n / 2 - 1) * error))
    }

    @Test func saysWhyThereIsNoValue() {
        #expect(throws: Undefined.noScores) { try BestOf.expectedMaximum([], k: 1) }
        #expect(throws: Undefined.tooFew(count: 2, needed: 3)) { try BestOf.expectedMaximum([1, 2], k: 3) }
        let curve = BestOf.curve(selecting: [1, 2], reporting: [1, 2], upTo: 3)
        #expect(curve.map(\.value) == [1.5, 2, nil])
        #expect(curve[2].reason == .tooFew(count: 2, needed: 3))
        #expect((try? BestOf.expectedMaximum([1, .infinity], k: 2)) == .infinity)
    }
}

@Suite struct PairedComparisonTests {
    @Test func agreesWithSciPy() {
        let reference = Reference.values.paired
        let a = Dictionary(uniqueKeysWithValues: reference.a.enumerated().map { ($0, $1) })
        let b = Dictionary(uniqueKeysWithValues: reference.b.enumerated().map { ($0, $1) })
        let comparison = PairedComparison(a, b)
        #expect(comparison.count == reference.a.count && comparison.unpaired == 0)
        #expect(close(comparison.meanDifference.value!, reference.mean))
        #expect(close(comparison.medianDifference.value!, reference.median))
        #expect(close(comparison.standardError.value!, reference.standard_error))
        #expect(close(comparison.pValue.value!, reference.p))
    }

    @Test func pairsBySeedOnly() {
        let comparison = PairedComparison([1: 20.0, 2: 21, 3: .nan, 5: 18], [2: 20.5, 1: 20.0, 3: 19, 4: 3])
        #expect(comparison.count == 2)
        #expect(comparison.unpaired == 4)
        #expect((comparison.wins, comparison.ties, comparison.losses) == (1, 1, 0))
        #expect(comparison.meanDifference.value == 0.25)
    }

    @Test func manyPairsAreDrawn() {
        // Thirty equal differences: under random signs, the observed sum has a chance of 2 / 2³⁰.
        let a = Dictionary(uniqueKeysWithValues: (0..<30).map { ($0, 1.0) })
        let p = PairedComparison(a, a.mapValues { _ in 0 }).pValue.value!
        #expect(p == 1.0 / 20001)
    }

    @Test func saysWhyThereIsNoValue() {
        #expect(PairedComparison([1: 1.0], [2: 1.0]).meanDifference.reason == .noScores)
        #expect(PairedComparison([1: 1.0], [1: 2.0]).pValue.reason == .tooFew(count: 1, needed: 2))
        let infinite = PairedComparison([1: .infinity, 2: 1, 3: 2.0], [1: .infinity, 2: 0, 3: 2.0])
        #expect(infinite.ties == 2 && close(infinite.meanDifference.value!, 1.0 / 3))
        #expect(PairedComparison([1: .infinity, 2: 1.0], [1: 3, 2: 0.0]).pValue.reason == .infinite)
    }
}
