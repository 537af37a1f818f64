import LuaHost
import Scripting
import XCTest

/// The reference manual and the definitions for editors: complete, with links that lead somewhere, and valid as what they are.
final class ManualTests: XCTestCase {
    private let documentation = try! ScriptingEnvironment().state.documentation

    func testManualNamesEverything() throws {
        let manual = try Manual.text(.markdown)
        for entry in documentation.entries {
            XCTAssertTrue(manual.contains(entry.kind == .index || entry.kind == .operation ? entry.signature : entry.name), entry.path)
            if !entry.example.isEmpty { XCTAssertTrue(manual.contains(entry.example), "the example of \(entry.path) is missing") }
            for argument in entry.arguments { for option in argument.options { XCTAssertTrue(manual.contains("`\(option.name)`"), "\(entry.path): \(option.name)") } }
        }
        XCTAssertTrue(manual.contains("| `alpha.weight_decay` |"))
        XCTAssertTrue(manual.contains("`operation.grad`"))
    }

    /// Every link of the contents leads to a heading, every heading of the text is in the contents, tables are rectangular.
    func testManualIsADocument() throws {
        let lines = try Manual.text(.markdown).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var slugs: [String: Int] = [:], targets: Set<String> = [], links: Set<String> = [], isCode = false, columns = 0
        for line in lines {
            if line.hasPrefix("```") { isCode.toggle() }
            if isCode { continue }
            if line.hasPrefix("#") {
                let title = line.drop { $0 == "#" }.dropFirst()
                let slug = String(title.lowercased().compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : nil })
                targets.insert(slugs[slug].map { "\(slug)-\($0)" } ?? slug)
                slugs[slug, default: 0] += 1
            }
            var rest = Substring(line)
            while let start = rest.range(of: "](#") {
                rest = rest[start.upperBound...]
                links.insert(String(rest.prefix { $0 != ")" }))
            }
            let cells = line.hasPrefix("|") ? line.replacingOccurrences(of: "\\|", with: "").filter { $0 == "|" }.count : 0
            if cells > 0, columns > 0 { XCTAssertEqual(cells, columns, line) }
            columns = cells
        }
        XCTAssertFalse(isCode)
        XCTAssertEqual(links.subtracting(targets), [])
        XCTAssertEqual(targets.subtracting(links), ["oche-reference-manual", "contents"])
        XCTAssertGreaterThan(links.count, 100)
    }

    /// What the language server reads: valid Lua; parameters named in annotations are those of the function below; every
    /// class that is used is declared, and declared once.
    func testDefinitions() throws {
        let text = try Manual.text(.luaLS)
        XCTAssertTrue(text.hasPrefix("---@meta oche\n"))
        let state = try LuaState()
        let namespaces = try state.run(text, name: "oche.lua")[0].as(LuaTable.self)!
        for entry in documentation.entries where entry.kind == .function && entry.owner != "oche" {
            guard case .table(let namespace) = namespaces[entry.owner] else { XCTFail("no namespace \(entry.owner)"); continue }
            guard case .function = namespace[entry.name] else { XCTFail("no function \(entry.path)"); continue }
        }
        guard case .table(let operations) = namespaces["operation"], case .function = operations["grad"] else { return XCTFail("no alias operation.grad") }

        var classes: Set<String> = [], used: Set<String> = [], parameters: [String] = []
        let basic: Set<String> = ["any", "integer", "number", "string", "boolean", "table", "function", "nil", "fun"]
        func use(_ type: Substring) {
            for word in type.split(whereSeparator: { "|()[]?".contains($0) }) where word.first!.isLetter && !word.hasPrefix("fun") { used.insert(String(word)) }
        }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            switch words[0] {
            case "---@class":
                XCTAssertTrue(classes.insert(String(words[1])).inserted, "declared twice: \(words[1])")
            case "---@field": use(words[2])
            case "---@param":
                parameters.append(words[1].hasSuffix("?") ? String(words[1].dropLast()) : String(words[1]))
                use(words[2])
            case "---@return": use(words[1])
            case "function":
                let names = line.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }.split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init)
                XCTAssertEqual(parameters, names, String(line))
                parameters = []
            default: break
            }
        }
        XCTAssertEqual(used.subtracting(classes).subtracting(basic), [])
        for (owner, fields) in [("dartslib.search.options", ["space space", "strategy? \"darts\"|", "alpha? dartslib.search.options.alpha"]),
                                ("dartslib.search.options.alpha", ["warmup? integer", "rate? number"]),
                                ("tensor", ["shape integer[]", "dtype string"])] {
            let part = text.components(separatedBy: "---@class \(owner)\n").last!.components(separatedBy: "\n\n")[0]
            for field in fields { XCTAssertTrue(part.contains("---@field \(field)"), "\(owner): \(field)") }
        }
        for operation in ["add(number): tensor", "mul(tensor): tensor", "unm: tensor", "len: integer"] { XCTAssertTrue(text.contains("---@operator \(operation)")) }
    }
}
