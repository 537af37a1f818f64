import Engine
import Foundation

/// Hugging Face's .safetensors: the length of a JSON header, the header {name: {dtype, shape, data_offsets}}, the numbers.
/// https://github.com/huggingface/safetensors#format
enum SafetensorsFile {
    private static let types: [String: ElementType] = [
        "F64": .init(kind: .float, size: 8), "F32": .init(kind: .float, size: 4), "F16": .init(kind: .float, size: 2), "BF16": .init(kind: .brainFloat, size: 2),
        "I64": .init(kind: .signed, size: 8), "I32": .init(kind: .signed, size: 4), "I16": .init(kind: .signed, size: 2), "I8": .init(kind: .signed, size: 1),
        "U64": .init(kind: .unsigned, size: 8), "U32": .init(kind: .unsigned, size: 4), "U16": .init(kind: .unsigned, size: 2), "U8": .init(kind: .unsigned, size: 1),
        "BOOL": .init(kind: .boolean, size: 1),
    ]
    /// As the safetensors package has it.
    private static let largestHeader = 100_000_000

    /// What the header says of a tensor; nil for a type that is not known.
    private struct Entry {
        let type: ElementType?
        let typeName: String
        let shape: Shape
        let start: Int
        let bytes: Int
    }
    /// The key of the header under which the format keeps texts.
    private static let metadataKey = "__metadata__"

    /// The tensors, or those that are asked for, and the texts of the header's metadata.
    static func read(_ file: FileBytes, _ wanted: WantedArrays) throws
        -> (tensors: [String: Tensor], metadata: [String: String]) {
        let length = try file.integer(at: 0, UInt64.self)
        guard length <= largestHeader, Int(length) <= file.count - 8 else {
            throw file.wrong("claims a header of \(length) bytes; it has \(file.count) in all")
        }
        guard let header = try? JSONSerialization.jsonObject(with: Data(try file.slice(8, Int(length)))) as? [String: Any] else {
            throw file.wrong("has a header that is not a JSON object")
        }
        let start = 8 + Int(length)
        var entries: [String: Entry] = [:]
        var ranges: [(Int, Int)] = []
        for (name, value) in header where name != metadataKey {
            guard let entry = value as? [String: Any], let typeName = entry["dtype"] as? String, let shape = integers(entry["shape"]),
                  let offsets = integers(entry["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1], offsets[0] >= 0, offsets[1] <= file.count - start else {
                throw file.wrong("has a damaged description of '\(name)'")
            }
            entries[name] = Entry(type: types[typeName], typeName: typeName, shape: shape, start: start + offsets[0],
                                  bytes: offsets[1] - offsets[0])
            ranges.append((offsets[0], offsets[1]))
        }
        // The numbers follow one another without gap or overlap.
        var end = 0
        for (first, last) in ranges.sorted(by: { $0 < $1 }) {
            guard first == end else { throw file.wrong("has tensors that overlap or leave gaps") }
            end = last
        }
        guard end == file.count - start else { throw file.wrong("has \(file.count - start) bytes of numbers, its header describes \(end)") }
        let tensors = try wanted.read(entries, of: file) { name, entry in
            guard let type = entry.type else {
                let given = "elements of type \(entry.typeName.prefix(20))"
                throw UnloadableArray(
                    problem: "holds \(given); floats of 16 bits and more, integers and booleans can be loaded",
                    python: "a.to(torch.float32)")
            }
            return try file.tensor(type, entry.shape, at: entry.start, bytes: entry.bytes, array: name)
        }
        return (tensors, header[metadataKey] as? [String: String] ?? [:])
    }

    private static func integers(_ value: Any?) -> [Int]? {
        guard let list = value as? [Any] else { return nil }
        let numbers = list.compactMap { ($0 as? NSNumber).flatMap { Int(exactly: $0.doubleValue) } }
        return numbers.count == list.count ? numbers : nil
    }

    static func content(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) throws -> FileContent {
        guard !tensors.contains(where: { $0.name == metadataKey }) else {
            throw EngineError("save: no tensor of a .safetensors file can be called '\(metadataKey)': "
                + "the format keeps that name for texts")
        }
        func quoted(_ text: String) throws -> String { String(decoding: try JSONEncoder().encode(text), as: UTF8.self) }
        let texts = try metadata.sorted { $0.key < $1.key }.map { "\(try quoted($0.key)):\(try quoted($0.value))" }
        var parts = texts.isEmpty ? [] : ["\"\(metadataKey)\":{\(texts.joined(separator: ","))}"], offset = 0
        // Wider types first, so that every tensor is aligned.
        let ordered = tensors.sorted { ($1.tensor.dtype.size, $0.name) < ($0.tensor.dtype.size, $1.name) }
        for (name, tensor) in ordered {
            let end = offset + tensor.count * tensor.dtype.size
            parts.append("\(try quoted(name)):{\"dtype\":\"F\(tensor.dtype.size * 8)\",\"shape\":[\(tensor.shape.map(String.init).joined(separator: ","))],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = "{" + parts.joined(separator: ",") + "}"
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        var content = FileContent()
        content.append(withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8))
        for (_, tensor) in ordered { content.append(numbersOf: tensor) }
        return content
    }
}
