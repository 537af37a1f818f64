// The layout of a table: rows by name, columns in groups (one group per data set), notes under the row they belong to. Groups stand
// side by side where the width allows and below each other where not. The same cells give text and LaTeX.

import Terminal

/// A table to be laid out.
struct Grid {
    struct Group {
        var title: String
        var columns: [String]
    }

    struct Row {
        var name: String
        /// Cells by group; an empty group has nothing to say of the row.
        var cells: [[String]]
        /// What must be said of the row, by group.
        var notes: [[String]]
    }

    var corner: String
    var groups: [Group]
    var rows: [Row]
    /// Paragraphs below the table.
    var foot: [String] = []

    /// The table in columns of a terminal.
    /// - Parameter width: the columns there are; nil for as many as it takes.
    func text(width: Int?) -> String {
        let below = foot.map { (width.map { $0 < 40 ? 40 : $0 }.map($0.folded(to:)) ?? $0) + "\n" }.joined()
        return blocks(width: width) + below
    }

    private func blocks(width: Int?) -> String {
        let whole = block(Array(groups.indices), named: false)
        let widest = whole.split(separator: "\n").filter { !$0.hasPrefix("  ") }.map { String($0).displayWidth }.max() ?? 0
        guard let width, widest > width, groups.count > 1 else { return whole }
        return groups.indices.map { block([$0], named: true) }.joined(separator: "\n")
    }

    private func block(_ shown: [Int], named: Bool) -> String {
        let rows = rows.filter { row in shown.contains { !row.cells[$0].isEmpty } }
        let nameWidth = ([corner] + rows.map(\.name)).map(\.displayWidth).max() ?? 0
        var widths = shown.map { group in
            groups[group].columns.indices.map { column in
                max(groups[group].columns[column].displayWidth,
                    rows.map { $0.cells[group].isEmpty ? 0 : $0.cells[group][column].displayWidth }.max() ?? 0)
            }
        }
        for (i, group) in shown.enumerated() where !widths[i].isEmpty {
            let lacking = groups[group].title.displayWidth - Grid.span(widths[i])
            if lacking > 0 { widths[i][widths[i].count - 1] += lacking }
        }
        func line(_ name: String, _ parts: [String]) -> String {
            var text = ([name.padded(to: nameWidth)] + parts).joined(separator: "   ")
            while text.last == " " { text.removeLast() }
            return text
        }
        var lines = [line("", zip(shown, widths).map { groups[$0].title.padded(to: Grid.span($1), .center) })]
        lines.append(line(corner, zip(shown, widths).map { Grid.join(groups[$0].columns, $1) }))
        lines.append(String(repeating: "─", count: nameWidth + widths.reduce(0) { $0 + 3 + Grid.span($1) }))
        for row in rows {
            lines.append(line(row.name, zip(shown, widths).map { group, width in
                row.cells[group].isEmpty ? String(repeating: " ", count: Grid.span(width)) : Grid.join(row.cells[group], width)
            }))
            // A note that several groups share is said once.
            var notes: [(text: String, titles: [String])] = []
            for group in shown {
                for note in row.notes[group] {
                    if let i = notes.firstIndex(where: { $0.text == note }) {
                        notes[i].titles.append(groups[group].title)
                    } else {
                        notes.append((note, [groups[group].title]))
                    }
                }
            }
            for (text, titles) in notes { lines.append("  " + (shown.count > 1 ? titles.joined(separator: ", ") + ": " : "") + text) }
        }
        if groups.allSatisfy({ $0.title.isEmpty }) { lines.removeFirst() }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func span(_ widths: [Int]) -> Int { widths.reduce(0, +) + 2 * max(0, widths.count - 1) }

    private static func join(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).map { $0.padded(to: $1, .right) }.joined(separator: "  ")
    }

    /// A tabular for the booktabs package; notes become lines of text below it.
    var latex: String {
        var out = "% needs \\usepackage{booktabs}\n\\begin{tabular}{l"
        for group in groups { out += String(repeating: "r", count: group.columns.count) }
        out += "}\n\\toprule\n"
        let titles = groups.map { " & \\multicolumn{\($0.columns.count)}{c}{\(latexEscaped($0.title))}" }.joined()
        out += titles + " \\\\\n"
        var column = 2
        for group in groups {
            out += "\\cmidrule(lr){\(column)-\(column + group.columns.count - 1)}"
            column += group.columns.count
        }
        out += "\n" + ([corner] + groups.flatMap(\.columns)).map(latexEscaped).joined(separator: " & ") + " \\\\\n\\midrule\n"
        var notes: [String] = []
        for row in rows {
            let cells = zip(groups, row.cells).flatMap { $1.isEmpty ? [String](repeating: "", count: $0.columns.count) : $1 }
            out += ([row.name] + cells).map(latexEscaped).joined(separator: " & ") + " \\\\\n"
            for (group, texts) in zip(groups, row.notes) { notes += texts.map { "\(row.name), \(group.title): \($0)" } }
        }
        out += "\\bottomrule\n\\end{tabular}\n"
        for note in notes + foot { out += "\n\\noindent\\footnotesize \(latexEscaped(note))\n" }
        return out
    }
}
