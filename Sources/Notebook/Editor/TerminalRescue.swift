// The way back from raw mode, for every way a process can end or stop. What a signal handler needs lies in one block of memory that is allocated
// before any handler is installed; handlers touch nothing else and call only what POSIX allows them. Invariant: while `isRaw` is set, `restore`
// brings back the terminal and standard output and error as they were.

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

enum TerminalRescue {
    struct Block {
        var isRaw: Int32 = 0
        var input: Int32 = 0, output: Int32 = 1
        var saved = termios()
        /// What handlers report; the pipe wakes the reader.
        var resized: Int32 = 0, continued: Int32 = 0, interrupted: Int32 = 0
        var wakeRead: Int32 = -1, wakeWrite: Int32 = -1
        /// Where standard output and error really go while they are captured, or -1.
        var output1: Int32 = -1, output2: Int32 = -1
        var captured: Int32 = -1
    }

    static let block: UnsafeMutablePointer<Block> = {
        let block = UnsafeMutablePointer<Block>.allocate(capacity: 1)
        block.initialize(to: Block())
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) == 0 {
            for end in ends {
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            }
            (block.pointee.wakeRead, block.pointee.wakeWrite) = (ends[0], ends[1])
        }
        atexit { TerminalRescue.restore() }
        return block
    }()

    private static let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
    private static let farewell = bytes("\u{1B}[m\u{1B}[?2004l\r\n")
    private static let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)

    private static func bytes(_ text: String) -> UnsafeMutableBufferPointer<UInt8> {
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
        _ = buffer.initialize(from: text.utf8)
        return buffer
    }

    // MARK: Handlers

    private static let fatal = [SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE]
    private static let reported = [SIGWINCH, SIGCONT, SIGINT]

    /// Installs the handlers. Signals that the process ignores stay ignored.
    static func install() {
        _ = (block, farewell, scratch)
        for signal in fatal { install(signal, handler: onFatal) }
        for signal in reported { install(signal, handler: onReport) }
        install(SIGTSTP, handler: onStop)
    }

    /// Puts back the handlers that were there before.
    static func uninstall() {
        for signal in fatal + reported + [SIGTSTP] { sigaction(signal, &previous[Int(signal)], nil) }
    }

    private static func install(_ signal: Int32, handler: @escaping @convention(c) (Int32) -> Void) {
        sigaction(signal, nil, &previous[Int(signal)])
        #if canImport(Glibc)
        let ignored = previous[Int(signal)].__sigaction_handler.sa_handler == nil ? false
            : unsafeBitCast(previous[Int(signal)].__sigaction_handler.sa_handler, to: Int.self) == 1
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        #else
        let ignored = previous[Int(signal)].__sigaction_u.__sa_handler == nil ? false
            : unsafeBitCast(previous[Int(signal)].__sigaction_u.__sa_handler, to: Int.self) == 1
        var action = sigaction()
        action.__sigaction_u.__sa_handler = handler
        #endif
        if ignored { return }
        action.sa_flags = Int32(SA_ONSTACK)
        sigaction(signal, &action, nil)
    }

    private static let onReport: @convention(c) (Int32) -> Void = { signal in
        let error = errno
        switch signal {
        case SIGWINCH: block.pointee.resized = 1
        case SIGINT: block.pointee.interrupted = 1
        default: block.pointee.continued = 1
        }
        TerminalRescue.wake()
        errno = error
    }

    /// The process ends: the terminal first, then whatever would have been done with the signal.
    private static let onFatal: @convention(c) (Int32) -> Void = { signal in
        TerminalRescue.restore()
        sigaction(signal, &TerminalRescue.previous[Int(signal)], nil)
        raise(signal)
    }

    private static let onStop: @convention(c) (Int32) -> Void = { signal in
        let error = errno
        TerminalRescue.restore()
        var (own, mask) = (sigaction(), sigset_t())
        sigaction(signal, &TerminalRescue.previous[Int(signal)], &own)
        sigemptyset(&mask)
        sigaddset(&mask, signal)
        raise(signal)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        // Stopped here, until SIGCONT.
        sigaction(signal, &own, nil)
        block.pointee.continued = 1
        TerminalRescue.wake()
        errno = error
    }

    static func wake() {
        var byte: UInt8 = 0
        _ = write(block.pointee.wakeWrite, &byte, 1)
    }

    /// Leaves raw mode and gives back standard output and error, with what was written to them meanwhile. Does nothing outside raw mode.
    static func restore() {
        guard block.pointee.isRaw != 0 else { return }
        block.pointee.isRaw = 0
        if block.pointee.output1 >= 0 { dup2(block.pointee.output1, 1) }
        if block.pointee.output2 >= 0 { dup2(block.pointee.output2, 2) }
        _ = write(block.pointee.output, farewell.baseAddress, farewell.count)
        tcsetattr(block.pointee.input, TCSADRAIN, &block.pointee.saved)
        if block.pointee.captured >= 0 {
            while true {
                let count = read(block.pointee.captured, scratch, 4096)
                if count <= 0 { break }
                _ = write(block.pointee.output, scratch, count)
            }
        }
    }
}
