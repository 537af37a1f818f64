import Terminal

/// Columns of the terminal that standard output is; nil when it is none.
var terminalWidth: Int? { TerminalSize.of(1)?.columns }

extension ScriptingEnvironment {
    /// Columns of the terminal that output goes to; nil where it is none.
    public static var widthOfTerminal: Int? { terminalWidth }
}
