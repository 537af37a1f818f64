// A process that can be recognised later, to tell whether the owner of a claim still lives: process ids are reused, so the token has the
// process's start time; and an id means something only within one boot and one process namespace, so it has those too.

import Foundation

/// The name of one process for all time.
struct ProcessToken: Equatable, Sendable {
    /// Boot and process namespace; two tokens with another machine cannot judge each other.
    let machine: String
    let pid: Int32
    /// When the process started, in the kernel's ticks since boot; empty where it cannot be known.
    let started: String

    static let current = ProcessToken(machine: machineName(), pid: getpid(), started: startTime(getpid()) ?? "")

    /// Whether the process lives; nil when it belongs to another boot, machine or container.
    var isAlive: Bool? {
        if machine != ProcessToken.current.machine { return nil }
        #if os(Linux)
        return ProcessToken.startTime(pid) == started
        #else
        return kill(pid, 0) == 0 || errno == EPERM
        #endif
    }

    private static func machineName() -> String {
        #if os(Linux)
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        let namespace = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
        return boot.trimmingCharacters(in: .whitespacesAndNewlines) + " " + namespace
        #else
        return ProcessInfo.processInfo.hostName
        #endif
    }

    /// Field 22 of /proc/pid/stat; nil for a process that is gone or a zombie.
    private static func startTime(_ pid: Int32) -> String? {
        #if os(Linux)
        guard let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
              let name = line.lastIndex(of: ")") else { return nil }
        // The name may contain anything; what follows it starts with field 3, the state.
        let fields = line[line.index(after: name)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return String(fields[19])
        #else
        return ""
        #endif
    }
}
