import Foundation
import Testing
@testable import Studies

@Suite struct StatisticsTests {
    @Test func agreesWithNumPyAndSciPy() throws {
        for (name, reference) in Reference.values.samples {
            let expected: [Statistic: Double] = [
                .mean: reference.mean, .median: reference.median, .max: reference.max, .min: reference.min, .std: reference.std,
                .standardError: reference.standard_error, .lowerQuartile: reference.lower_quartile,
                .upperQuartile: reference.upper_quartile, .interquartileMean: reference.interquartile_mean,
            ]
            for statistic in Statistic.allCases {
                let value = try statistic.of(reference.scores.shuffled())
                #expect(close(value, expected[statistic]!), "\(statistic) of \(name): \(value), SciPy \(expected[statistic]!)")
            }
        }
    }

    /// A spread of 1e-9 around 20 must survive to its own precision, not that of the scores.
    @Test func keepsASmallSpread() throws {
        let reference = Reference.values.samples["nearly equal"]!
        let std = try Statistic.std.of(reference.scores)
        #expect(abs(std / reference.std - 1) < 1e-6)
    }

    @Test func saysWhyThereIsNoValue() {
        func reason(_ statistic: Statistic, _ scores: [Double]) -> Undefined? { statistic.estimate(scores).reason }
        for statistic in Statistic.allCases {
            #expect(reason(statistic, []) == .noScores)
            #expect(reason(statistic, [1, .nan, .nan]) == .notANumber(count: 2))
        }
        #expect(reason(.std, [20]) == .tooFew(count: 1, needed: 2))
        #expect(reason(.standardError, [20]) == .tooFew(count: 1, needed: 2))
        #expect(reason(.std, [20, .infinity]) == .infinite)
        #expect(reason(.mean, [.infinity, -.infinity]) == .infinite)
        #expect(Statistic.mean.estimate([20, .infinity]).value == .infinity)
        #expect(Statistic.max.estimate([20, .infinity]).value == .infinity)
        #expect(Statistic.median.estimate([20, 21, .infinity]).value == 21)
        #expect(Statistic.median.estimate([.infinity, .infinity]).value == .infinity)
        #expect(Statistic.interquartileMean.estimate([-.infinity, 1, 3, .infinity]).value == 2)
        #expect("\(Undefined.tooFew(count: 1, needed: 2))" == "1 score, at least 2 needed")
    }

    @Test func oneTrialHasAMeanWithoutInterval() {
        let estimate = Statistic.mean.estimate([20.5])
        #expect(estimate.value == 20.5)
        #expect(estimate.interval == nil)
        #expect(estimate.intervalReason == .tooFew(count: 1, needed: 2))
    }

    @Test func constantScoresHaveNoInterval() {
        let estimate = Statistic.mean.estimate([4.25, 4.25, 4.25])
        #expect(estimate.value == 4.25 && estimate.intervalReason == .constant)
        #expect(Statistic.std.estimate([4.25, 4.25, 4.25]).value == 0)
    }

    @Test func normalQuantileAgreesWithSciPy() {
        let reference = Reference.values.normal_quantile
        for (p, z) in zip(reference.p, reference.z) {
            #expect(close(normalQuantile(p), z), "p = \(p): \(normalQuantile(p)), SciPy \(z)")
            #expect(close(normalDistribution(z), p))
        }
        #expect(normalQuantile(0) == -.infinity && normalQuantile(1) == .infinity)
    }

    @Test func resamplingStreamIsSplitMix64() {
        // The first outputs of the published C code (Vigna, splitmix64.c) from the state 1234567.
        let stream = ResamplingStream(seed: 1_234_567)
        #expect((0..<5).map { stream.word($0) } == [
            6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
        ])
        #expect((0..<1000).allSatisfy { (0..<7).contains(stream.index($0, below: 7)) })
        #expect(Set((0..<1000).map { stream.index($0, below: 7) }).count == 7)
    }
}
