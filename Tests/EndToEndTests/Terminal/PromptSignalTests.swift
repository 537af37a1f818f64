import Foundation
import XCTest

/// Ends and stops: the terminal is left as it was found.
final class PromptSignalTests: TerminalTestCase {
    func testControlDLeaves() throws {
        let oche = try oche()
        XCTAssertFalse(oche.isCooked)
        oche.send("\u{04}")
        XCTAssertEqual(try oche.ending(), .status(0))
        XCTAssertTrue(oche.isCooked)
        XCTAssertFalse(oche.terminal.isPasteBracketed)
    }

    func testExitLeavesWithItsStatus() throws {
        let oche = try oche()
        oche.send("os.exit(7)\r")
        XCTAssertEqual(try oche.ending(), .status(7))
        XCTAssertTrue(oche.isCooked)
    }

    func testSignalsThatEndItRestoreTheTerminal() throws {
        for signal in [SIGTERM, SIGHUP] {
            let idle = try oche()
            idle.send("half a cell")
            try idle.wait("the text") { idle.line.hasSuffix("half a cell") }
            kill(idle.process, signal)
            XCTAssertEqual(try idle.ending(), .signal(signal))
            XCTAssertTrue(idle.isCooked)
            try idle.wait("unbracketed pastes") { !idle.terminal.isPasteBracketed }

            let busy = try oche()
            busy.send("io.write('begun\\n') while true do end\r")
            try busy.expect("begun\r\n")
            kill(busy.process, signal)
            XCTAssertEqual(try busy.ending(), .signal(signal))
            XCTAssertTrue(busy.isCooked)
        }
    }

    func testStopAndContinue() throws {
        let shell = try shell()
        shell.send("oche\r")
        try shell.prompt(1)
        try shell.run("kept = 42")
        // At the prompt, with half a cell typed.
        shell.send("kept +")
        try shell.wait("the text") { shell.line.hasSuffix("kept +") }
        shell.send("\u{1A}")
        try shell.expect("Stopped")
        try shell.wait("the shell") { shell.line == "$" }
        XCTAssertTrue(shell.isCooked)
        XCTAssertFalse(shell.terminal.isPasteBracketed)
        shell.send("echo shell ' works'\r")
        try shell.expect("shell  works\r\n")
        shell.send("fg\r")
        try shell.wait("the cell") { shell.line == "In [2]: kept +" && !shell.isCooked }
        shell.send(" 1\r")
        try shell.expect("Out[2]: 43")
        try shell.prompt(3)
        // While a cell runs.
        shell.send("io.write('begun\\n') while not done do end\r")
        try shell.expect("begun\r\n")
        shell.send("\u{1A}")
        try shell.expect("Stopped")
        try shell.expect("$ ")
        shell.send("fg\r")
        try shell.wait("the program in the foreground") { shell.foreground > 0 && shell.foreground != shell.process }
        shell.send("\u{03}")
        try shell.prompt(4)
        XCTAssertEqual(try shell.run("kept"), "Out[4]: 42")
        shell.send("\u{04}")
        try shell.wait("the shell") { shell.line == "$" }
        XCTAssertTrue(shell.isCooked)
    }

    /// What a cell runs may leave the terminal raw; the next cell is typed, stopped and read from as ever.
    func testATerminalThatWasLeftRaw() throws {
        let oche = try oche()
        try oche.run("os.execute('stty raw -echo -isig'); io.write('\\27[?25l')")
        oche.send("io.write('begun\\n') while true do end\r")
        try oche.expect("begun\r\n")
        XCTAssertTrue(oche.isCooked)
        oche.send("\u{03}")
        try oche.prompt(3)
        oche.send("answer = io.read()\r")
        try oche.wait("the cell to run") { oche.isCooked }
        oche.send("yes\r")
        try oche.prompt(4)
        XCTAssertEqual(try oche.run("answer"), "Out[4]: \"yes\"")
        oche.send("\u{04}")
        XCTAssertEqual(try oche.ending(), .status(0))
        XCTAssertTrue(oche.isCooked)
    }

    /// The words that end a session elsewhere end it here, unless they are variables.
    func testLeaving() throws {
        for word in ["exit", "quit()"] {
            let oche = try oche()
            oche.send(word + "\r")
            XCTAssertEqual(try oche.ending(), .status(0))
        }
        let oche = try oche()
        try oche.run("quit = 7")
        XCTAssertEqual(try oche.run("quit"), "Out[2]: 7")
    }
}
