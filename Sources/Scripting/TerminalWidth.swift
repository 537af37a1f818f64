import Foundation
import Terminal

/// Columns of the terminal that standard output is, or those that COLUMNS says of the page beyond a pipe; nil when neither is known.
var terminalWidth: Int? {
    TerminalSize.of(1)?.columns ?? ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 >= 20 ? $0 : nil }
}

extension ScriptingEnvironment {
    /// Columns of tables: of the terminal that output goes to, or of the page that COLUMNS describes, else 120.
    public static var widthOfTables: Int { terminalWidth ?? 120 }
}
