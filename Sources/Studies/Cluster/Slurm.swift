// Slurm, through its own commands. What they say is not trusted to mean that work is done; it only says when to look again.

import Foundation

public struct SlurmError: Error, CustomStringConvertible {
    public let description: String
}

public enum Slurm {
    /// Submits an array.
    /// - Returns: its number.
    public static func submit(_ arguments: [String]) throws -> String {
        let outcome = try command("sbatch", arguments)
        guard outcome.status == 0 else { throw SlurmError(description: "sbatch: \(outcome.errors.trimmingCharacters(in: .whitespacesAndNewlines))") }
        // "number" or "number;cluster"
        let number = outcome.output.trimmingCharacters(in: .whitespacesAndNewlines).prefix { $0 != ";" }
        guard Int(number) != nil else { throw SlurmError(description: "sbatch: the number of a job expected, got '\(outcome.output)'") }
        return String(number)
    }

    /// Tasks of the arrays that wait and that run; nil when the controller does not answer now.
    public static func tasks(of jobs: [String]) throws -> (waiting: Int, running: Int)? {
        guard let last = jobs.last else { return (0, 0) }
        let outcome = try command("squeue", ["--noheader", "--array", "--jobs=\(last)", "--format=%T"])
        // A job that has left the controller's memory is unknown to it.
        if outcome.status != 0 { return outcome.errors.contains("Invalid job id") ? (0, 0) : nil }
        let states = outcome.output.split(whereSeparator: \.isWhitespace)
        return (states.filter { ["PENDING", "SUSPENDED", "REQUEUED", "REQUEUE_HOLD", "CONFIGURING"].contains($0) }.count,
                states.filter { ["RUNNING", "COMPLETING", "STAGE_OUT"].contains($0) }.count)
    }

    /// Cores of the smallest node of a partition; nil where Slurm does not say.
    public static func cores(partition: String) -> Int? {
        guard let outcome = try? Command.run("sinfo", ["--noheader", "--partition=\(partition)", "--format=%c"]), outcome.status == 0 else { return nil }
        return outcome.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0.filter(\.isNumber)) }.filter { $0 > 0 }.min()
    }

    private static func command(_ name: String, _ arguments: [String]) throws -> Command {
        do { return try Command.run(name, arguments) } catch let error as Command.Missing {
            throw SlurmError(description: "\(error); Slurm's commands are needed here (on Debian: slurm-client)")
        }
    }
}
