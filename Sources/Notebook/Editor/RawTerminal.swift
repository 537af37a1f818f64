// A terminal in raw mode while a cell is edited, and as it was before at every other time. Output processing stays on, so that what other threads
// print still begins at the left edge.

import Foundation
import Terminal

final class RawTerminal {
    let input: Int32
    /// Where the editor draws: an own descriptor, for standard output may be captured.
    private(set) var output: Int32
    private let hasCapture: Bool
    private var capture: (read: Int32, write: Int32)?
    private var real: (Int32, Int32) = (-1, -1)
    /// As the terminal was first found.
    private var found: termios?

    /// - Parameter capturing: whether what is written to descriptors 1 and 2 is kept until it can be shown above the cell; only what would go to
    ///   this same terminal is.
    init(input: Int32, output: Int32, capturing: Bool) {
        self.input = input
        self.output = output
        hasCapture = capturing
    }

    /// The descriptor on which captured output arrives, or -1.
    var captured: Int32 { capture?.read ?? -1 }

    func enter() -> Bool {
        let block = TerminalRescue.block
        guard block.pointee.isRaw == 0, tcgetattr(input, &block.pointee.saved) == 0 else { return block.pointee.isRaw != 0 }
        mend(&block.pointee.saved)
        beginCapture()
        (block.pointee.input, block.pointee.output) = (input, output)
        TerminalRescue.install()
        var raw = block.pointee.saved
        raw.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON)
        raw.c_oflag |= tcflag_t(OPOST | ONLCR)
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        raw.c_cflag |= tcflag_t(CS8)
        withUnsafeMutableBytes(of: &raw.c_cc) { bytes in
            bytes[Int(VMIN)] = 1
            bytes[Int(VTIME)] = 0
        }
        block.pointee.isRaw = 1
        // What was typed ahead is kept.
        guard tcsetattr(input, TCSADRAIN, &raw) == 0 else { leave(); return false }
        // Plain and with its cursor, whatever a program has left.
        write("\u{1B}[m\u{1B}[?25h\u{1B}[?2004h")
        return true
    }

    /// What a cell ran may have ended without giving the terminal back (`stty raw`, a full-screen program that was killed): then no
    /// Ctrl-C would reach the next cell, nor would what is typed for it be seen.
    private func mend(_ mode: inout termios) {
        guard let found else { return found = mode }
        func has(_ flags: tcflag_t, _ wanted: Int32...) -> [Bool] { wanted.map { flags & tcflag_t($0) != 0 } }
        let lost = zip(has(found.c_lflag, ICANON, ECHO, ISIG) + has(found.c_oflag, OPOST) + has(found.c_iflag, ICRNL),
                       has(mode.c_lflag, ICANON, ECHO, ISIG) + has(mode.c_oflag, OPOST) + has(mode.c_iflag, ICRNL)).contains { $0 && !$1 }
        if lost { mode = found }
    }

    func leave() {
        let block = TerminalRescue.block
        guard block.pointee.isRaw != 0 else { return }
        write("\u{1B}[?2004l")
        tcsetattr(input, TCSADRAIN, &block.pointee.saved)
        block.pointee.isRaw = 0
        endCapture()
        TerminalRescue.uninstall()
    }

    /// Whether a handler has left raw mode, as it does around a stop.
    var wasLeft: Bool { TerminalRescue.block.pointee.isRaw == 0 }

    var size: (columns: Int, rows: Int) {
        let size = TerminalSize.of(output) ?? TerminalSize(columns: 80, rows: 24)
        return (size.columns, size.rows)
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        var done = 0
        bytes.withUnsafeBytes { memory in
            while done < memory.count {
                let count = Foundation.write(output, memory.baseAddress! + done, memory.count - done)
                if count > 0 { done += count; continue }
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN {
                    var ready = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, 1000)
                    continue
                }
                return
            }
        }
    }

    // MARK: Output of others

    private func goesHere(_ descriptor: Int32) -> Bool {
        var (one, other) = (stat(), stat())
        return fstat(descriptor, &one) == 0 && fstat(output, &other) == 0 && isatty(descriptor) == 1 && one.st_rdev == other.st_rdev
    }

    private func beginCapture() {
        guard hasCapture else { return }
        let takes = (goesHere(1), goesHere(2))
        guard takes.0 || takes.1 else { return }
        if capture == nil {
            var ends: [Int32] = [-1, -1]
            let own = dup(output)
            guard own >= 0, pipe(&ends) == 0 else { return }
            for end in ends + [own] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
            output = own
            capture = (ends[0], ends[1])
        }
        fflush(stdout)
        // Left over where a handler, which closes nothing, has given the descriptors back.
        for left in [real.0, real.1] where left >= 0 { close(left) }
        real = (-1, -1)
        if takes.0 { real.0 = dup(1); dup2(capture!.write, 1) }
        if takes.1 { real.1 = dup(2); dup2(capture!.write, 2) }
        let block = TerminalRescue.block
        (block.pointee.output1, block.pointee.output2, block.pointee.captured) = (real.0, real.1, capture!.read)
    }

    private func endCapture() {
        guard capture != nil else { return }
        fflush(stdout)
        if real.0 >= 0 { dup2(real.0, 1); close(real.0) }
        if real.1 >= 0 { dup2(real.1, 2); close(real.1) }
        real = (-1, -1)
        let block = TerminalRescue.block
        (block.pointee.output1, block.pointee.output2, block.pointee.captured) = (-1, -1, -1)
        write(readCaptured())
    }

    /// What others have written and nobody has shown yet.
    func readCaptured() -> [UInt8] {
        guard let capture else { return [] }
        var (out, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while true {
            let count = read(capture.read, &chunk, chunk.count)
            if count <= 0 { return out }
            out += chunk[..<count]
        }
    }
}
