import LuaHost
import Scripting
import XCTest
@testable import Notebook

/// A session whose output and results are collected.
final class TestSession {
    let session: Session
    var printed = ""
    var results: [String] = []

    init(sandboxed: Bool = false) throws {
        session = Session(try ScriptingEnvironment(.init(isSandboxed: sandboxed, isQuiet: true)))
        session.sink = SessionSink(text: { [unowned self] in printed += String(decoding: $0, as: UTF8.self) }, result: { [unowned self] in results.append($0.text) })
    }

    @discardableResult
    func cell(_ text: String) -> CellOutcome { session.evaluate(text) }

    /// What cells print, each line "error: .." for one that fails.
    func output(of cells: [String]) -> String {
        for text in cells { if let error = cell(text).error { printed += "error: \(error.message)\n" } }
        return printed
    }

    /// The last value shown by a cell.
    func value(_ text: String, file: StaticString = #filePath, line: UInt = #line) -> String? {
        results = []
        let outcome = cell(text)
        if let error = outcome.error { XCTFail(error.text(), file: file, line: line) }
        return results.last
    }

    func error(_ text: String, file: StaticString = #filePath, line: UInt = #line) -> CellError {
        guard let error = cell(text).error else {
            XCTFail("no error", file: file, line: line)
            return CellError(message: "")
        }
        return error
    }
}
