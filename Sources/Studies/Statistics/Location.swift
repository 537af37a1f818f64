// Where the scores lie: mean, order statistics and the interquartile mean, over a sample with multiplicities.
// Quantiles interpolate linearly between order statistics (Hyndman and Fan's type 7, NumPy's default); the interquartile
// mean drops ⌊n/4⌋ scores at each end (SciPy's trim_mean with 0.25).

extension Sample {
    /// Σ w x / Σ w; infinite when a score is, NaN when scores are infinite on both sides.
    func mean(_ counts: [Int32]) -> Double {
        var sum = CompensatedSum()
        var n = 0
        for i in 0..<sorted.count where counts[i] > 0 {
            sum.add(Double(counts[i]) * sorted[i])
            n += Int(counts[i])
        }
        if sum.total.isInfinite, !hasInfinity {
            // The sum overflows, the mean does not.
            var scaled = CompensatedSum()
            for i in 0..<sorted.count where counts[i] > 0 { scaled.add(Double(counts[i]) / Double(n) * sorted[i]) }
            return scaled.total
        }
        return sum.total / Double(n)
    }

    func minimum(_ counts: [Int32]) -> Double {
        for i in 0..<sorted.count where counts[i] > 0 { return sorted[i] }
        return .nan
    }

    func maximum(_ counts: [Int32]) -> Double {
        for i in (0..<sorted.count).reversed() where counts[i] > 0 { return sorted[i] }
        return .nan
    }

    /// The quantile at `p` in 0...1: x₍h₎ + (h − ⌊h⌋)(x₍h+1₎ − x₍h₎) with h = (n − 1) p, counted from 0.
    func quantile(_ p: Double, _ counts: [Int32]) -> Double {
        let n = counts.reduce(0) { $0 + Int($1) }
        let h = Double(n - 1) * p
        let below = Int(h.rounded(.down))
        var seen = 0
        for i in 0..<sorted.count where counts[i] > 0 {
            seen += Int(counts[i])
            guard seen > below else { continue }
            if seen > below + 1 || below + 1 >= n { return sorted[i] }
            var next = i + 1
            while counts[next] == 0 { next += 1 }
            return interpolate(sorted[i], sorted[next], h - Double(below))
        }
        return .nan
    }

    func median(_ counts: [Int32]) -> Double { quantile(0.5, counts) }

    /// The mean without the ⌊n/4⌋ lowest and the ⌊n/4⌋ highest scores.
    func interquartileMean(_ counts: [Int32]) -> Double {
        let n = counts.reduce(0) { $0 + Int($1) }
        let cut = n / 4
        var (sum, seen) = (CompensatedSum(), 0)
        for i in 0..<sorted.count where counts[i] > 0 {
            let first = max(seen, cut)
            seen += Int(counts[i])
            let last = min(seen, n - cut)
            if last > first { sum.add(Double(last - first) * sorted[i]) }
        }
        return sum.total / Double(n - 2 * cut)
    }
}

/// a + t (b − a), exact at both ends and at equal (also infinite) ends.
func interpolate(_ a: Double, _ b: Double, _ t: Double) -> Double {
    if a == b || t == 0 { return a }
    if a.isInfinite || b.isInfinite { return a.isFinite ? b : b.isFinite ? a : .nan }
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t)
}

/// The quantile at `p` of ascending values.
func quantile(_ p: Double, ofSorted values: [Double]) -> Double {
    let h = Double(values.count - 1) * p
    let below = min(max(Int(h.rounded(.down)), 0), values.count - 1)
    return interpolate(values[below], values[min(below + 1, values.count - 1)], h - Double(below))
}
