// "did you mean": the known name nearest to a misspelt one by edit distance (insert, delete, replace, swap neighbours).

public enum NearestName {
    /// The nearest of `names`, when near enough to be a slip: at most a third of the letters differ.
    public static func of(_ name: String, among names: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8)
        guard wanted.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in names.sorted() {
            let distance = distance(wanted, Array(candidate.lowercased().utf8))
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        guard let best, best.distance <= max(1, max(wanted.count, best.name.utf8.count) / 3) else { return nil }
        return best.name
    }

    /// " (did you mean 'shape'?)", or nothing. A name of another library is answered with what to write here.
    public static func suggestion(for name: String, among names: [String], otherNames: [String: String] = [:]) -> String {
        if let other = otherNames[name] { return " (write \(other))" }
        return of(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
    }

    /// "'a', 'b' or 'c'"
    public static func list(_ names: [String]) -> String {
        let quoted = names.map { "'\($0)'" }
        guard quoted.count > 1 else { return quoted.first ?? "nothing" }
        return quoted.dropLast().joined(separator: ", ") + " or " + quoted.last!
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        if abs(a.count - b.count) > 20 { return .max }
        var before: [Int] = [], previous = Array(0...b.count)
        for i in 0..<a.count {
            var current = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in 0..<b.count {
                let replace = previous[j] + (a[i] == b[j] ? 0 : 1)
                current[j + 1] = min(replace, previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    current[j + 1] = min(current[j + 1], before[j - 1] + 1)
                }
            }
            before = previous
            previous = current
        }
        return previous[b.count]
    }
}
