// A program on a terminal of its own, and somebody who types there. What is waited for is what would be seen; the limit of a wait is a
// time that only a broken program takes.

import Foundation
import XCTest
import VirtualTerminals

@_silgen_name("posix_spawn_file_actions_addchdir_np")
private func addChangeOfFolder(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ path: UnsafePointer<CChar>) -> Int32

final class Program: PseudoTerminal {
    struct Failure: Error, CustomStringConvertible { var description: String }

    private(set) var process: pid_t = 0
    /// Bytes of `raw` that have been waited for.
    private var consumed = 0

    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - environment: all of it.
    init(_ command: [String], environment: [String: String], folder: URL, width: Int = 100, height: Int = 30) throws {
        super.init(width: width, height: height)
        var (actions, attributes) = (posix_spawn_file_actions_t(), posix_spawnattr_t())
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer { posix_spawn_file_actions_destroy(&actions); posix_spawnattr_destroy(&attributes) }
        // The leader of a session that opens a terminal gets it as its controlling one.
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        for output: Int32 in [1, 2] { posix_spawn_file_actions_adddup2(&actions, 0, output) }
        _ = addChangeOfFolder(&actions, folder.path)
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        #if canImport(Glibc)
        let newSession = 0x80   // POSIX_SPAWN_SETSID, which the header hides from Swift
        #else
        let newSession = Int(POSIX_SPAWN_SETSID)
        #endif
        posix_spawnattr_setflags(&attributes, Int16(newSession | Int(POSIX_SPAWN_SETSIGDEF) | Int(POSIX_SPAWN_SETSIGMASK)))
        let arguments = command.map { strdup($0) } + [nil], variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        let status = posix_spawn(&process, command[0], &actions, &attributes, arguments, variables)
        guard status == 0 else { throw Failure(description: "\(command[0]): \(String(cString: strerror(status)))") }
    }

    deinit {
        if process > 0, waitpid(process, nil, WNOHANG) == 0 {
            kill(-process, SIGKILL)
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
    }

    // MARK: Waiting

    private func failure(_ what: String) -> Failure {
        Failure(description: "waited for \(what); seen:\n" + terminal.transcript.suffix(40).joined(separator: "\n"))
    }

    func wait(_ what: String, seconds: Double = 60, until condition: () -> Bool) throws {
        if !reads(seconds: seconds, until: condition) { throw failure(what) }
    }

    /// Waits for a text among the bytes that come after those waited for before.
    func expect(_ text: String, seconds: Double = 60) throws {
        let pattern = Array(text.utf8)
        var from = consumed
        try wait("'\(text)'", seconds: seconds) {
            guard raw.count - from >= pattern.count else { return false }
            var i = from
            while i + pattern.count <= raw.count {
                if raw[i] == pattern[0], raw[i..<i + pattern.count].elementsEqual(pattern) { consumed = i + pattern.count; return true }
                i += 1
            }
            from = i
            return false
        }
    }

    /// Rows since the program began.
    var row: Int { terminal.scrolledOff.count + terminal.row }
    var line: String { terminal.text(terminal.row) }

    /// Waits for an empty prompt.
    func prompt(_ number: Int, below: Int = -1, seconds: Double = 60) throws {
        try wait("In [\(number)]:", seconds: seconds) { row > below && line == "In [\(number)]:" && terminal.isPasteBracketed }
    }

    /// What is shown of a cell that is typed at an empty prompt, up to the next one.
    @discardableResult
    func run(_ cell: String, seconds: Double = 60) throws -> String {
        guard let number = Int(line.filter(\.isNumber)), line == "In [\(number)]:" else { throw failure("a prompt") }
        let from = row
        send(cell)
        try wait(cell) { line.hasSuffix(cell.suffix(20)) }
        send("\r")
        try wait("In [\(number + 1)]:", seconds: seconds) { row > from && line == "In [\(number + 1)]:" && terminal.isPasteBracketed }
        consumed = raw.count
        return terminal.transcript[(from + 1)..<row].joined(separator: "\n")
    }

    // MARK: The process

    /// Whether the terminal reads lines, echoes, and turns Ctrl-C into a signal: as it was before.
    var isCooked: Bool {
        var mode = termios()
        tcgetattr(slave, &mode)
        let wanted = tcflag_t(ICANON | ECHO | ISIG)
        return mode.c_lflag & wanted == wanted && mode.c_iflag & tcflag_t(ICRNL) != 0
    }

    /// The process group that has the terminal; asked at this end, for the other tells only its own session.
    var foreground: pid_t { tcgetpgrp(master) }

    /// Seconds that the process has used of all processors; where the system does not tell, the time since the epoch.
    var processorTime: Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), let end = text.lastIndex(of: ")") else { return Date().timeIntervalSince1970 }
        let fields = text[end...].split(separator: " ")
        return (Double(fields[12])! + Double(fields[13])!) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    enum Ending: Equatable { case status(Int32), signal(Int32) }

    /// Waits for the end of the process.
    func ending(seconds: Double = 60) throws -> Ending {
        var status: Int32 = 0
        try wait("the end of the program", seconds: seconds) { waitpid(process, &status, WNOHANG) == process }
        process = 0
        return status & 0x7f == 0 ? .status(status >> 8 & 0xff) : .signal(status & 0x7f)
    }
}

/// A test with a folder of its own, and the program of this build (OCHE).
class TerminalTestCase: XCTestCase {
    private(set) var program = ""
    private(set) var folder: URL!

    override func setUpWithError() throws {
        guard let path = ProcessInfo.processInfo.environment["OCHE"] else { throw XCTSkip("OCHE, the path of the program, is not set") }
        program = path
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("oche-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    override func tearDown() {
        if let folder { try? FileManager.default.removeItem(at: folder) }
    }

    var environment: [String: String] {
        ["TERM": "xterm-256color", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "HOME": folder.path, "OCHE_HISTORY": folder.path + "/.history", "ENV": "", "PS1": "$ ",
         "PATH": (program as NSString).deletingLastPathComponent + ":/usr/local/bin:/usr/bin:/bin"]
    }

    /// The prompt, at its first cell.
    func oche(_ arguments: [String] = [], width: Int = 100, height: Int = 30) throws -> Program {
        let oche = try Program([program] + arguments, environment: environment, folder: folder, width: width, height: height)
        try oche.prompt(1)
        return oche
    }

    /// A shell with job control.
    func shell(height: Int = 30) throws -> Program {
        let shell = try Program(["/bin/sh", "-i"], environment: environment, folder: folder, height: height)
        try shell.wait("the shell") { shell.line == "$" }
        return shell
    }
}
