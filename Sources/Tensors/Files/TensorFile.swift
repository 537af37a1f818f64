import Engine
import Foundation

/// Tensors in files, in the format that the name ends in. Files appear whole: written beside their place, then moved.
public enum TensorFile {
    public enum Contents {
        case single(Tensor)
        case named([String: Tensor])
    }
    private static let formats = ".npy, .npz or .safetensors"

    /// What a file holds, or of its named arrays those in `only`. An array that is no tensor (text, records, too many
    /// dimensions) is left out where there are others, and `remark` is told; so it is of integers that were rounded.
    ///
    /// Throws for files that are missing, not of the format, truncated, or whose header does not fit what is there; for
    /// a file with nothing that can be loaded; for a name in `only` that the file does not have or that can't be
    /// loaded.
    public static func load(_ path: String, only: [String]? = nil, remark: @escaping (String) -> Void = { _ in }) throws
        -> Contents {
        let wanted = WantedArrays(names: only)
        let read: (FileBytes) throws -> Contents
        switch ending(path) {
        case "npy":
            guard only == nil else {
                throw EngineError("load: an .npy file holds one array without a name; "
                    + "only= is for .npz and .safetensors")
            }
            read = { file in
                do {
                    return .single(try NPYFile.read(file))
                } catch let array as UnloadableArray {
                    throw file.wrong(array.text)
                }
            }
        case "npz": read = { .named(try NPZFile.read($0, wanted)) }
        case "safetensors": read = { .named(try SafetensorsFile.read($0, wanted).tensors) }
        default: throw EngineError("load: a path that ends in \(formats) expected, got '\(path)'")
        }
        return try read(FileBytes(bytes: try bytes(of: path), name: path, remark: remark))
    }

    public static func save(_ path: String, _ contents: Contents) throws {
        func ready(_ tensor: Tensor) throws -> Tensor { try tensor.concrete("it is to be saved").contiguous() }
        func ready(_ tensors: [String: Tensor]) throws -> [(name: String, tensor: Tensor)] {
            try tensors.sorted { $0.key < $1.key }.map { ($0.key, try ready($0.value)) }
        }
        let content: FileContent
        switch (ending(path), contents) {
        case ("npy", .single(let tensor)): content = NPYFile.content(try ready(tensor))
        case ("npy", .named): throw EngineError("save: one tensor expected for an .npy file, got a table (use .npz or .safetensors)")
        case ("npz", .named(let tensors)): content = try NPZFile.content(try ready(tensors))
        case ("safetensors", .named(let tensors)): content = try SafetensorsFile.content(try ready(tensors))
        case ("npz", .single), ("safetensors", .single): throw EngineError("save: a table of named tensors expected for '\(path)', got a tensor")
        default: throw EngineError("save: a path that ends in \(formats) expected, got '\(path)'")
        }
        try content.write(to: path)
    }

    /// Named tensors with texts in the header of a .safetensors file.
    public static func save(_ path: String, _ tensors: [String: Tensor], metadata: [String: String]) throws {
        let ready = try tensors.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: try $0.value.concrete("it is to be saved").contiguous()) }
        try SafetensorsFile.content(ready, metadata: metadata).write(to: path)
    }
    public static func loadWithMetadata(_ path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
        try SafetensorsFile.read(FileBytes(bytes: try bytes(of: path), name: path) { _ in }, WantedArrays(names: nil))
    }

    private static func ending(_ path: String) -> String {
        path.split(separator: "/").last?.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last.map { $0.lowercased() } ?? ""
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        func failure() -> EngineError { EngineError("load: cannot read '\(path)': \(String(cString: strerror(errno)))") }
        guard let file = fopen(path, "rb") else { throw failure() }
        defer { fclose(file) }
        var status = stat()
        guard fstat(fileno(file), &status) == 0 else { throw failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw EngineError("load: '\(path)' is not a file") }
        let size = Int(status.st_size)
        try Storage.ensure(size, for: "the file '\(path)'")
        var isWhole = false
        let bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            try Interruption.checkedPieces(size, of: FileContent.piece) { start, bytes in
                if bytes > 0, let place = buffer.baseAddress { count += fread(place + start, 1, bytes, file) }
            }
            isWhole = count == size
        }
        guard isWhole else { throw failure() }
        return bytes
    }
}
