// The line editor on a terminal: it reads bytes, gives keys to the CellEditor and draws what that wants to be seen. Raw mode lasts from the
// beginning of a cell to its end, so that while a cell runs Ctrl-C is a signal and input is read by lines. Without a terminal that can move its
// cursor it reads plainly.

import Foundation

public final class LineEditor: LineReading {
    private let hooks: EditorHooks
    private let history: History
    private let traits: TerminalTraits
    private let terminal: RawTerminal
    private let editor: CellEditor
    private var decoder = KeyDecoder()
    /// Keys that were read and not yet handled: what is typed ahead is for the next cell.
    private var keys: ArraySlice<Key> = []
    private var writer: ScreenWriter
    /// The terminal's size when it was last drawn on.
    private var drawnSize = (columns: 80, rows: 24)
    private var prompts = (first: "", next: "")
    private lazy var plain = PlainReader(hooks: hooks, input: terminal.input, output: terminal.output)

    /// - Parameters:
    ///   - hooks: the session's answers.
    ///   - history: cells entered before; those entered are added.
    ///   - input, output: the terminal.
    public convenience init(hooks: EditorHooks, history: History, input: Int32 = 0, output: Int32 = 1) {
        self.init(hooks: hooks, history: history, input: input, output: output, traits: TerminalTraits())
    }

    init(hooks: EditorHooks, history: History, input: Int32, output: Int32, traits: TerminalTraits) {
        (self.hooks, self.history, self.traits) = (hooks, history, traits)
        terminal = RawTerminal(input: input, output: output, capturing: true)
        editor = CellEditor(hooks: hooks, history: history)
        writer = ScreenWriter(columns: 80, hasColor: traits.hasColor)
    }

    public func readCell(prompt: String, continuation: String) throws -> LineResult {
        guard !traits.isDumb, isatty(terminal.input) == 1, isatty(terminal.output) == 1 else {
            return plain.readCell(prompt: prompt, continuation: continuation)
        }
        prompts = (prompt, continuation)
        // Lines typed while the last cell ran were ended by Enter, whatever the terminal then made of it, and are separate.
        var isTypedAhead = wait(for: [terminal.input], milliseconds: 0)[0]
        guard terminal.enter() else { return plain.readCell(prompt: prompt, continuation: continuation) }
        defer {
            terminal.leave()
            if !unfinished.isEmpty { terminal.write(unfinished); unfinished = [] }
        }
        editor.begin()
        beginScreen()
        var isDrawn = false
        while true {
            if !isDrawn, keys.isEmpty { draw(); isDrawn = true }
            if keys.isEmpty {
                guard readKeys(&isTypedAhead, &isDrawn) else { return finish(.endOfInput) }
                continue
            }
            isDrawn = false
            if let result = handle(keys.removeFirst()) { return result }
        }
    }

    private func handle(_ key: Key) -> LineResult? {
        switch editor.handle(key) {
        case .going: return nil
        case .submit(let text):
            history.add(text)
            return finish(.cell(text))
        case .endOfInput: return finish(.endOfInput)
        case .interrupt: return interrupt()
        case .clearScreen:
            terminal.write("\u{1B}[H\u{1B}[2J")
            writer.forget()
        case .suspend: suspend()
        case .openEditor: openEditor()
        }
        return nil
    }

    /// A cell with text is abandoned and another begun; on an empty one the caller is told.
    private func interrupt() -> LineResult? {
        let isEmpty = editor.isBlank
        leaveCell(suffix: "^C")
        if isEmpty { return .interrupted }
        editor.begin()
        beginScreen()
        return nil
    }

    private func finish(_ result: LineResult) -> LineResult {
        leaveCell()
        return result
    }

    // MARK: Drawing

    private func beginScreen() {
        drawnSize = terminal.size
        writer = ScreenWriter(columns: drawnSize.columns, hasColor: traits.hasColor)
        // Output may have ended in the middle of a row. A mark and a row of blanks come to the beginning of the next row exactly then; at the
        // beginning of a row they leave the cursor in it, and are erased.
        let mark = traits.hasColor ? "\u{1B}[90m%\u{1B}[m" : "%"
        terminal.write(mark + String(repeating: " ", count: max(0, drawnSize.columns - 1)) + "\r\u{1B}[J")
    }

    private func draw() {
        let size = terminal.size
        if size != drawnSize {
            // Seen here and not at the signal, which may come before or after the drawing of something else.
            terminal.write(writer.erase(afterResizeTo: size.columns, reflows: traits.reflows))
            drawnSize = size
        }
        terminal.write(writer.update(to: editor.screen(prompt: prompts.first, continuation: prompts.next, columns: size.columns, rows: size.rows)))
    }

    /// The whole cell stays, even where it is taller than the screen, and the cursor goes to the row below it.
    private func leaveCell(suffix: String = "") {
        if terminal.size != drawnSize { draw() }
        let size = drawnSize
        let screen = editor.finalScreen(prompt: prompts.first, continuation: prompts.next, columns: size.columns, suffix: suffix)
        if screen.rows.count > size.rows || editor.top > 0 { terminal.write(writer.erase()) }
        terminal.write(writer.update(to: screen))
        terminal.write("\r\n")
        writer.forget()
    }

    private func suspend() {
        leaveCell()
        terminal.leave()
        raise(SIGTSTP)
        _ = terminal.enter()
        beginScreen()
    }

    /// The cell in the user's own editor; what is there when it ends is the text.
    private func openEditor() {
        let environment = ProcessInfo.processInfo.environment
        let program = [environment["VISUAL"], environment["EDITOR"], "vi"].compactMap { $0 }.first { !$0.isEmpty }!
        let path = NSTemporaryDirectory() + "oche-cell-\(getpid()).lua"
        guard FileManager.default.createFile(atPath: path, contents: Data(editor.buffer.text.utf8), attributes: [.posixPermissions: 0o600]) else { return }
        defer { unlink(path) }
        terminal.write(writer.erase())
        terminal.leave()
        // Not Foundation's Process: in a process group of its own an editor is stopped when it takes the terminal.
        let status = system(program + " '" + path.replacing("'", with: "'\\''") + "'")
        _ = terminal.enter()
        beginScreen()
        guard status == 0, let data = FileManager.default.contents(atPath: path) else { return }
        var text = String(decoding: data, as: UTF8.self)
        while text.hasSuffix("\n") { text.removeLast() }
        if text != editor.buffer.text { editor.buffer.setText(text) }
    }

    // MARK: Reading

    /// Waits for something to happen and does what is not a key; false at the end of the input.
    private func readKeys(_ isTypedAhead: inout Bool, _ isDrawn: inout Bool) -> Bool {
        let wake = TerminalRescue.block.pointee.wakeRead
        let ready = wait(for: [terminal.input, wake, terminal.captured], milliseconds: decoder.isPending ? 50 : -1)
        if ready[1] { takeSignals(wake); isDrawn = false }
        if ready[2] { showOutput(); isDrawn = false }
        if ready[0] {
            guard var burst = readBurst() else { return false }
            while !isTypedAhead, burst.contains(where: { $0.code == .enter || $0.code == .newline }) || decoder.isPasting,
                wait(for: [terminal.input], milliseconds: 5)[0] {
                guard let more = readBurst() else { break }
                burst += more
            }
            if isTypedAhead {
                burst = burst.map { $0.code == .newline ? Key(.enter, $0.modifiers) : $0 }
                isTypedAhead = false
            } else {
                burst = PasteDetection.merged(burst)
            }
            keys += burst
        } else if !ready.contains(true) {
            keys += decoder.flush()
        }
        return true
    }

    /// The keys of one read, or nil at the end of the input.
    private func readBurst() -> [Key]? {
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = read(terminal.input, &chunk, chunk.count)
            if count > 0 { return decoder.feed(chunk[..<count]) }
            if count < 0, errno == EINTR || errno == EAGAIN { return [] }
            return nil
        }
    }

    private func takeSignals(_ wake: Int32) {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wake, &bytes, bytes.count) > 0 {}
        let block = TerminalRescue.block
        if block.pointee.continued != 0 {
            block.pointee.continued = 0
            // Whoever ran meanwhile may have left the terminal in any state.
            if !terminal.wasLeft { TerminalRescue.restore() }
            TerminalRescue.uninstall()
            _ = terminal.enter()
            beginScreen()
        }
        if block.pointee.interrupted != 0 {
            block.pointee.interrupted = 0
            keys.append(Key(.control("c")))
        }
        block.pointee.resized = 0
    }

    private var unfinished: [UInt8] = []

    /// Whole lines that others wrote go above the cell; the rest of a line waits for its end, or for the end of the cell.
    private func showOutput() {
        unfinished += terminal.readCaptured()
        guard let last = unfinished.lastIndex(of: 10) else { return }
        terminal.write(writer.erase() + unfinished[...last])
        unfinished.removeSubrange(...last)
    }

    private func wait(for descriptors: [Int32], milliseconds: Int32) -> [Bool] {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = poll(&polled, nfds_t(polled.count), milliseconds)
        return polled.map { count > 0 && $0.revents != 0 }
    }
}
