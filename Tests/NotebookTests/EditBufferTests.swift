import Testing
@testable import Notebook

@Suite struct EditBufferTests {
    /// The clusters are those of the whole text, and undoing everything brings back every text on the way.
    @Test func clustersAndUndoUnderRandomChanges() {
        var random = SeededGenerator(state: 5)
        let pieces = ["a", "e", "\u{301}", "\n", "🇩", "🇪", "👩", "\u{200D}", "🔬", "\u{FE0F}", "净", "", "\r\n", "क", "\u{94D}", "ष", "\u{600}", "1", "한", "\u{1100}", "\u{1161}"]
        for _ in 0..<60 {
            var buffer = EditBuffer()
            var naive = "".unicodeScalars
            var texts = [""]
            for _ in 0..<60 {
                let count = buffer.count
                let low = Int.random(in: 0...count, using: &random)
                let high = min(count, low + (Bool.random(using: &random) ? 0 : Int.random(in: 0...2, using: &random)))
                let piece = (0..<Int.random(in: 0...3, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
                // The same on scalars, which never join.
                let offset = buffer.text(0..<low).unicodeScalars.count, length = buffer.text(low..<high).unicodeScalars.count
                let start = naive.index(naive.startIndex, offsetBy: offset)
                naive.replaceSubrange(start..<naive.index(start, offsetBy: length), with: EditBuffer.cleaned(piece).unicodeScalars)
                buffer.replace(low..<high, with: piece)
                #expect(Array(String(naive)) == buffer.characters)
                #expect(buffer.cursor <= buffer.count)
                #expect(buffer.text(0..<buffer.cursor).unicodeScalars.count >= offset + EditBuffer.cleaned(piece).unicodeScalars.count)
                if buffer.text.unicodeScalars.elementsEqual(texts.last!.unicodeScalars) == false { texts.append(buffer.text) }
            }
            let last = buffer.text
            var passed = [last]
            while buffer.undo() { if !buffer.text.unicodeScalars.elementsEqual(passed.last!.unicodeScalars) { passed.append(buffer.text) } }
            #expect(passed.reversed().map { Array($0.unicodeScalars) } == texts.map { Array($0.unicodeScalars) })
            while buffer.redo() {}
            #expect(buffer.text == last)
        }
    }

    @Test func offsets() {
        let buffer = EditBuffer("a净e\u{301}b")
        #expect((0...4).map(buffer.utf8Offset) == [0, 1, 4, 7, 8])
        #expect([0, 1, 4, 7, 8, 99].map(buffer.index(utf8Offset:)) == [0, 1, 2, 3, 4, 4])
    }

    @Test func killRing() {
        var ring = KillRing()
        #expect(ring.yank() == nil && ring.yankBefore() == nil)
        ring.kill("b", joining: false, backwards: false)
        ring.kill("c", joining: true, backwards: false)
        ring.kill("a", joining: true, backwards: true)
        ring.kill("x", joining: false, backwards: false)
        #expect(ring.yank() == "x" && ring.yankBefore() == "abc" && ring.yankBefore() == "x")
    }
}
