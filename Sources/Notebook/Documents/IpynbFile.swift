// Notebook files of Jupyter (nbformat 4): written as 4.5, with an id for each cell, what it showed, when it ran, and where the numbers
// come from; read for their cells. Under "oche" in a cell's metadata stand the lines of the script it came from, where those are not what
// PercentScript would write, so that the script comes back as it was.

import Basics
import Foundation
import Scripting
import Studies

public enum IpynbFile {
    // MARK: writing

    public static func text(_ document: NotebookDocument) -> String {
        var metadata: [String: JSONValue] = [
            "kernelspec": ["name": "oche", "display_name": "Oche", "language": "lua"],
            "language_info": ["name": "lua", "version": "5.4", "mimetype": "text/x-lua", "file_extension": ".lua", "pygments_lexer": "lua", "codemirror_mode": "lua"],
            // For Jupytext: the script that pairs with the notebook.
            "jupytext": ["text_representation": ["extension": ".lua", "format_name": "percent"]],
        ]
        if !document.cells.contains(where: { $0.kind == .markdown && $0.source.hasPrefix("# ") }) { metadata["title"] = .string(document.name) }
        if let provenance = document.provenance { metadata["oche"] = run(provenance, document.seconds) }
        var taken: Set<String> = []
        let cells = document.cells.enumerated().map { i, cell in
            // Two of a name would make the file invalid.
            var identifier = cell.identifier ?? "cell-\(i + 1)"
            while !taken.insert(identifier).inserted { identifier = "cell-\(i + 1)-\(taken.count)" }
            return json(cell, identifier, isLast: i == document.cells.count - 1)
        }
        let notebook: JSONValue = ["cells": .array(cells), "metadata": .object(metadata), "nbformat": 4, "nbformat_minor": 5]
        return notebook.text(.notebook) + "\n"
    }

    private static func run(_ p: Provenance, _ seconds: Double?) -> JSONValue {
        var members: [String: JSONValue] = [:]
        func set(_ name: String, _ value: String?) { if let value { members[name] = .string(value) } }
        set("version", p.ocheVersion); set("script", p.scriptPath); set("script_sha256", p.scriptHash); set("git_commit", p.gitCommit)
        set("cpu", p.cpu); set("instruction_set", p.instructionSet); set("host", p.host); set("started", p.started.map(time))
        members["git_dirty"] = p.gitDirty.map { .bool($0) }
        members["seed"] = p.sessionSeed.map { .integer($0) }
        members["threads"] = p.threads.map { .integer($0) }
        members["arguments"] = p.arguments.map { .array($0.map { .string($0) }) }
        members["seconds"] = seconds.map { .number($0) }
        return .object(members)
    }

    private static func json(_ cell: NotebookCell, _ identifier: String, isLast: Bool) -> JSONValue {
        var metadata = cell.metadata, own: [String: JSONValue] = [:]
        if !cell.title.isEmpty { metadata["title"] = .string(cell.title) }
        if let script = cell.script, script != PercentScript.written(cell, isLast: isLast) { own["script"] = lines(script) }
        if !cell.options.isEmpty { own["options"] = .string(cell.options) }
        if let run = cell.run {
            own["seconds"] = .number((run.seconds * 1e6).rounded() / 1e6)
            // As JupyterLab records it.
            metadata["execution"] = ["iopub.execute_input": .string(time(run.began)), "shell.execute_reply": .string(time(run.began + run.seconds))]
        }
        if !own.isEmpty { metadata["oche"] = .object(own) }
        var members: [String: JSONValue] = [
            "cell_type": .string(cell.kind.rawValue), "id": .string(identifier), "metadata": .object(metadata), "source": lines(cell.source),
        ]
        if cell.kind == .code {
            members["execution_count"] = cell.run?.number.map { .integer($0) } ?? .null
            members["outputs"] = .array(cell.outputs.map(json))
        }
        return .object(members)
    }

    private static func json(_ output: CellOutput) -> JSONValue {
        switch output {
        case .text(let text, let isError): ["output_type": "stream", "name": isError ? "stderr" : "stdout", "text": lines(text)]
        case .display(let representations, _): ["output_type": "display_data", "data": bundle(representations, byLine: true), "metadata": [:]]
        case .result(let representations, let number):
            ["output_type": "execute_result", "execution_count": .integer(number), "data": bundle(representations, byLine: true), "metadata": [:]]
        case .error(let error):
            ["output_type": "error", "ename": .string(error.name), "evalue": .string(error.message),
             "traceback": .array(error.text(isColoured: true).split(separator: "\n", omittingEmptySubsequences: false).map { .string(String($0)) })]
        }
    }

    /// A MIME bundle; JSON stands in it as JSON, text as text.
    /// - Parameter byLine: text as a list of its lines, as files have it.
    public static func bundle(_ representations: [Representation], byLine: Bool = false) -> JSONValue {
        var data: [String: JSONValue] = [:]
        for r in representations where !r.kind.contains(";") {
            let text = String(decoding: r.bytes, as: UTF8.self)
            data[r.kind] = r.kind.hasSuffix("json") ? .written(text.trimmingSpace) : byLine ? lines(text) : .string(text)
        }
        return .object(data)
    }

    /// Each line with its end.
    private static func lines(_ text: String) -> JSONValue {
        var lines: [JSONValue] = [], line = ""
        for scalar in text.unicodeScalars {
            line.unicodeScalars.append(scalar)
            if scalar == "\n" { lines.append(.string(line)); line = "" }
        }
        if !line.isEmpty { lines.append(.string(line)) }
        return .array(lines)
    }

    static func time(_ seconds: Double) -> String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.string(from: Date(timeIntervalSince1970: seconds))
    }

    // MARK: reading

    /// What is no notebook, and why.
    public struct ReadingError: Error, CustomStringConvertible {
        public let description: String
    }

    /// The cells of a notebook file; what they showed is left behind.
    /// - Parameters:
    ///   - name: of the document.
    public static func read(_ bytes: [UInt8], name: String) throws -> NotebookDocument {
        guard let notebook = try? JSONValue(parsing: bytes), case .object = notebook else { throw ReadingError(description: "\(name) is no notebook: JSON expected") }
        guard let format = notebook["nbformat"]?.integer else { throw ReadingError(description: "\(name) is no notebook: it has no nbformat") }
        guard format == 4 else { throw ReadingError(description: "\(name) is of nbformat \(format); nbformat 4 expected (jupyter nbconvert --to notebook turns older ones into it)") }
        guard let list = notebook["cells"]?.array else { throw ReadingError(description: "\(name) is no notebook: it has no cells") }
        let cells = try list.enumerated().map { i, json in
            func wrong(_ what: String) -> ReadingError { ReadingError(description: "\(name): cell \(i + 1): \(what)") }
            guard let word = json["cell_type"]?.string else { throw wrong("a cell_type expected") }
            guard let kind = NotebookCell.Kind(rawValue: word) else { throw wrong("cell_type code, markdown or raw expected, got '\(word)'") }
            guard let source = json["source"]?.joinedText else { throw wrong("a source, text or a list of lines, expected") }
            var cell = NotebookCell(kind, withoutLastNewline(PercentScript.unified(source)))
            var metadata = json["metadata"]?.object ?? [:]
            let own = metadata.removeValue(forKey: "oche")
            metadata["execution"] = nil
            cell.title = metadata.removeValue(forKey: "title")?.string ?? ""
            (cell.script, cell.options) = (own?["script"]?.joinedText, own?["options"]?.string ?? "")
            (cell.identifier, cell.metadata) = (json["id"]?.string, metadata)
            return cell
        }
        return NotebookDocument(cells: cells, name: name)
    }

    private static func withoutLastNewline(_ text: String) -> String { text.hasSuffix("\n") ? String(text.dropLast()) : text }
}
