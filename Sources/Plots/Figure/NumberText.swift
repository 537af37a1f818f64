// Numbers as ticks, cells and notes show them: as many decimals as the step needs, a true minus, powers of ten as 10⁶.

import Foundation

public enum NumberText {
    /// Labels of evenly spaced ticks, all with the same decimals.
    static func labels(_ values: [Double], step: Double) -> [String] {
        let largest = values.map(abs).max() ?? 0
        if largest >= 1e6 || (largest < 1e-3 && largest > 0) {
            let exponent = Int(floor(log10(largest) + 1e-9))
            let decimals = max(0, exponent - Int(floor(log10(step) + 1e-9)))
            // Far from zero with tiny steps no short text tells the ticks apart; six decimals are the most.
            return values.map { $0 == 0 ? "0" : fixed($0 / pow(10, Double(exponent)), min(6, decimals)) + "·10" + superscript(exponent) }
        }
        let decimals = min(12, max(0, -Int(floor(log10(step) + 1e-9))))
        return values.map { fixed($0, decimals) }
    }

    /// A power of ten, or 2 or 5 times one.
    static func decade(_ value: Double) -> String {
        let exponent = Int(floor(log10(value) + 1e-9))
        if (-3...4).contains(exponent) { return fixed(value, max(0, -exponent)) }
        let digit = (value / pow(10, Double(exponent))).rounded()
        return (digit == 1 ? "" : fixed(digit, 0) + "·") + "10" + superscript(exponent)
    }

    /// Three significant digits, for cells of a heat map.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "−∞" }
        if value == 0 { return "0" }
        let exponent = Int(floor(log10(abs(value))))
        if exponent >= 5 || exponent < -4 { return fixed(value / pow(10, Double(exponent)), 1) + "·10" + superscript(exponent) }
        return fixed(value, min(4, max(0, 2 - exponent)))
    }

    /// Cells of a heat map: all with the decimals that the largest needs for two or three digits, so that they can be compared.
    static func cells(_ values: [Double]) -> [String] {
        let largest = values.filter(\.isFinite).map(abs).max() ?? 0
        guard largest >= 1e-3, largest < 1e5 else { return values.map(short) }
        let decimals = min(4, max(0, (largest < 1 ? 1 : 2) - Int(floor(log10(largest)))))
        return values.map { $0.isFinite ? fixed($0, decimals) : short($0) }
    }

    static func fixed(_ value: Double, _ decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", value)
        let isZero = !text.contains { "123456789".contains($0) }
        return isZero ? text.replacingOccurrences(of: "-", with: "") : text.replacingOccurrences(of: "-", with: "−")
    }

    /// "+.19", "−.05", "+1.00"
    public static func correlation(_ value: Double) -> String {
        let text = fixed(abs(value), 2), isZero = text == "0.00"
        return (value < 0 && !isZero ? "−" : "+") + (text.hasPrefix("0") ? String(text.dropFirst()) : text)
    }

    private static func superscript(_ exponent: Int) -> String {
        String("\(exponent)".map { $0 == "-" ? "⁻" : Array("⁰¹²³⁴⁵⁶⁷⁸⁹")[$0.wholeNumberValue ?? 0] })
    }
}

/// Text of the user in a picture: names are one line, titles may have several, and nothing controls anything.
enum PlainText {
    static func line(_ text: String) -> String { lines(text).joined(separator: " ") }

    static func lines(_ text: String) -> [String] {
        var lines = [String.UnicodeScalarView()]
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 10 where previous == "\r": break
            case 10, 13, 0x85, 0x2028, 0x2029: lines.append(.init())
            case 9: lines[lines.count - 1].append(" ")
            // Controls, marks that turn the direction of text, and what XML does not have.
            case 0..<32, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: lines[lines.count - 1].append("\u{FFFD}")
            default: lines[lines.count - 1].append(scalar)
            }
            previous = scalar
        }
        return lines.map { String($0) }
    }
}
