import ArgumentParser
import Foundation
import LuaHost
import Notebook
import Scripting
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `oche notebook s.lua -o s.html`: runs a script cell by cell and writes it down with what it showed. `--from` converts without running.
struct NotebookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oche notebook", abstract: "Run a script cell by cell and write it down with its outputs, figures, times and provenance.",
        usage: "oche [options] notebook script.lua -o out.html|.ipynb|.md [-o ...] [-- arguments ...]\noche notebook --from notebook.ipynb -o script.lua",
        discussion: "Lines that start with -- %% begin a cell (the percent format of Jupytext and of editors), -- %% [markdown] one of Markdown. A cell that fails ends the run: its error is in the document, which is written all the same, and the exit status is 1. A time limit (--time) holds for each cell.")

    @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("Where to: .html, .ipynb, .md or .lua. May be given several times.", valueName: "path"))
    var outputs: [String] = []
    @Option(help: ArgumentHelp("Convert this script or notebook without running it.", valueName: "path"))
    var from: String?
    @Argument(help: "The script, or an .ipynb file.") var script: String?
    @Argument(parsing: .postTerminator, help: "What the script is given.") var arguments: [String] = []

    enum Format: String, CaseIterable {
        case html, ipynb, md, lua
        init?(path: String) {
            guard let found = Format.allCases.first(where: { path.lowercased().hasSuffix("." + $0.rawValue) }) else { return nil }
            self = found
        }
    }

    func validate() throws {
        guard (from == nil) != (script == nil) else { throw ValidationError(from == nil ? "the path of a script expected" : "--from converts without running: no script expected besides") }
        if from != nil, !arguments.isEmpty { throw ValidationError("--from converts without running: no arguments expected") }
        guard !outputs.isEmpty else { throw ValidationError("-o with a path that ends in .html, .ipynb, .md or .lua expected") }
        if let wrong = outputs.first(where: { Format(path: $0) == nil }) { throw ValidationError("-o: a path that ends in .html, .ipynb, .md or .lua expected, got '\(wrong)'") }
    }

    func run() throws {
        let path = from ?? script!
        var document = try NotebookCommand.read(path)
        guard from == nil else { return try write(document, script: path) }
        // What could not be written is said before the hours of a run.
        for output in outputs where access((output as NSString).deletingLastPathComponent.isEmpty ? "." : (output as NSString).deletingLastPathComponent, W_OK) != 0 {
            throw LuaError("cannot write '\(output)': \(String(cString: strerror(errno)))")
        }
        let environment = try ScriptingEnvironment(SubCommand.session), session = Session(environment)
        Interrupts.install(for: environment.state)
        environment.script = ScriptSource(text: PercentScript.text(of: document.cells), path: path, arguments: arguments)
        environment.state.takeStreams()
        environment.state.input = NotebookCommand.standardInput
        let titles = document.cells.map(\.title), tells = !SubCommand.session.isQuiet && isatty(2) == 1
        let error = NotebookRun(session, chunkName: path, arguments: arguments).run(&document) { place, count in
            if tells { fputs("\r\u{1B}[Kcell \(place + 1) of \(count)  \(String(titles[place].prefix(60).filter { character in !character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } }))", stderr) }
        }
        if tells { fputs("\r\u{1B}[K", stderr) }
        document.provenance = environment.provenance
        Interrupts.installFlag()
        try write(document, script: path)
        guard let error else { return }
        if case .exit(let status) = error.kind { throw ExitCode(Int32(truncatingIfNeeded: status)) }
        FileHandle.standardError.write(Data("oche: \(error.text())\n".utf8))
        throw ExitCode(error.kind == .interrupted ? 130 : 1)
    }

    private static func read(_ path: String) throws -> NotebookDocument {
        let bytes = try TextFile.bytes(path), name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        if Format(path: path) == .ipynb { return try IpynbFile.read(bytes, name: name) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw LuaError("\(path): text in UTF-8 expected") }
        return NotebookDocument(cells: PercentScript.cells(of: text), name: name)
    }

    private func write(_ document: NotebookDocument, script: String) throws {
        for output in outputs {
            guard URL(fileURLWithPath: output).standardizedFileURL != URL(fileURLWithPath: script).standardizedFileURL else { throw LuaError("-o: '\(output)' is what was read, it is not overwritten") }
            switch Format(path: output)! {
            case .html: try TextFile.write(HTMLPage.text(document), to: output)
            case .ipynb: try TextFile.write(IpynbFile.text(document), to: output)
            case .lua: try TextFile.write(PercentScript.text(of: document.cells), to: output)
            case .md:
                let folder = (output as NSString).deletingPathExtension + "_files"
                let page = MarkdownPage.text(document, figures: (folder as NSString).lastPathComponent)
                if !page.figures.isEmpty { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
                for figure in page.figures { try TextFile.write(figure.bytes, to: "\(folder)/\(figure.name)") }
                try TextFile.write(page.text, to: output)
            }
        }
    }

    private static func standardInput(_ most: Int) -> LuaInput {
        var buffer = [UInt8](repeating: 0, count: min(most, 1 << 16))
        let count = posixRead(0, &buffer, buffer.count)
        return count < 0 ? .interrupted : .bytes(Array(buffer[..<count]))
    }
}

/// `read`, under a name that the command does not have.
private func posixRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int { read(descriptor, buffer, count) }
