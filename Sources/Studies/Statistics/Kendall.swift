// Kendall's τ-b in O(n log n): points are met in ascending x, and a Fenwick tree over the levels of y counts how many earlier
// points lie below and above each. Points of equal x are counted before any of them is inserted, so ties in x count for nothing.

extension Pairs {
    /// τ-b = (C − D) / √((n₀ − n₁)(n₀ − n₂)), n₀ all pairs of points, n₁ and n₂ those tied in x and in y; NaN when a side is constant.
    func kendall(_ counts: [Int32]) -> Double {
        var tree = [Int](repeating: 0, count: yLevels + 1)
        var yWeight = [Int](repeating: 0, count: yLevels)
        var (score, inserted, tiedX) = (0, 0, 0)
        var start = 0
        while start < counts.count {
            var end = start
            var group = 0
            while end < counts.count, xLevel[end] == xLevel[start] {
                let w = Int(counts[end])
                if w > 0 {
                    let below = Pairs.prefix(tree, yLevel[end])
                    let above = inserted - Pairs.prefix(tree, yLevel[end] + 1)
                    score += w * (below - above)
                    group += w
                }
                end += 1
            }
            for i in start..<end where counts[i] > 0 {
                Pairs.insert(Int(counts[i]), at: yLevel[i], into: &tree)
                yWeight[yLevel[i]] += Int(counts[i])
            }
            inserted += group
            tiedX += group * (group - 1) / 2
            start = end
        }
        let all = inserted * (inserted - 1) / 2
        let tiedY = yWeight.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
        guard all > tiedX, all > tiedY else { return .nan }
        let tau = Double(score) / Double(all - tiedX).squareRoot() / Double(all - tiedY).squareRoot()
        return Swift.min(Swift.max(tau, -1), 1)
    }

    /// The weight inserted at levels below `level`.
    @inline(__always) private static func prefix(_ tree: [Int], _ level: Int) -> Int {
        var (i, sum) = (level, 0)
        while i > 0 {
            sum += tree[i]
            i &= i - 1
        }
        return sum
    }

    @inline(__always) private static func insert(_ weight: Int, at level: Int, into tree: inout [Int]) {
        var i = level + 1
        while i < tree.count {
            tree[i] += weight
            i += i & -i
        }
    }
}
