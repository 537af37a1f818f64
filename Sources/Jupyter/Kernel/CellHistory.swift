// The cells of this session and what they came to, for the front end's history.

import Basics
import Foundation
import Notebook

struct CellHistory {
    private var cells: [(number: Int, input: String, output: String?)] = []
    /// Sessions are not kept: this is the only one.
    private static let session = 1

    mutating func add(_ number: Int, _ input: String, output: String?) { cells.append((number, input, output)) }

    /// The content of a history_reply.
    func answer(_ request: JSONValue) -> JSONValue {
        let hasOutput = request["output"]?.bool ?? false
        var found = cells
        func last(_ n: Int?) { if let n { found = Array(found.suffix(max(0, n))) } }
        switch request["hist_access_type"]?.string {
        case "tail": last(request["n"]?.integer)
        case "range":
            // 0 is this session; negative ones were before it.
            let session = request["session"]?.integer ?? 0, start = request["start"]?.integer ?? 1, stop = request["stop"]?.integer ?? Int.max
            found = session == 0 || session == CellHistory.session ? found.filter { $0.number >= start && $0.number < stop } : []
        case "search":
            let pattern = request["pattern"]?.string ?? "*"
            found = found.filter { fnmatch(pattern, $0.input, 0) == 0 }
            if request["unique"]?.bool == true {
                var seen: Set<String> = []
                found = found.reversed().filter { seen.insert($0.input).inserted }.reversed()
            }
            last(request["n"]?.integer)
        default: found = []
        }
        return ["status": "ok", "history": .array(found.map { cell in
            [.integer(CellHistory.session), .integer(cell.number), hasOutput ? [.string(cell.input), cell.output.map { .string($0) } ?? .null] : .string(cell.input)]
        })]
    }
}
