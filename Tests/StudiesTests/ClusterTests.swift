import Foundation
import Testing
@testable import Studies

/// Results as files, and how a study is cut into parts.
@Suite struct ClusterTests {
    private let plan = (1...23).map { spec($0) }

    private func full(_ trial: Int) -> TrialRecord {
        var record = finished(spec(trial))
        record.history = History().packed
        record.psnr.train = .infinity
        record.finished = 5
        record.provenance = Provenance(script: "study.new{}")
        return record
    }

    @Test func aFileHoldsItsRecord() throws {
        let folder = try Folder(), results = try ResultFolder(folder["r"])
        try results.write(full(1))
        try results.write(full(1))
        #expect(results.content(of: spec(1).identity) == .record(full(1)))
        #expect(results.content(of: spec(2).identity) == .missing)
        #expect(results.identities() == [spec(1).identity])
        // Nothing is left under another name.
        #expect(try FileManager.default.contentsOfDirectory(atPath: results.path).count == 1)
    }

    @Test func everyDamagedByteIsNoticed() throws {
        let folder = try Folder(), results = try ResultFolder(folder["r"])
        try results.write(full(1))
        let path = results.path(of: spec(1).identity), whole = try Data(contentsOf: URL(fileURLWithPath: path))
        func isDamaged(_ data: Data) throws -> Bool {
            try data.write(to: URL(fileURLWithPath: path))
            if case .damaged = results.content(of: spec(1).identity) { return true }
            return false
        }
        for at in stride(from: 0, to: whole.count, by: 7) {
            var changed = whole
            changed[at] ^= 1
            #expect(try isDamaged(changed), "byte \(at)")
        }
        for length in stride(from: 0, to: whole.count, by: 31) { #expect(try isDamaged(whole.prefix(length)), "cut at \(length)") }
        // A sound file under the name of another trial.
        try whole.write(to: URL(fileURLWithPath: results.path(of: spec(2).identity)))
        #expect(results.content(of: spec(2).identity) == .damaged("the record of another trial"))
    }

    @Test func collectingTwiceChangesNothing() throws {
        let folder = try Folder(), results = try ResultFolder(folder["r"]), store = try Store(path: folder["s.oche"])
        for trial in [1, 2, 4] { try results.write(full(trial)) }
        try Data("oche-trial 1 x\n".utf8).write(to: URL(fileURLWithPath: results.path(of: spec(3).identity)))
        // What a killed task leaves behind is not a result.
        try Data().write(to: URL(fileURLWithPath: results.path + "/.\(spec(5).identity).node.7.0.tmp"))
        try store.declare(study: "s", plan)
        let first = try store.collect(results.identities(), from: results)
        #expect((first.imported, first.known, first.damaged.count, first.different.isEmpty) == (3, 0, 1, true))
        let records = try store.records()
        let again = try store.collect(results.identities(), from: results)
        #expect((again.imported, again.known) == (0, 3))
        #expect(try store.records() == records)
        #expect(try store.status(study: "s").missing == 20)
        var other = full(2)
        other.digest = SHA256.hexadecimal("other".utf8)
        try results.write(other)
        #expect(try store.collect(results.identities(), from: results).different == [spec(2).identity])
        #expect(try store.record(spec(2).identity)?.digest == full(2).digest)
    }

    @Test func aFolderThatCannotBeWritten() {
        #expect(throws: StoreError.self) { try ResultFolder("/proc/nowhere/r") }
    }

    private func job(parts: Int, command: [String] = ["oche"], arguments: [String] = []) -> SlurmJob {
        SlurmJob(study: "s", plan: plan, provenance: nil, pending: plan.map(\.identity), store: "/s", parts: parts, partition: "p", nodes: 1, time: "5", atOnce: 4,
                 folder: "/", command: command, arguments: arguments)
    }

    @Test(arguments: [1, 2, 5, 23]) func partsHaveEveryTrialOnce(parts: Int) {
        let job = job(parts: parts)
        var counts = [Int](repeating: 0, count: parts)
        for place in plan.indices { counts[SlurmJob.part(ofPlace: place, parts: parts) - 1] += 1 }
        #expect(counts.reduce(0, +) == 23 && counts.max()! - counts.min()! <= 1)
        for place in plan.indices { #expect(job.parts(missing: [plan[place].identity]) == [SlurmJob.part(ofPlace: place, parts: parts)]) }
        #expect(job.parts(missing: []).isEmpty)
    }

    @Test func tasksTakeAMinuteOrMore() {
        #expect(SlurmJob.parts(trials: 1000, totalSeconds: 500) == 8)
        #expect(SlurmJob.parts(trials: 10, totalSeconds: 36000) == 10)
        #expect(SlurmJob.parts(trials: 10, totalSeconds: 3) == 1)
    }

    @Test func rangesOfParts() {
        #expect(SlurmJob.ranges([1, 2, 3, 7, 9, 10]) == "1-3,7,9-10")
        #expect(job(parts: 5).submission([2, 3], in: "/j").contains("--array=2-3%4"))
    }

    /// The batch script hands over words as they are, whatever a shell would make of them.
    @Test func theScriptQuotes() throws {
        let words = ["a b", "$(touch x)", "it's", "", "\"q\"", "*", "line\nbreak", "--x"]
        let folder = try Folder()
        try job(parts: 5, command: ["/usr/bin/printf", "<%s>"], arguments: words).save(in: folder.path)
        let text = try String(contentsOfFile: folder["part.sh"], encoding: .utf8).replacingOccurrences(of: "\"$SLURM_ARRAY_TASK_ID\"", with: "3")
        let outcome = try Command.run("sh", ["-c", text])
        #expect(outcome.output == (["--part", "3", "--of", "5", "--arguments"] + words).map { "<\($0)>" }.joined())
        let read = try SlurmJob.load(from: folder.path)
        #expect(read.plan == plan && read.pending == plan.map(\.identity) && read.arguments == words)
    }

    @Test func whatIsMissing() throws {
        let folder = try Folder(), results = try ResultFolder(folder["r"])
        for trial in 1...20 { try results.write(full(trial)) }
        try results.write(TrialRecord(failed: spec(21), error: "boom", seconds: 1, numericVersion: "1"))
        try Data("torn".utf8).write(to: URL(fileURLWithPath: results.path(of: spec(4).identity)))
        #expect(job(parts: 5).missing(in: results) == Set([4, 22, 23].map { spec($0).identity }))
        #expect(job(parts: 5).missing(in: results, retryingFailed: true).count == 4)
    }
}
