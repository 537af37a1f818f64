// The course of a search or training, packed: named series of float32, which is what the engine computes. The packing is
// "OHS1", the number of series, then for each its name's length and UTF-8, its number of values and their little-endian bits.

import Foundation

/// Named series over the steps of a trial.
public struct History: Equatable, Sendable {
    /// Series in the order added: a name ("search.loss", "alpha.3.net") and its values.
    public var series: [(name: String, values: [Float])] = []

    public init() {}

    public subscript(_ name: String) -> [Float]? { series.first { $0.name == name }?.values }

    public static func == (a: History, b: History) -> Bool { a.packed == b.packed }

    /// The packed form, for TrialRecord.history.
    public var packed: Data {
        var out = Data("OHS1".utf8)
        func append(_ word: UInt32) { withUnsafeBytes(of: word.littleEndian) { out.append(contentsOf: $0) } }
        append(UInt32(series.count))
        for (name, values) in series {
            append(UInt32(name.utf8.count))
            out.append(contentsOf: name.utf8)
            append(UInt32(values.count))
            for value in values { append(value.bitPattern) }
        }
        return out
    }

    /// Reads a packed history. Nil when the bytes are not one (wrong head, cut short, or trailing bytes).
    public init?(packed: Data) {
        let bytes = [UInt8](packed)
        guard bytes.starts(with: Array("OHS1".utf8)) else { return nil }
        var at = 4
        func word() -> UInt32? {
            guard bytes.count - at >= 4 else { return nil }
            defer { at += 4 }
            return (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
        }
        guard let count = word() else { return nil }
        for _ in 0..<count {
            guard let nameLength = word(), bytes.count - at >= Int(nameLength) else { return nil }
            let name = String(decoding: bytes[at..<(at + Int(nameLength))], as: UTF8.self)
            at += Int(nameLength)
            guard let length = word(), (bytes.count - at) / 4 >= Int(length) else { return nil }
            series.append((name, (0..<Int(length)).map { _ in Float(bitPattern: word()!) }))
        }
        guard at == bytes.count else { return nil }
    }
}
