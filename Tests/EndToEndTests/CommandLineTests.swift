import Foundation
import XCTest

/// The program as people run it: exit status, what goes to which stream, options, examples. The path of the program is
/// in the environment (OCHE), where scripts/test puts it.
final class CommandLineTests: XCTestCase {
    struct Outcome {
        var status: Int32, output: String, errors: String
    }

    private var program: String!
    private var folder: URL!

    override func setUpWithError() throws {
        guard let path = ProcessInfo.processInfo.environment["OCHE"] else { throw XCTSkip("OCHE, the path of the program, is not set") }
        program = path
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("oche-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    override func tearDown() {
        if let folder { try? FileManager.default.removeItem(at: folder) }
    }

    /// `whenReady` is called once the program has written its first line.
    private func oche(_ arguments: [String], input: String = "", whenReady: ((Process) -> Void)? = nil) throws -> Outcome {
        let process = Process(), files = ["out", "err", "in"].map { folder.appendingPathComponent($0) }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        try Data(input.utf8).write(to: files[2])
        FileManager.default.createFile(atPath: files[1].path, contents: nil)
        let output = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: files[2])
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        var data = Data()
        if let whenReady {
            data = output.fileHandleForReading.availableData
            whenReady(process)
        }
        data += output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self),
                       errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }

    private func script(_ text: String, name: String = "script.lua") throws -> String {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        return name
    }

    func testEvaluates() throws {
        let result = try oche(["-e", "print(1 + 1)"])
        XCTAssertEqual(result.status, 0)
        XCTAssertEqual(result.output, "2\n")
        XCTAssertEqual(result.errors, "")
    }

    func testManual() throws {
        let manual = try oche(["manual"]), definitions = try oche(["manual", "--luals"]), wrong = try oche(["manual", "--pdf"])
        XCTAssertEqual(manual.status, 0)
        XCTAssertTrue(manual.output.hasPrefix("# Oche reference manual\n"))
        XCTAssertEqual(try oche(["manual", "--markdown"]).output, manual.output)
        XCTAssertEqual(definitions.status, 0)
        XCTAssertTrue(definitions.output.hasPrefix("---@meta oche\n"))
        XCTAssertEqual(wrong.status, 2)
        XCTAssertEqual(wrong.output, "")
        XCTAssertTrue(wrong.errors.contains("--markdown or --luals expected, got '--pdf'"), wrong.errors)
    }

    func testScriptSeesItsArguments() throws {
        let name = try script("print(arg[0], #arg, ...)")
        XCTAssertEqual(try oche([name, "--seed", "x y", "-e"]).output, "script.lua\t3\t--seed\tx y\t-e\n")
        XCTAssertEqual(try oche(["run", name]).output, "script.lua\t0\n")
    }

    func testFailureIsOneWithFileAndLine() throws {
        let name = try script("\n\nerror('deliberate')")
        let result = try oche([name])
        XCTAssertEqual(result.status, 1)
        XCTAssertEqual(result.output, "")
        XCTAssertTrue(result.errors.hasPrefix("oche: script.lua:3: deliberate\n"), result.errors)
        XCTAssertTrue(result.errors.contains("traceback"), result.errors)
        XCTAssertEqual(try oche(["-e", "print('kept') os.exit(7)"]).status, 7)
        XCTAssertEqual(try oche(["-e", "os.exit(true)"]).status, 0)
    }

    func testWrongUsageIsTwo() throws {
        for (arguments, message) in [
            (["--bogus"], "unknown option '--bogus'"), (["--threads", "0", "-e", "1"], "--threads: a positive number expected, got 0"),
            (["--seed", "x", "-e", "1"], "'x'"), (["--memory", "much", "-e", "1"], "--memory: a size such as 2G or 500M expected, got 'much'"),
            (["--time", "soon", "-e", "1"], "--time: a time such as 60s or 5m expected, got 'soon'"),
        ] {
            let result = try oche(arguments)
            XCTAssertEqual(result.status, 2, "\(arguments)")
            XCTAssertTrue(result.errors.contains(message), result.errors)
        }
        XCTAssertEqual(try oche(["missing.lua"]).status, 1)
    }

    /// Slips are answered with what was meant, in a few lines.
    func testSlipsAreAnsweredWithTheNearestName() throws {
        try FileManager.default.createDirectory(at: folder.appendingPathComponent("study"), withIntermediateDirectories: true)
        for (arguments, message) in [
            (["notebok", "x.lua"], "no command 'notebok' (did you mean 'oche notebook'?)"), (["study", "tabel", "s.oche"], "unknown subcommand 'tabel' (did you mean 'oche study table'?)"),
            (["study", "s.oche"], "unknown subcommand 's.oche' (oche study status, table"), (["kernel", "instal"], "did you mean 'oche kernel install'?"),
            (["slurm", "colect", "f"], "did you mean 'oche slurm collect'?"), (["help", "nothing"], "unknown subcommand 'nothing'"),
            (["--thread", "2", "x.lua"], "unknown option '--thread' (did you mean '--threads'?)"), (["--quit=1"], "unknown option '--quit' (did you mean '--quiet'?)"),
            (["-seed", "2"], "did you mean '--seed'?"), (["study", "compare", "a.oche"], "argument '<second-store>'"), (["verify"], "argument '<script>'"), (["kernel"], "a subcommand expected: install"), (["run"], "path of a script expected"),
        ] {
            let result = try oche(arguments), lines = result.errors.split(separator: "\n")
            XCTAssertEqual(result.status, 2, "\(arguments)")
            XCTAssertEqual(result.output, "")
            XCTAssertTrue(result.errors.contains(message), result.errors)
            XCTAssertTrue(lines.count <= 5 && lines.filter { $0.contains("--help'") }.count == 1, result.errors)
        }
        // A file by the name of a command is a script, and what is near to nothing, or named as a script is, is a file that is not there.
        for name in ["xyzzy", "./study.lua", "manual.md"] {
            let result = try oche([name])
            XCTAssertTrue(result.status == 1 && result.errors.contains("cannot open '\(name)'"), result.errors)
        }
        _ = try script("print('mine', ...)", name: "verify")
        XCTAssertEqual(try oche(["verify", "x"]).output, "mine\tx\n")
        XCTAssertTrue(try oche(["run", "manual"]).errors.contains("cannot open 'manual'"))
        for arguments in [["help", "study"], ["study"], ["help", "kernel"]] {
            let help = try oche(arguments)
            XCTAssertTrue(help.status == 0 && help.output.contains("SUBCOMMANDS:"), help.output + help.errors)
        }
    }

    func testVersionAndHelp() throws {
        let version = try oche(["--version"])
        XCTAssertEqual(version.status, 0)
        XCTAssertNotNil(version.output.range(of: "^[0-9]+[.][0-9]+[.][0-9]+\n$", options: .regularExpression))
        let help = try oche(["--help"])
        XCTAssertEqual(help.status, 0)
        for option in ["--seed", "--threads", "--sandbox", "--memory", "--time", "--quiet"] { XCTAssertTrue(help.output.contains(option), option) }
    }

    func testSeedDecidesWhatIsDrawn() throws {
        let text = "print(math.random(1000000), tensor.randn{3}:sum():item())"
        let first = try oche(["--seed", "5", "-e", text]).output
        XCTAssertEqual(first, try oche(["--seed", "5", "-e", text]).output)
        XCTAssertNotEqual(first, try oche(["--seed", "6", "-e", text]).output)
        XCTAssertEqual(try oche(["-e", text]).output, try oche(["--seed", "0", "-e", text]).output)
    }

    func testLimits() throws {
        XCTAssertTrue(try oche(["--time", "0.2s", "-e", "while true do pcall(error) end"]).errors.contains("time limit of 0.2 s"))
        let memory = try oche(["--memory", "200M", "-e", "local t = {} while true do t[#t + 1] = tensor.zeros{1000, 1000} end"])
        XCTAssertEqual(memory.status, 1)
        XCTAssertTrue(memory.errors.contains("not enough memory for zeros of shape {1000, 1000}"), memory.errors)
        XCTAssertTrue(try oche(["--sandbox", "-e", "tensor.save('x.npy', tensor.zeros{2})"]).errors.contains("sandbox"))
        XCTAssertEqual(try oche(["--sandbox", "-e", "print(io.open, os.execute)"]).output, "nil\tnil\n")
    }

    func testInterruptIsOneHundredAndThirty() throws {
        for body in [
            "while true do end", "while true do pcall(function() while true do end end) end",
            "coroutine.wrap(function() while true do end end)()",
            "darts.search{space = darts.space{}, data = dataset.cosines{seed = 1, measurement = measurement.blur{}}, steps = 10000000}",
            """
            study.new{name = 'long', trials = 100000, data = {{name = 'Blur', dataset.cosines{measurement = measurement.blur{}}}},
              methods = {{name = 'DARTS', strategy = 'darts', space = darts.space{}}}}:run{}
            """,
        ] {
            let result = try oche(["-e", "print('ready') io.flush() " + body]) { $0.interrupt() }
            XCTAssertEqual(result.status, 130, body)
            XCTAssertEqual(result.output, "ready\n")
            XCTAssertTrue(result.errors.contains("interrupted"), result.errors)
        }
    }

    /// Without arguments and terminal: cells from standard input, run as the script they are.
    func testCellsFromAPipe() throws {
        XCTAssertEqual(try oche([], input: "print(1)\n").output, "1\n")
        let result = try oche([], input: "#!/usr/bin/env oche\nlocal x = 3\nfor i = 1, 2 do\n  print(i)\nend\nlocal s = ('a')\n  :rep(3)\nprint(s)\nx + 1\nmath.max(1, 2)\n")
        XCTAssertEqual(result.output, "1\n2\naaa\n4\n")
        XCTAssertEqual(result.status, 0, result.errors)
        let failed = try oche([], input: "print('kept')\n\nlocal t = nil\nt.x = 1\nprint('not reached')\n")
        XCTAssertEqual(failed.status, 1)
        XCTAssertEqual(failed.output, "kept\n")
        XCTAssertEqual(failed.errors, "oche: stdin:4: attempt to index a nil value (local 't')\n  4 | t.x = 1\n      ^\n")
        XCTAssertEqual(try oche([], input: "os.exit(7)\n").status, 7)
        XCTAssertEqual(try oche([], input: "").status, 0)
        XCTAssertEqual(try oche([], input: "print('no newline')").output, "no newline\n")
        XCTAssertTrue(try oche([], input: "for i = 1, 2 do").errors.contains("'end' expected"))
        XCTAssertEqual(try oche(["--sandbox"], input: "print(io.open)\n").output, "nil\n")
    }

    func testTalksThroughAPipe() throws {
        XCTAssertEqual(try oche(["-e", "for line in io.lines() do print(line:upper()) end"], input: "a\nb\n").output, "A\nB\n")
    }

    /// A study is the same bits whatever the number of threads.
    func testThreadsDoNotChangeAStudy() throws {
        let name = try script("""
            local space = darts.space{nodes = 3}
            local s = study.new{name = "bits", trials = 3,
              data = {{name = "Blur", dataset.cosines{measurement = measurement.blur{}}},
                      {name = "Downsampling", dataset.cosines{measurement = measurement.downsample{}}}},
              methods = {{name = "DARTS", strategy = "darts", space = space, search = {steps = 40}, train = {steps = 40}},
                         {name = "Random", strategy = "random", space = space, train = {steps = 40}},
                         {name = "Nets", strategy = "fixed", architecture = "net", space = space, train = {steps = 40}}}}
            s:run{}
            local trials = s:trials()
            table.sort(trials, function(a, b) return a.data .. a.method .. a.trial < b.data .. b.method .. b.trial end)
            for _, t in ipairs(trials) do
              print(t.data, t.method, t.trial, table.concat(t.architecture, ">"), t.digest,
                    ("%a %a %a"):format(t.psnr.train, t.psnr.validation, t.psnr.test), t.one_shot and ("%a"):format(t.one_shot.relaxed or 0))
            end
            print(s:table())
            """)
        let one = try oche(["--quiet", "--threads", "1", name]), two = try oche(["--quiet", "--threads", "2", name])
        XCTAssertEqual(one.status, 0, one.errors)
        XCTAssertEqual(one.output.split(separator: "\n").filter { $0.contains("0x") }.count, 18)
        XCTAssertEqual(one.output, two.output)
    }

    /// The trial that fails is named, the others are kept, and the table says so.
    func testAStudyKeepsWhatDidNotFail() throws {
        let result = try oche(["-e", """
            local space = darts.space{nodes = 2}
            local s = study.new{name = "failing", trials = 2, data = {{name = "Blur", dataset.cosines{measurement = measurement.blur{}}}},
              methods = {{name = "Wild", strategy = "fixed", architecture = "net", space = space, train = {steps = 30, theta = {rate = 1e30}}},
                         {name = "Calm", strategy = "fixed", architecture = "net", space = space, train = {steps = 30}}}}
            s:run{}
            for _, t in ipairs(s:trials()) do print(t.method, t.status, t.error) end
            print(s:table())
            """])
        XCTAssertEqual(result.status, 0, result.errors)
        XCTAssertEqual(result.output.components(separatedBy: "Calm\tok").count, 3, result.output)
        XCTAssertEqual(result.output.components(separatedBy: "Wild\tfailed\t").count, 3, result.output)
        XCTAssertTrue(result.output.contains("non-finite"), result.output)
        XCTAssertTrue((result.output + result.errors).contains("failed"), result.output)
    }

    func testExamplesRun() throws {
        let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../examples").standardizedFileURL.path
        let table = try oche(["--quiet", "\(examples)/table1.lua", "--trials", "1"])
        XCTAssertEqual(table.status, 0, table.errors)
        for name in ["DARTS (good ops.)", "Nets only", "Downsampling", "poster", "Pearson"] { XCTAssertTrue(table.output.contains(name), table.output) }
        XCTAssertEqual(try oche(["\(examples)/table1.lua", "--trails", "1"]).status, 1)
        let custom = try oche(["--quiet", "\(examples)/custom_operation.lua"])
        XCTAssertEqual(custom.status, 0, custom.errors)
        XCTAssertTrue(custom.output.contains("Anchored only"), custom.output)
        let order = try oche(["--quiet", "\(examples)/second_order.lua"])
        XCTAssertEqual(order.status, 0, order.errors)
        XCTAssertTrue(order.output.contains("order 2: one-shot"), order.output)
    }

    /// As small as they go: what they compute is checked elsewhere, here that they run as written and say what they are about.
    func testStudiesOfTheExamplesRun() throws {
        let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../examples").standardizedFileURL.path
        let runs: [(String, [String], [String])] = [
            ("figure2", ["--trials", "1"], ["one_shot.scaled", "without trials more than 6 dB"]),
            ("recipe", ["--trials", "1"], ["SDARTS, perturbation", "psnr.test minus that of DARTS (good ops.)", "Mean within 0.5 dB"]),
            ("seeds", ["--data", "2", "--search", "2", "--retrain", "2"], ["retrain share", "the mean of all", "Nets only"]),
            ("exhaustive", ["--trials", "1"], ["noise with no network after it", "Local search, 200 trained", "in the best 1 %"]),
            ("sensitivity", ["--trials", "1"], ["theta SGD 0.1", "Over the settings"]),
            ("robustness", ["--trials", "1"], ["128 signals a split", "15 nodes", "root mean square distance"]),
        ]
        for (name, arguments, expected) in runs {
            let outcome = try oche(["--quiet", "\(examples)/\(name).lua"] + arguments)
            XCTAssertEqual(outcome.status, 0, "\(name): \(outcome.errors)")
            for text in expected { XCTAssertTrue(outcome.output.contains(text), "\(name) does not say '\(text)'") }
            XCTAssertEqual(try oche(["\(examples)/\(name).lua", "--trails", "1"]).status, 1, name)
        }
        let table = try oche(["--quiet", "\(examples)/tabulate.lua", "small.csv", "--nodes", "2", "--seeds", "2", "--steps", "20"])
        XCTAssertEqual(table.status, 0, table.errors)
        XCTAssertTrue(table.output.contains("16 architectures, 2 nodes of {grad, net, roll, noise}, 2 seeds"), table.output)
        XCTAssertTrue(try String(contentsOf: folder.appendingPathComponent("small.csv"), encoding: .utf8).contains("\nnet>grad,"))
    }

    /// The table that comes with the examples is whole, and its strategies run on it.
    func testTheTableOfTheExamples() throws {
        let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../examples").standardizedFileURL.path
        let script = """
            local t = darts.tabular("\(examples)/tabular.csv")
            assert(t.size == 4096 and #t.seeds >= 3 and #t.data == 2 and t.failures == 0)
            local blur = dataset.cosines{measurement = measurement.blur{}}
            -- An entry is the training it stands for.
            local a = t:best{data = "Blur"}[1].architecture
            local trained = darts.train{space = t.space, architecture = a, data = blur, seed = t.seeds[2]}
            assert(math.abs(trained.psnr.test - t:scores(a, {data = "Blur"}).test[2]) < 0.0006, trained.psnr.test)
            local found = t:search{strategy = "evolution", data = "Blur", seed = 1}
            print(found.evaluations <= 200 and found.percentile > 95)
            """
        let outcome = try oche(["--quiet", "-e", script])
        XCTAssertEqual(outcome.status, 0, outcome.errors)
        XCTAssertEqual(outcome.output, "true\n")
    }

    func testNotebook() throws {
        let path = try script("#!/usr/bin/env oche\nlocal x = 2\n-- %% [markdown]\n-- # Title\n-- %% Value\nprint(arg[1])\nx * 21\n")
        let done = try oche(["--seed", "5", "--quiet", "notebook", path, "-o", "n.html", "-o", "n.ipynb", "-o", "n.md", "--", "given"])
        XCTAssertEqual(done.errors, "")
        XCTAssertEqual([done.status, 0], [0, Int32(done.output.count)])
        func text(_ name: String) throws -> String { try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) }
        for page in ["n.html", "n.md"] { for part in ["Title", "given", "42"] { XCTAssert(try text(page).contains(part), "\(part) in \(page)") } }
        let json = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(text("n.ipynb").utf8)) as? [String: Any])
        XCTAssertEqual(((json["metadata"] as? [String: Any])?["oche"] as? [String: Any])?["seed"] as? Int, 5)
        XCTAssertEqual(try oche(["notebook", "--from", "n.ipynb", "-o", "back.lua"]).status, 0)
        XCTAssertEqual(try text("back.lua"), try text(path))
        let failing = try oche(["notebook", try script("error('no')", name: "bad.lua"), "-o", "bad.html"])
        XCTAssertEqual([failing.status, try oche(["notebook", path]).status, try oche(["notebook", path, "-o", "n.txt"]).status, try oche(["notebook", "none.lua", "-o", "n.md"]).status], [1, 2, 2, 1])
        XCTAssert(failing.errors.contains("bad.lua:1: no"), failing.errors)
        XCTAssert(try text("bad.html").contains("bad.lua:1: no"))
        XCTAssertEqual(try oche(["notebook", try script("os.exit(7)", name: "exit.lua"), "-o", "exit.html"]).status, 7)
    }

    func testKernelInstallation() throws {
        let done = try oche(["--threads", "2", "--sandbox", "kernel", "install", "--prefix", "here"])
        XCTAssertEqual([done.status, try oche(["kernel"]).status, try oche(["kernel", "install", "--user", "--prefix", "x"]).status], [0, 2, 2])
        let file = folder.appendingPathComponent("here/share/jupyter/kernels/oche/kernel.json")
        let spec = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let command = try XCTUnwrap(spec["argv"] as? [String])
        XCTAssertEqual(Array(command.dropFirst()), ["--threads", "2", "--sandbox", "kernel", "--connection-file", "{connection_file}"])
        XCTAssertEqual(URL(fileURLWithPath: command[0]).resolvingSymlinksInPath(), URL(fileURLWithPath: program).resolvingSymlinksInPath())
        XCTAssertEqual(spec["interrupt_mode"] as? String, "message")
    }
}
