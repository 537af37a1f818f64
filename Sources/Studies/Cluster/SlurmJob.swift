// A study on a Slurm cluster: what is submitted, and the folder that remembers it. A job is an array of parts; part k of n has the trials
// k, k + n, k + 2n, .. of those to be done, and leaves out those that have a result, so that submitting a part again does only what is missing.
// Completeness is judged by the results that are there, never by exit codes or what Slurm says.

import Foundation

/// A study handed to Slurm.
public struct SlurmJob: Codable, Sendable {
    public var study: String
    /// The trials in the order of the table, and where the script that says so comes from.
    public var plan: [TrialSpec]
    public var provenance: Provenance?
    /// Those to be done, which the store did not have when the job was made, in order.
    public var pending: [TrialIdentity]
    /// The store that results are collected into, absolute.
    public var store: String
    public var parts: Int
    public var partition: String
    public var nodes: Int
    /// As sbatch takes it.
    public var time: String
    /// Array tasks at a time; nil for as many as the partition runs.
    public var atOnce: Int?
    /// Where the script was started.
    public var folder: String
    /// The command of a task, without its part, and the arguments of the script.
    public var command: [String]
    public var arguments: [String]
    /// The arrays submitted, the latest last.
    public var submitted: [String] = []

    public init(study: String, plan: [TrialSpec], provenance: Provenance?, pending: [TrialIdentity], store: String, parts: Int, partition: String, nodes: Int, time: String,
                atOnce: Int?, folder: String, command: [String], arguments: [String]) {
        (self.study, self.plan, self.provenance, self.pending, self.store, self.parts) = (study, plan, provenance, pending, store, parts)
        (self.partition, self.nodes, self.time, self.atOnce, self.folder) = (partition, nodes, time, atOnce, folder)
        (self.command, self.arguments) = (command, arguments)
    }

    /// The part, from 1, of a place in the plan, from 0.
    public static func part(ofPlace place: Int, parts: Int) -> Int { place % parts + 1 }

    /// How many parts give each at least `seconds` of work, given those of all trials together.
    public static func parts(trials: Int, totalSeconds: Double, each seconds: Double = 60) -> Int {
        guard trials > 0, totalSeconds.isFinite else { return 1 }
        return max(1, min(trials, Int(min(1e6, totalSeconds / seconds))))
    }

    /// Parts with a trial among the missing.
    public func parts(missing: Set<TrialIdentity>) -> [Int] {
        var found: Set<Int> = []
        for (place, identity) in pending.enumerated() where missing.contains(identity) { found.insert(SlurmJob.part(ofPlace: place, parts: parts)) }
        return found.sorted()
    }

    /// "1-4,7,9-10"
    public static func ranges(_ numbers: [Int]) -> String {
        var out: [String] = [], i = 0
        while i < numbers.count {
            var last = i
            while last + 1 < numbers.count, numbers[last + 1] == numbers[last] + 1 { last += 1 }
            out.append(last == i ? "\(numbers[i])" : "\(numbers[i])-\(numbers[last])")
            i = last + 1
        }
        return out.joined(separator: ",")
    }

    /// The text of the batch script.
    public var script: String {
        "#!/bin/sh\n# One part of the study: trials that have a result already are left out.\nexec \(command.map(Command.quoted).joined(separator: " ")) --part \"$SLURM_ARRAY_TASK_ID\" --of \(parts)\(arguments.isEmpty ? "" : " --arguments " + arguments.map(Command.quoted).joined(separator: " "))\n"
    }

    /// Arguments of sbatch. An array that a lost node or a restarted controller interrupts is queued again by Slurm itself.
    public func submission(_ numbers: [Int], in place: String) -> [String] {
        ["--parsable", "--job-name=oche-\(study)", "--partition=\(partition)", "--time=\(time)", "--nodes=1", "--ntasks=1", "--cpus-per-task=1", "--requeue",
         "--chdir=\(folder)", "--output=\(place)/logs/%A_%a.log", "--open-mode=append",
         "--array=\(SlurmJob.ranges(numbers))\(atOnce.map { "%\($0)" } ?? "")", "\(place)/part.sh"]
    }

    // MARK: the folder

    private static let name = "job.json"

    /// Writes description, batch script and the list of trials to be done, each whole or not at all.
    public func save(in place: String) throws {
        try Data(pending.map { $0.hexadecimal + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: "\(place)/pending"), options: .atomic)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try encoder.encode(self).write(to: URL(fileURLWithPath: "\(place)/\(SlurmJob.name)"), options: .atomic)
        try Data(script.utf8).write(to: URL(fileURLWithPath: "\(place)/part.sh"), options: .atomic)
    }

    public static func load(from place: String) throws -> SlurmJob {
        guard let data = FileManager.default.contents(atPath: "\(place)/\(name)") else {
            throw StoreError.failed(path: place, detail: "no folder of 'oche slurm': it has no \(name)")
        }
        do { return try JSONDecoder().decode(SlurmJob.self, from: data) } catch {
            throw StoreError.damaged(path: "\(place)/\(name)", detail: "no description of a job")
        }
    }

    /// Trials to be done without a sound result.
    public func missing(in results: ResultFolder, retryingFailed: Bool = false) -> Set<TrialIdentity> {
        let there = Set(results.identities())
        return Set(pending).filter { identity in
            guard there.contains(identity), case .record(let record) = results.content(of: identity) else { return true }
            return retryingFailed && record.status == .failed
        }
    }
}
