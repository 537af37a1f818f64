// Running a notebook from top to bottom on one session: each cell's output, pictures, value and time are kept with it. The first cell
// that fails ends the run; what came before it, and its error, are kept.

import Foundation
import LuaHost
import Scripting

public final class NotebookRun {
    private let session: Session
    /// What positions in messages call the script.
    private let chunkName: String
    private let arguments: [String]
    private var outputs: [CellOutput] = []
    /// Text that is being printed; characters may come in pieces.
    private var pending: (bytes: [UInt8], isError: Bool) = ([], false)
    private var pendingClear = false
    /// What this cell shows in place of what stands under a name, in any cell.
    private var updates: [String: [Representation]] = [:]
    /// Bytes of text that a cell may show; what is more is counted.
    private static let most = 8_000_000
    private var written = 0

    public init(_ session: Session, chunkName: String, arguments: [String]) { (self.session, self.chunkName, self.arguments) = (session, chunkName, arguments) }

    /// Runs all cells of code.
    /// - Parameter onCell: told before a cell runs: its place, how many there are.
    /// - Returns: the error that ended it, or nil.
    @discardableResult
    public func run(_ document: inout NotebookDocument, onCell: (Int, Int) -> Void = { _, _ in }) -> CellError? {
        let (sink, style) = (session.sink, session.style)
        defer { (session.sink, session.style) = (sink, style) }
        session.style = DisplayStyle(width: 96, pictures: .both)
        session.sink = SessionSink(text: { [unowned self] in add($0, isError: false) }, result: { [unowned self] in
            append(.result($0.representations, number: $0.number))
        }, display: { [unowned self] in show($0) })
        session.environment.state.errorOutput = { [unowned self] in add($0, isError: true) }
        session.setArguments(arguments, script: chunkName)
        let began = ContinuousClock.now
        defer { document.seconds = seconds(since: began) }
        for i in document.cells.indices { (document.cells[i].outputs, document.cells[i].run) = ([], nil) }
        for i in document.cells.indices where document.cells[i].kind == .code && !document.cells[i].source.allSatisfy(\.isWhitespace) {
            onCell(i, document.cells.count)
            (outputs, written, pendingClear, updates) = ([], 0, false, [:])
            let at = Date().timeIntervalSince1970
            let cell = document.cells[i]
            let outcome = session.evaluate(Self.withoutFirstLineMark(cell.source), .init(chunkName: chunkName, firstLine: cell.firstLine, arguments: arguments))
            endText()
            for before in 0..<i { NotebookRun.update(&document.cells[before].outputs, updates) }
            var run = CellRun(number: outcome.number, began: at, seconds: outcome.seconds)
            if let error = outcome.error {
                var isExit = false
                if case .exit = error.kind { isExit = true }
                if !isExit { outputs.append(.error(error)) }
                run.failed = !isExit
                (document.cells[i].outputs, document.cells[i].run) = (outputs, run)
                return error
            }
            (document.cells[i].outputs, document.cells[i].run) = (outputs, run)
        }
        return nil
    }

    /// "#!/usr/bin/env oche" is a comment of the script; its line stays.
    private static func withoutFirstLineMark(_ source: String) -> String {
        let source = source.hasPrefix("\u{FEFF}") ? String(source.dropFirst()) : source
        return source.hasPrefix("#") ? String(source.drop { $0 != "\n" }) : source
    }

    private func seconds(since began: ContinuousClock.Instant) -> Double {
        let (whole, rest) = (ContinuousClock.now - began).components
        return Double(whole) + Double(rest) * 1e-18
    }

    // MARK: what a cell shows

    private func add(_ bytes: UnsafeRawBufferPointer, isError: Bool) {
        if pending.isError != isError { endText() }
        clearIfPending()
        pending.isError = isError
        if written < NotebookRun.most { pending.bytes += bytes.prefix(NotebookRun.most - written) }
        written += bytes.count
    }

    private func endText() {
        defer { pending = ([], false) }
        guard !pending.bytes.isEmpty else { return }
        var text = String(decoding: pending.bytes, as: UTF8.self)
        if written > NotebookRun.most { text += "\n.. (\(written) bytes in all)\n" }
        // What follows display() is the same stream.
        if case .text(let before, pending.isError)? = outputs.last {
            outputs[outputs.count - 1] = .text(before + text, isError: pending.isError)
        } else {
            outputs.append(.text(text, isError: pending.isError))
        }
    }

    private func append(_ output: CellOutput) {
        endText()
        clearIfPending()
        outputs.append(output)
    }

    private static func update(_ outputs: inout [CellOutput], _ updates: [String: [Representation]]) {
        for i in outputs.indices {
            if case .display(_, let id?) = outputs[i], let new = updates[id] { outputs[i] = .display(new, id: id) }
        }
    }

    private func clearIfPending() {
        if pendingClear { (outputs, pendingClear) = ([], false) }
    }

    private func show(_ shown: SessionDisplay) {
        switch shown {
        case .show(let representations, let id): append(.display(representations, id: id))
        case .update(let representations, let id):
            endText()
            updates[id] = representations
            NotebookRun.update(&outputs, updates)
        case .clear(let waits):
            endText()
            if waits { pendingClear = true } else { outputs = [] }
        }
    }
}
