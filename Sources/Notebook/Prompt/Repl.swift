import LuaHost
import Scripting
import Terminal
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The loop around a session: reads cells, evaluates them, shows what they come to. On a terminal with numbered prompts; from
/// a pipe without, and then the first error ends it, as it would end a script.
public final class Repl {
    private let session: Session
    /// The last byte of output, so that a prompt begins a line.
    private var lastByte = UInt8(ascii: "\n")
    private let isColoured = getenv("NO_COLOR") == nil
    public static let version = ScriptingEnvironment.version

    public init(_ session: Session) { self.session = session }

    public var hooks: EditorHooks {
        let session = session
        return EditorHooks(isComplete: { session.completeness(of: $0) }, complete: { session.complete($0, at: $1) },
                           inspect: { session.inspect($0, at: $1)?.folded(to: Repl.columns) })
    }

    /// Whether cells come from, and results go to, a person at a terminal.
    public static var isOnTerminal: Bool { isatty(0) == 1 && isatty(1) == 1 }
    /// Whether that terminal can move its cursor.
    public static var isDumb: Bool { getenv("TERM").map { strcmp($0, "dumb") == 0 } ?? true }

    private static var columns: Int { TerminalSize.of(1)?.columns ?? 80 }

    // MARK: on a terminal

    /// What `help()` says besides.
    private static let helpNote = """
        At the prompt
          name? explains, Tab completes (also options inside a call)
          _ and Out[n] are results; a semicolon at the end silences one
          locals stay for the cells that follow
          %help lists commands, %keys the keys, %tour walks through a search
        """

    /// Until Ctrl-D or os.exit.
    /// - Returns: the exit status.
    public func run(_ reader: any LineReading) throws -> Int32 {
        session.sink = SessionSink(text: { [unowned self] in emit($0) }, result: { [unowned self] in show($0) }, flush: StandardOutput.flush)
        let greeting = "Oche \(Repl.version), Lua with tensors and architecture search. help() explains, Tab completes, Ctrl-D leaves.\n"
            + "New here? %tour walks through a first search.\n"
        write(greeting.folded(to: Repl.columns))
        let session = session
        session.environment.state.documentation.notes.append(Repl.helpNote)
        session.environment.state.documentation.layout = { [unowned session] in $0.folded(to: session.style.width) }
        while true {
            takeTerminal()
            if lastByte != UInt8(ascii: "\n") { write("\n") }
            StandardOutput.flush()
            let prompt = "In [\(session.nextNumber)]: "
            switch try reader.readCell(prompt: prompt, continuation: String(repeating: " ", count: max(0, prompt.count - 5)) + "...: ") {
            case .endOfInput:
                guard session.tour != nil else { return 0 }
                leaveTour()
            case .interrupted:
                if session.tour != nil { leaveTour() } else { write("(Ctrl-D leaves, and so does os.exit())\n") }
            case .cell(let text):
                if isLeaving(text) { return 0 }
                takeTerminal()
                let outcome = session.evaluate(text)
                if let error = outcome.error {
                    if case .exit(let status) = error.kind { return Int32(truncatingIfNeeded: status) }
                    // The terminal has echoed ^C, which no output of ours knows of.
                    if error.kind == .interrupted { write("\n") } else { beginLine() }
                    write(error.text(isColoured: session.style.isColoured, width: session.style.width) + "\n")
                }
                if outcome.seconds >= 1, !text.trimmingSpace.hasPrefix("%time") {
                    beginLine()
                    write(paint("(\(TimeText.of(outcome.seconds)))", "2") + "\n")
                }
            }
        }
    }

    /// Values are laid out for the terminal as it is now.
    private func takeTerminal() { session.style = DisplayStyle(width: Repl.columns, isColoured: isColoured && !Repl.isDumb) }

    /// What people type to leave elsewhere, where no variable has the name.
    private func isLeaving(_ text: String) -> Bool {
        let words = ["exit", "quit", "exit()", "quit()"], text = text.trimmingSpace
        return words.contains(text) && !session.hasVariable(text.replacing("()", with: ""))
    }

    private func leaveTour() {
        session.tour = nil
        write("The tour ends here; %tour begins it again.\n")
    }

    private func show(_ result: CellResult) {
        beginLine()
        let text = result.text, label = "Out[\(result.number)]:"
        let fits = !text.contains("\n") && label.count + 1 + text.displayWidth <= session.style.width
        write(paint(label, "31") + (fits ? " " : "\n") + text + "\n")
    }

    private func paint(_ text: String, _ code: String) -> String { session.style.isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }

    private func beginLine() { if lastByte != UInt8(ascii: "\n") { write("\n") } }

    private func write(_ text: String) {
        var text = text
        text.withUTF8 { emit(UnsafeRawBufferPointer($0)) }
    }

    private func emit(_ bytes: UnsafeRawBufferPointer) {
        guard let last = bytes.last else { return }
        lastByte = last
        StandardOutput.write(bytes)
    }

    // MARK: from a pipe

    /// Cells from standard input until it ends: values of bare expressions are shown, calls are statements as in a script.
    /// - Returns: the exit status: 1 after an error, which is written to standard error.
    public func runPiped() -> Int32 {
        session.sink = SessionSink(text: StandardOutput.write, result: { [unowned self] in write($0.text + "\n") }, flush: StandardOutput.flush)
        let reader = PipedCells(isComplete: hooks.isComplete)
        while true {
            switch reader.readCell(prompt: "", continuation: "") {
            case .endOfInput: return 0
            case .interrupted: return 130
            case .cell(let text):
                let outcome = session.evaluate(text, Session.Reading(chunkName: "stdin", firstLine: reader.firstLine, showsCalls: false))
                StandardOutput.flush()
                guard let error = outcome.error else { continue }
                if case .exit(let status) = error.kind { return Int32(truncatingIfNeeded: status) }
                fputs("oche: \(error.text())\n", stderr)
                return error.kind == .interrupted ? 130 : 1
            }
        }
    }
}
