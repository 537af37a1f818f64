// Numbers as tables print them: a fixed number of decimals, infinities as ∞, a true minus in text, and nothing that reads as a value where
// there is none. Machine-readable exports use the shortest decimal that reads back the same instead.

import Foundation

/// `value` with `decimals` decimals; "inf", "-inf", "nan" otherwise.
func fixed(_ value: Double, _ decimals: Int) -> String {
    if !value.isFinite { return JSONNumber.text(value) }
    let text = String(format: "%.\(decimals)f", value)
    // A rounded-off negative is zero.
    return text.hasPrefix("-") && text.allSatisfy({ "-0.".contains($0) }) ? String(text.dropFirst()) : text
}

/// For people: "20.84", "∞", "−3.10".
func readable(_ value: Double, _ decimals: Int) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value > 0 ? "∞" : "−∞" }
    return fixed(value, decimals).replacingOccurrences(of: "-", with: "−")
}

/// A correlation: signed, without the leading zero, as "+.18" or "−.05".
func signed(_ value: Double, _ decimals: Int = 2) -> String {
    let text = fixed(abs(value), decimals)
    let short = text.hasPrefix("0.") ? String(text.dropFirst()) : text
    return (value < 0 && text.contains(where: { "123456789".contains($0) }) ? "−" : "+") + short
}

/// A field of CSV (RFC 4180): quoted where it must be.
func csvField(_ text: String) -> String {
    // By scalars: Swift takes CR LF for one character.
    text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\r" || $0 == "\n" }
        ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
}

/// A text for LaTeX.
func latexEscaped(_ text: String) -> String {
    var out = ""
    for character in text {
        switch character {
        case "\\": out += "\\textbackslash{}"
        case "~": out += "\\textasciitilde{}"
        case "^": out += "\\textasciicircum{}"
        case "&", "%", "$", "#", "_", "{", "}": out += "\\\(character)"
        case "∞": out += "$\\infty$"
        case "−": out += "$-$"
        case "±": out += "$\\pm$"
        case "–": out += "--"
        case "…": out += "\\dots{}"
        case "α": out += "$\\alpha$"
        case "ρ": out += "$\\rho$"
        case "τ": out += "$\\tau$"
        case "\n", "\r", "\r\n": out += " "
        default: out.append(character)
        }
    }
    return out
}
