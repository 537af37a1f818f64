#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Columns of the terminal that standard output is; nil when it is none.
var terminalWidth: Int? {
    var size = winsize()
    return isatty(1) == 1 && ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
}

extension ScriptingEnvironment {
    /// Columns of the terminal that output goes to; nil where it is none.
    public static var widthOfTerminal: Int? { terminalWidth }
}
