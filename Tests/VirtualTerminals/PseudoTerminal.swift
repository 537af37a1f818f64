// A pseudo-terminal whose other end is a terminal in memory. Whoever waits for something to be seen reads meanwhile, so that neither end is ever
// blocked by the other.

import Foundation

// POSIX's own, which the C library's header hides from Swift.
@_silgen_name("posix_openpt") private func posix_openpt(_ flags: Int32) -> Int32
@_silgen_name("grantpt") private func grantpt(_ master: Int32) -> Int32
@_silgen_name("unlockpt") private func unlockpt(_ master: Int32) -> Int32
@_silgen_name("ptsname") private func ptsname(_ master: Int32) -> UnsafeMutablePointer<CChar>?

open class PseudoTerminal {
    public let master: Int32, slave: Int32
    /// Path of the end that a program has.
    public let path: String
    public let terminal: VirtualTerminal
    /// All that came from the program.
    public var raw: [UInt8] = []
    /// Whether what comes is drawn: megabytes need not be.
    public var isDrawn = true

    public init(width: Int = 80, height: Int = 24) {
        master = posix_openpt(O_RDWR | O_NOCTTY)
        _ = (grantpt(master), unlockpt(master))
        path = String(cString: ptsname(master)!)
        slave = open(path, O_RDWR | O_NOCTTY)
        for end in [master, slave] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        terminal = VirtualTerminal(width: width, height: height)
        setSize(width, height)
    }
    deinit { close(master); close(slave) }

    public func setSize(_ width: Int, _ height: Int) {
        var size = winsize(ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        var done = 0
        while done < bytes.count {
            done += max(0, bytes.withUnsafeBytes { write(master, $0.baseAddress! + done, bytes.count - done) })
            if done < bytes.count { read(milliseconds: 1) }
        }
    }

    public func read(milliseconds: Int32) {
        var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) > 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = Foundation.read(master, &chunk, chunk.count)
        guard count > 0 else { return }
        raw += chunk[..<count]
        if isDrawn { terminal.feed(chunk[..<count]) }
    }

    /// Reads until the condition holds; false after a time that only something broken takes.
    public func reads(seconds: Double = 20, until condition: () -> Bool) -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while !condition() {
            read(milliseconds: 10)
            if Date() > deadline { return condition() }
        }
        return true
    }
}
