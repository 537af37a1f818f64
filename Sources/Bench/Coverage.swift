import Foundation
import Studies

/// How often intervals hold the truth: the table of scripts/coverage.
enum Coverage {
    /// - Parameter arguments: the number of samples of each cell.
    static func report(_ arguments: [String]) throws {
        guard let samples = Int(arguments.first ?? "4000"), samples >= 100 else {
            fputs("coverage: a number of samples of at least 100 expected, got \(arguments[0])\n", stderr)
            exit(2)
        }
        let table = CoverageTable(CoverageSimulation(samples: samples)) { fputs("\($0)\n", stderr) }
        print(table.text, terminator: "")
        if table.hasFault { exit(1) }
    }
}
