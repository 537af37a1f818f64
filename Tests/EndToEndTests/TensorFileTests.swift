import Foundation
import LuaHost
import Scripting
import Tensors
import XCTest

/// Files of NumPy and the safetensors package (Fixtures/files, made by scripts/reference-files.py) are read; what is
/// written comes back; damaged files are errors. With OCHE_WRITE_FILES=FOLDER, writes files for that script to check.
final class TensorFileTests: XCTestCase {
    private let folder = Bundle.module.url(forResource: "Fixtures/files", withExtension: nil)!
    private let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("oche-files-\(getpid())")

    override func setUpWithError() throws { try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true) }
    override func tearDownWithError() throws { try FileManager.default.removeItem(at: scratch) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Without the wait for the disk that Data.write has.
    private func write(_ bytes: [UInt8], _ place: URL) {
        unlink(place.path)
        let file = fopen(place.path, "wb")!
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    private func single(_ path: String) throws -> Tensor {
        guard case .single(let tensor) = try TensorFile.load(path) else { throw CocoaError(.fileReadCorruptFile) }
        return tensor
    }

    func testNumbersOfNumPy() throws {
        let base: [Double] = [-2, -1, 0, 1, 2, 3]
        for name in ["f4", "f8", "f2", "i4", "i8", "f4-big", "f8-big", "i4-big", "i8-big", "f4-fortran", "f8-big-fortran", "version2"] {
            let tensor = try single(path(name + ".npy"))
            XCTAssertEqual(tensor.shape, [2, 3], name)
            XCTAssertEqual(try tensor.values(), base, name)
        }
        XCTAssertEqual(try single(path("u1.npy")).values(), [0, 1, 2, 3, 4, 5])
        XCTAssertEqual(try single(path("bool.npy")).values(), [0, 1, 0, 1, 0, 1])
        XCTAssertEqual(try single(path("scalar.npy")).item(), 1.5)
        XCTAssertEqual(try single(path("scalar.npy")).shape, [])
        XCTAssertEqual(try single(path("empty.npy")).shape, [0, 3])
        XCTAssertEqual(try single(path("rank4.npy")).shape, [2, 1, 3, 4])
        XCTAssertEqual(try single(path("rank4.npy")).values(), (0..<24).map(Double.init))
        let vector = try single(path("vector.npy")).values()
        XCTAssertTrue(vector[0].isNaN && vector[1] == .infinity && vector[2] == -.infinity && vector[3] == Double(Float(0.1)))
        XCTAssertEqual(try single(path("f4.npy")).dtype.name, "float32")
        XCTAssertEqual(try single(path("f8.npy")).dtype.name, "float64")
    }

    func testArchivesAndSafetensors() throws {
        for name in ["stored.npz", "deflated.npz"] {
            guard case .named(let tensors) = try TensorFile.load(path(name)) else { return XCTFail(name) }
            XCTAssertEqual(tensors.keys.sorted(), ["a", "b"])
            XCTAssertEqual(try tensors["a"]!.values(), [-2, -1, 0, 1, 2, 3])
            XCTAssertEqual(try tensors["b"]!.values(), (0..<1000).map(Double.init))
        }
        guard case .named(let model) = try TensorFile.load(path("model.safetensors")) else { return XCTFail() }
        XCTAssertEqual(model.keys.sorted(), ["bias", "half", "mask", "steps", "weight"])
        XCTAssertEqual(try model["weight"]!.values(), [-2, -1, 0, 1, 2, 3])
        XCTAssertEqual(try model["half"]!.values(), [-2, -1, 0, 1, 2, 3])
        XCTAssertEqual(try model["mask"]!.values(), [0, 1, 0, 1, 0, 1])
        XCTAssertEqual(try model["bias"]!.values(), [1.5, -2.5])
        XCTAssertEqual(try model["steps"]!.item(), 7)
    }

    func testWhatIsWrittenComesBack() throws {
        let folder = ProcessInfo.processInfo.environment["OCHE_WRITE_FILES"] ?? scratch.path
        let environment = try ScriptingEnvironment()
        try environment.state.run("""
        local folder = ...
        local a = tensor{{-2, -1, 0}, {1, 2, 3}}
        local d = a:transpose(1, 2):to("float64") * 0.1
        local function same(x, y)
          assert(x.dtype == y.dtype and #x.shape == #y.shape)
          for i, n in ipairs(x.shape) do assert(n == y.shape[i]) end
          assert((x - y):abs():sum():item() == 0)
        end
        for name, x in pairs{a = a, d = d, scalar = tensor(7), empty = tensor.zeros{0, 3}} do
          tensor.save(folder .. "/" .. name .. ".npy", x)
          same(tensor.load(folder .. "/" .. name .. ".npy"), x)
        end
        for _, ending in ipairs{".npz", ".safetensors"} do
          tensor.save(folder .. "/w" .. ending, {a = a, inner = {d = d}, ["a \\"b\\" ü"] = a[1]})
          local w = tensor.load(folder .. "/w" .. ending)
          same(w.a, a) same(w["inner.d"], d) same(w["a \\"b\\" ü"], a[1])
        end
        """, name: "files", arguments: [folder])
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".part") }, [])
    }

    /// Every file cut anywhere, and with any byte of its header changed, is an error or some tensor: never a crash, and
    /// nothing larger than what is there.
    func testDamagedFilesAreErrors() throws {
        var seed: UInt64 = 1
        func random(_ n: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % n
        }
        var errors = 0
        for name in ["f4.npy", "f8-big-fortran.npy", "version2.npy", "stored.npz", "deflated.npz", "model.safetensors"] {
            let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
            let place = scratch.appendingPathComponent("damaged-" + name)
            func attempt(_ bytes: [UInt8], mustFail: Bool) throws {
                write(bytes, place)
                do {
                    _ = try TensorFile.load(place.path)
                    XCTAssertFalse(mustFail, "\(name) of \(bytes.count) bytes was read")
                } catch {
                    errors += 1
                    XCTAssertTrue("\(error)".contains(place.path), "\(error)")
                }
            }
            for _ in 0..<60 { try attempt(Array(bytes.prefix(random(bytes.count))), mustFail: true) }
            for _ in 0..<200 {
                var damaged = bytes
                damaged[random(min(bytes.count, 200))] = UInt8(random(256))
                try attempt(damaged, mustFail: false)
            }
            try attempt([], mustFail: true)
        }
        XCTAssertGreaterThan(errors, 500)
    }

    func testMessages() throws {
        func message(_ bytes: [UInt8], _ name: String) throws -> String {
            let place = scratch.appendingPathComponent(name)
            write(bytes, place)
            do { _ = try TensorFile.load(place.path) } catch { return "\(error)".replacingOccurrences(of: scratch.path + "/", with: "") }
            return "read"
        }
        func npy(_ header: String, data: Int = 0) -> [UInt8] {
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + [UInt8](repeating: 0, count: data)
        }
        XCTAssertEqual(try message(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}", data: 4), "x.npy"),
                       "load: 'x.npy' claims 4000000000000 bytes for shape {1000000, 1000000}, there are 4")
        XCTAssertEqual(try message(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}"), "x.npy"),
                       "load: 'x.npy' claims a shape that cannot be: {99999999999, 99999999999}")
        XCTAssertEqual(try message(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), "x.npy"), "load: 'x.npy' claims a shape that cannot be: {-1}")
        XCTAssertEqual(try message(Array("hello".utf8), "x.npy"), "load: 'x.npy' is not an .npy file")
        XCTAssertEqual(try message(Array("hello".utf8), "x.npz"), "load: 'x.npz' is not a zip archive, or truncated")
        XCTAssertEqual(try message([255, 255, 255, 255, 255, 255, 255, 127, 1], "x.safetensors"),
                       "load: 'x.safetensors' claims a header of 9223372036854775807 bytes; it has 9 in all")
        XCTAssertThrowsError(try TensorFile.load(path("complex.npy"))) { XCTAssertTrue("\($0)".hasSuffix("holds "
            + "complex numbers ('<c16'); floats, integers and booleans can be loaded. In Python: np.stack([a.real, "
            + "a.imag])"), "\($0)") }
        XCTAssertThrowsError(try TensorFile.load("/nowhere/x.npy")) { XCTAssertEqual("\($0)", "load: cannot read '/nowhere/x.npy': No such file or directory") }
        XCTAssertThrowsError(try TensorFile.load("x.txt")) { XCTAssertEqual("\($0)", "load: a path that ends in .npy, .npz or .safetensors expected, got 'x.txt'") }
        let environment = try ScriptingEnvironment(.init(isSandboxed: true))
        XCTAssertThrowsError(try environment.state.run("tensor.load('x.npy')")) { XCTAssertTrue("\($0)".hasSuffix("tensor.load: files cannot be used in the sandbox"), "\($0)") }
    }
}
