// Processes that share a store and are killed. The child is this very test program, started again with one test selected.

import Foundation
import Testing
@testable import Studies

private let childStore = "OCHE_TEST_STORE"
private let plan = (1...600).map { spec($0) }

/// What a child and an undisturbed run do: every trial takes some milliseconds and has one possible outcome.
private func run(_ path: String?, workers: Int = 2, log: String? = nil) throws -> StudyOutcome {
    let store = try Store(path: path)
    var run = StudyRun(numericVersion: "1")
    run.workers = workers
    return try run.run(study: "crash", plan, in: store) { spec in
        usleep(4000)
        if spec.trial % 40 == 0 { throw StoreError.failed(path: "trial \(spec.trial)", detail: "meant to fail") }
        if let log {
            let file = open(log, O_WRONLY | O_APPEND | O_CREAT, 0o600)
            _ = "\(spec.trial)\n".withCString { write(file, $0, strlen($0)) }
            close(file)
        }
        var record = finished(spec)
        record.seconds = 1
        return record
    }
}

private func essence(_ records: [TrialRecord]) -> [String] {
    records.map { "\($0.trial) \($0.status) \($0.digest ?? "") \($0.error ?? "") \($0.psnr.test ?? 0)" }
}

@Suite(.serialized) struct CrashTests {
    @Test(.enabled(if: ProcessInfo.processInfo.environment[childStore] != nil))
    func childProcess() throws {
        let path = ProcessInfo.processInfo.environment[childStore]!
        _ = try run(path, log: path + ".log")
    }

    private func start(_ path: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        process.arguments = CommandLine.arguments.dropFirst().contains("--testing-library")
            ? ["--testing-library", "swift-testing", "--filter", "childProcess"] : ["--filter", "childProcess"]
        process.environment = ProcessInfo.processInfo.environment.merging([childStore: path]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Trials that were begun, by the log of all processes.
    private func finished(_ path: String) -> Int {
        ((try? Data(contentsOf: URL(fileURLWithPath: path + ".log"))) ?? Data()).reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment[childStore] == nil && FileManager.default.fileExists(atPath: "/proc/self/exe")),
          arguments: [1, 2])
    func killedTwentyTimes(processes: Int) throws {
        let folder = try Folder()
        let path = folder["s.oche"]
        let stream = ResamplingStream(seed: UInt64(processes))
        var kills = 0
        while kills < 20 {
            let children = try (0..<processes).map { _ in try start(path) }
            // Killed after a random number of trials, so that how many kills the study outlives does not depend on the
            // machine's speed; every fifth kill comes at once, before the store may exist.
            let target = finished(path) + (kills % 5 == 0 ? 0 : 1 + stream.index(UInt64(kills), below: 18))
            let patience = Date().addingTimeInterval(5)
            while finished(path) < target, children.contains(where: \.isRunning), Date() < patience { usleep(500) }
            let victim = children[stream.index(UInt64(100 + kills), below: processes)]
            if victim.isRunning {
                kill(victim.processIdentifier, SIGKILL)
                kills += 1
            }
            victim.waitUntilExit()
            if processes == 2, kills % 4 != 0 {
                // The other one goes on for a while with the victim's claims about.
                usleep(10_000)
            }
            for child in children where child.isRunning { kill(child.processIdentifier, SIGKILL) }
            for child in children { child.waitUntilExit() }
            if let status = try? Store(path: path).status(study: "crash"), status.planned > 0, status.missing == 0 { break }
        }
        #expect(kills >= 10, "the study was over after \(kills) kills")
        let last = try (0..<processes).map { _ in try start(path) }
        for child in last {
            child.waitUntilExit()
            #expect(child.terminationStatus == 0)
        }
        let store = try Store(path: path)
        try store.check()
        #expect(try essence(store.records(study: "crash")) == essence(run(nil, workers: 1).records))
        #expect(try store.status(study: "crash") == StudyStatus(planned: 600, ok: 585, failed: 15, claimed: 0))
        // Without a kill in between nothing is done twice: repeats are at most the trials in flight at each kill.
        let log = try String(contentsOfFile: path + ".log", encoding: .utf8).split(separator: "\n")
        #expect(log.count - Set(log).count <= 2 * processes * kills)
        #expect(folder.names.filter { !$0.contains(".new-") }.allSatisfy { $0.hasPrefix("s.oche") })
    }

    /// Two living processes: no trial is done twice.
    @Test(.enabled(if: ProcessInfo.processInfo.environment[childStore] == nil && FileManager.default.fileExists(atPath: "/proc/self/exe")))
    func twoProcessesShareTheWork() throws {
        let folder = try Folder()
        let path = folder["s.oche"]
        let children = try (0..<2).map { _ in try start(path) }
        for child in children { child.waitUntilExit() }
        let log = try String(contentsOfFile: path + ".log", encoding: .utf8).split(separator: "\n")
        #expect(log.count == 585 && Set(log).count == 585)
        #expect(try Store(path: path).records(study: "crash").count == 600)
    }
}
