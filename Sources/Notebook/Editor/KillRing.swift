// What was killed, newest last. Kills in a row become one entry; a yank can be replaced by the entries before it.

struct KillRing {
    private var entries: [String] = []
    private var index = 0
    private static let limit = 60

    /// Keeps a killed text. `joining` appends it to the last kill, or puts it in front for a kill backwards.
    mutating func kill(_ text: String, joining: Bool, backwards: Bool) {
        guard !text.isEmpty else { return }
        if joining, let last = entries.popLast() {
            entries.append(backwards ? text + last : last + text)
        } else {
            entries.append(text)
            if entries.count > KillRing.limit { entries.removeFirst() }
        }
        index = entries.count - 1
    }

    /// The last kill.
    mutating func yank() -> String? {
        index = entries.count - 1
        return entries.last
    }

    /// The kill before the one that was yanked, going round.
    mutating func yankBefore() -> String? {
        guard !entries.isEmpty else { return nil }
        index = (index + entries.count - 1) % entries.count
        return entries[index]
    }
}
