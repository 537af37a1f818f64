// What a key press is, once the terminal's bytes are decoded.

/// A key with its modifiers, or a pasted text.
struct Key: Equatable {
    enum Code: Equatable {
        /// A typed character: one scalar, so that combining marks come by themselves.
        case text(Unicode.Scalar)
        /// A paste, whole.
        case paste(String)
        /// Control with a small letter or one of ` \]^_`.
        case control(Character)
        case enter, newline, tab, backspace, escape
        case up, down, left, right, home, end, pageUp, pageDown, insert, delete
        /// A sequence that is well formed and means nothing here.
        case unknown
    }

    struct Modifiers: OptionSet, Equatable {
        let rawValue: UInt8
        static let shift = Modifiers(rawValue: 1)
        static let alt = Modifiers(rawValue: 2)
        static let control = Modifiers(rawValue: 4)
    }

    var code: Code
    var modifiers: Modifiers

    init(_ code: Code, _ modifiers: Modifiers = []) { (self.code, self.modifiers) = (code, modifiers) }
}
