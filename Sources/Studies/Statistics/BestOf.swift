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

    /// The curve over k = 1...upTo (all trials when nil), each point with its interval when `bootstrap` is given;
    /// only for the k named when `only` is. `result[k - 1]` belongs to k.
    ///
    /// For k = 1 the interval is the mean's; else, from 5 k scores on, the jackknife's with Student's t of n/k − 1 degrees of freedom: the
    /// expected best of k rests on about n/k scores.
    /// - Parameter groups: of each trial, where those of one group are not independent: there are then no intervals.
    public static func curve(selecting: [Double], reporting: [Double], upTo: Int? = nil, groups: [Int]? = nil,
                             bootstrap: Bootstrap? = nil, only: [Int]? = nil) -> [Estimate] {
        let last = Swift.max(upTo ?? selecting.count, 1)
        let selection: Selection
        do { selection = try Selection(selecting: selecting, reporting: reporting) } catch {
            return [Estimate](repeating: Estimate(undefined: error), count: last)
        }
        let n = selecting.count
        let once = [Int32](repeating: 1, count: n)
        let wanted = only.map(Set.init)
        return (1...last).map { k in
            if let wanted, !wanted.contains(k) { return Estimate(undefined: .noScores) }
            if k > n { return Estimate(undefined: .tooFew(count: n, needed: k)) }
            let value = selection.value(k: k, once)
            if value.isNaN { return Estimate(undefined: .infinite) }
            guard let bootstrap else { return Estimate(value) }
            if k == 1 {
                let mean = Statistic.mean.estimate(reporting, groups: groups, bootstrap: bootstrap)
                return Estimate(value, interval: mean.interval.map { .success($0) } ?? .failure(mean.intervalReason ?? .degenerate))
            }
            if let groups { return Estimate(value, interval: .failure(.sharedData(dataSets: Set(groups).count))) }
            return Estimate(value) { () throws(Undefined) in try selection.interval(k: k, value, bootstrap.level) }
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

    /// - Throws: `tooFew` below 5 k scores, `infinite`, `constant`.
    func interval(k: Int, _ value: Double, _ level: Double) throws(Undefined) -> Interval {
        let n = selecting.count
        if n < 5 * k { throw .tooFew(count: n, needed: 5 * k) }
        if reporting.contains(where: \.isInfinite) { throw .infinite }
        let left = leavingOneOut(k: k)
        let center = left.reduce(0) { $0 + $1 / Double(n) }
        let squares = left.reduce(0) { $0 + ($1 - center) * ($1 - center) }
        if squares == 0 { throw .constant }
        let error = (Double(n - 1) / Double(n) * squares).squareRoot()
        let half = studentFactor(level, degrees: Double(n) / Double(k) - 1) * error
        return Interval(lower: value - half, upper: value + half, level: level, method: .jackknife)
    }

    /// The expectation without each trial in turn, in linear time: groups of equal selecting scores keep their places below the trial
    /// that is gone and move down by one above it.
    private func leavingOneOut(k: Int) -> [Double] {
        let n = selecting.count
        let weight = Selection.weights(n - 1, k: k)
        var groups: [(start: Int, end: Int, sum: Double)] = []
        var start = 0
        while start < n {
            var end = start
            while end < n, selecting[end] == selecting[start] { end += 1 }
            groups.append((start, end, reporting[start..<end].reduce(0, +)))
            start = end
        }
        /// The weight of the places first + 1 ... last, from 1.
        func share(_ first: Int, _ last: Int) -> Double { weight[(first + 1)...last].reduce(0, +) }
        // What the groups above each one give, each a place lower.
        var above = [Double](repeating: 0, count: groups.count + 1)
        for g in groups.indices.dropFirst().reversed() {
            let group = groups[g]
            above[g] = above[g + 1] + share(group.start - 1, group.end - 1) * group.sum / Double(group.end - group.start)
        }
        var below = 0.0
        var result: [Double] = []
        for (g, group) in groups.enumerated() {
            let size = group.end - group.start
            let own = size > 1 ? share(group.start, group.end - 1) / Double(size - 1) : 0
            for i in group.start..<group.end { result.append(below + above[g + 1] + own * (group.sum - reporting[i])) }
            if group.end < n { below += share(group.start, group.end) * group.sum / Double(size) }
        }
        return result
    }

    /// C(i − 1, k − 1) / C(n, k), the chance that place i of n, from 1, is the best of k.
    private static func weights(_ n: Int, k: Int) -> [Double] {
        var weight = [Double](repeating: 0, count: n + 1)
        weight[n] = Double(k) / Double(n)
        for i in stride(from: n, to: k, by: -1) { weight[i - 1] = weight[i] * Double(i - k) / Double(i - 1) }
        return weight
    }

    /// The expectation under multiplicities: a group of equal selecting scores has the summed weight of its places, and its mean.
    func value(k: Int, _ counts: [Int32]) -> Double {
        let n = counts.reduce(0) { $0 + Int($1) }
        let weight = Selection.weights(n, k: k)
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
