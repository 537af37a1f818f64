import Datasets
import Engine
import Foundation
import Tensors
import Testing

/// Blur and downsampling beside scipy.ndimage (Fixtures/measurements.json, made by scripts/reference-measurements.py).
@Suite struct GaussianReferenceTests {
    private struct Case: Decodable {
        let x: Values, sigma: Double, taps: Int?, factor: Int, y: Values
    }

    /// A signal {length} or an image {height, width}.
    private struct Values: Decodable {
        let shape: [Int]
        let numbers: [Double]

        init(from decoder: Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let signal = try? container.decode([Double].self) {
                shape = [signal.count]
                numbers = signal
            } else {
                let image = try container.decode([[Double]].self)
                shape = [image.count, image[0].count]
                numbers = image.flatMap { $0 }
            }
        }
    }

    @Test func blursAreSciPys() throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/measurements", withExtension: "json"))
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
        #expect(cases.count > 50)
        for one in cases {
            let blur = GaussianMeasurement(sigma: one.sigma, taps: one.taps, factor: one.factor, noise: 0)
            for (dtype, bound) in [(DType.float64, 1e-13), (.float32, 2e-6)] {
                let x = Tensor(one.x.numbers, shape: [1, 1] + one.x.shape, dtype)
                let y = try blur.run(x) { try blur.forward($0) }
                #expect(y.shape == [1, 1] + one.y.shape)
                let worst = zip(try y.values(), one.y.numbers).map { abs($0 - $1) }.max() ?? .infinity
                #expect(worst < bound, "\(blur) of \(one.x.shape) in \(dtype): \(worst)")
            }
        }
    }

    /// Beyond any length the periodic Gaussian is flat: what is left of an impulse is its mean.
    @Test func hugeWidthsAreTheMean() throws {
        for sigma in [1e3, 1e9, 1e300] {
            let blur = GaussianMeasurement(sigma: sigma, noise: 0)
            let impulse = Tensor([1] + [Double](repeating: 0, count: 11), shape: [1, 1, 12], .float64)
            let values = try blur.run(impulse) { try blur.forward($0) }.values()
            #expect(values.allSatisfy { abs($0 - 1.0 / 12) < 1e-15 })
        }
    }
}
