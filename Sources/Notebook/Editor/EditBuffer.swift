// The text being edited, its cursor, and the way back. Invariant: `characters` is the text cut into grapheme clusters, whatever was inserted
// next to whatever (a combining mark joins the letter before it); `cursor` is an index into it. Every change goes through `replace`, which
// records it for undo.

struct EditBuffer {
    private(set) var characters: [Character] = []
    private(set) var cursor = 0

    /// One replacement, with what is needed to take it back.
    private struct Change {
        var start: Int, removed: [Character], inserted: [Character]
        var cursorBefore: Int, cursorAfter: Int
        var group: Int
    }

    /// Changes of one kind in a row are undone together.
    enum Kind { case typing, erasing, other }

    private var done: [Change] = []
    private var undone: [Change] = []
    private var group = 0
    private var lastKind: Kind?
    private static let undoLimit = 10_000

    init(_ text: String = "") {
        characters = Array(EditBuffer.cleaned(text))
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }
    var count: Int { characters.count }
    var canUndo: Bool { !done.isEmpty }

    func text(_ range: Range<Int>) -> String { String(characters[range]) }

    /// Line breaks are "\n" and nothing else.
    static func cleaned(_ text: String) -> String {
        guard text.utf8.contains(0x0D) else { return text }
        var out = String.UnicodeScalarView()
        var afterReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\r" { out.append("\n") } else if scalar != "\n" || !afterReturn { out.append(scalar) }
            afterReturn = scalar == "\r"
        }
        return String(out)
    }

    // MARK: Changes

    /// Replaces a range; the cursor goes behind the new text.
    mutating func replace(_ range: Range<Int>, with text: String, kind: Kind = .other) {
        if range.isEmpty, text.isEmpty { cursor = range.lowerBound; return }
        if kind == .other || kind != lastKind { group += 1 }
        lastKind = kind
        let text = EditBuffer.cleaned(text)
        var (low, high) = (range.lowerBound, range.upperBound)
        var inserted: [Character]
        let before = cursor
        var after: Int
        if text.utf8.allSatisfy({ $0 < 0x80 }), isPlain(low - 1), isPlain(high) {
            inserted = Array(text)
            after = low + inserted.count
        } else {
            // Clusters can join or part anywhere in a run of what is not ASCII, and with one character on either side of it.
            while low > 0, !characters[low - 1].isASCII { low -= 1 }
            while high < characters.count, !characters[high].isASCII { high += 1 }
            if low > 0, characters[low - 1] != "\n" { low -= 1 }
            if high < characters.count, characters[high] != "\n" { high += 1 }
            let head = String(characters[low..<range.lowerBound]) + text
            inserted = Array(head + String(characters[range.upperBound..<high]))
            let scalars = head.unicodeScalars.count
            var passed = 0
            after = low
            for character in inserted where passed < scalars {
                passed += character.unicodeScalars.count
                after += 1
            }
        }
        let change = Change(
            start: low, removed: Array(characters[low..<high]), inserted: inserted, cursorBefore: before, cursorAfter: after, group: group)
        characters.replaceSubrange(low..<high, with: inserted)
        cursor = after
        done.append(change)
        undone = []
        if done.count > EditBuffer.undoLimit { done.removeFirst(EditBuffer.undoLimit / 10) }
    }

    private func isPlain(_ index: Int) -> Bool { index < 0 || index >= characters.count || characters[index].isASCII }

    mutating func insert(_ text: String, kind: Kind = .other) { replace(cursor..<cursor, with: text, kind: kind) }

    /// Replaces all, as recalling a cell of the history does. It can be undone.
    mutating func setText(_ text: String, cursor position: Int? = nil) {
        replace(0..<count, with: text)
        cursor = min(position ?? count, count)
    }

    /// What comes next is undone by itself.
    mutating func endGroup() { lastKind = nil }

    mutating func undo() -> Bool {
        guard let last = done.last else { return false }
        while let change = done.last, change.group == last.group {
            characters.replaceSubrange(change.start..<change.start + change.inserted.count, with: change.removed)
            cursor = change.cursorBefore
            undone.append(done.removeLast())
        }
        lastKind = nil
        return true
    }

    mutating func redo() -> Bool {
        guard let first = undone.last else { return false }
        while let change = undone.last, change.group == first.group {
            characters.replaceSubrange(change.start..<change.start + change.removed.count, with: change.inserted)
            cursor = change.cursorAfter
            done.append(undone.removeLast())
        }
        lastKind = nil
        return true
    }

    mutating func move(to position: Int) {
        cursor = max(0, min(count, position))
        lastKind = nil
    }

    // MARK: Offsets

    /// The UTF-8 offset of a character.
    func utf8Offset(_ index: Int) -> Int { characters[..<index].reduce(0) { $0 + $1.utf8.count } }

    /// The character that holds or begins at a UTF-8 offset.
    func index(utf8Offset offset: Int) -> Int {
        var (index, passed) = (0, 0)
        while index < count, passed < offset { passed += characters[index].utf8.count; index += 1 }
        return index
    }
}
