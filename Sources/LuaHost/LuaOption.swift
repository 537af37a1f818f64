// The declaration of one entry of an options table: name, what values it takes, default, help. Options nest, and may be
// positional. Declared once, as a static array; reading is in LuaOptions.swift.

import CLua
import CLuaBridge

public struct LuaOption {
    public enum Position { case named, namedOrFirst, at(Int), rest }

    public let name: String
    public let kind: LuaOptionKind
    public let defaultValue: LuaOptionDefault
    public let summary: String
    public var position = Position.named
    /// The function whose options these are; help refers to it instead of listing them again.
    public var optionsOf: String?

    /// A named option; required unless it has a default (`default: nil` makes it optional without one).
    public init(_ name: String, _ kind: LuaOptionKind, default value: LuaOptionDefault = .required, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultValue = value
        self.summary = summary
    }

    /// A table of the options that the function at a path declares as well.
    public static func options(of path: String, _ name: String, _ options: [LuaOption]) -> LuaOption {
        var option = LuaOption(name, .options(options), default: .empty, "options of \(path)")
        option.optionsOf = path
        return option
    }

    /// What a call is mostly about: by its name, or as `t[1]` without it.
    public static func first(_ name: String, _ kind: LuaOptionKind, default value: LuaOptionDefault = .required, _ summary: String) -> LuaOption {
        var option = LuaOption(name, kind, default: value, summary)
        option.position = .namedOrFirst
        return option
    }

    /// The table's element `t[index]`, under `name` in Swift, messages and help.
    public static func positional(_ index: Int, _ name: String, _ kind: LuaOptionKind,
                                  default value: LuaOptionDefault = .required, _ summary: String) -> LuaOption {
        var option = LuaOption(name, kind, default: value, summary)
        option.position = .at(index)
        return option
    }

    /// The table's array part (what no positional option takes), each element of `kind`: `o.list(name)`.
    public static func rest(_ name: String, _ kind: LuaOptionKind, _ summary: String) -> LuaOption {
        var option = LuaOption(name, .list(kind), default: nil, summary)
        option.position = .rest
        return option
    }
}

extension LuaOption {
    var isNamed: Bool {
        switch position {
        case .named, .namedOrFirst: return true
        case .at, .rest: return false
        }
    }
}

public indirect enum LuaOptionKind {
    case any
    case number, positiveNumber, nonNegativeNumber
    case numberIn(ClosedRange<Double>)
    case integer, positiveInteger, nonNegativeInteger
    case integerIn(ClosedRange<Int>)
    case boolean, string
    case choice([String])
    /// {lo, hi} with lo <= hi
    case range
    case numbers
    case integers
    /// Array of positive integers; -1 allowed where the caller says so by using `integers`.
    case shape
    case function, table
    /// A nested table of declared options.
    case options([LuaOption])
    /// An array of tables of declared options.
    case records([LuaOption])
    case list(LuaOptionKind)
    /// The first kind that accepts the value.
    case either([LuaOptionKind])
    case custom(name: String, read: (LuaStack, Int32) -> Any?, mismatch: (LuaStack, Int32) -> String)

    /// Any convertible type, in particular userdata classes: `.value(Tensor.self)`.
    public static func value<T: LuaConvertible>(_ type: T.Type) -> LuaOptionKind {
        .custom(name: T.luaTypeName, read: { T.read($0, $1) }, mismatch: { T.mismatch($0, $1) })
    }

    /// What is expected, in words.
    public var expectation: String {
        switch self {
        case .any: return "value"
        case .number: return "number"
        case .positiveNumber: return "positive number"
        case .nonNegativeNumber: return "number of at least 0"
        case .numberIn(let range): return "number from \(LuaLiteral.text(range.lowerBound)) to \(LuaLiteral.text(range.upperBound))"
        case .integer: return "integer"
        case .positiveInteger: return "positive integer"
        case .nonNegativeInteger: return "integer of at least 0"
        case .integerIn(let range): return "integer from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: return "boolean"
        case .string: return "string"
        case .choice(let names): return NearestName.list(names)
        case .range: return "range {low, high}"
        case .numbers: return "array of numbers"
        case .integers: return "array of integers"
        case .shape: return "array of positive integers"
        case .function: return "function"
        case .table: return "table"
        case .options: return "table of options"
        case .records: return "array of tables"
        case .list(let kind): return "array of \(kind.plural)"
        case .either(let kinds):
            // Choices have an "or" of their own.
            let texts = kinds.map(\.expectation)
            return texts.count < 3 ? texts.joined(separator: " or ") : texts.dropLast().joined(separator: ", ") + " or " + texts.last!
        case .custom(let name, _, _): return name
        }
    }
}

extension LuaOptionKind {
    /// "strings", "positive integers", "tables of options"
    private var plural: String {
        switch self {
        case .choice, .any, .range, .either, .custom: return expectation + " values"
        default:
            let words = expectation.split(separator: " ", omittingEmptySubsequences: false)
            // The noun stands before "of options", "from 0 to 1".
            let noun = (words.firstIndex { $0 == "of" || $0 == "from" } ?? words.count) - 1
            return words.enumerated().map { $0.offset == noun ? $0.element + "s" : $0.element }.joined(separator: " ")
        }
    }
}

public enum LuaOptionDefault {
    case required
    case absent
    case number(Double), integer(Int), boolean(Bool), string(String)
    case numbers([Double])
    /// Nested options with their own defaults.
    case empty
    /// Absent, and help says what stands in: `.computed("from the trial's seed")`.
    case computed(String)

    var text: String? {
        switch self {
        case .required, .absent: return nil
        case .number(let value): return LuaLiteral.text(value)
        case .integer(let value): return "\(value)"
        case .boolean(let value): return "\(value)"
        case .string(let value): return "\"\(value)\""
        case .numbers(let values): return LuaLiteral.text(values)
        case .empty: return "{}"
        case .computed(let text): return text
        }
    }
}

extension LuaOptionDefault: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByStringLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral {
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(nilLiteral: ()) { self = .absent }
    public init(arrayLiteral values: Double...) { self = .numbers(values) }
}
