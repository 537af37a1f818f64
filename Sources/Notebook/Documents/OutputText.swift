// Text that was meant for a terminal, as a page shows it: a carriage return begins the line anew, a backspace takes one back, escape
// sequences are left out.

enum OutputText {
    static func plain(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 32 && $0 != "\n" && $0 != "\t" }) else { return text }
        var done = "", line: [Unicode.Scalar] = [], at = 0
        var scalars = Array(text.unicodeScalars)[...]
        func put(_ scalar: Unicode.Scalar) {
            if at < line.count { line[at] = scalar } else { line.append(scalar) }
            at += 1
        }
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\n":
                done.unicodeScalars.append(contentsOf: line)
                done += "\n"
                (line, at) = ([], 0)
            case "\r": at = 0
            case "\u{8}": at = max(0, at - 1)
            case "\u{1B}":
                let kind = scalars.popFirst()
                if kind == "[" {
                    // Parameters, then one letter. K clears to the end of the line.
                    while let next = scalars.popFirst() {
                        guard (0x40...0x7E).contains(next.value) else { continue }
                        if next == "K" { line.removeSubrange(min(at, line.count)...) }
                        break
                    }
                } else if kind == "P" || kind == "_" || kind == "]" {
                    // A picture or a title, up to its end.
                    while let next = scalars.popFirst(), next != "\u{7}" { if next == "\u{1B}" { _ = scalars.popFirst(); break } }
                }
            default: put(scalar)
            }
        }
        done.unicodeScalars.append(contentsOf: line)
        return done
    }
}
