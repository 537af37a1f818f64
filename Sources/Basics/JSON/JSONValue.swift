// JSON: of notebooks, messages, figures, exports, and of the configurations that identify trials. Read by Foundation, which
// refuses what is not JSON; written in one of the styles of `JSONStyle`, always with sorted keys, so that the same value is
// the same text.

import Foundation

public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
    /// JSON that is written already, by a writer that is trusted.
    case written(String)

    /// - Throws: when the bytes are no JSON, or nested deeper than Foundation goes (512).
    public init(parsing bytes: some Collection<UInt8>) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    public static func numbers(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }
    public static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
}

// MARK: Parts; nil where the value is of another kind

extension JSONValue {
    public subscript(_ key: String) -> JSONValue? { object?[key] }

    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }
    public var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }
    public var object: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }
    /// A text that may be given as a list of its lines.
    public var joinedText: String? {
        if let string { return string }
        guard let lines = array?.map(\.string), lines.allSatisfy({ $0 != nil }) else { return nil }
        return lines.compactMap { $0 }.joined()
    }
}

extension JSONValue: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
    public init(nilLiteral: ()) { self = .null }
}
