#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads cells from standard input without editing: from a pipe or file, without prompts, and from a terminal that has no
/// cursor to move. It takes no byte more than it needs, so that a cell can read the rest with io.read.
public final class PlainReader: LineReading {
    private let isComplete: (String) -> CellCompleteness
    private let isInteractive: Bool
    /// A line read to see whether it continues the cell before it.
    private var pending: String?
    private var linesRead = 0
    /// Line number of the first line of the cell read last.
    public private(set) var firstLine = 1

    public init(isInteractive: Bool, isComplete: @escaping (String) -> CellCompleteness) {
        (self.isInteractive, self.isComplete) = (isInteractive, isComplete)
        setvbuf(stdin, nil, _IONBF, 0)
    }

    public func readCell(prompt: String, continuation: String) throws -> LineResult {
        var cell: [String] = []
        show(prompt)
        while true {
            switch nextLine() {
            case .interrupted: return .interrupted
            case .end:
                if isInteractive { show("\n") }
                return cell.isEmpty ? .endOfInput : .cell(cell.joined(separator: "\n"))
            case .line(let line):
                if cell.isEmpty {
                    firstLine = linesRead
                    // Nothing to run yet; on a terminal an empty line is an answer.
                    if !isInteractive, line.allSatisfy(\.isWhitespace) { continue }
                }
                cell.append(linesRead == 1 && line.hasPrefix("#") && !isInteractive ? "" : line)
            }
            let text = cell.joined(separator: "\n")
            if case .incomplete = isComplete(text) {
                show(continuation)
            } else if isInteractive || !nextLineContinues() {
                return .cell(text)
            }
        }
    }

    /// Whether the next line goes on with the expression before it, as in a file it would: a method call on a line of its
    /// own, an operator. What does not arrive at once is not waited for.
    private func nextLineContinues() -> Bool {
        guard pending == nil else { return false }
        while true {
            var source = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
            guard poll(&source, 1, 50) > 0, case .line(let line) = nextLine() else { return false }
            pending = line
            linesRead -= 1
            guard let first = LuaTokens.of(line).first else { return false }
            switch first.kind {
            case .string, .unfinishedString: return true
            case .symbol: return first.text != "::" && first.text != ";"
            case .keyword: return first.text == "and" || first.text == "or"
            default: return false
            }
        }
    }

    private enum Line { case line(String), end, interrupted }

    private func nextLine() -> Line {
        if let line = pending {
            pending = nil
            linesRead += 1
            return .line(line)
        }
        var bytes: [UInt8] = []
        while true {
            errno = 0
            let c = getc(stdin)
            if c == EOF {
                let wasInterrupted = errno == EINTR
                clearerr(stdin)
                if wasInterrupted { return .interrupted }
                guard !bytes.isEmpty else { return .end }
                break
            }
            if c == 10 { break }
            bytes.append(UInt8(truncatingIfNeeded: c))
        }
        if bytes.last == 13 { bytes.removeLast() }
        linesRead += 1
        return .line(String(decoding: bytes, as: UTF8.self))
    }

    private func show(_ text: String) {
        guard isInteractive else { return }
        fputs(text, stdout)
        fflush(stdout)
    }
}
