// The scores of one method as a weighted sample: values in ascending order, each with a multiplicity. A bootstrap resample is the
// same values with other multiplicities, so the statistic and its bootstrap are one function and no resample is sorted.
// Invariant: `sorted` is ascending and free of NaN; multiplicities belong to its positions.

/// Scores in ascending order, to be read with multiplicities.
struct Sample {
    let sorted: [Double]
    let hasInfinity: Bool

    /// - Throws: `noScores` for an empty list, `notANumber` when a score is NaN.
    init(_ scores: [Double]) throws(Undefined) {
        if scores.isEmpty { throw .noScores }
        let undefined = scores.reduce(0) { $0 + ($1.isNaN ? 1 : 0) }
        if undefined > 0 { throw .notANumber(count: undefined) }
        sorted = scores.sorted()
        hasInfinity = sorted.first!.isInfinite || sorted.last!.isInfinite
    }

    var count: Int { sorted.count }

    /// Every score once.
    var once: [Int32] { [Int32](repeating: 1, count: sorted.count) }
}

/// Compensated summation (Neumaier 1974): the rounding error of a sum of n terms does not grow with n.
/// Infinite terms pass through: one sign gives that infinity, both give NaN.
struct CompensatedSum {
    private var sum = 0.0
    private var lost = 0.0

    @inline(__always) mutating func add(_ term: Double) {
        let next = sum + term
        lost += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
        sum = next
    }

    var total: Double { sum.isFinite ? sum + lost : sum }
}
