import Testing
@testable import Studies

@Suite struct CorrelationTests {
    @Test func agreesWithSciPy() throws {
        for (name, reference) in Reference.values.pairs {
            let expected: [Correlation: Double] = [.pearson: reference.pearson, .spearman: reference.spearman, .kendall: reference.kendall]
            let order = Array(reference.x.indices).shuffled()
            for correlation in Correlation.allCases {
                let value = try correlation.of(order.map { reference.x[$0] }, order.map { reference.y[$0] })
                #expect(close(value, expected[correlation]!), "\(correlation) of \(name): \(value), SciPy \(expected[correlation]!)")
            }
        }
    }

    /// The definition of τ-b, pair by pair, on random data with many ties and with multiplicities.
    @Test func kendallIsItsDefinition() throws {
        let stream = ResamplingStream(seed: 5)
        for trial in 0..<50 {
            let n = 3 + trial % 17
            let x = (0..<n).map { Double(stream.index(UInt64(1000 * trial + $0), below: 5)) }
            let y = (0..<n).map { Double(stream.index(UInt64(1000 * trial + 100 + $0), below: 4)) }
            guard let pairs = try? Pairs(x, y) else { continue }
            let counts = (0..<n).map { Int32(stream.index(UInt64(1000 * trial + 200 + $0), below: 3)) }
            let points = pairs.x.indices.flatMap { [(Double, Double)](repeating: (pairs.x[$0], pairs.y[$0]), count: Int(counts[$0])) }
            var (score, xPairs, yPairs) = (0.0, 0.0, 0.0)
            for i in points.indices {
                for j in 0..<i {
                    let (dx, dy) = (points[i].0 - points[j].0, points[i].1 - points[j].1)
                    score += dx * dy > 0 ? 1 : dx * dy < 0 ? -1 : 0
                    xPairs += dx != 0 ? 1 : 0
                    yPairs += dy != 0 ? 1 : 0
                }
            }
            let expected = score / (xPairs * yPairs).squareRoot()
            let value = pairs.kendall(counts)
            #expect(expected.isNaN && value.isNaN || close(value, expected))
        }
    }

    @Test func saysWhyThereIsNoValue() {
        for correlation in Correlation.allCases {
            #expect(correlation.estimate([], []).reason == .tooFew(count: 0, needed: 3))
            #expect(correlation.estimate([1, 2], [2, 1]).reason == .tooFew(count: 2, needed: 3))
            #expect(correlation.estimate([1, 1, 1], [1, 2, 3]).reason == .constant)
            #expect(correlation.estimate([1, 2, 3], [7, 7, 7]).reason == .constant)
            #expect(correlation.estimate([1, .nan, 3], [1, 2, 3]).reason == .notANumber(count: 1))
            let few = correlation.estimate([1, 2, 3], [1, 3, 2]).intervalReason
            #expect(few == .tooFew(count: 3, needed: correlation == .pearson ? 4 : 6))
        }
        #expect(Correlation.pearson.estimate([1, 2, .infinity], [1, 2, 3]).reason == .infinite)
        #expect(Correlation.spearman.estimate([1, 2, .infinity], [1, 2, 3]).value == 1)
        #expect(Correlation.kendall.estimate([1, 2, .infinity], [3, 2, 1]).value == -1)
    }

    @Test func perfectCorrelationStaysWithinOne() throws {
        let x = (0..<20).map { 0.1 * Double($0) }
        for correlation in Correlation.allCases {
            let estimate = correlation.estimate(x, x.map { -3 * $0 })
            #expect(close(estimate.value!, -1) && estimate.value! >= -1)
            if let interval = estimate.interval { #expect(interval.lower == -1 && interval.upper < 0) }
        }
    }
}
