// A table as HTML: a heading of groups above the one of columns, notes as rows under the row they belong to. It brings no style of its
// own but the alignment of numbers, so that it looks like the page it stands in.

import Basics

extension Grid {
    var html: String {
        var out = "<table>\n<thead>\n"
        if !groups.allSatisfy(\.title.isEmpty) {
            out += "<tr><th></th>" + groups.map { "<th colspan=\"\($0.columns.count)\" style=\"text-align:center\">\(HTMLText.escaped($0.title))</th>" }.joined() + "</tr>\n"
        }
        out += "<tr><th style=\"text-align:left\">\(HTMLText.escaped(corner))</th>" + groups.flatMap(\.columns).map { "<th style=\"text-align:right\">\(HTMLText.escaped($0))</th>" }.joined() + "</tr>\n</thead>\n<tbody>\n"
        let columns = 1 + groups.reduce(0) { $0 + $1.columns.count }
        for row in rows {
            out += "<tr><th scope=\"row\" style=\"text-align:left\">\(HTMLText.escaped(row.name))</th>"
            for (group, cells) in zip(groups, row.cells) {
                out += (cells.isEmpty ? [String](repeating: "", count: group.columns.count) : cells).map { "<td style=\"text-align:right\">\(HTMLText.escaped($0))</td>" }.joined()
            }
            out += "</tr>\n"
            // A note that several groups share is said once.
            var said: [(text: String, titles: [String])] = []
            for (group, notes) in zip(groups, row.notes) {
                for note in notes {
                    if let i = said.firstIndex(where: { $0.text == note }) { said[i].titles.append(group.title) } else { said.append((note, [group.title])) }
                }
            }
            for (text, titles) in said {
                let note = groups.count > 1 ? "\(titles.joined(separator: ", ")): \(text)" : text
                out += "<tr><td colspan=\"\(columns)\" style=\"text-align:left\"><small>\(HTMLText.escaped(note))</small></td></tr>\n"
            }
        }
        for paragraph in foot {
            out += "<tr><td colspan=\"\(columns)\" style=\"text-align:left\"><small>\(HTMLText.escaped(paragraph))</small></td></tr>\n"
        }
        return out + "</tbody>\n</table>\n"
    }
}
