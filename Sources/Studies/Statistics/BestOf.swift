// "Best of k searches": what a user gets who runs k searches and keeps the best. The expectation over all k-subsets of the n
// trials (without replacement, unbiased: Tang et al. 2020): E = Σ C(i − 1, k − 1) / C(n, k) · x₍i₎ in ascending order.

/// The expected outcome of the best of k trials.
public enum BestOf {
    /// The expected maximum of `k` of the scores, in their unit.
    /// - Throws: `noScores`, `notANumber`, `tooFew` when k exceeds the scores; `infinite` for infinities of both signs.
    public static func expectedMaximum(_ scores: [Double], k: Int) throws(Undefined) -> Double {
        try expected(selecting: scores, reporting: scores, k: k)
    }

    /// The expected `reporting` score of the trial with the highest `selecting` score among k: with validation scores to select
    /// and test scores to report it is free of the optimism of choosing on the test set. Equal selecting scores share.
    public static func expected(selecting: [Double], reporting: [Double], k: Int) throws(Undefined) -> Double {
        let selection = try Selection(selecting: selecting, reporting: reporting)
        if k < 1 || k > selecting.count { throw .tooFew(count: selecting.count, needed: Swift.max(k, 1)) }
        let value = selection.value(k: k, [Int32](repeating: 1, count: selecting.count))
        if value.isNaN { throw .infinite }
        return value
    }

    /// The curve over k = 1...upTo (all trials when nil), each point with its bootstrap interval when `bootstrap` is given;
    /// only for the k named when `only` is. `result[k - 1]` belongs to k.
    public static func curve(selecting: [Double], reporting: [Double], upTo: Int? = nil,
                             bootstrap: Bootstrap? = nil, only: [Int]? = nil) -> [Estimate] {
        let last = Swift.max(upTo ?? selecting.count, 1)
        let selection: Selection
        do { selection = try Selection(selecting: selecting, reporting: reporting) } catch {
            return [Estimate](repeating: Estimate(undefined: error), count: last)
        }
        let n = selecting.count
        return (1...last).map { k in
            if k > n { return Estimate(undefined: .tooFew(count: n, needed: k)) }
            let value = selection.value(k: k, [Int32](repeating: 1, count: n))
            if value.isNaN { return Estimate(undefined: .infinite) }
            // The bootstrap of a maximum has no BCa correction worth the name: plain percentiles.
            var plan = bootstrap
            plan?.method = .percentile
            if let only, !only.contains(k) { plan = nil }
            return Estimate(value, interval: plan?.interval(count: n, needed: 2, estimate: value) {
                selection.value(k: k, $0)
            })
        }
    }
}

/// Trials in ascending order of the score that selects, with the score to report.
private struct Selection {
    let selecting: [Double]
    let reporting: [Double]

    init(selecting: [Double], reporting: [Double]) throws(Undefined) {
        precondition(selecting.count == reporting.count, "as many scores to select by as to report")
        if selecting.isEmpty { throw .noScores }
        let undefined = zip(selecting, reporting).reduce(0) { $0 + ($1.0.isNaN || $1.1.isNaN ? 1 : 0) }
        if undefined > 0 { throw .notANumber(count: undefined) }
        let order = selecting.indices.sorted { (selecting[$0], reporting[$0]) < (selecting[$1], reporting[$1]) }
        self.selecting = order.map { selecting[$0] }
        self.reporting = order.map { reporting[$0] }
    }

    /// The expectation under multiplicities: a group of equal selecting scores has the summed weight of its places, and its mean.
    func value(k: Int, _ counts: [Int32]) -> Double {
        let n = counts.reduce(0) { $0 + Int($1) }
        var weight = [Double](repeating: 0, count: n + 1)
        weight[n] = Double(k) / Double(n)
        for i in stride(from: n, to: k, by: -1) { weight[i - 1] = weight[i] * Double(i - k) / Double(i - 1) }
        var (sum, place, start) = (CompensatedSum(), 0, 0)
        while start < counts.count {
            var (end, members, share) = (start, 0, 0.0)
            var scores = CompensatedSum()
            while end < counts.count, selecting[end] == selecting[start] {
                for _ in 0..<counts[end] {
                    place += 1
                    members += 1
                    share += weight[place]
                }
                if counts[end] > 0 { scores.add(Double(counts[end]) * reporting[end]) }
                end += 1
            }
            if members > 0, share > 0 { sum.add(share * (scores.total / Double(members))) }
            start = end
        }
        return sum.total
    }
}
