// Running gnuplot: the script goes in by a socket, the picture comes back by a pipe, nothing touches a file. A gnuplot that fails
// is an error with its message; one that hangs, or is interrupted, is killed. Init files of the user are not read.

import Foundation
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

public struct Gnuplot: Sendable {
    public let path: String
    /// Seconds until it is killed.
    public var timeLimit = 60.0
    /// Looked at while waiting.
    public var shouldStop: @Sendable () -> Bool = { false }

    public init(path: String) { self.path = path }

    public static let missing = PlotError("""
        gnuplot was not found, which draws .svg, .png and .pdf: install it (Debian: apt install gnuplot-nox, macOS: brew install gnuplot); \
        .vl.json and .txt work without it
        """)

    /// The gnuplot on the PATH.
    public static func find(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Gnuplot {
        for folder in (environment["PATH"] ?? "").split(separator: ":") {
            let path = "\(folder)/gnuplot"
            if path.hasPrefix("/"), access(path, X_OK) == 0 { return Gnuplot(path: path) }
        }
        throw missing
    }

    /// What gnuplot makes of commands.
    public func run(_ script: String) throws -> [UInt8] {
        var (input, output, errors): ([Int32], [Int32], [Int32]) = ([-1, -1], [-1, -1], [-1, -1])
        defer { for fd in input + output + errors where fd >= 0 { close(fd) } }
        #if canImport(Glibc)
        let stream = Int32(SOCK_STREAM.rawValue)
        #else
        let stream = SOCK_STREAM
        #endif
        // A socket, unlike a pipe, can be written to without a signal when the reader is gone.
        guard socketpair(AF_UNIX, stream, 0, &input) == 0, pipe(&output) == 0, pipe(&errors) == 0 else { throw failure("cannot start gnuplot") }
        for fd in input + output + errors { _ = fcntl(fd, F_SETFD, FD_CLOEXEC) }
        let child = try spawn(stdin: input[1], stdout: output[1], stderr: errors[1])
        for fd in [input[1], output[1], errors[1]] { close(fd) }
        (input[1], output[1], errors[1]) = (-1, -1, -1)
        let (picture, message): ([UInt8], [UInt8])
        do { (picture, message) = try exchange(script, &input[0], output[0], errors[0]) } catch {
            stop(child)
            throw error
        }
        let status = try end(of: child)
        let complaint = String(decoding: message, as: UTF8.self).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard status == 0, !picture.isEmpty else {
            let how = status & 0x7F == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
            // The complaint is the last thing said; before it stands the command, repeated.
            throw PlotError("gnuplot failed (\(how)): \(complaint.last.map { String($0.prefix(300)) } ?? "no message")")
        }
        return picture
    }

    private func stop(_ child: pid_t) {
        kill(child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }

    /// Its answers have ended, so it is gone or about to be.
    private func end(of child: pid_t) throws -> Int32 {
        var status: Int32 = 0
        for _ in 0..<2000 {
            if waitpid(child, &status, WNOHANG) == child { return status }
            usleep(1000)
        }
        stop(child)
        throw PlotError("gnuplot did not end and was stopped")
    }

    private func failure(_ what: String) -> PlotError { PlotError("\(what): \(String(cString: strerror(errno)))") }

    private func spawn(stdin: Int32, stdout: Int32, stderr: Int32) throws -> pid_t {
        #if canImport(Glibc)
        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        #else
        var actions: posix_spawn_file_actions_t?, attributes: posix_spawnattr_t?
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer { posix_spawn_file_actions_destroy(&actions); posix_spawnattr_destroy(&attributes) }
        posix_spawn_file_actions_adddup2(&actions, stdin, 0)
        posix_spawn_file_actions_adddup2(&actions, stdout, 1)
        posix_spawn_file_actions_adddup2(&actions, stderr, 2)
        // Its own group: Ctrl-C reaches us alone, and we decide.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        // -d: no init files. Numbers and UTF-8 do not depend on the user's locale; no display is opened.
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GNUPLOT") && !$0.key.hasPrefix("LC_") && $0.key != "GNUTERM" && $0.key != "DISPLAY" }
            .merging(["LC_ALL": "C.UTF-8"]) { $1 }
        let arguments: [UnsafeMutablePointer<CChar>?] = [path, "-d"].map { (word: String) in strdup(word) }
        let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in arguments + variables { free(text) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, path, &actions, &attributes, arguments + [nil], variables + [nil])
        guard status == 0 else { throw PlotError("cannot start \(path): \(String(cString: strerror(status)))") }
        return child
    }

    /// Writes the script and reads both answers until they end.
    private func exchange(_ script: String, _ input: inout Int32, _ output: Int32, _ errors: Int32) throws -> (picture: [UInt8], message: [UInt8]) {
        let script = Array(script.utf8)
        var (sent, picture, message) = (0, [UInt8](), [UInt8]())
        let deadline = ContinuousClock.now + .seconds(timeLimit)
        var open = [output: true, errors: true]
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while open.values.contains(true) {
            if shouldStop() { throw PlotError("interrupted") }
            guard ContinuousClock.now < deadline else { throw PlotError("gnuplot did not answer within \(NumberText.short(timeLimit)) s and was stopped") }
            var waiting = [pollfd(fd: input, events: Int16(POLLOUT), revents: 0)]
            for (fd, isOpen) in open.sorted(by: { $0.key < $1.key }) where isOpen { waiting.append(pollfd(fd: fd, events: Int16(POLLIN), revents: 0)) }
            guard poll(&waiting, nfds_t(waiting.count), 50) >= 0 || errno == EINTR else { throw failure("waiting for gnuplot") }
            if input >= 0, waiting[0].revents != 0 {
                #if canImport(Glibc)
                let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                #else
                let flags = MSG_DONTWAIT
                #endif
                let count = script[sent...].withUnsafeBytes { send(input, $0.baseAddress, min($0.count, 1 << 16), flags) }
                if count > 0 { sent += count }
                // The end of the script, or a gnuplot that stopped reading: its message says why.
                if sent == script.count || (count < 0 && errno != EAGAIN && errno != EINTR) { close(input); input = -1 }
            }
            for entry in waiting.dropFirst() where entry.revents != 0 {
                let count = read(entry.fd, &buffer, buffer.count)
                if count > 0 {
                    if entry.fd == output { picture += buffer[..<count] } else if message.count < 1 << 16 { message += buffer[..<count] }
                } else if count == 0 || (errno != EINTR && errno != EAGAIN) { open[entry.fd] = false }
            }
        }
        return (picture, message)
    }
}
