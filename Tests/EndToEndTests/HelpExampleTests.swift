import LuaHost
import Scripting
import XCTest

/// Every entry has help with a summary and an example, its own or that of its type, and every example runs.
final class HelpExampleTests: XCTestCase {
    private func entries() throws -> [Documentation.Entry] { try ScriptingEnvironment().state.documentation.entries }

    func testEveryEntryHasAnExample() throws {
        let entries = try entries()
        for entry in entries where entry.kind != .namespace {
            XCTAssertFalse(entry.summary.isEmpty, "\(entry.path) has no summary")
            guard entry.example.isEmpty else { continue }
            switch entry.kind {
            case .function, .method, .call, .type: XCTFail("\(entry.path) has no example")
            case .property, .constant, .index, .operation, .namespace:
                let type = entries.first { $0.kind == .type && $0.name == entry.owner }
                let shown = entry.kind == .property ? ".\(entry.name)" : "print"
                XCTAssertTrue(type?.example.contains(shown) ?? false, "\(entry.path) has no example, and that of \(entry.owner) does not show it")
            }
        }
    }

    func testExamplesRun() throws {
        var count = 0, seen: Set<String> = []
        for entry in try entries() where !entry.example.isEmpty && seen.insert(entry.example).inserted {
            let environment = try ScriptingEnvironment(.init(isQuiet: true))
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
        XCTAssertGreaterThan(count, 100)
    }

    func testEveryNameIsExplained() throws {
        let environment = try ScriptingEnvironment()
        try environment.state.run("""
        for name, namespace in pairs(require "oche") do
          for member, f in pairs(namespace) do
            if type(f) == "function" then assert(help.of(f):find(name, 1, true), name .. "." .. member) end
          end
        end
        assert(help.of(tensor):find("conv1d") and help.of("tensor:exp"):find("Exponential") and help.of(tensor{1}):find("Properties"))
        """)
    }
}
