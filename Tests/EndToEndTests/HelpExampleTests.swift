import LuaHost
import Scripting
import XCTest

/// Every entry has help with a summary, and every example in it runs.
final class HelpExampleTests: XCTestCase {
    func testExamplesRun() throws {
        var count = 0
        let entries = try ScriptingEnvironment().state.documentation.entries.filter { $0.owner == "tensor" || $0.path == "tensor" || $0.owner == "stream" }
        for entry in entries {
            XCTAssertFalse(entry.summary.isEmpty, "\(entry.path) has no summary")
            if [.function, .method, .call].contains(entry.kind) { XCTAssertFalse(entry.example.isEmpty, "\(entry.path) has no example") }
            guard !entry.example.isEmpty else { continue }
            let environment = try ScriptingEnvironment()
            var printed = ""
            environment.state.output = { printed += String(decoding: $0, as: UTF8.self) }
            do {
                try environment.state.run(entry.example, name: "example of \(entry.path)")
                XCTAssertFalse(printed.isEmpty, "the example of \(entry.path) prints nothing")
                count += 1
            } catch {
                XCTFail("\(entry.path): \(error)")
            }
        }
        print("\(count) examples")
        XCTAssertGreaterThan(count, 60)
    }

    func testEveryNameIsExplained() throws {
        let environment = try ScriptingEnvironment()
        try environment.state.run("""
        for name, f in pairs(tensor) do
          if type(f) == "function" then assert(help.of(f):find("tensor", 1, true), name) end
        end
        assert(help.of(tensor):find("conv1d") and help.of("tensor:exp"):find("Exponential") and help.of(tensor{1}):find("Properties"))
        """)
    }
}
