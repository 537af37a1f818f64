// No code compiled for AVX2 or AVX-512 may come to serve the rest of the program: of a weak function that several object files
// define (specialised generics, __swift_memcpy of a structure's size, outlined copies), the linker keeps the first in its list.
// Swift packages are linked in the order of their names, baseline variants before v3 before v4; this checks that it is enough.
import Foundation
import XCTest

final class SharedCodeTests: XCTestCase {
    func testFirstDefinitionNeedsNoMoreThanTheOthers() throws {
        #if DEBUG
        throw XCTSkip("unoptimised code is not what is released")
        #elseif os(Linux)
        let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let lists = try FileManager.default.contentsOfDirectory(at: products, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "product" }
            .map { $0.appendingPathComponent("Objects.LinkFileList") }
        for list in lists {
            guard let text = try? String(contentsOf: list, encoding: .utf8) else { continue }
            let objects = text.split(separator: "\n").map { $0.trimmingCharacters(in: ["'", "\""]) }
            var definitions: [String: [Int]] = [:]
            for (name, object) in try weakFunctions(objects) {
                let level = object.contains("/KernelsV4") ? 4 : object.contains("/KernelsV3") ? 3 : 0
                definitions[name, default: []].append(level)
            }
            let harmful = definitions.filter { $0.value[0] > $0.value.min()! }.keys
            XCTAssertEqual(harmful.sorted(), [], list.deletingLastPathComponent().lastPathComponent)
        }
        #endif
    }

    /// Name and object file of every weak function, in the order of the objects.
    private func weakFunctions(_ objects: [String]) throws -> [(String, String)] {
        let nm = Process(), output = Pipe()
        nm.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        nm.arguments = ["nm", "-A", "--defined-only"] + objects
        nm.standardOutput = output
        nm.standardError = FileHandle.nullDevice
        do { try nm.run() } catch { throw XCTSkip("no nm") }
        return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n").compactMap {
            let fields = $0.split(separator: " ")
            guard fields.count == 3, fields[1] == "W" else { return nil }
            return (String(fields[2]), String(fields[0].prefix { $0 != ":" }))
        }
    }
}
