import ArgumentParser
import Foundation
import LuaHost
import Scripting
import Studies

/// `oche slurm script.lua`: a study as an array of Slurm tasks.
struct SlurmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oche slurm", abstract: "Run a script's study on a Slurm cluster.",
        usage: "oche slurm script.lua --partition P --nodes N --time T [--dry-run] [options] [--arguments ...]\noche slurm collect FOLDER [--wait] [--resubmit]",
        discussion: """
            Trials are packed into array tasks of at least a minute each; every task writes one file per trial into a folder that all nodes see. How long trials take is known from the store, or one of each row is run here first. Afterwards 'oche slurm collect FOLDER' brings the results into the store, says what is missing and, with --resubmit, submits only that.

            Lost nodes, killed tasks and a restarted controller lose only the trials that were running.
            """)
    @Argument(help: "The script.") var script: String
    @Option(help: ArgumentHelp("The partition.", valueName: "P")) var partition: String
    @Option(help: ArgumentHelp("Use the cores of at most this many nodes at a time.", valueName: "N")) var nodes: Int
    @Option(help: ArgumentHelp("Limit of a task's time, as sbatch takes it.", valueName: "T")) var time: String
    @Option(help: ArgumentHelp("The shared folder of the job (default: the script's name with .slurm).", valueName: "folder")) var folder: String?
    @Option(help: ArgumentHelp("Which study, where the script runs several; else the first.", valueName: "name")) var study: String?
    @Option(help: ArgumentHelp("The store to collect into (default: the script's).", valueName: "file")) var store: String?
    @Option(help: ArgumentHelp("Array tasks (default: as many as take a minute or more each).", valueName: "n")) var parts: Int?
    @Option(help: ArgumentHelp("The oche that nodes run (default: this one).", valueName: "path")) var oche: String?
    @Flag(help: "Print what would be submitted; write and run nothing.") var dryRun = false
    @Option(parsing: .remaining, help: ArgumentHelp("Arguments of the script; nothing may follow.", valueName: "arguments ...")) var arguments: [String] = []

    func validate() throws {
        guard nodes >= 1 else { throw ValidationError("--nodes: a positive number expected, got \(nodes)") }
        if let parts, parts < 1 { throw ValidationError("--parts: a positive number expected, got \(parts)") }
    }

    func run() throws {
        let source = try SubCommand.source(script, arguments), planner = Planner(study: study)
        try planner.conduct(source)
        let name = planner.study!
        guard let given = store ?? planner.store else { throw LuaError("study '\(name)' has no store to collect into: study.new{store = ..} or --store") }
        let here = FileManager.default.currentDirectoryPath
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        let place = absolute(folder ?? ((script as NSString).lastPathComponent as NSString).deletingPathExtension + ".slurm"), storePath = absolute(given)

        // What the store has need not be done; it also knows how long trials take.
        var recorded: [TrialRecord] = []
        if FileManager.default.fileExists(atPath: storePath) { recorded = try Store(path: storePath, readOnly: true).records(for: planner.specs) }
        var seen = Set(recorded.map(\.identity))
        let pending = planner.specs.filter { seen.insert($0.identity).inserted }
        guard !pending.isEmpty else { return print("\(name): all \(planner.specs.count) trials are in \(storePath)") }
        if !dryRun, FileManager.default.fileExists(atPath: "\(place)/job.json") {
            throw LuaError("'\(place)' has a job already: 'oche slurm collect \(Command.quoted(place)) --resubmit' goes on with it; --folder names another")
        }

        let results = try ResultFolder(dryRun ? "\(NSTemporaryDirectory())/oche-dry-run-\(getpid())" : place + "/trials")
        defer { if dryRun { try? FileManager.default.removeItem(atPath: results.path) } }
        let parts = try parts.map { min($0, pending.count) } ?? packed(pending, source, recorded, results, name)
        let program = oche.map(absolute) ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? absolute(CommandLine.arguments[0])
        let command = [program, "--threads", "1", "--seed", "\(SubCommand.session.seed)", "study", "worker", place + "/script.lua",
                       "--to", place + "/trials", "--study", name, "--only", place + "/pending"]
        var job = SlurmJob(study: name, plan: planner.specs, provenance: planner.provenance, pending: pending.map(\.identity), store: storePath, parts: parts,
                           partition: partition, nodes: nodes, time: time, atOnce: Slurm.cores(partition: partition).map { $0 * nodes }, folder: here,
                           command: command, arguments: arguments)
        let submission = job.submission(job.parts(missing: job.missing(in: results)), in: place)
        if dryRun {
            print("\(pending.count) trials in \(parts) array \(parts == 1 ? "task" : "tasks"); nothing was submitted\n\n# \(place)/part.sh\n\(job.script)")
            return print("sbatch " + submission.map(Command.quoted).joined(separator: " "))
        }
        do { try FileManager.default.createDirectory(atPath: place + "/logs", withIntermediateDirectories: true) } catch {
            throw LuaError("cannot make '\(place)/logs': \(error.localizedDescription)")
        }
        try TextFile.write(source.text, to: place + "/script.lua")
        try job.save(in: place)
        if job.missing(in: results).isEmpty { return print("\(name): all was done while timing; 'oche slurm collect \(Command.quoted(place))' brings it into \(storePath)") }
        job.submitted.append(try Slurm.submit(submission))
        try job.save(in: place)
        print("\(name): \(pending.count) trials in \(parts) array \(parts == 1 ? "task" : "tasks"), job \(job.submitted.last!)\n'oche slurm collect \(Command.quoted(place)) --wait' waits and brings the results into \(storePath)")
    }

    /// As many parts as take a minute or more each.
    private func packed(_ pending: [TrialSpec], _ source: ScriptSource, _ recorded: [TrialRecord], _ results: ResultFolder, _ name: String) throws -> Int {
        struct Row: Hashable {
            let data: String, method: String
        }
        var times: [Row: [Double]] = [:]
        for r in recorded where r.status == .ok { times[Row(data: r.data, method: r.method), default: []].append(r.seconds) }
        var unknown: Set<Row> = Set(pending.map { Row(data: $0.data, method: $0.method) }).subtracting(times.keys)
        if !unknown.isEmpty {
            FileHandle.standardError.write(Data("oche: running one trial of each row to see how long they take\n".utf8))
            let wanted = Set(pending.map(\.identity))
            let worker = Worker(folder: results, study: name, retry: false) { specs in
                specs.filter { wanted.contains($0.identity) && unknown.remove(Row(data: $0.data, method: $0.method)) != nil }
            }
            try worker.conduct(source)
            for r in worker.records { times[Row(data: r.data, method: r.method), default: []].append(r.seconds) }
        }
        let total = pending.reduce(0.0) { sum, spec in
            let row = times[Row(data: spec.data, method: spec.method)] ?? []
            return sum + (row.isEmpty ? 60 : row.reduce(0, +) / Double(row.count))
        }
        return SlurmJob.parts(trials: pending.count, totalSeconds: total)
    }
}
