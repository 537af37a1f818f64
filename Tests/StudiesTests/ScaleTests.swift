// A store of 10⁵ trials: appended without slowing, opened and printed in a second. The bounds are asserted in release builds
// (swift test -c release -Xswiftc -enable-testing); in debug, where GRDB and the bootstrap are not optimised, a tenth of it runs.

import Foundation
import Testing
@testable import Studies

@Suite(.serialized) struct ScaleTests {
    #if DEBUG
    private let trials = 1000
    #else
    private let trials = 10_000
    #endif

    /// Seconds of this thread's processor time: the tests share the machine. GRDB works on the calling thread.
    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        func time() -> Double {
            var now = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
            return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
        }
        let start = time()
        try body()
        return time() - start
    }

    @Test func hundredThousandTrials() throws {
        let folder = try Folder()
        let plan = (0..<2).flatMap { data in
            (0..<5).flatMap { method in (1...trials).map { spec($0, data: "data \(data)", method: "method \(method)") } }
        }
        let history = Data(repeating: 7, count: 400)
        var batches: [Double] = []
        do {
            let store = try Store(path: folder["s.oche"])
            try store.declare(study: "large", plan)
            for start in stride(from: 0, to: plan.count, by: plan.count / 20) {
                let records = plan[start..<(start + plan.count / 20)].map { spec in
                    var record = finished(spec, test: 20 + Double(spec.trial * 7919 % 1000) / 1000)
                    record.history = history
                    record.provenance = Provenance(script: "the script")
                    return record
                }
                batches.append(try seconds { try store.insert(records) })
            }
            store.close()
        }
        var (text, wide) = ("", "")
        let table = try seconds {
            let store = try Store(path: folder["s.oche"])
            let plan = try store.plan(study: "large")
            text = try StudyTable(store.records(for: plan), plan: plan).text()
        }
        let widening = try seconds {
            let store = try Store(path: folder["s.oche"])
            wide = try StudyTable(store.records(study: "large"), wide: true).text()
        }
        // One trial at a time, each its own durable transaction, on the full store.
        let store = try Store(path: folder["s.oche"])
        let single = try seconds { for trial in 1...100 { try store.insert(finished(spec(trial, method: "late"))) } } / 100
        let (early, late) = (batches[1..<5].min()!, batches[15..<20].min()!)
        print("\(plan.count) trials: table \(table) s, wide \(widening) s, \(plan.count / 20) appended in \(early) s at first, \(late) s at last, one in \(single) s")
        #expect(text.contains("method 4") && wide.contains("\(trials)"))
        #if !DEBUG
        #expect(table < 1)
        #expect(widening < 1)
        #endif
        #expect(late < 2 * early + 0.05)
    }
}
