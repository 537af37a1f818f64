// JSON as Jupyter's files and messages have it. Read by Foundation, which refuses what is not JSON; written with sorted keys, so that
// the same value is the same text.

import Foundation
import Markup

public enum JSONValue: Equatable, Sendable {
    case null, bool(Bool), integer(Int), number(Double), string(String), array([JSONValue]), object([String: JSONValue])
    /// JSON that is written already, by a writer that is trusted.
    case written(String)

    /// - Throws: when the bytes are no JSON, or nested deeper than Foundation goes (512).
    public init(parsing bytes: some Collection<UInt8>) throws { self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes)) }

    /// On one line.
    public var text: String {
        var out = ""
        write(to: &out, indent: nil)
        return out
    }

    /// An entry or element a line, a space of indentation for each level, as nbformat writes.
    public var indentedText: String {
        var out = ""
        write(to: &out, indent: 0)
        return out + "\n"
    }

    // MARK: parts; nil where the value is of another kind

    public subscript(_ key: String) -> JSONValue? { if case .object(let members) = self { return members[key] } else { return nil } }
    public var string: String? { if case .string(let value) = self { return value } else { return nil } }
    public var bool: Bool? { if case .bool(let value) = self { return value } else { return nil } }
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }
    public var array: [JSONValue]? { if case .array(let values) = self { return values } else { return nil } }
    public var object: [String: JSONValue]? { if case .object(let members) = self { return members } else { return nil } }
    /// A text that may be given as a list of its lines.
    public var joinedText: String? { string ?? array.flatMap { lines in lines.allSatisfy { $0.string != nil } ? lines.compactMap(\.string).joined() : nil } }

    // MARK: writing

    private func write(to out: inout String, indent: Int?) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        // JSON has no infinities and no NaN.
        case .number(let value): out += value.isFinite ? value.description : "null"
        case .string(let value): JSONString.quote(value, to: &out, escaping: ["\u{7F}"])
        case .written(let text): out += text
        case .array(let values): list(values.map { (nil, $0) }, "[", "]", &out, indent)
        case .object(let members):
            list(members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }, "{", "}", &out, indent)
        }
    }

    private func list(_ entries: [(String?, JSONValue)], _ open: String, _ close: String, _ out: inout String, _ indent: Int?) {
        guard !entries.isEmpty else { return out += open + close }
        out += open
        for (i, (key, value)) in entries.enumerated() {
            if i > 0 { out += indent == nil ? ", " : "," }
            if let indent { out += "\n" + String(repeating: " ", count: indent + 1) }
            if let key {
                JSONString.quote(key, to: &out, escaping: ["\u{7F}"])
                out += ": "
            }
            value.write(to: &out, indent: indent.map { $0 + 1 })
        }
        if let indent { out += "\n" + String(repeating: " ", count: indent) }
        out += close
    }
}

extension JSONValue: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(String.self) { self = .string(value)
        } else if container.decodeNil() { self = .null
        } else if let value = try? container.decode(Bool.self) { self = .bool(value)
        } else if let value = try? container.decode(Int.self) { self = .integer(value)
        } else if let value = try? container.decode(Double.self) { self = .number(value)
        } else if let value = try? container.decode([JSONValue].self) { self = .array(value)
        } else { self = .object(try container.decode([String: JSONValue].self)) }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(Dictionary(elements) { _, last in last }) }
    public init(nilLiteral: ()) { self = .null }
}
