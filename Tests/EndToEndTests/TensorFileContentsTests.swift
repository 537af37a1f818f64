import Foundation
import LuaHost
import Scripting
import Tensors
import Testing

/// Files with arrays that are no tensors beside some that are, integers that float64 does not hold, every type that
/// NumPy stores (Fixtures/files, made by scripts/reference-files.py); and what writing leaves of links and modes.
@Suite struct TensorFileContentsTests {
    private let folder = Bundle.module.url(forResource: "Fixtures/files", withExtension: nil)!

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// The arrays of a file, and what was said about others.
    private func named(_ name: String, only: [String]? = nil) throws -> (tensors: [String: Tensor], remarks: [String]) {
        var remarks: [String] = []
        let contents = try TensorFile.load(path(name), only: only) { remark in
            remarks.append(remark.replacingOccurrences(of: self.folder.path + "/", with: ""))
        }
        guard case .named(let tensors) = contents else { throw CocoaError(.fileReadCorruptFile) }
        return (tensors, remarks)
    }

    private func message(_ name: String, only: [String]? = nil) -> String {
        do {
            _ = try TensorFile.load(path(name), only: only)
            return "read"
        } catch {
            return "\(error)".replacingOccurrences(of: folder.path + "/", with: "")
        }
    }

    @Test func whatIsNoTensorIsLeftOut() throws {
        let (tensors, remarks) = try named("mixed.npz")
        #expect(tensors.keys.sorted() == ["ids", "x"])
        #expect(try tensors["x"]?.values() == [0, 1, 2])
        for part in ["left out 'complex'", "left out 'names'", "left out 'nine'", "left out 'read me.txt'",
            "left out 'records'", "left out 'when'",
                     "3 integers beyond 2^53 in 'mixed.npz: ids.npy' were rounded"] {
            #expect(remarks.filter { $0.contains(part) }.count == 1, "\(part): \(remarks)")
        }
        #expect(remarks.count == 7)
        let model = try named("mixed.safetensors")
        #expect(try model.tensors.mapValues { try $0.values() } == ["x": [0, 1, 2]])
        #expect(model.remarks == ["load: left out 'odd' of 'mixed.safetensors': it holds elements of type F8_E4M3; "
            + "floats of 16 bits and more, integers and booleans can be loaded. In Python: a.to(torch.float32)"])
    }

    @Test func onlyWhatIsAskedFor() throws {
        let (tensors, remarks) = try named("mixed.npz", only: ["x"])
        #expect(tensors.keys.sorted() == ["x"])
        #expect(remarks.isEmpty)
        #expect(message("mixed.npz", only: ["x", "names"]) == "load: 'names' of 'mixed.npz' holds text ('<U1'); "
            + "floats, integers and booleans can be loaded")
        #expect(message("mixed.npz", only: ["y"]) == "load: 'mixed.npz' has no array 'y'; it has 'complex', 'ids', "
            + "'names', 'nine', 'read me.txt', 'records', 'when', 'x'")
        #expect(message("mixed.safetensors", only: ["odd"]).hasPrefix("load: 'odd' of 'mixed.safetensors' holds "
            + "elements of type F8_E4M3"))
        #expect(message("f4.npy", only: ["x"]) == "load: an .npy file holds one array without a name; only= is for "
            + ".npz and .safetensors")
    }

    @Test func saysWhatAnArrayIs() {
        #expect(message("structured.npy") == "load: 'structured.npy' is a structured array with the fields 'count' "
            + "<i4, 'share' <f8, 'tag' |S1; arrays of one type can be loaded. "
            + "In Python: np.savez(\"fields.npz\", **{n: a[n] for n in a.dtype.names})")
        #expect(message("nine.npy") == "load: 'nine.npy' has 9 dimensions, {1, 2, 1, 1, 1, 1, 1, 1, 1}; a tensor has "
            + "up to 8. In Python: a.squeeze(), or a.reshape(..) to fewer")
    }

    @Test func saysWhatWasRounded() throws {
        func load(_ name: String) throws -> (values: [Double], remarks: [String]) {
            var remarks: [String] = []
            guard case .single(let tensor) = try TensorFile.load(path(name),
                remark: { remarks.append($0) }) else { return ([], []) }
            return (try tensor.values(), remarks)
        }
        let signed = try load("large-i8.npy")
        #expect(signed.values == [0x1p53, 0x1p53, -0x1p53, 0x1p62, 0x1p63, 7])
        #expect(signed.remarks == ["load: 3 integers beyond 2^53 in '\(path("large-i8.npy"))' were rounded to what "
            + "float64 holds"])
        let unsigned = try load("large-u8.npy")
        #expect(unsigned.values == [0x1p53, 0x1p64, 0x1p63])
        #expect(unsigned.remarks == ["load: 1 integer beyond 2^53 in '\(path("large-u8.npy"))' was rounded to what "
            + "float64 holds"])
    }

    @Test func saidOnStandardError() throws {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        var said = ""
        environment.state.errorOutput = { said += String(decoding: $0, as: UTF8.self) }
        let results = try environment.state.compile("""
            local all, some = tensor.load(...), tensor.load((...), {only = {"x"}})
            return all.names, all.x, some.ids, some.x
            """, name: "test").call([path("mixed.npz")])
        #expect(results[0].isNil)
        #expect(try results[1].as(Tensor.self)?.values() == [0, 1, 2])
        #expect(results[2].isNil)
        #expect(try results[3].as(Tensor.self)?.values() == [0, 1, 2])
        #expect(said.split(separator: "\n").count == 7, "\(said)")
    }

    /// Arrays of every type, order and byte order, beside what NumPy makes of them in float64.
    @Test func everyTypeOfNumPy() throws {
        let (tensors, remarks) = try named("random.npz")
        #expect(remarks.isEmpty)
        #expect(tensors.count == 120)
        for k in 0..<60 {
            let array = try #require(tensors["array\(k)"]), expected = try #require(tensors["array\(k) expected"])
            #expect(array.shape == expected.shape)
            for (a, b) in zip(try array.values(), try expected.values()) {
                #expect(a.isNaN ? b.isNaN : a.bitPattern == b.bitPattern, "array\(k): \(a) for \(b)")
            }
        }
    }

    // MARK: Writing

    /// An empty folder, for as long as the body runs.
    private func inFolder(_ body: (URL) throws -> Void) throws {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("oche-links-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        try body(scratch)
    }

    private func mode(_ place: URL) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: place.path)[.posixPermissions] as? Int)
    }

    private func values(_ place: URL) throws -> [Double] {
        guard case .single(let tensor) = try TensorFile.load(place.path) else { return [] }
        return try tensor.values()
    }

    @Test func writesThroughLinks() throws {
        try inFolder { scratch in
            let files = FileManager.default
            let inner = scratch.appendingPathComponent("inner")
            try files.createDirectory(at: inner, withIntermediateDirectories: true)
            // A link beside, one to it from another folder, and one that leads nowhere yet.
            let target = inner.appendingPathComponent("x.npy"), link = scratch.appendingPathComponent("x.npy")
            let second = scratch.appendingPathComponent("y.npy"), dangling = scratch.appendingPathComponent("z.npy")
            try Data("old".utf8).write(to: target)
            try files.createSymbolicLink(atPath: link.path, withDestinationPath: "inner/x.npy")
            try files.createSymbolicLink(atPath: second.path, withDestinationPath: link.path)
            try files.createSymbolicLink(atPath: dangling.path, withDestinationPath: "inner/z.npy")
            for (place, number) in [(link, 1.0), (second, 2.0)] {
                try TensorFile.save(place.path, .single(Tensor([number], shape: [1])))
                #expect(try values(target) == [number])
            }
            try TensorFile.save(dangling.path, .single(Tensor([3], shape: [1])))
            #expect(try values(inner.appendingPathComponent("z.npy")) == [3])
            for place in [link, second, dangling] {
                #expect((try? files.destinationOfSymbolicLink(atPath: place.path)) != nil)
            }
            #expect(try files.contentsOfDirectory(atPath: inner.path).sorted() == ["x.npy", "z.npy"])
            // A link to itself.
            let loop = scratch.appendingPathComponent("loop.npy")
            try files.createSymbolicLink(atPath: loop.path, withDestinationPath: "loop.npy")
            #expect(throws: (any Error).self) { try TensorFile.save(loop.path, .single(Tensor([3], shape: [1]))) }
        }
    }

    @Test func keepsTheMode() throws {
        try inFolder { scratch in
            for (number, permissions) in [0o600, 0o644, 0o664, 0o755].enumerated() {
                let place = scratch.appendingPathComponent("\(number).npy")
                try TensorFile.save(place.path, .single(Tensor([1], shape: [1])))
                try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: place.path)
                try TensorFile.save(place.path, .single(Tensor([2], shape: [1])))
                #expect(try mode(place) == permissions)
                #expect(try values(place) == [2])
            }
            // A network is written in the same way.
            let environment = try ScriptingEnvironment(.init(isQuiet: true))
            let place = scratch.appendingPathComponent("network"), link = scratch.appendingPathComponent("link")
            try Data().write(to: place)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.path)
            try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "network")
            _ = try environment.state.compile("""
                local d = dataset.cosines{length = 16, train = 8, validation = 8, test = 8, seed = 1}
                darts.train{space = darts.space{nodes = 1}, architecture = "grad", data = d, seed = 1, steps =
                  1}:save(...)
                darts.load(...)
                """, name: "test").call([link.path])
            #expect(try mode(place) == 0o600)
            #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: link.path)) == "network")
        }
    }

    /// A pipe has a reader that waits: it is written to, not replaced.
    @Test func writesToPipes() throws {
        try inFolder { scratch in
            let place = scratch.appendingPathComponent("pipe.npy")
            #expect(mkfifo(place.path, 0o600) == 0)
            let reader = open(place.path, O_RDONLY | O_NONBLOCK)
            defer { close(reader) }
            try TensorFile.save(place.path, .single(Tensor([1, 2], shape: [2])))
            var bytes = [UInt8](repeating: 0, count: 1000)
            let count = read(reader, &bytes, bytes.count)
            #expect(count == 128 + 8)
            #expect(bytes.starts(with: [0x93] + Array("NUMPY".utf8)))
            let attributes = try FileManager.default.attributesOfItem(atPath: place.path)
            #expect(attributes[.type] as? FileAttributeType != .typeRegular)
        }
    }

    @Test func namesThatTheFormatKeeps() throws {
        try inFolder { scratch in
            let place = scratch.appendingPathComponent("x.safetensors")
            #expect(throws: (any Error).self) { try TensorFile.save(place.path, .named(["__metadata__": Tensor(1)])) }
            #expect(!FileManager.default.fileExists(atPath: place.path))
            // Of an .npz it is a name like any other.
            let archive = scratch.appendingPathComponent("x.npz")
            try TensorFile.save(archive.path, .named(["__metadata__": Tensor(1)]))
            guard case .named(let tensors) = try TensorFile.load(archive.path) else { return }
            #expect(Array(tensors.keys) == ["__metadata__"])
        }
    }
}
