// A configuration in canonical form: one text for one meaning. Keys are sorted by their UTF-8 bytes, numbers are the shortest decimal
// that reads back the same double, and a whole number is the same whether written 1 or 1.0, as in Lua and JSON.

import Markup

/// A value of a configuration, as Lua's tables and JSON know them.
public indirect enum Canonical: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([Canonical])
    case object([String: Canonical])

    /// The canonical JSON text, without white space. Non-finite numbers, which JSON has no literal for, are
    /// {"$number":"inf"}, "-inf" and "nan", so that they differ from every string.
    public var json: String {
        var out = ""
        write(to: &out)
        return out
    }

    private func write(to out: inout String) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .number(let value): out += Canonical.text(value)
        case .string(let value): JSONString.quote(value, to: &out)
        case .array(let values):
            out += "["
            for (i, value) in values.enumerated() {
                if i > 0 { out += "," }
                value.write(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            let keys = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            for (i, key) in keys.enumerated() {
                if i > 0 { out += "," }
                JSONString.quote(key, to: &out)
                out += ":"
                members[key]!.write(to: &out)
            }
            out += "}"
        }
    }

    private static func text(_ value: Double) -> String {
        if value.isNaN { return #"{"$number":"nan"}"# }
        if value.isInfinite { return value > 0 ? #"{"$number":"inf"}"# : #"{"$number":"-inf"}"# }
        if value == value.rounded(), abs(value) < 0x1p63 { return String(Int(value)) }
        return value.description
    }
}

extension Canonical: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Canonical...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, Canonical)...) { self = .object(Dictionary(uniqueKeysWithValues: elements)) }
    public init(nilLiteral: ()) { self = .null }
}
