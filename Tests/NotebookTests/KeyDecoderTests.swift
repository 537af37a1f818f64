import Testing
@testable import Notebook

@Suite struct KeyDecoderTests {
    private func decode(_ text: String) -> [Key] {
        var decoder = KeyDecoder()
        return decoder.feed(text.utf8) + decoder.flush()
    }

    /// Sequences as xterm's "ctlseqs" and the manuals of rxvt, the Linux console and kitty's "CSI u" give them.
    @Test(arguments: [
        ("a", Key(.text("a"))), ("净", Key(.text("净"))), ("\u{1F3AF}", Key(.text("\u{1F3AF}"))),
        ("\r", Key(.enter)), ("\n", Key(.newline)), ("\t", Key(.tab)), ("\u{7F}", Key(.backspace)), ("\u{8}", Key(.backspace)),
        ("\u{1B}", Key(.escape)), ("\u{1}", Key(.control("a"))), ("\u{1A}", Key(.control("z"))), ("\u{1F}", Key(.control("_"))), ("\0", Key(.control(" "))),
        ("\u{1B}[A", Key(.up)), ("\u{1B}OB", Key(.down)), ("\u{1B}[1;5C", Key(.right, .control)), ("\u{1B}[1;3D", Key(.left, .alt)),
        ("\u{1B}Oc", Key(.right, .control)), ("\u{1B}[d", Key(.left, .shift)),
        ("\u{1B}[H", Key(.home)), ("\u{1B}[F", Key(.end)), ("\u{1B}[1~", Key(.home)), ("\u{1B}[8~", Key(.end)), ("\u{1B}[3~", Key(.delete)),
        ("\u{1B}[3;5~", Key(.delete, .control)), ("\u{1B}[5~", Key(.pageUp)), ("\u{1B}[Z", Key(.tab, .shift)),
        ("\u{1B}f", Key(.text("f"), .alt)), ("\u{1B}\r", Key(.enter, .alt)), ("\u{1B}\u{7F}", Key(.backspace, .alt)), ("\u{1B}\u{1B}[A", Key(.up, .alt)),
        ("\u{1B}é", Key(.text("é"), .alt)), ("\u{1B}[", Key(.text("["), .alt)), ("\u{1B}O", Key(.text("O"), .alt)),
        ("\u{1B}[13;2u", Key(.enter, .shift)), ("\u{1B}[27;2;13~", Key(.enter, .shift)), ("\u{1B}[97;5u", Key(.control("a"))), ("\u{1B}[120u", Key(.text("x"))),
        ("\u{1B}[[A", Key(.unknown)), ("\u{1B}[24;80R", Key(.unknown)), ("\u{1B}[200~a\r\tb\u{1B}[Z\u{1B}[201~", Key(.paste("a\r\tb\u{1B}[Z"))),
    ])
    func decodes(text: String, key: Key) { #expect(decode(text) == [key]) }

    @Test func anyCutIsTheSame() {
        let text = "x净\u{1B}[1;5C\u{1B}f\u{1B}[200~for\r\n\u{1B}[A净\u{1B}[201~\u{1B}OH🎯\r"
        let whole = decode(text)
        for size in 1...7 {
            var decoder = KeyDecoder()
            var keys: [Key] = []
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) { keys += decoder.feed(bytes[start..<min(start + size, bytes.count)]) }
            #expect(keys == whole)
            #expect(!decoder.isPending)
        }
    }

    @Test func anyBytesLeaveItAbleToGoOn() {
        var random = SeededGenerator(state: 3)
        for _ in 0..<2000 {
            var decoder = KeyDecoder()
            let bytes = (0..<12).map { _ in [UInt8.random(in: 0...255, using: &random), 0x1B, 0x5B, 0xE5].randomElement(using: &random)! }
            _ = decoder.feed(bytes) + decoder.flush()
            #expect(!decoder.isPending)
            if !decoder.isPasting { #expect(decoder.feed("a".utf8).last?.code == .text("a")) }
        }
    }

    @Test func whatIsNoCharacterIsReplaced() {
        var decoder = KeyDecoder()
        #expect(decoder.feed([0xC3, 0x28, 0xED, 0xA0, 0x80, 0xFF, 0xF4, 0x90, 0x80, 0x80, 0xE0, 0x80, 0x80]) == [
            Key(.text("\u{FFFD}")), Key(.text("(")), Key(.text("\u{FFFD}")), Key(.text("\u{FFFD}")), Key(.text("\u{FFFD}")), Key(.text("\u{FFFD}")),
        ])
    }

    @Test func pastesWithoutMarksAreFound() {
        func merged(_ text: String) -> [Key] { PasteDetection.merged(decode(text)) }
        #expect(merged("a = 1\r") == "a = 1".unicodeScalars.map { Key(.text($0)) } + [Key(.enter)])
        #expect(merged("a\rb\r") == [Key(.paste("a\nb")), Key(.enter)])
        #expect(merged("for\r\n\tx\r\nend\r\n") == [Key(.paste("for\n\n\tx\n\nend")), Key(.enter), Key(.newline)])
        #expect(merged("\n") == [Key(.newline)] && merged("end\n") == [Key(.text("e")), Key(.text("n")), Key(.text("d")), Key(.enter)])
        #expect(merged("x\r\u{1B}[A\r") == [Key(.text("x")), Key(.enter), Key(.up), Key(.enter)])
        #expect(merged("\u{3}\rx") == [Key(.control("c")), Key(.paste("\nx"))])
    }
}
