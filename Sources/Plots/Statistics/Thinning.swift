// A picture has room for so many marks. Points: of those that would cover each other (in one cell of a fine grid over the axes) the
// first is drawn. Lines: of the positions in one column the first, lowest, highest and last, which draws the same ink.

enum Thinning {
    /// Above this many marks of a kind.
    static let most = 20_000

    /// Indices of the points to draw, in order. Points outside of the axes are left out.
    static func points(_ x: [Double], _ y: [Double], _ xAxis: Axis, _ yAxis: Axis) -> [Int] {
        // At most as many cells as marks.
        let columns = 160, rows = 125
        var taken = [Bool](repeating: false, count: columns * rows)
        return x.indices.filter { i in
            let (u, v) = (xAxis.share(x[i]), yAxis.share(y[i]))
            guard u >= 0, u <= 1, v >= 0, v <= 1 else { return false }
            let cell = min(rows - 1, Int(v * Double(rows))) * columns + min(columns - 1, Int(u * Double(columns)))
            defer { taken[cell] = true }
            return !taken[cell]
        }
    }

    /// Indices of the positions of a line to draw.
    static func line(_ piece: [Position], _ axis: Axis, columns: Int = 2500) -> [Int] {
        var (kept, column) = ([Int](), Int.min)
        var (lowest, highest, last) = (0, 0, 0)
        func close() {
            for i in [lowest, highest, last].sorted() where kept.last.map({ $0 < i }) ?? true { kept.append(i) }
        }
        for i in piece.indices {
            let at = Int(min(2, max(-1, axis.share(piece[i].x))) * Double(columns))
            if at != column {
                if column != Int.min { close() }
                kept.append(i)
                (column, lowest, highest) = (at, i, i)
            }
            if piece[i].y < piece[lowest].y { lowest = i }
            if piece[i].y > piece[highest].y { highest = i }
            last = i
        }
        if !piece.isEmpty { close() }
        return kept
    }
}
