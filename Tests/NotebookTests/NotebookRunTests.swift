import Foundation
#if canImport(FoundationXML)
import FoundationXML
#endif
import LuaHost
import Scripting
import XCTest
@testable import Notebook

/// What running a notebook keeps, and that what came from a script stays text in the page.
final class NotebookRunTests: XCTestCase {
    private func run(_ script: String, arguments: [String] = []) throws -> (document: NotebookDocument, error: CellError?) {
        let environment = try ScriptingEnvironment(.init(isQuiet: true)), session = Session(environment)
        environment.state.takeStreams()
        environment.state.input = { _ in .refused }
        var document = NotebookDocument(cells: PercentScript.cells(of: script), name: "n")
        let error = NotebookRun(session, chunkName: "n.lua", arguments: arguments).run(&document)
        return (document, error)
    }

    private func texts(_ cell: NotebookCell) -> [String] {
        cell.outputs.map { output in
            switch output {
            case .text(let text, let isError): isError ? "error stream: \(text)" : text
            case .display(let r, _): "display: \(r.plainText)"
            case .result(let r, let number): "[\(number)] \(r.plainText)"
            case .error(let error): "\(error.name): \(error.text())"
            }
        }
    }

    func testOutputsInOrder() throws {
        let (document, error) = try run("""
            local n = 2
            print(n, arg[1], ...)
            io.stderr:write("e1") io.stderr:write("e2")
            display(n) print("after")
            n * 2
            -- %%
            display("a", {id = "x"}) display.update("x", "b") display.clear{} display("kept", {id = "y"}) display.clear{wait = true}
            -- %%
            display.update("y", {1, 2})
            io.write("done")
            -- %% [markdown]
            -- text
            """, arguments: ["five", "6"])
        XCTAssertNil(error)
        XCTAssertEqual(texts(document.cells[0]), ["2\tfive\tfive\t6\n", "error stream: e1e2", "display: 2", "after\n", "[1] 4"])
        XCTAssertEqual(texts(document.cells[1]), ["display: {1, 2}"])
        XCTAssertEqual(texts(document.cells[2]), ["done"])
        XCTAssertNil(document.cells[3].run)
        XCTAssert(document.cells[0].run!.seconds > 0)
    }

    func testAFailingCellEndsTheRun() throws {
        let (document, error) = try run("print(1)\n\n-- %%\nlocal t = nil\nprint('before')\nt.x = 1\n-- %%\nprint(2)")
        XCTAssertEqual(error?.line?.number, 6)
        XCTAssertEqual(texts(document.cells[1]), ["before\n", "RuntimeError: n.lua:6: attempt to index a nil value (local 't')\n  6 | t.x = 1\n      ^"])
        XCTAssert(document.cells[1].run!.failed)
        XCTAssertNil(document.cells[2].run)
        XCTAssertEqual(try run("x = = 1").error?.name, "SyntaxError")
        XCTAssertEqual(try run("os.exit(3)\n-- %%\nprint(1)").error?.kind, .exit(3))
        let read = try run("io.read()").error
        XCTAssert(read?.message.contains("nobody to ask") == true, read?.message ?? "")
    }

    func testTextForATerminal() {
        XCTAssertEqual(OutputText.plain("10 %\r20 %\nab\u{8}c\u{1B}[31mred\u{1B}[0m\u{1B}[2Kx\u{1B}]0;t\u{7}y"), "20 %\nacredxy")
        XCTAssertEqual(OutputText.plain("long\rsh"), "shng")
        XCTAssertEqual(OutputText.plain("long\r\u{1B}[Ksh\u{1B}P0;1q###\u{1B}\\!"), "sh!")
    }

    private static let hostile = ["<script>alert(1)</script>", "\"; system \"touch PWNED\"; \"", "`touch PWNED`", "$(touch PWNED)", "</pre></svg><img src=x onerror=alert(1)>", "@a_b^c {/Times x} %d %s \\n \\\\",
                                  "\u{202E}right to left \u{5D0}\u{5D1} \u{1F9D1}\u{200D}\u{1F680}", "two\nlines", "'); alert(1); ('", "]]> & &amp; <!-- -->"]

    func testHostileNamesStayText() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("oche-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let before = FileManager.default.currentDirectoryPath
        FileManager.default.changeCurrentDirectoryPath(folder.path)
        defer {
            FileManager.default.changeCurrentDirectoryPath(before)
            try? FileManager.default.removeItem(at: folder)
        }
        for name in Self.hostile {
            let line = name.replacingOccurrences(of: "\n", with: " ")
            let quoted = LuaQuoting.quoted(name)
            let (document, error) = try run("""
                -- %% \(line) [markdown]
                -- # \(line)
                --
                -- \(line)
                -- %% \(line)
                plot.line{x = {1, 2, 3}, y = {[\(quoted)] = {1, 2, 3}, b = {3, 2, 1}}, title = \(quoted), xlabel = \(quoted), ylabel = \(quoted), note = \(quoted)}
                -- %%
                print(\(quoted)) display(\(quoted))
                -- %%
                local s = study.new{name = \(quoted), trials = 1, data = {{name = \(quoted), dataset.cosines{length = 16, train = 16, validation = 16, test = 16}}},
                  methods = {{name = \(quoted), strategy = "fixed", architecture = "net", space = darts.space{nodes = 2}, train = {steps = 3}}}}
                s:run{}
                -- %%
                error(\(quoted))
                """)
            XCTAssertEqual(error?.message.hasSuffix(name), true, "\(error?.message ?? "no error")")
            let page = HTMLPage.text(document)
            XCTAssertNil(page.range(of: "<script"), name)
            XCTAssertNil(page.range(of: "<img"), name)
            // The figure is well-formed XML, alone and in the page, and holds no element that could act.
            guard case .result(let shown, _)? = document.cells[1].outputs.last, let svg = shown.first(where: { $0.kind == "image/svg+xml" }) else {
                // Without gnuplot there is no picture to look at.
                if (try? run("plot.line{y = {1, 2}}:save(os.tmpname() .. '.svg')")) == nil { continue }
                XCTFail("no picture of \(name)")
                continue
            }
            for svg in [Array(svg.bytes), Array(String(page[page.range(of: "<svg")!.lowerBound..<page.range(of: "</svg>")!.upperBound]).utf8)] {
                let names = XMLNames(), parser = XMLParser(data: Data(svg))
                parser.delegate = names
                XCTAssert(parser.parse(), "\(name): \(parser.parserError.map { "\($0)" } ?? "")")
                XCTAssert(names.elements.isSubset(of: ["svg", "title", "desc", "defs", "g", "path", "text", "tspan", "circle", "rect", "use", "polygon", "polyline", "line", "clipPath", "marker", "a", "pattern", "filter", "feFlood", "feComposite"]), "\(names.elements)")
                XCTAssert(names.attributes.allSatisfy { !$0.lowercased().hasPrefix("on") }, "\(names.attributes)")
            }
            let file = try IpynbFile.read(Array(IpynbFile.text(document).utf8), name: "n")
            XCTAssertEqual(file.cells.map(\.source), document.cells.map(\.source))
        }
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), [])
    }

    private final class XMLNames: NSObject, XMLParserDelegate {
        var elements: Set<String> = [], attributes: Set<String> = []
        func parser(_ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes given: [String: String] = [:]) {
            elements.insert(name)
            attributes.formUnion(given.keys)
        }
    }

    func testMarkdownIsCommonMarkWithTables() {
        XCTAssertEqual(MarkdownText.html("a *b* `c` <b>d</b>\n\n<div>\n\n[x](javascript:alert(1)) [y](https://e.org/)"),
                       "<p>a <em>b</em> <code>c</code> &lt;b&gt;d&lt;/b&gt;</p>\n<p>&lt;div&gt;\n</p>\n<p><a href=\"\">x</a> <a href=\"https://e.org/\">y</a></p>\n")
        XCTAssert(MarkdownText.html("| a |\n|--:|\n| <i> |").contains("<td align=\"right\">&lt;i&gt;</td>"))
    }
}
