// Kendall's τ-b in O(n log n): points are met in ascending x, and a Fenwick tree over the levels of y counts how many earlier
// points lie below and above each. Points of equal x are counted before any of them is inserted, so ties in x count for nothing.

import Engine

extension Pairs {
    /// τ-b = (C − D) / √((n₀ − n₁)(n₀ − n₂)), n₀ all pairs of points, n₁ and n₂ those tied in x and in y; NaN when a side is constant.
    func kendall(_ counts: [Int32]) -> Double {
        let found = concordances(counts)
        guard found.all > found.tiedX, found.all > found.tiedY else { return .nan }
        let tau = Double(found.score) / Double(found.all - found.tiedX).squareRoot() / Double(found.all - found.tiedY).squareRoot()
        return Swift.min(Swift.max(tau, -1), 1)
    }

    /// C − D.
    func concordance(_ counts: [Int32]) -> Int { concordances(counts).score }

    private func concordances(_ counts: [Int32]) -> (score: Int, all: Int, tiedX: Int, tiedY: Int) {
        var tree = FenwickTree(count: yLevels)
        var yWeight = [Int](repeating: 0, count: yLevels)
        var score = 0
        var inserted = 0
        var tiedX = 0
        var start = 0
        while start < counts.count {
            if start & 0xFFF == 0, Interruption.isRequested { return (0, 0, 0, 0) }
            var end = start
            var group = 0
            while end < counts.count, xLevel[end] == xLevel[start] {
                let w = Int(counts[end])
                if w > 0 {
                    let below = tree.sum(below: yLevel[end])
                    let above = inserted - tree.sum(below: yLevel[end] + 1)
                    score += w * (below - above)
                    group += w
                }
                end += 1
            }
            for i in start..<end where counts[i] > 0 {
                tree.add(Int(counts[i]), at: yLevel[i])
                yWeight[yLevel[i]] += Int(counts[i])
            }
            inserted += group
            tiedX += group * (group - 1) / 2
            start = end
        }
        let all = inserted * (inserted - 1) / 2
        let tiedY = yWeight.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
        return (score, all, tiedX, tiedY)
    }
}
