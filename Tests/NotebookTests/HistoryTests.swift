import Foundation
import Testing
@testable import Notebook

@Suite struct HistoryTests {
    private func inFolder(_ body: (String) throws -> Void) rethrows {
        let folder = NSTemporaryDirectory() + "history-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func keepsWholeCellsForTheNextSession() {
        inFolder { folder in
            let path = folder + "/deep/history"
            let first = History(path: path)
            for cell in ["x = 1", "for i = 1, 2 do\n  print('\\n', i)\nend", "净 \\\\ \t", "  ", "", "x = 1", "x = 1"] { first.add(cell) }
            let second = History(path: path)
            #expect(second.entries == ["x = 1", "for i = 1, 2 do\n  print('\\n', i)\nend", "净 \\\\ \t", "x = 1"])
            #expect(second.entries == first.entries)
            let mode = try! FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as! Int
            #expect(mode == 0o600)
        }
    }

    @Test func damagedLinesAreSkipped() throws {
        try inFolder { folder in
            let path = folder + "/history"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var bytes = Array("good\nbad \\q escape\ncut off \\\n\0\0\0\n".utf8)
            bytes += [0xFF, 0xFE, 0x0A] + Array("\n\ngood 2\nno end".utf8)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let history = History(path: path)
            #expect(history.entries == ["good", "good 2", "no end"])
            history.add("next")
            #expect(History(path: path).entries == ["good", "good 2", "no end", "next"])
        }
    }

    @Test func twoSessionsAppendAtOnce() {
        inFolder { folder in
            let path = folder + "/history"
            DispatchQueue.concurrentPerform(iterations: 4) { session in
                let history = History(path: path)
                for i in 0..<200 { history.add("session \(session)\nentry \(i) " + String(repeating: "x", count: i)) }
            }
            let entries = History(path: path).entries
            #expect(entries.count == 800)
            for session in 0..<4 {
                let own = entries.filter { $0.hasPrefix("session \(session)\n") }
                #expect(own == (0..<200).map { "session \(session)\nentry \($0) " + String(repeating: "x", count: $0) })
            }
        }
    }

    @Test func theFileIsBounded() throws {
        try inFolder { folder in
            let path = folder + "/history"
            DispatchQueue.concurrentPerform(iterations: 2) { session in
                let history = History(path: path, limit: 50)
                for i in 0..<400 { history.add("\(session) \(i)") }
                #expect(history.entries.count == 50 && history.entries.last == "\(session) 399")
            }
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(lines.count <= 200 && lines.count >= 50)
            #expect(lines.suffix(2).contains { $0.hasSuffix("399") })
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["history"])
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as! Int
            #expect(mode == 0o600)
        }
    }

    @Test func anUnwritableFileStopsNobody() {
        let history = History(path: "/proc/nowhere/history")
        history.add("x")
        #expect(history.entries == ["x"])
    }

    @Test func whereItIs() {
        #expect(History.defaultPath(["HOME": "/h"]) == "/h/.local/state/oche/history")
        #expect(History.defaultPath(["HOME": "/h", "XDG_STATE_HOME": "/s"]) == "/s/oche/history")
        #expect(History.defaultPath(["HOME": "/h", "XDG_STATE_HOME": "s"]) == "/h/.local/state/oche/history")
        #expect(History.defaultPath(["HOME": "/h", "OCHE_HISTORY": "/o"]) == "/o" && History.defaultPath(["HOME": "/h", "OCHE_HISTORY": ""]) == nil)
        #expect(History.defaultPath([:]) == nil)
    }
}
