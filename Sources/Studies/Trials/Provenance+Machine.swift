// What a process can find out about where its numbers come from: the commit the script lies in, the processor, the host. Whatever cannot
// be found out stays nil; nothing here throws or takes longer than git needs to look at its tracked files.

import Foundation
import Kernels

extension Provenance {
    /// The provenance of this process.
    /// - Parameters:
    ///   - script: the text that is run; nil at a prompt.
    ///   - path: of the script; nil when it is no file.
    public static func here(script: String?, path: String?, arguments: [String], seed: Int, threads: Int, version: String) -> Provenance {
        var origin = Provenance(script: script)
        let folder = FileManager.default.currentDirectoryPath
        origin.scriptPath = path.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        (origin.arguments, origin.sessionSeed, origin.folder) = (arguments, seed, folder)
        (origin.ocheVersion, origin.threads, origin.instructionSet) = (version, threads, Kernels.instructionSet)
        (origin.cpu, origin.host, origin.started) = (processor(), ProcessInfo.processInfo.hostName, Date().timeIntervalSince1970)
        let place = origin.scriptPath.map { ($0 as NSString).deletingLastPathComponent } ?? folder
        if let commit = git(["rev-parse", "--verify", "--quiet", "HEAD"], in: place)?.trimmingCharacters(in: .whitespacesAndNewlines), !commit.isEmpty {
            origin.gitCommit = commit
            origin.gitDirty = git(["status", "--porcelain", "--untracked-files=no"], in: place).map { !$0.isEmpty }
        }
        return origin
    }

    private static func processor() -> String? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("Model") }
        return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func git(_ arguments: [String], in folder: String) -> String? {
        guard let outcome = try? Command.run("git", ["--no-optional-locks", "-C", folder] + arguments), outcome.status == 0 else { return nil }
        return outcome.output
    }
}
