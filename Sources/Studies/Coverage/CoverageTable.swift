// The outcome of a simulation as a table, each cell judged: 0.93 to 0.97 is what is promised; what lies outside has a mark whose reason
// stands below, or is a fault.

import Terminal

/// Coverage in words.
public struct CoverageTable {
    /// Why a cell may lie outside 0.93 to 0.97.
    enum Mark: String, CaseIterable {
        case wide = "w", skewed = "s", few = "f", rare = "r", tails = "t", fault = "!"

        var reason: String {
            switch self {
            case .wide:
                return "holds the truth more often than it says: the wider of two methods is taken, and with ties or counts the chance "
                    + "moves in steps"
            case .skewed: return "a long tail, of which a sample has too little: at least 0.90"
            case .few:
                return "fewer than six scores do not show that a population is skewed: Student's t is right for normal scores alone"
            case .rare:
                return "the outcome of 5 % is missing from many samples of this size (36 % of those of 20); nothing in the scores tells of it"
            case .tails:
                return "the population's figure rests on scores so rare that a sample lacks them: prefer medians and rank correlations"
            case .fault: return "FAULT: outside without a reason"
            }
        }
    }

    let cells: [String: [CoveragePopulation: [Int: CoverageSimulation.Cell]]]
    let counts: [Int]
    let samples: Int
    /// Whether some cell is outside without a reason.
    public private(set) var hasFault = false
    private var marks: [String: [CoveragePopulation: [Int: Mark]]] = [:]

    /// - Parameters:
    ///   - standardErrors: of the simulation itself, by which a cell may lie outside.
    ///   - progress: called with what is done.
    public init(_ simulation: CoverageSimulation, standardErrors: Double = 2, progress: (String) -> Void = { _ in }) {
        var cells: [String: [CoveragePopulation: [Int: CoverageSimulation.Cell]]] = [:]
        for population in CoveragePopulation.allCases {
            for n in simulation.counts {
                for (name, cell) in simulation.cells(population, n) { cells[name, default: [:]][population, default: [:]][n] = cell }
                progress("\(population.rawValue), n = \(n)")
            }
        }
        self.cells = cells
        counts = simulation.counts
        samples = simulation.samples
        for name in CoverageSimulation.names {
            for population in CoveragePopulation.allCases {
                for n in counts {
                    guard let coverage = cells[name]?[population]?[n]?.coverage else { continue }
                    let slack = standardErrors * (0.05 * 0.95 / Double(simulation.samples)).squareRoot()
                    let mark = CoverageTable.mark(name, population, n, coverage, slack)
                    marks[name, default: [:]][population, default: [:]][n] = mark
                    if mark == .fault { hasFault = true }
                }
            }
        }
    }

    /// The mark of a coverage; nil within 0.93 to 0.97.
    static func mark(_ name: String, _ population: CoveragePopulation, _ n: Int, _ coverage: Double, _ slack: Double) -> Mark? {
        if coverage > 0.97 + slack { return .wide }
        if coverage >= 0.93 - slack { return nil }
        let isVariance = name.hasPrefix("variance")
        if population == .logNormal {
            if name == "std" || name == "Pearson" || name.hasPrefix("best") || isVariance { return .tails }
            if n < 6 { return .few }
            return coverage >= 0.90 - slack ? .skewed : .fault
        }
        if population == .twoHumped, ["mean", "std", "Pearson"].contains(name) || isVariance {
            return name == "mean" || n <= 20 ? .rare : .tails
        }
        return .fault
    }

    public var text: String {
        var out = "Share of \(samples) samples whose 95 % interval holds the truth, by population and number of scores n\n"
        out += "(of differences, pairs, or data seeds with 3 searches and 2 retrainings). –: no interval, with its reason.\n\n"
        let groups = [Grid.Group(title: "", columns: counts.map { "n = \($0)" })]
        for name in CoverageSimulation.names {
            let rows = CoveragePopulation.allCases.map { population in
                Grid.Row(name: population.rawValue, cells: [counts.map { n in
                    guard let cell = cells[name]?[population]?[n], let coverage = cell.coverage else { return "– " }
                    return fixed(coverage, 3) + (marks[name]?[population]?[n]?.rawValue ?? " ")
                }], notes: [[]])
            }
            out += Grid(corner: name, groups: groups, rows: rows).text(width: nil) + "\n"
        }
        let rows = CoverageSimulation.shares.map { p in
            Grid.Row(name: "chance \(p)", cells: [counts.map { n in
                let coverage = CoverageSimulation.coverage(ofShare: p, n)
                return fixed(coverage, 3) + (coverage > 0.97 ? Mark.wide.rawValue : " ")
            }], notes: [[]])
        }
        out += Grid(corner: "share of failures", groups: groups, rows: rows).text(width: nil)
        let used = Set(marks.values.flatMap { $0.values.flatMap(\.values) } + [.wide])
        for mark in Mark.allCases where used.contains(mark) { out += "\n" + "\(mark.rawValue): \(mark.reason)".folded(to: 100) }
        return out + "\n"
    }
}
