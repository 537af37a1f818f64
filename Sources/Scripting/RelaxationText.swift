/// The weights of a relaxation as text: a row for each operation, a column for each node, darker where the weight is
/// larger. Every number from 0 to 1 has a shade; what is no number has a question mark.
struct RelaxationText {
    let names: [String]
    let nodes: Int
    /// {nodes, operations}, row-major.
    let weights: [Float]

    private static let shades = ["  ", "░░", "▒▒", "▓▓", "██"]
    /// Of the 256 colours, dark blue to yellow.
    private static let colours = [17, 18, 24, 30, 36, 35, 71, 107, 143, 179, 220]

    func lines(_ style: DisplayStyle) -> [String] {
        let margin = names.map(\.count).max() ?? 0
        let columns = max(1, (style.width - margin - 2) / 3)
        var lines: [String] = []
        for first in stride(from: 0, to: nodes, by: columns) {
            let shown = first..<min(nodes, first + columns)
            lines.append(String(repeating: " ", count: margin) + shown.map { node in
                let number = "\(node + 1)"
                return String(repeating: " ", count: max(0, 3 - number.count)) + number
            }.joined())
            for (operation, name) in names.enumerated() {
                lines.append(name + String(repeating: " ", count: margin - name.count)
                             + shown.map { " " + cell(weights[$0 * names.count + operation], style) }.joined())
            }
        }
        return lines
    }

    private func cell(_ weight: Float, _ style: DisplayStyle) -> String {
        guard weight.isFinite else { return "??" }
        let level = Double(min(max(weight, 0), 1))
        guard style.isColoured else { return RelaxationText.shades[min(4, Int(level * 5))] }
        return "\u{1B}[48;5;\(RelaxationText.colours[min(10, Int(level * 11))])m  \u{1B}[0m"
    }
}
