import Foundation
import XCTest
@testable import Notebook

/// Scripts in the percent format: what is a cell, and that every script comes back byte for byte. That Jupytext reads the same cells
/// is looked at by scripts/notebook-test.
final class PercentScriptTests: XCTestCase {
    private func cells(_ text: String) -> [NotebookCell] { PercentScript.cells(of: text) }

    func testCells() {
        let found = cells("""
            #!/usr/bin/env oche
            local x = 1


            -- %% [markdown]
            -- # A title
            --
            -- * a list
            --without a space

            -- %% The study key="a b" n=3
            print(x)

            --%%
            y = 2
            -- %% Notes [md]
            --[==[
            long ]] text
            ]==]
            """)
        XCTAssertEqual(found.map(\.kind), [.code, .markdown, .code, .code, .markdown])
        XCTAssertEqual(found.map(\.source), ["#!/usr/bin/env oche\nlocal x = 1", "# A title\n\n* a list\nwithout a space", "print(x)", "y = 2", "long ]] text"])
        XCTAssertEqual(found.map(\.title), ["", "", "The study", "", "Notes"])
        XCTAssertEqual(found[2].options, "key=\"a b\" n=3")
        XCTAssertEqual(found.map(\.firstLine), [1, 6, 12, 15, 17])
    }

    func testMarkersInStringsAndLongCommentsBeginNothing() {
        let text = "local s = [==[\n-- %% in a string\n]==]\n--[[\n-- %% in a comment\n]]\nlocal t = 'a\\\n-- %% still the string'\n-- %% a cell\nprint(s)"
        XCTAssertEqual(cells(text).map(\.title), ["", "a cell"])
        XCTAssertEqual(cells("x = [[\n-- %% never closed").count, 1)
        XCTAssertEqual(cells("  -- %% indented\nx = 1").count, 1)
    }

    func testLuaAmongTheLinesOfMarkdownStaysLua() {
        let found = cells("-- %% [markdown]\n-- text\nprint(1)\n-- a comment of the code\n-- %%\nprint(2)")
        XCTAssertEqual(found.map(\.kind), [.markdown, .code, .code])
        XCTAssertEqual(found.map(\.source), ["text", "print(1)\n-- a comment of the code", "print(2)"])
        XCTAssertEqual(found[1].firstLine, 3)
    }

    /// Pieces of scripts in random order: the text that was read is the text that is written, directly and by way of an .ipynb file.
    func testEveryScriptComesBack() throws {
        let pieces = ["-- %%\n", "--%%\n", "-- %% [markdown]\n", "-- %% A <title> \"b\" `c` [raw] key=\"v\"\n", "-- comment\n", "--\n", "\n", "\r\n", "x = 1\n", "s = [[\n", "]]\n", "--[==[\n", "]==]\n",
                      "'open string\n", "-- %% \u{202E}\u{1F98A} $@%\\\n", "\t -- %% indented\n", "#!shebang\n", "-- %%%% sub\n", "\u{FEFF}", "a = \"\\\n", "-- %% last without a newline", "\u{2028}\n", "?help\n", "%time f()\n", "\0\n"]
        var state: UInt64 = 20
        func next(_ n: Int) -> Int {
            state = state &* 6364136223846793005 &+ 1442695040888963407
            return Int(state >> 33) % n
        }
        for _ in 0..<3000 {
            let text = (0..<next(14)).map { _ in pieces[next(pieces.count)] }.joined()
            let read = cells(text)
            XCTAssertEqual(Array(PercentScript.text(of: read).utf8), Array(text.utf8), text)
            let file = IpynbFile.text(NotebookDocument(cells: read, name: "n"))
            let back = try IpynbFile.read(Array(file.utf8), name: "n")
            XCTAssertEqual(Array(PercentScript.text(of: back.cells).utf8), Array(text.utf8), text)
        }
    }

    /// Cells of a notebook that was never a script: written, they read back as the same cells, and stay Lua.
    func testForeignCells() {
        let sources: [(NotebookCell.Kind, String, String)] = [
            (.code, "x = 1\n\ny = 2", "Plain"), (.code, "s = [[\n-- %% inside\n]]", ""), (.markdown, "# H\n\ntext `--[[` \n-- %% no marker", "M"), (.raw, "r\n\n\nr", ""), (.code, "", ""),
            (.code, "print(1)", "[markdown] in a title"), (.code, "print(2)", "a\nb"), (.markdown, "--[[ not a comment ]]", ""),
        ]
        let made = sources.map { kind, source, title in
            var cell = NotebookCell(kind, source)
            cell.title = title
            return cell
        }
        let back = cells(PercentScript.text(of: made))
        XCTAssertEqual(back.map(\.kind), made.map(\.kind))
        XCTAssertEqual(back.map(\.source), made.map(\.source))
        XCTAssertEqual(back.map(\.title), ["Plain", "", "M", "", "", "", "a b", ""])
        // A comment that looks like a marker is moved, a command of the session is commented.
        XCTAssertEqual(PercentScript.text(of: [NotebookCell(.code, "-- %% x\ny = 1"), NotebookCell(.code, "%args 1 2")]), "-- %%\n -- %% x\ny = 1\n\n-- %%\n-- %args 1 2\n")
    }

    func testAnEditedCellIsWrittenAnew() throws {
        let text = "-- head\nx = 1\n\n\n-- %% Title\n--  odd\nprint(x)\n"
        var read = cells(text)
        read[1].source = "print(x + 1)"
        XCTAssertEqual(PercentScript.text(of: read), "-- head\nx = 1\n\n\n-- %% Title\nprint(x + 1)\n")
        read.insert(NotebookCell(.markdown, "new"), at: 0)
        XCTAssertEqual(PercentScript.text(of: read), "-- %% [markdown]\n-- new\n\n-- %%\n-- head\nx = 1\n\n-- %% Title\nprint(x + 1)\n")
    }

    func testFilesThatAreNoNotebooks() {
        for (text, part) in [("", "JSON expected"), ("[1]", "JSON expected"), ("{}", "no nbformat"), ("{\"nbformat\": 3, \"worksheets\": []}", "nbformat 4 expected"), ("{\"nbformat\": 4}", "no cells"),
                             ("{\"nbformat\": 4, \"cells\": [{}]}", "cell 1: a cell_type expected"), ("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"x\"}]}", "got 'x'"),
                             ("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": 1}]}", "a source")] {
            XCTAssertThrowsError(try IpynbFile.read(Array(text.utf8), name: "f.ipynb")) { XCTAssert("\($0)".contains(part), "\($0)") }
        }
    }
}
