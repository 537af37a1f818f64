#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Columns and rows of a terminal, asked for anew each time: a window changes.
public struct TerminalSize: Equatable, Sendable {
    public var columns: Int, rows: Int
    public init(columns: Int, rows: Int) { (self.columns, self.rows) = (columns, rows) }

    /// nil when the descriptor is no terminal, or one that does not know its width.
    public static func of(_ descriptor: Int32) -> TerminalSize? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return TerminalSize(columns: Int(size.ws_col), rows: size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}
