import Foundation
import Terminal
import Testing
@testable import Studies

/// A value shared by the threads of a test.
final class Shared<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    @discardableResult
    func access<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

private struct Boom: Error, CustomStringConvertible { let description: String }

@Suite struct StudyRunTests {
    private let plan = (0..<2).flatMap { data in
        (0..<3).flatMap { method in
            (1...8).map { spec($0, data: "data\(data)", method: "method\(method)", dataIndex: data, methodIndex: method) }
        }
    }

    private func outcome(workers: Int, store: Store, delay: UInt32 = 2000) throws -> StudyOutcome {
        var run = StudyRun(numericVersion: "1")
        run.workers = workers
        return try run.run(study: "s", plan, in: store) { spec in
            // Later trials end earlier.
            usleep(delay * UInt32(9 - spec.trial) / 4)
            if spec.trial == 3 { throw Boom(description: "trial 3 of \(spec.method)") }
            var record = finished(spec)
            record.seconds = 1
            return record
        }
    }

    private func essence(_ records: [TrialRecord]) -> [TrialRecord] {
        records.map {
            var record = $0
            record.finished = nil
            if record.status == .failed { record.seconds = 0 }
            return record
        }
    }

    @Test func outcomeDoesNotDependOnTheWorkers() throws {
        let one = try outcome(workers: 1, store: Store(path: nil))
        let many = try outcome(workers: 7, store: Store(path: nil))
        #expect(essence(one.records) == essence(many.records))
        #expect(one.records.map(\.identity) == plan.map(\.identity))
        #expect((one.computed, one.failed, one.missing, one.found, one.stopped) == (48, 6, 0, 0, false))
        #expect(one.records[2].error == "trial 3 of method0")
    }

    @Test func doesOnlyWhatIsMissing() throws {
        let store = try Store(path: nil)
        try store.insert(plan.prefix(10).map { finished($0) })
        let first = try outcome(workers: 2, store: store)
        #expect((first.computed, first.found) == (38, 10))
        let second = try outcome(workers: 2, store: store)
        #expect((second.computed, second.found, second.failed) == (0, 48, 0))
        #expect(second.records == first.records)
        var retry = StudyRun(numericVersion: "1")
        retry.retryFailed = true
        let third = try retry.run(study: "s", plan, in: store) { finished($0) }
        #expect((third.computed, third.found) == (5, 43))
        #expect(third.records.allSatisfy { $0.status == .ok })
    }

    @Test func equalTrialsRunOnce() throws {
        let runs = Shared(0)
        var twin = spec(1)
        twin.method = "the same under another name"
        let seen = Shared<[StudyProgress]>([])
        var run = StudyRun(numericVersion: "1")
        run.onProgress = { progress in seen.access { $0.append(progress) } }
        let outcome = try run.run(study: "s", [spec(1), twin], in: Store(path: nil)) { spec in
            runs.access { $0 += 1 }
            return finished(spec)
        }
        #expect(runs.access { $0 } == 1)
        #expect(outcome.records.map(\.method) == ["DARTS", "the same under another name"])
        #expect(seen.access { $0.last! }.done == 2)
    }

    @Test func stopsWhenAskedAndGoesOn() throws {
        let store = try Store(path: nil)
        let count = Shared(0)
        var run = StudyRun(numericVersion: "1")
        run.workers = 2
        run.shouldStop = { count.access { $0 } >= 5 }
        let outcome = try run.run(study: "s", plan, in: store) { spec in
            let number = count.access { $0 += 1; return $0 }
            // The closure of a real trial notices the stop and throws: that is not a failure.
            if number == 6 { throw Boom(description: "interrupted") }
            usleep(1000)
            return finished(spec)
        }
        #expect(outcome.stopped && outcome.failed == 0)
        #expect(outcome.records.count + outcome.missing == 48 && (4...6).contains(outcome.records.count))
        #expect(try store.status(study: "s").claimed == 0)
        let rest = try StudyRun(numericVersion: "1").run(study: "s", plan, in: store) { finished($0) }
        #expect(rest.missing == 0 && rest.found == outcome.records.count)
    }

    @Test func aStoreThatFailsEndsTheRunAndKeepsTheRecord() throws {
        let folder = try Folder()
        let store = try Store(path: folder["s.oche"])
        var run = StudyRun(numericVersion: "1")
        run.workers = 1
        do {
            _ = try run.run(study: "s", plan, in: store) { spec in
                if spec.trial == 4 { for name in folder.names { unlink(folder[name]) } }
                return finished(spec)
            }
            Issue.record("the run went on without its store")
        } catch let error as StudyInterrupted {
            guard case .vanished(_, let rescued?) = error.underlying else {
                Issue.record("\(error)")
                return
            }
            #expect(try Store(path: rescued).records().count == 4)
            #expect("\(error)".contains("deleted or replaced"))
        }
    }

    /// All threads notice at about the same time; none may spoil the copy that another makes.
    @Test func manyThreadsRescueOneWholeCopy() throws {
        let folder = try Folder(), store = try Store(path: folder["s.oche"])
        var run = StudyRun(numericVersion: "1")
        run.workers = 8
        do {
            _ = try run.run(study: "s", (1...64).map { spec($0) }, in: store) { spec in
                if spec.trial == 20 { for name in folder.names where name.hasPrefix("s.oche") { unlink(folder[name]) } }
                return finished(spec)
            }
            Issue.record("the run went on without its store")
        } catch let error as StudyInterrupted {
            guard case .vanished(_, let rescued?) = error.underlying else {
                Issue.record("\(error)")
                return
            }
            let known = Set(try store.records().map(\.trial))
            #expect(known.count >= 8)
            #expect(try Set(Store(path: rescued).records().map(\.trial)) == known)
        }
    }

    @Test func callbacksComeOnTheCallingThreadAndInTime() throws {
        let caller = Thread.current
        let messages = Shared<[String]>([])
        var run = StudyRun(numericVersion: "1")
        run.workers = 3
        run.onRecord = { record in
            #expect(Thread.current == caller)
            messages.access { $0.append("\(record.method) \(record.trial) \(record.status)") }
        }
        run.onProgress = { _ in #expect(Thread.current == caller) }
        let stack = Shared(0)
        _ = try run.run(study: "s", plan, in: Store(path: nil)) { spec in
            stack.access { $0 = max($0, Thread.current.stackSize) }
            if spec.trial == 2 { throw Boom(description: "x") }
            return finished(spec)
        }
        #expect(stack.access { $0 } == 8 << 20)
        #expect(messages.access { $0.count } == 48)
        #expect(messages.access { $0.filter { $0.hasSuffix("failed") }.count } == 6)
    }

    @Test func nothingToDo() throws {
        let outcome = try StudyRun(numericVersion: "1").run(study: "s", [], in: Store(path: nil)) { finished($0) }
        #expect(outcome.records.isEmpty && outcome.missing == 0)
    }
}

@Suite struct ProgressTests {
    private func progress(done: Int, of total: Int, seconds: Double = 2, failed: Int = 0) -> StudyProgress {
        let plan = (1...total).map { spec($0) }
        let records = plan.prefix(done).enumerated().map { i, spec in
            var record = finished(spec)
            record.seconds = seconds
            if i < failed { record.status = .failed }
            return record
        }
        return StudyProgress(specs: plan, recorded: records, score: .test, workers: 2)
    }

    @Test func mediansAndTimeLeft() {
        var progress = StudyProgress(specs: (1...4).map { spec($0, method: "search") } + (1...4).map { spec($0, method: "fixed") },
                                     recorded: [], score: .test, workers: 2)
        #expect(progress.remaining == nil && progress.rate == nil)
        for (trial, test) in [(1, 20.0), (2, 10.0), (3, 21.0)] {
            var record = finished(spec(trial, method: "search"), test: test)
            record.seconds = 8
            progress.add(TrialEvent(record: record, byOther: false))
        }
        var record = finished(spec(1, method: "fixed"))
        record.status = .failed
        record.seconds = 1
        progress.add(TrialEvent(record: record, byOther: true))
        #expect(progress.rows.map(\.median) == [20, nil])
        #expect((progress.done, progress.failed, progress.total) == (4, 1, 8))
        // One search of 8 s and three fixed of 1 s are left, for however fast 25 s of work went by.
        #expect(progress.remaining! > 0 && progress.remaining! < 11)
        #expect(self.progress(done: 5, of: 10).remaining == 5)
        #expect(self.progress(done: 10, of: 10).remaining == 0)
    }

    private func shown(terminal: Bool, width: Int = 80, _ body: (ProgressDisplay, (Double) -> Void) -> Void) -> String {
        var (text, time) = ("", 0.0)
        let display = ProgressDisplay(name: "table1", isTerminal: terminal, width: { width }, now: { time }) { text += $0 }
        body(display) { time += $0 }
        return text
    }

    @Test func aTerminalHasOneLineOfItsWidth() {
        for width in [20, 40, 60, 80, 200] {
            let text = shown(terminal: true, width: width) { display, _ in display.show(progress(done: 37, of: 200, failed: 2)) }
            let line = text.replacingOccurrences(of: "\r", with: "").replacingOccurrences(of: "\u{1B}[K", with: "")
            #expect(line.displayWidth < width, "\(width): \(line)")
            #expect(line.contains("37/200"))
            #expect(!text.contains("\n"))
        }
    }

    @Test func aTerminalIsRedrawnTenTimesASecond() {
        let text = shown(terminal: true) { display, pass in
            for done in 0..<100 {
                display.show(progress(done: done, of: 200))
                pass(0.01)
            }
            display.message("Blur, DARTS, trial 3 failed: boom")
            display.finish()
        }
        #expect(text.components(separatedBy: "\r").count - 1 <= 12)
        #expect(text.contains("\r\u{1B}[KBlur, DARTS, trial 3 failed: boom\n"))
        let cleared = shown(terminal: true) { display, _ in
            display.show(progress(done: 1, of: 2))
            display.finish()
        }
        #expect(cleared.hasSuffix("\r\u{1B}[K"))
    }

    @Test func aPipeGetsALineEveryTenth() {
        let text = shown(terminal: false) { display, pass in
            for done in 0...200 {
                display.show(progress(done: done, of: 200))
                pass(0.01)
            }
        }
        #expect(text.split(separator: "\n").count == 10)
        #expect(text.hasSuffix("table1: 200/200\n"))
        let slow = shown(terminal: false) { display, pass in
            for _ in 0..<100 {
                display.show(progress(done: 1, of: 200))
                pass(1)
            }
        }
        #expect(slow.split(separator: "\n").count == 3)
        #expect(!text.contains("\r") && !text.contains("\u{1B}"))
    }

    @Test func durations() {
        #expect([0.2, 59.9, 125, 7800].map(ProgressDisplay.duration) == ["1 s", "1 min 0 s", "2 min 5 s", "2 h 10 min"])
    }
}
