// The values of scripts/reference-statistics.py (NumPy and SciPy), read from Fixtures/statistics.json.

import Foundation

struct Reference: Decodable {
    struct Sample: Decodable {
        let scores: [Double]
        let mean, median, max, min, std, standard_error, lower_quartile, upper_quartile, interquartile_mean: Double
    }
    struct Pairs: Decodable {
        let x, y: [Double]
        let pearson, spearman, kendall: Double
    }
    struct Flip: Decodable {
        let differences: [Double]
        let p, lower, upper: Double
    }
    struct Intervals: Decodable {
        let scores, student, bonett, few, few_student, pearson: [Double]
        let pairs, median_chance, shares, student_factor, chi_squared, f: [[Double]]
        let sign_flip: [Flip]
    }
    struct Independence: Decodable {
        let x, y: [Double]
        let pearson, spearman, kendall: Double
    }
    struct BestOf: Decodable {
        let selecting, reporting, maximum, reported: [Double]
    }
    struct Paired: Decodable {
        let a, b: [Double]
        let mean, median, standard_error, p: Double
    }
    struct Quantiles: Decodable {
        let p, z: [Double]
    }
    let samples: [String: Sample]
    let pairs: [String: Pairs]
    let intervals: Intervals
    let independence: [String: Independence]
    let best_of: BestOf
    let paired: Paired
    let normal_quantile: Quantiles

    static let values: Reference = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/statistics.json")
        return try! JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    }()
}

/// Relative to the larger, absolute near zero.
func close(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
    a == b || abs(a - b) <= tolerance * Swift.max(1, abs(a), abs(b))
}
