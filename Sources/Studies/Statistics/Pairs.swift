// Pairs of scores (one-shot and final, say) as a weighted sample: points in ascending order of x, then y, with the dense rank of
// each coordinate. A bootstrap resample is the same points with other multiplicities, so nothing is sorted or ranked again.

/// Pairs to be correlated, read with multiplicities.
struct Pairs {
    let x: [Double]
    let y: [Double]
    /// The position of x among the distinct values of x, from 0; equal values have equal ranks.
    let xLevel: [Int]
    let yLevel: [Int]
    let xLevels: Int
    let yLevels: Int

    /// - Precondition: as many xs as ys.
    /// - Throws: `tooFew` below three pairs (two always correlate perfectly), `notANumber`, `constant` when one side is.
    init(_ xs: [Double], _ ys: [Double]) throws(Undefined) {
        precondition(xs.count == ys.count, "pairs need as many xs as ys")
        if xs.count < 3 { throw .tooFew(count: xs.count, needed: 3) }
        let undefined = zip(xs, ys).reduce(0) { $0 + ($1.0.isNaN || $1.1.isNaN ? 1 : 0) }
        if undefined > 0 { throw .notANumber(count: undefined) }
        let order = xs.indices.sorted { (xs[$0], ys[$0]) < (xs[$1], ys[$1]) }
        // In units of a power of two, which changes no bit of a correlation, so that products neither overflow nor vanish.
        let xUnit = Pairs.unit(xs)
        let yUnit = Pairs.unit(ys)
        x = order.map { xs[$0] * xUnit }
        y = order.map { ys[$0] * yUnit }
        (xLevel, xLevels) = Pairs.levels(x)
        (yLevel, yLevels) = Pairs.levels(y)
        if xLevels == 1 || yLevels == 1 { throw .constant }
    }

    var count: Int { x.count }

    private static func unit(_ values: [Double]) -> Double {
        let largest = values.reduce(0) { $1.isFinite ? Swift.max($0, abs($1)) : $0 }
        guard largest > 0 else { return 1 }
        return Double(sign: .plus, exponent: Swift.max(-1020, Swift.min(1020, -largest.exponent)), significand: 1)
    }

    private static func levels(_ values: [Double]) -> ([Int], Int) {
        var level = [Int](repeating: 0, count: values.count)
        var (current, previous) = (-1, Double.nan)
        for i in values.indices.sorted(by: { values[$0] < values[$1] }) {
            if values[i] != previous { current += 1 }
            previous = values[i]
            level[i] = current
        }
        return (level, current + 1)
    }

    /// The average rank of every level under the multiplicities, counted from 1.
    func averageRanks(_ level: [Int], _ levels: Int, _ counts: [Int32]) -> [Double] {
        var weight = [Int](repeating: 0, count: levels)
        for i in 0..<counts.count { weight[level[i]] += Int(counts[i]) }
        var before = 0
        return weight.map { w in
            defer { before += w }
            return Double(before) + Double(w + 1) / 2
        }
    }
}
