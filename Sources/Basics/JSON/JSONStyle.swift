/// How JSON is laid out. Keys are sorted by their UTF-8 bytes in every style.
public struct JSONStyle: Sendable {
    enum Layout {
        /// Without white space.
        case compact
        /// On one line, with a space behind commas and colons.
        case oneLine
        /// An entry or element a line, a space of indentation for each level; where `flat` says so, on one line.
        case indented(flat: @Sendable (JSONValue) -> Bool)
    }
    enum NonFinite {
        /// null: JSON has no infinities and no NaN.
        case null
        /// {"$number":"inf"}, "-inf" and "nan", so that they differ from every string.
        case tagged
    }
    let layout: Layout
    let nonFinite: NonFinite
    /// Characters that need no escape by the standard and get one all the same.
    let escaped: Set<Unicode.Scalar>
    /// Whether 1.0 is written as 1.
    let wholeNumbersAsIntegers: Bool

    /// One line, for messages.
    public static let oneLine = JSONStyle(
        layout: .oneLine, nonFinite: .null, escaped: ["\u{7F}"], wholeNumbersAsIntegers: false)
    /// As nbformat writes notebooks.
    public static let notebook = JSONStyle(
        layout: .indented { $0.isEmpty }, nonFinite: .null, escaped: ["\u{7F}"], wholeNumbersAsIntegers: false)
    /// One text for one meaning: a whole number is the same whether written 1 or 1.0, as in Lua and JSON.
    public static let canonical = JSONStyle(
        layout: .compact, nonFinite: .tagged, escaped: [], wholeNumbersAsIntegers: true)
    /// For figures: short content on one line, and escaped for the script of a page, which it cannot end.
    public static let figure = JSONStyle(
        layout: .indented { $0.isShort }, nonFinite: .null,
        escaped: ["<", ">", "&", "\u{2028}", "\u{2029}", "\u{7F}"], wholeNumbersAsIntegers: true)
}

extension JSONValue {
    /// On one line.
    public var text: String { text(.oneLine) }

    /// In a style, without a line break at the end.
    public func text(_ style: JSONStyle) -> String {
        var out = ""
        write(to: &out, style, indent: 0)
        return out
    }

    private func write(to out: inout String, _ style: JSONStyle, indent: Int) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .number(let value): out += JSONValue.text(value, style)
        case .string(let value): JSONString.quote(value, to: &out, escaping: style.escaped)
        case .written(let text): out += text
        case .array(let values):
            list(values.map { (nil, $0) }, "[", "]", &out, style, indent)
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            list(sorted.map { ($0.key, $0.value) }, "{", "}", &out, style, indent)
        }
    }

    private func list(
        _ entries: [(String?, JSONValue)], _ open: String, _ close: String, _ out: inout String, _ style: JSONStyle,
        _ indent: Int
    ) {
        let (comma, colon, lineBreak, lastBreak): (String, String, String, String)
        switch style.layout {
        case .compact: (comma, colon, lineBreak, lastBreak) = (",", ":", "", "")
        case .indented(let flat) where !flat(self):
            let spaces = String(repeating: " ", count: indent)
            (comma, colon, lineBreak, lastBreak) = (",", ": ", "\n \(spaces)", "\n\(spaces)")
        case .oneLine, .indented: (comma, colon, lineBreak, lastBreak) = (", ", ": ", "", "")
        }
        out += open
        for (i, (key, value)) in entries.enumerated() {
            if i > 0 { out += comma }
            out += lineBreak
            if let key {
                JSONString.quote(key, to: &out, escaping: style.escaped)
                out += colon
            }
            value.write(to: &out, style, indent: indent + 1)
        }
        out += lastBreak + close
    }

    private static func text(_ value: Double, _ style: JSONStyle) -> String {
        guard value.isFinite else {
            switch style.nonFinite {
            case .null: return "null"
            case .tagged: return #"{"$number":""# + (value.isNaN ? "nan" : value > 0 ? "inf" : "-inf") + #""}"#
            }
        }
        if style.wholeNumbersAsIntegers, value == value.rounded(), abs(value) < 0x1p63 { return String(Int(value)) }
        return value.description
    }

    fileprivate var isEmpty: Bool { array?.isEmpty ?? object?.isEmpty ?? true }

    /// No more than eight members, or any number of elements, none of which has parts.
    fileprivate var isShort: Bool {
        switch self {
        case .array(let values): values.allSatisfy(\.isScalar)
        case .object(let members): members.count <= 8 && members.values.allSatisfy(\.isScalar)
        default: true
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }
}
