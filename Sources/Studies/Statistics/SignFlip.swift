// The sign-flip test of a mean difference and its inversion. Under the hypothesis that differences lie around θ alike on both sides,
// each d − θ may as well have the other sign. Flipping the set A gives a mean as far from θ as the observed one exactly when the mean of
// A, or of its complement, lies on θ's other side; so p as a function of θ steps at the means of subsets, and the θ that are not
// rejected lie between two of them (Hartigan 1969, "typical values"). Test and interval read the same means and agree by construction.
// Differences on shared data are flipped together.

import Engine

/// Test and interval of the mean of differences.
struct SignFlip {
    let p: Double
    let interval: Result<Interval, Undefined>

    /// Up to this many differences (or groups of them) all signs are tried, up to the next so many are drawn; beyond, p and interval
    /// are those of the paired t test.
    static let exact = 14
    static let drawn = 1000
    static let draws = 20000

    /// - Parameter groups: of each difference, where differences of one group are not independent.
    /// - Throws: `tooFew` below two differences or groups, `infinite`.
    init(_ differences: [Double], groups: [Int]? = nil, level: Double = 0.95, seed: UInt64 = 0) throws(Undefined) {
        if differences.count < 2 { throw .tooFew(count: differences.count, needed: 2) }
        if differences.contains(where: \.isInfinite) { throw .infinite }
        var sums = differences
        var sizes = [Double](repeating: 1, count: differences.count)
        if let groups {
            var place: [Int: Int] = [:]
            sums = []
            sizes = []
            for (d, group) in zip(differences, groups) {
                let i = place[group] ?? sums.count
                if i == sums.count {
                    place[group] = i
                    sums.append(0)
                    sizes.append(0)
                }
                sums[i] += d
                sizes[i] += 1
            }
            if sums.count < 2 { throw .tooFewGroups("data set", count: sums.count, needed: 2) }
        }
        let total = sums.reduce(0, +)
        let mean = total / Double(differences.count)
        // Rounding must not separate means that are equal on paper.
        let tolerance = 8 * Double.ulpOfOne * Double(sums.count) * sums.reduce(0) { $0 + abs($1) } / Double(differences.count)
        let isConstant = differences.allSatisfy { $0 == differences[0] }
        if sums.count > SignFlip.drawn {
            let test = SignFlip.student(sums, sizes: sizes, mean: mean, isConstant: isConstant, level: level)
            p = test.p
            interval = test.interval
            return
        }
        let means = sums.count <= SignFlip.exact
            ? SubsetMeans(all: sums, sizes) : SubsetMeans(drawing: SignFlip.draws, seed: seed, sums, sizes, total: total)
        if abs(mean) <= tolerance {
            p = 1
        } else {
            let extreme = mean > 0 ? means.low.count { $0 <= tolerance } : means.high.count { $0 >= -tolerance }
            p = Double(means.certain + extreme) / Double(means.possible)
        }
        // p > 1 − level exactly when `certain` + the means beyond θ are more than that share of what is possible.
        let needed = Int(((1 - level) * Double(means.possible)).rounded(.down)) - means.certain + 1
        if isConstant {
            interval = .failure(.constant)
        } else if needed < 1 {
            var least = 1
            while 2 / Double(1 << least) > 1 - level { least += 1 }
            let few = Undefined.tooFew(count: sums.count, needed: least)
            interval = .failure(groups == nil ? few : .tooFewGroups("data set", count: sums.count, needed: least))
        } else {
            let low = means.low.sorted()
            let high = means.high.sorted()
            func snapped(_ bound: Double) -> Double { abs(bound) <= tolerance ? 0 : bound }
            let lower = snapped(low[needed - 1])
            let upper = snapped(high[high.count - needed])
            interval = .success(Interval(lower: lower, upper: upper, level: level, method: .signFlip))
        }
    }

    private static func student(_ sums: [Double], sizes: [Double], mean: Double, isConstant: Bool,
                                level: Double) -> (p: Double, interval: Result<Interval, Undefined>) {
        let n = Double(sums.count)
        let size = sizes.reduce(0, +)
        let squares = zip(sums, sizes).reduce(0.0) { $0 + ($1.0 - $1.1 * mean) * ($1.0 - $1.1 * mean) }
        let error = (n / (n - 1) * squares).squareRoot() / size
        guard !isConstant, error > 0 else {
            return (mean == 0 ? 1 : 0, .failure(.constant))
        }
        let p = studentTwoSided(abs(mean) / error, degrees: n - 1)
        let half = studentFactor(level, degrees: n - 1) * error
        return (p, .success(Interval(lower: mean - half, upper: mean + half, level: level, method: .pairedT)))
    }
}

/// The means at which p steps: of θ below the observed mean those of `low` that do not exceed it count, above it those of `high` that are
/// not less; `certain` outcomes of all that are `possible` count everywhere.
private struct SubsetMeans {
    var low: [Double] = []
    var high: [Double] = []
    var certain: Int
    var possible: Int

    /// Of all sets but the empty one. Each stands for itself and its complement, so the outcomes are counted twice.
    init(all sums: [Double], _ sizes: [Double]) {
        let sets = 1 << sums.count
        var sum = [Double](repeating: 0, count: sets)
        var size = sum
        low.reserveCapacity(sets)
        for set in 1..<sets {
            let i = set.trailingZeroBitCount
            let rest = set & (set - 1)
            sum[set] = sum[rest] + sums[i]
            size[set] = size[rest] + sizes[i]
            low.append(sum[set] / size[set])
        }
        high = low
        // p = 2 (1 + number) / sets.
        certain = 1
        possible = sets / 2
    }

    /// Of drawn sets: the lower and the higher of a set's mean and its complement's. The observed signs count as one draw (Phipson and
    /// Smyth 2010).
    init(drawing draws: Int, seed: UInt64, _ sums: [Double], _ sizes: [Double], total: Double) {
        let stream = ResamplingStream(seed: seed)
        let all = sizes.reduce(0, +)
        var counter: UInt64 = 0
        var word: UInt64 = 0
        var left = 0
        for draw in 0..<draws {
            if draw & 255 == 0, Interruption.isRequested { break }
            var sum = 0.0
            var size = 0.0
            for i in sums.indices {
                if left == 0 {
                    word = stream.word(counter)
                    counter += 1
                    left = 64
                }
                if word & 1 == 1 {
                    sum += sums[i]
                    size += sizes[i]
                }
                word >>= 1
                left -= 1
            }
            let mean = size > 0 ? sum / size : -.infinity
            let other = size < all ? (total - sum) / (all - size) : -.infinity
            low.append(Swift.min(mean, other))
            high.append(Swift.max(mean.isFinite ? mean : .infinity, other.isFinite ? other : .infinity))
        }
        // Stopped: whoever began it looks at the flag.
        while low.count < draws {
            low.append(0)
            high.append(0)
        }
        certain = 1
        possible = draws + 1
    }
}
