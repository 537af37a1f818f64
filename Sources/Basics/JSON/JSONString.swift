/// Strings of JSON (RFC 8259, section 7).
public enum JSONString {
    /// Appends the text in quotation marks.
    /// - Parameter others: characters that need no escape by the standard and get one all the same.
    public static func quote(_ text: String, to out: inout String, escaping others: Set<Unicode.Scalar> = []) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20 || others.contains(scalar):
                for unit in String(scalar).utf16 { out += escape(unit) }
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }

    /// "\\u003c", of a unit of UTF-16.
    public static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
