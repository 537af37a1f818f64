import Engine
import Foundation

/// Tensors in files, in the format that the name ends in. Files appear whole: written beside their place, then moved.
public enum TensorFile {
    public enum Contents {
        case single(Tensor)
        case named([String: Tensor])
    }
    private static let formats = ".npy, .npz or .safetensors"

    /// Throws for files that are missing, not of the format, truncated, or whose header does not fit what is there.
    public static func load(_ path: String) throws -> Contents {
        let read: (FileBytes) throws -> Contents
        switch ending(path) {
        case "npy": read = { .single(try NPYFile.read($0)) }
        case "npz": read = { .named(try NPZFile.read($0)) }
        case "safetensors": read = { .named(try SafetensorsFile.read($0)) }
        default: throw EngineError("load: a path that ends in \(formats) expected, got '\(path)'")
        }
        return try read(FileBytes(bytes: try bytes(of: path), name: path))
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
        try SafetensorsFile.readAll(FileBytes(bytes: try bytes(of: path), name: path))
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
                count += bytes == 0 ? 0 : fread(buffer.baseAddress! + start, 1, bytes, file)
            }
            isWhole = count == size
        }
        guard isWhole else { throw failure() }
        return bytes
    }
}
