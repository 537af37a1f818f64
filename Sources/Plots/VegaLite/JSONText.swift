// JSON of a fixed order, so that the same figure is the same text. Strings escape < > & as well: the text may stand in a page's
// script without ending it. NaN and infinities, which JSON lacks, become null.

import Markup

indirect enum JSONText {
    case string(String), number(Double), boolean(Bool), null
    case array([JSONText])
    case object([(String, JSONText)])

    static func numbers(_ values: [Double]) -> JSONText { .array(values.map { .number($0) }) }
    static func strings(_ values: [String]) -> JSONText { .array(values.map { .string($0) }) }

    /// Objects of short content on one line, others indented.
    func write(into out: inout String, indent: Int = 0) {
        switch self {
        case .string(let text): JSONText.quote(text, into: &out)
        case .number(let value):
            guard value.isFinite else { return out += "null" }
            out += value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
        case .boolean(let value): out += "\(value)"
        case .null: out += "null"
        case .array(let values):
            let isFlat = values.allSatisfy(\.isScalar)
            JSONText.list(values.map { value in (nil, value) }, "[", "]", isFlat, indent, into: &out)
        case .object(let entries):
            let isFlat = entries.count <= 8 && entries.allSatisfy(\.1.isScalar)
            JSONText.list(entries.map { ($0.0, $0.1) }, "{", "}", isFlat, indent, into: &out)
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    private static func list(_ entries: [(String?, JSONText)], _ open: String, _ close: String, _ isFlat: Bool, _ indent: Int, into out: inout String) {
        out += open
        let inner = isFlat ? "" : "\n" + String(repeating: " ", count: indent + 1)
        for (i, (key, value)) in entries.enumerated() {
            if i > 0 { out += isFlat ? ", " : "," }
            out += inner
            if let key {
                quote(key, into: &out)
                out += ": "
            }
            value.write(into: &out, indent: indent + 1)
        }
        if !isFlat, !entries.isEmpty { out += "\n" + String(repeating: " ", count: indent) }
        out += close
    }

    /// What a page that holds the figure would read as its own.
    private static func quote(_ text: String, into out: inout String) {
        JSONString.quote(text, to: &out, escaping: ["<", ">", "&", "\u{2028}", "\u{2029}", "\u{7F}"])
    }
}
