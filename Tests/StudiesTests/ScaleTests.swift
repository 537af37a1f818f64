// A store of many trials gives each of them back and the table of all; how fast is measured by scripts/bench.

import Foundation
import Testing
@testable import Studies

@Suite(.serialized) struct ScaleTests {
    @Test func tenThousandTrials() throws {
        let folder = try Folder()
        let trials = 1000
        let plan = (0..<2).flatMap { data in
            (0..<5).flatMap { method in (1...trials).map { spec($0, data: "data \(data)", method: "method \(method)") } }
        }
        func score(_ trial: Int) -> Double { 20 + Double(trial * 7919 % 1000) / 1000 }
        let history = Data(repeating: 7, count: 400)
        do {
            let store = try Store(path: folder["s.oche"])
            try store.declare(study: "large", plan)
            for start in stride(from: 0, to: plan.count, by: 500) {
                try store.insert(plan[start..<(start + 500)].map { spec in
                    var record = finished(spec, test: score(spec.trial))
                    record.history = history
                    record.provenance = Provenance(script: "the script")
                    return record
                })
            }
            store.close()
        }
        let store = try Store(path: folder["s.oche"])
        let known = try store.plan(study: "large")
        #expect(known.count == plan.count)
        let records = try store.records(for: known)
        #expect(records.count == plan.count)
        let text = try StudyTable(records, plan: known).text()
        // 7919 is prime to 1000: every method's scores are 20, 20.001, .. 20.999 in some order, the largest 20.999.
        #expect(text.contains("method 4") && text.components(separatedBy: "21.00").count > 10 && text.contains("20.50"))
        #expect(try StudyTable(store.records(study: "large"), wide: true).text().contains("\(trials)"))
    }
}
