import Terminal

/// Columns of the terminal that standard output is; nil when it is none.
var terminalWidth: Int? { TerminalSize.of(1)?.columns }
