import Foundation
import XCTest

/// Studies from the command line: what is recorded can be looked at, gone on with, verified, shared out and brought together again.
final class StudyCommandTests: XCTestCase {
    private var program: String!
    private var folder: URL!

    override func setUpWithError() throws {
        guard let path = ProcessInfo.processInfo.environment["OCHE"] else { throw XCTSkip("OCHE, the path of the program, is not set") }
        program = path
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("oche-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write("""
            local blur = dataset.cosines{length = 16, train = 16, validation = 16, test = 16}
            local space = darts.space{nodes = 2}
            local s = study.new{name = "small", trials = tonumber(arg[2] or 3), store = arg[1] or "s.oche", data = {{name = "Blur", blur}}, methods = {
              {name = "DARTS", strategy = "darts", space = space, search = {steps = 20, batch = 8}, train = {steps = 20, batch = 8}},
              {name = "Random <b>", strategy = "random", space = space, train = {steps = 20, batch = 8}}}}
            s:run{}
            print(s:table())
            """, "s.lua")
    }
    override func tearDown() { if let folder { try? FileManager.default.removeItem(at: folder) } }

    private func write(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
    private func read(_ name: String) throws -> String { try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) }

    @discardableResult
    private func run(_ words: [String], shell: Bool = false, status: Int32? = 0, line: UInt = #line) throws -> (output: String, errors: String) {
        let process = Process(), output = Pipe(), errors = folder.appendingPathComponent("err")
        process.executableURL = URL(fileURLWithPath: shell ? "/bin/sh" : program)
        process.arguments = shell ? ["-c"] + words : words
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(["OCHE": program]) { $1 }
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, output, try FileHandle(forWritingTo: errors))
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let said = try String(contentsOf: errors, encoding: .utf8)
        if let status { XCTAssertEqual(process.terminationStatus, status, said + text, line: line) }
        return (text, said)
    }

    func testAStudyIsRecordedVerifiedAndExtended() throws {
        let table = try run(["--quiet", "s.lua"]).output
        XCTAssertEqual(try run(["study", "status", "s.oche"]).output.split(separator: "\n").first, "small: 6 of 6 trials done")
        XCTAssertTrue(try run(["study", "status", "s.oche"]).output.contains("/s.lua, SHA-256 "))
        XCTAssertEqual(try run(["study", "table", "s.oche"]).output, table)
        XCTAssertTrue(try run(["study", "table", "s.oche", "--latex"]).output.contains("\\toprule"))
        let before = try Data(contentsOf: folder.appendingPathComponent("s.oche"))
        XCTAssertEqual(try run(["--quiet", "verify", "s.lua"]).output, "small: 6 trials run again, all the same bit for bit\n")
        XCTAssertEqual(try run(["--quiet", "--threads", "1", "verify", "--sample", "2", "s.lua"]).output, "small: 2 of 6 recorded trials run again, all the same bit for bit\n")
        XCTAssertEqual(try Data(contentsOf: folder.appendingPathComponent("s.oche")), before)
        // More trials extend; what is there is not done again.
        let digests = try run(["study", "export", "s.oche"]).output.split(separator: "\r\n")
        XCTAssertEqual(digests.count, 7)
        try run(["--quiet", "s.lua", "s.oche", "4"])
        let more = try run(["study", "export", "s.oche"]).output.split(separator: "\r\n")
        XCTAssertEqual(more.count, 9)
        XCTAssertTrue(Set(digests).isSubset(of: more))
        // Another script is not what was recorded.
        try write(read("s.lua").replacingOccurrences(of: "steps = 20", with: "steps = 21"), "s.lua")
        let changed = try run(["--quiet", "verify", "s.lua"], status: 1)
        XCTAssertTrue(changed.output.contains("none of its trials is in the store"), changed.output)
        try write("print(1)", "empty.lua")
        XCTAssertTrue(try run(["verify", "empty.lua"], status: 1).errors.contains("ran no study"))
        XCTAssertTrue(try run(["verify"], status: 2).errors.contains("script"))
    }

    func testResumeGoesOnFromTheStoreAlone() throws {
        try run(["--quiet", "s.lua", "whole.oche"])
        // The plan with the records of a part, in a store of another name, and without the script.
        try run(["--quiet", "study", "worker", "s.lua", "--to", "r", "--part", "1", "--of", "3", "--arguments", "x.oche"])
        try run(["study", "collect", "r", "moved.oche", "--script", "s.lua"])
        try FileManager.default.removeItem(at: folder.appendingPathComponent("s.lua"))
        let status = try run(["study", "status", "moved.oche"]).output
        XCTAssertTrue(status.contains("small: 2 of 6 trials done, 4 to do"), status)
        XCTAssertTrue(try run(["--quiet", "study", "resume", "moved.oche"]).output.contains("small: 6 of 6 trials done"))
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.appendingPathComponent("s.oche").path))
        let same = try run(["study", "compare", "whole.oche", "moved.oche"]).output
        XCTAssertTrue(same.hasPrefix("6 trials are the same bit for bit, 0 different; 0 only in the first, 0 only in the second\n"), same)
    }

    func testWorkersDoEachTrialOnce() throws {
        try run(["--quiet", "s.lua", "local.oche"])
        for part in 1...2 { try run(["--quiet", "study", "worker", "s.lua", "--to", "r", "--part", "\(part)", "--of", "2"]) }
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.appendingPathComponent("s.oche").path))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("r").path)
        XCTAssertEqual(files.filter { $0.hasSuffix(".trial") }.count, files.count)
        XCTAssertEqual(try run(["study", "collect", "r", "c.oche", "--script", "s.lua"]).output, "6 trials imported, 0 there before, 0 missing\n")
        XCTAssertEqual(try run(["study", "collect", "r", "c.oche"]).output, "0 trials imported, 6 there before\n")
        XCTAssertTrue(try run(["study", "compare", "local.oche", "c.oche"]).output.hasPrefix("6 trials are the same bit for bit"))
        XCTAssertTrue(try run(["study", "worker", "s.lua", "--to", "r", "--study", "other"], status: 1).errors.contains("no study 'other'"))
    }

    func testSlurmDryRunWritesNothing() throws {
        let said = try run(["slurm", "s.lua", "--partition", "p q", "--nodes", "2", "--time", "10", "--parts", "4", "--dry-run", "--arguments", "it's.oche"]).output
        XCTAssertTrue(said.contains("6 trials in 4 array tasks"), said)
        XCTAssertTrue(said.contains("'--partition=p q'") && said.contains("--array=1-4") && said.contains("--arguments 'it'\\''s.oche'"), said)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted(), ["err", "s.lua"])
        XCTAssertTrue(try run(["slurm", "collect", "nowhere"], status: 1).errors.contains("no folder of 'oche slurm'"))
        XCTAssertTrue(try run(["slurm", "s.lua"], status: 2).errors.contains("partition"))
    }

    func testExportsAndReport() throws {
        try write(read("s.lua") + """

            s:export("t.csv") s:export("t.json") s:export("t.tex") s:report("r.html")
            print(pcall(s.export, s, "t.parquet"))
            print(pcall(s.report, s, "r.pdf"))
            """, "s.lua")
        let said = try run(["--quiet", "s.lua"]).output
        XCTAssertTrue(said.contains("Parquet is not written here") && said.contains("a path that ends in .html expected, got 'r.pdf'"), said)
        XCTAssertEqual(try read("t.csv").components(separatedBy: "\r\n").count, 8)
        XCTAssertTrue(try read("t.json").split(separator: "\n").allSatisfy { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) is [String: Any] })
        XCTAssertTrue(try read("t.tex").contains("\\begin{tabular}"))
        let page = try read("r.html")
        XCTAssertTrue(page.contains("Random &lt;b&gt;") && !page.contains("Random <b>"))
        XCTAssertTrue(page.contains("local blur = dataset.cosines") && page.contains("<h2>Provenance</h2>") && !page.contains("Not recorded"))
        XCTAssertTrue(try run(["study", "export", "s.oche", "x.parquet"], status: 1).errors.contains("Parquet"))
        try run(["study", "export", "s.oche", "y.csv"])
        XCTAssertEqual(try read("y.csv"), try read("t.csv"))
        // From the store alone it is the same page; several studies are on one page.
        try FileManager.default.moveItem(at: folder.appendingPathComponent("s.lua"), to: folder.appendingPathComponent("moved.lua"))
        try run(["study", "report", "s.oche", "again.html"])
        XCTAssertEqual(try read("again.html"), page)
        try write(read("moved.lua").replacingOccurrences(of: "small", with: "second"), "two.lua")
        try run(["--quiet", "two.lua"])
        try run(["study", "report", "s.oche", "two.html"])
        XCTAssertEqual(try read("two.html").components(separatedBy: "<h1>").dropFirst().map { String($0.prefix { $0 != "<" }) }, ["small", "second"])
        try run(["study", "report", "s.oche", "one.html", "--study", "small"])
        XCTAssertEqual(try read("one.html").components(separatedBy: "<h1>").count, 2)
        XCTAssertTrue(try run(["study", "report", "s.oche", "x.html", "--study", "third"], status: 1).errors.contains("no study 'third'; there are 'small', 'second'"))
        XCTAssertTrue(try run(["study", "report", "s.oche", "x.pdf"], status: 1).errors.contains("a path that ends in .html expected, got 'x.pdf'"))
        XCTAssertTrue(try run(["study", "report", "none.oche", "x.html"], status: 1).errors.contains("none.oche"))
    }

    /// A file that may not grow stands for a full disk: what was stored before is there, and the study goes on when there is room.
    func testAFullDiskLosesNothingStored() throws {
        try run(["--quiet", "s.lua", "whole.oche", "30"])
        let full = try run(["trap '' XFSZ; ulimit -f 120; exec \"$OCHE\" --quiet s.lua s.oche 30"], shell: true, status: 1)
        XCTAssertTrue(full.errors.contains("s.oche") && full.errors.contains("everything reported as stored is safe"), full.errors)
        let status = try run(["study", "status", "s.oche"]).output
        XCTAssertTrue(status.contains("of 60 trials done"), status)
        try run(["--quiet", "s.lua", "s.oche", "30"])
        XCTAssertTrue(try run(["study", "compare", "whole.oche", "s.oche"]).output.hasPrefix("60 trials are the same bit for bit"))
    }

    func testStoresThatAreNone() throws {
        try write("hello", "text.oche")
        for command in ["status", "table", "export", "resume"] {
            XCTAssertTrue(try run(["study", command, "text.oche"], status: 1).errors.contains("is not an Oche store"))
            XCTAssertTrue(try run(["study", command, "none.oche"], status: 1).errors.contains("no store at"))
        }
        XCTAssertTrue(try run(["s.lua", "text.oche"], status: 1).errors.contains("is not an Oche store"))
        XCTAssertEqual(try read("text.oche"), "hello")
        XCTAssertTrue(try run(["study", "unknown"], status: 2).errors.contains("unknown"))
        XCTAssertTrue(try run(["study", "--help"]).output.contains("worker"))
    }
}
