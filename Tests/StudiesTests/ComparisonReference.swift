// The values of scripts/reference-comparisons.py (SciPy and statsmodels), read from Fixtures/comparisons.json.

import Foundation

struct ComparisonReference: Decodable {
    struct Differences: Decodable {
        let differences: [Double]
        let sign, wilcoxon: Double
    }
    struct Holm: Decodable {
        let p, adjusted: [Double]
    }
    struct Variance: Decodable {
        let data, search: [Int]
        let score, components: [Double]
        /// Whether the components are an iterative fit, which ends at its own tolerance.
        let reml: Bool
    }
    let tests: [String: Differences]
    let holm: Holm
    let variance: [String: Variance]

    static let values: ComparisonReference = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/comparisons.json")
        return try! JSONDecoder().decode(ComparisonReference.self, from: Data(contentsOf: file))
    }()
}
