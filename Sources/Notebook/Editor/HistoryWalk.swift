// Walking through the history: up and down over whole cells, those that begin as what was typed does, and searching it for a text. What was typed
// is kept and found again at the end of the way.

/// Up and Down.
struct HistoryWalk {
    private let draft: String
    /// The entry that is shown; the number of entries stands for the draft.
    private var index: Int

    init(draft: String, count: Int) { (self.draft, index) = (draft, count) }

    /// The next entry that begins like the draft in a direction and differs from what is shown, or nil.
    mutating func step(_ direction: Int, _ entries: [String], shown: String) -> String? {
        var i = index + direction
        while entries.indices.contains(i) {
            if entries[i] != shown, entries[i].hasPrefix(draft) { index = i; return entries[i] }
            i += direction
        }
        if direction > 0, index < entries.count { index = entries.count; return draft }
        return nil
    }
}

/// ^R and ^S. A query in small letters finds capitals too.
struct HistorySearch {
    let original: String
    let originalCursor: Int
    private(set) var query = ""
    private var index: Int
    private(set) var isFailing = false
    private(set) var isForward: Bool

    init(original: String, cursor: Int, count: Int, isForward: Bool) {
        (self.original, originalCursor, index, self.isForward) = (original, cursor, count, isForward)
    }

    /// The entry found and where the query stands in it, in characters.
    struct Match: Equatable {
        var text: String
        var range: Range<Int>
    }
    private(set) var match: Match?

    mutating func setQuery(_ text: String, _ entries: [String]) {
        let isLonger = text.count > query.count
        query = text
        guard !text.isEmpty else { isFailing = false; match = nil; index = entries.count; return }
        // A longer query goes on from where the shorter one was found, a shorter one begins again.
        if !isLonger { index = entries.count }
        find(from: min(index, entries.count - 1), step: isForward ? 1 : -1, entries)
    }

    /// On to the next match in a direction.
    mutating func next(isForward forward: Bool, _ entries: [String], lastQuery: String) {
        isForward = forward
        if query.isEmpty {
            setQuery(lastQuery, entries)
            return
        }
        find(from: index + (forward ? 1 : -1), step: forward ? 1 : -1, entries)
    }

    private mutating func find(from start: Int, step: Int, _ entries: [String]) {
        var i = start
        while entries.indices.contains(i) {
            if let range = HistorySearch.range(of: query, in: entries[i]), entries[i] != match?.text || i == index {
                (index, isFailing, match) = (i, false, Match(text: entries[i], range: range))
                return
            }
            i += step
        }
        isFailing = true
    }

    static func range(of query: String, in text: String) -> Range<Int>? {
        let ignoresCase = query == query.lowercased()
        // Most entries are turned down by their bytes.
        let bytes = Array(query.utf8)
        if bytes.allSatisfy({ $0 < 0x80 }), !Array(text.utf8).contains(bytes, ignoringCase: ignoresCase) { return nil }
        let needle = Array(query), hay = Array(text)
        guard needle.count <= hay.count else { return nil }
        for start in stride(from: hay.count - needle.count, through: 0, by: -1) {
            let fits = needle.indices.allSatisfy { k in
                hay[start + k] == needle[k] || ignoresCase && hay[start + k].lowercased() == String(needle[k])
            }
            if fits { return start..<start + needle.count }
        }
        return nil
    }
}

extension [UInt8] {
    /// Whether ASCII bytes stand somewhere in these; `needle` is in small letters if their case does not matter.
    fileprivate func contains(_ needle: [UInt8], ignoringCase: Bool) -> Bool {
        guard let first = needle.first else { return true }
        func folded(_ byte: UInt8) -> UInt8 { ignoringCase && byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
        var start = 0
        while start + needle.count <= count {
            if folded(self[start]) == first, needle.indices.allSatisfy({ folded(self[start + $0]) == needle[$0] }) { return true }
            start += 1
        }
        return false
    }
}
