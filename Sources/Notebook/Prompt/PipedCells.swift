#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Cells from a pipe or file, without prompts. It takes no byte more than it needs, so that a cell can read what follows
/// with io.read.
final class PipedCells: LineReading {
    private let isComplete: (String) -> CellCompleteness
    /// A line read to see whether it continues the cell before it.
    private var pending: String?
    private var linesRead = 0
    /// Number of the first line of the cell read last.
    private(set) var firstLine = 1

    init(isComplete: @escaping (String) -> CellCompleteness) {
        self.isComplete = isComplete
        setvbuf(stdin, nil, _IONBF, 0)
    }

    func readCell(prompt: String, continuation: String) -> LineResult {
        var cell: [String] = []
        while true {
            switch nextLine() {
            case .interrupted: return .interrupted
            case .end: return cell.isEmpty ? .endOfInput : .cell(cell.joined(separator: "\n"))
            case .line(let line):
                if cell.isEmpty {
                    firstLine = linesRead
                    if line.allSatisfy(\.isWhitespace) { continue }
                }
                cell.append(linesRead == 1 && line.hasPrefix("#") ? "" : line)
            }
            let text = cell.joined(separator: "\n")
            if case .incomplete = isComplete(text) { continue }
            if !nextLineContinues() { return .cell(text) }
        }
    }

    /// Whether the next line goes on with the expression before it, as in a file it would: a method call on a line of its
    /// own, an operator. What does not arrive at once is not waited for.
    private func nextLineContinues() -> Bool {
        guard pending == nil else { return false }
        var source = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard poll(&source, 1, 50) > 0, case .line(let line) = nextLine() else { return false }
        pending = line
        linesRead -= 1
        guard let first = CellTokens.of(line).first else { return false }
        switch first.kind {
        case .string, .unfinishedString: return true
        case .symbol: return !["::", ";", "%", "?", "!"].contains(first.text)
        case .keyword: return first.text == "and" || first.text == "or"
        default: return false
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
}
