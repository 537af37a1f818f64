// The candidates of a completion, listed below the cell in columns, with a few words on each where they have room. Tab goes through them; what is
// chosen stands in the text at once, and what stood there before comes back with Escape.

import Terminal

struct CompletionMenu {
    let candidates: [Candidate]
    /// Where in the text the chosen candidate stands.
    var range: Range<Int>
    let original: String
    private(set) var selected: Int?

    init(candidates: [Candidate], range: Range<Int>, original: String) {
        (self.candidates, self.range, self.original) = (candidates, range, original)
    }

    /// What the candidates begin with, all of them.
    static func commonPrefix(_ candidates: [Candidate]) -> String {
        guard var prefix = candidates.first.map({ Array($0.text) }) else { return "" }
        for candidate in candidates.dropFirst() {
            let other = Array(candidate.text)
            let length = zip(prefix, other).prefix { $0 == $1 }.count
            prefix = Array(prefix.prefix(length))
        }
        return String(prefix)
    }

    /// The next candidate, going round; the first time the first, or the last for a step back.
    mutating func step(_ step: Int) {
        selected = selected.map { ($0 + step + candidates.count) % candidates.count } ?? (step > 0 ? 0 : candidates.count - 1)
    }

    /// A step to the side or up and down in the list as it is laid out.
    mutating func move(columns: Int, rows: Int, in width: Int, height: Int) {
        guard let now = selected else { step(columns + rows >= 0 ? 1 : -1); return }
        let layout = Layout(self, width: width, height: height)
        let target = now + columns * layout.rows + rows
        selected = target < 0 ? candidates.count - 1 : target >= candidates.count ? (columns != 0 ? candidates.count - 1 : 0) : target
    }

    private struct Layout {
        var columns: Int, rows: Int, width: Int, text: Int, detail: Int

        init(_ menu: CompletionMenu, width screen: Int, height: Int) {
            let candidates = menu.candidates
            text = min(screen - 2, candidates.map { $0.text.displayWidth }.max() ?? 0)
            let widest = candidates.map { $0.detail.displayWidth }.max() ?? 0
            // With details while all have room in sight, else the texts alone in more columns.
            let least = min(widest, 24)
            var fitting = 0
            if least > 0, text + 2 + least + 3 <= screen {
                let most = max(1, (screen - 1) / (text + 2 + least + 3))
                if candidates.count <= most * height || candidates.count > max(1, screen / (text + 3)) * height {
                    let needed = min(most, max(1, (candidates.count + height - 1) / height))
                    fitting = needed
                }
            }
            if fitting > 0 {
                columns = fitting
                width = (screen - 1) / fitting
                detail = min(widest, width - text - 5)
                width = text + detail + 5
            } else {
                width = text + 3
                columns = max(1, screen / width)
                detail = 0
            }
            rows = max(1, (candidates.count + columns - 1) / columns)
            columns = (candidates.count + rows - 1) / rows
        }
    }

    /// The list as it is seen in a room of that size; what does not fit scrolls with the selection and is counted in the last row.
    func screenRows(width: Int, height: Int) -> [ScreenRow] {
        guard height > 0, width > 3 else { return [] }
        let layout = Layout(self, width: width, height: height)
        let isCut = layout.rows > height
        let visible = isCut ? max(1, height - 1) : layout.rows
        let row = selected.map { $0 % layout.rows } ?? 0
        let first = max(0, min(layout.rows - visible, row - visible / 2))
        var out: [ScreenRow] = []
        for r in first..<first + visible {
            var line = ScreenRow()
            for c in 0..<layout.columns {
                let i = c * layout.rows + r
                guard i < candidates.count else { continue }
                let style: Style = i == selected ? .menuSelected : .menu
                let start = c * layout.width
                line.pad(to: start, .menu)
                line.append(" ", style, limit: width)
                line.append(candidates[i].text.padded(to: layout.text), style, limit: width)
                line.append(" ", style, limit: width)
                if layout.detail > 0 {
                    let detail = candidates[i].detail.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
                    line.append(" " + detail.padded(to: min(detail.displayWidth, layout.detail)), .menuDetail, limit: width)
                }
            }
            out.append(line)
        }
        if isCut, height > 1 {
            var line = ScreenRow()
            line.append(" \(first * 100 / max(1, layout.rows - visible)) % of \(candidates.count)", .menuDetail, limit: width)
            out.append(line)
        }
        return out
    }
}
