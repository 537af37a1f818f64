import XCTest
@testable import Plots

/// The numbers behind figures, against NumPy 2.4 and SciPy 1.17 (linregress, pearsonr, t.ppf, percentile, histogram_bin_edges).
final class StatisticsTests: XCTestCase {
    private let x = [11.037, 12.465, 10.991, 6.091, 12.716, 11.339, 8.389, 11.743, 11.094, 10.882, 10.085, 11.64]
    private let y = [4.782, 6.07, 5.013, 3.644, 6.398, 5.377, 3.413, 5.614, 5.555, 5.165, 6.337, 6.827]
    private let skewed = [
        2.902, 3.916, 3.027, 1.208, 11.879, 5.355, 0.632, 3.623, 1.862, 1.441, 3.586, 2.19, 6.204, 1.636, 2.199, 1.261, 3.282, 2.587, 4.088, 1.214, 2.268, 5.704, 4.034,
        2.623, 5.677, 6.223, 0.784, 2.31, 3.859, 1.102, 5.415, 3.331, 4.695, 4.04, 2.709, 0.245, 3.419, 4.269, 6.093, 5.377,
    ]

    func testStudentQuantiles() {
        for (degrees, expected) in [(1.0, 12.706204736174694), (2, 4.302652729749462), (3, 3.1824463052837078), (5, 2.5705818356363146), (30, 2.0422724563012378), (998, 1.9623438462163343)] {
            XCTAssertEqual(StudentDistribution.quantile(0.975, degrees: degrees), expected, accuracy: 1e-9 * expected)
        }
        XCTAssertEqual(StudentDistribution.quantile(0.995, degrees: 4), 4.604094871349992, accuracy: 1e-9)
    }

    func testFitAndBand() throws {
        let fit = try XCTUnwrap(LinearFit(x, y))
        XCTAssertEqual(fit.slope, 0.4485447522839411, accuracy: 1e-12)
        XCTAssertEqual(fit.intercept, 0.5474632153814598, accuracy: 1e-11)
        XCTAssertEqual(try XCTUnwrap(fit.residual), 0.6776587412906319, accuracy: 1e-12)
        for (at, center, half) in [(5.0, 2.790186976801165, 1.4836448495625545), (10, 5.03291073822087, 0.4698693997465988), (15, 7.275634499640576, 1.1528117921403696)] {
            let interval = try XCTUnwrap(fit.interval(at))
            XCTAssertEqual(fit.value(at), center, accuracy: 1e-11)
            XCTAssertEqual((interval.high - interval.low) / 2, half, accuracy: 1e-9)
        }
        let (r, interval) = try XCTUnwrap(LinearFit.correlation(x, y))
        XCTAssertEqual(r, 0.786052347102234, accuracy: 1e-12)
        XCTAssertEqual(try XCTUnwrap(interval).low, 0.3865133720370911, accuracy: 1e-9)
        XCTAssertEqual(try XCTUnwrap(interval).high, 0.9371775211989039, accuracy: 1e-9)
        XCTAssertNil(LinearFit([1, 1, 1], [1, 2, 3]))
        XCTAssertNil(LinearFit([1], [1]))
        XCTAssertNil(LinearFit([1, 2], [3, 5])?.interval(1))
        XCTAssertNil(LinearFit.correlation([1, 2, 3], [5, 5, 5])?.r)
    }

    func testQuartiles() throws {
        let box = try XCTUnwrap(Quartiles(skewed))
        XCTAssertEqual(box.lower, 2.108, accuracy: 1e-12)
        XCTAssertEqual(box.median, 3.3065, accuracy: 1e-12)
        XCTAssertEqual(box.upper, 4.3755, accuracy: 1e-12)
        XCTAssertEqual(box.whiskers, 0.245...6.223)
        XCTAssertEqual(Quartiles([7])?.whiskers, 7...7)
        XCTAssertNil(Quartiles([]))
    }

    func testBins() {
        XCTAssertEqual(Bins.number(for: skewed), 9)
        let bins = Bins(0.245...11.879, number: 9)
        for (edge, expected) in zip(bins.edges, [0.245, 1.5376666666666665, 2.8303333333333334, 4.123, 5.415666666666667, 6.708333333333333, 8.001, 9.293666666666665, 10.586333333333332, 11.879]) {
            XCTAssertEqual(edge, expected, accuracy: 1e-12)
        }
        XCTAssertEqual(bins.counts(skewed), [8, 9, 12, 5, 5, 0, 0, 0, 1])
        XCTAssertEqual(Bins.number(for: [1, 1, 1, 1]), 1)
        XCTAssertEqual(Bins(0...3, number: 3).counts([0, 1, 1, 2, 3, 3]), [1, 2, 3])
    }

    func testMeanBand() {
        let runs = (0..<3).map { Array(skewed[($0 * 5)..<($0 * 5 + 5)]) }
        let band = MeanBand(runs: runs)
        for (i, (mean, half)) in zip([3.947666666666667, 2.246, 4.284666666666666, 1.5686666666666669, 5.173], [3.144573305021727, 4.080732873679037, 4.194946174554256, 0.8251276962384154, 14.45748257927065]).enumerated() {
            XCTAssertEqual(band.mean[i], mean, accuracy: 1e-12)
            XCTAssertEqual((band.high[i] - band.low[i]) / 2, half, accuracy: 1e-8)
        }
        XCTAssertTrue(MeanBand(runs: [[.nan, 1], [.nan, 3]]).mean[0].isNaN)
    }

    func testThinningKeepsExtremes() {
        var piece = (0..<100_000).map { (i: Int) in Position(Double(i), Double(i % 7)) }
        (piece[777].y, piece[54_321].y) = (50, -50)
        let axis = Axis(limits: 0...99_999), kept = Thinning.line(piece, axis)
        XCTAssertLessThan(kept.count, 10_100)
        XCTAssertTrue([0, 777, 54_321, 99_999].allSatisfy(kept.contains))
        XCTAssertEqual(kept, Array(Set(kept)).sorted())
    }
}
