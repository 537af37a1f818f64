import ArgumentParser
import Engine
import Foundation
import LuaHost
import Scripting
import Studies

/// `oche study worker`: a part of a study, each trial a file. What array tasks of Slurm run, and what GNU parallel can.
struct StudyWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Do a part of a script's study, writing one file per trial into a folder that machines may share.",
        discussion: """
            Part k of n has the trials k, k + n, k + 2n, .. of the plan; those that have a file are left out, so that a part may be run again at any time. Files appear whole or not at all. Then 'oche study collect' brings them into a store.

            With GNU parallel, on this machine or several:
              seq 100 | parallel oche --threads 1 study worker s.lua --to trials --part {} --of 100
              oche study collect trials s.oche --script s.lua
            """)
    @Argument(help: "The script.") var script: String
    @Option(help: ArgumentHelp("Folder of the results.", valueName: "folder")) var to: String
    @Option(help: ArgumentHelp("Which part, from 1.", valueName: "k")) var part = 1
    @Option(help: ArgumentHelp("Of how many.", valueName: "n")) var of = 1
    @Option(help: ArgumentHelp("Only trials whose identities are in this file, a line each.", valueName: "file")) var only: String?
    @Option(help: ArgumentHelp("Which study, where the script runs several; else the first.", valueName: "name")) var study: String?
    @Flag(help: "Run failed trials again.") var retry = false
    @Option(parsing: .remaining, help: ArgumentHelp("Arguments of the script; nothing may follow.", valueName: "arguments ...")) var arguments: [String] = []

    func validate() throws {
        guard of >= 1, part >= 1, part <= of else { throw ValidationError("--part k --of n: 1 <= k <= n expected, got \(part) of \(of)") }
    }

    func run() throws {
        let listed = try only.map { Set(try TextFile.read($0).split(separator: "\n").map(String.init)) }
        let worker = Worker(folder: try ResultFolder(to), study: study, retry: retry) { [part, of] specs in
            var seen: Set<TrialIdentity> = []
            let all = specs.filter { listed?.contains($0.identity.hexadecimal) != false && seen.insert($0.identity).inserted }
            if let listed, all.count != listed.count {
                throw LuaError("\(listed.count - all.count) of \(listed.count) trials listed are not the script's: it, its arguments or this Oche's numeric version are other than when the list was made")
            }
            return all.indices.filter { SlurmJob.part(ofPlace: $0, parts: of) == part }.map { all[$0] }
        }
        try worker.conduct(SubCommand.source(script, arguments))
        if worker.failed > 0 { FileHandle.standardError.write(Data("oche: \(worker.failed) of \(worker.computed) trials failed\n".utf8)) }
    }
}

/// Does the trials of a study that are its share, each into a file.
final class Worker: StudyConductor {
    private let folder: ResultFolder, study: String?, retry: Bool, choose: ([TrialSpec]) throws -> [TrialSpec]
    private var failure: (any Error)?
    private(set) var isDone = false, computed = 0, failed = 0
    /// Those computed.
    private(set) var records: [TrialRecord] = []

    init(folder: ResultFolder, study: String?, retry: Bool, choose: @escaping ([TrialSpec]) throws -> [TrialSpec]) {
        (self.folder, self.study, self.retry, self.choose) = (folder, study, retry, choose)
    }

    func conduct(_ source: ScriptSource) throws {
        do { try SubCommand.conduct(source, self) } catch {
            if let failure { throw failure }
            // What comes after the study is not for workers, whatever becomes of it.
            if !isDone { throw error }
        }
        if let failure { throw failure }
        guard isDone else { throw LuaError(study.map { "the script runs no study '\($0)'" } ?? "the script runs no study") }
    }

    /// The store is of another machine: nothing of it is opened here.
    func openStore(study: String, path: String?) throws -> Store { try Store(path: nil) }

    func run(_ design: StudyDesign, in store: Store, workers: Int?, retry: Bool, environment: ScriptingEnvironment) throws {
        guard !isDone, study == nil || study == design.name else { return }
        do {
            let mine = try choose(design.specs).filter { spec in
                guard case .record(let record) = folder.content(of: spec.identity) else { return true }
                return self.retry && record.status == .failed
            }
            try environment.withRun(design.name, workers: workers) { given, _ in
                var run = given
                let (announce, stop, broken) = (run.onRecord, run.shouldStop, Flag())
                run.shouldStop = { stop() || broken.isSet }
                run.onRecord = { [self] record in
                    announce(record)
                    do { try folder.write(record) } catch {
                        failure = failure ?? error
                        broken.set()
                    }
                    computed += 1
                    if record.status == .failed { failed += 1 }
                    records.append(record)
                }
                if try run.run(study: design.name, mine, in: store, trial: { try design.run($0) }).stopped, failure == nil { throw Interrupted() }
            }
        } catch {
            failure = failure ?? error
        }
        isDone = true
        throw ScriptIsOver.error
    }

    /// Set once, read by any thread.
    private final class Flag: @unchecked Sendable {
        private let lock = NSLock()
        private var value = false
        var isSet: Bool { lock.withLock { value } }
        func set() { lock.withLock { value = true } }
    }
}
