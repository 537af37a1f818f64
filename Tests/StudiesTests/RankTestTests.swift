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
        #expect(try wilcoxonTest([.infinity, .infinity, 1, -2]) == wilcoxonTest([9, 9, 1, -2]))
    }

    @Test func holmAgreesWithStatsmodels() {
        let reference = ComparisonReference.values.holm
        let adjusted = holmAdjusted(reference.p)
        #expect(zip(adjusted, reference.adjusted).allSatisfy { close($0!, $1) })
        #expect(holmAdjusted([0.01, nil, 0.04]) == [0.02, nil, 0.04])
    }

    /// Five pairs of which all are higher: no test of them can have a smaller p, and none of their intervals is one.
    @Test func theSmallestPossible() throws {
        #expect(try wilcoxonTest([1, 1, 1, 1, 1]) == 0.0625)
        // Tenths of a dB: the p of SciPy for the same differences in whole tenths.
        let a = [24.1, 24.3, 25.0, 26.2, 23.9, 24.4, 25.5, 24.8]
        let b = [24.0, 24.2, 25.1, 26.0, 23.8, 24.5, 25.4, 24.5]
        func keyed(_ values: [Double]) -> [Int: Double] { Dictionary(uniqueKeysWithValues: values.enumerated().map { ($0, $1) }) }
        #expect(PairedComparison(keyed(a), keyed(b)).wilcoxonP.value == 0.1796875)
        #expect(try signTest([1, 1, 1, 1, 1]) == 0.0625)
        let higher = Dictionary(uniqueKeysWithValues: (0..<5).map { ($0, Double($0) + 1) })
        let comparison = PairedComparison(higher, higher.mapValues { _ in 0 })
        #expect(comparison.pValue.value == 0.0625 && comparison.meanDifference.intervalReason == .tooFew(count: 5, needed: 6))
    }
}
