// Bytes of a terminal to keys: UTF-8, control characters, escape sequences (xterm, VT220, rxvt, the Linux console, the "CSI u" keys) and
// bracketed paste. A state machine fed byte by byte: it never waits, never fails, and any bytes leave it able to go on. An escape byte that
// stays alone is settled by `flush`, which the reader calls when nothing follows for a while.

struct KeyDecoder {
    private enum State: Equatable {
        case ground, escape, csi([UInt8]), ss3, consoleFunction
        case utf8(collected: UInt32, missing: Int, least: UInt32)
        case paste
    }

    private var state = State.ground
    private var alt = false
    private var pasted: [UInt8] = []
    private static let pasteEnd: [UInt8] = Array("\u{1B}[201~".utf8)

    /// Whether bytes are kept that `flush` would settle.
    var isPending: Bool { state != .ground && state != .paste }
    var isPasting: Bool { state == .paste }

    /// The keys that the bytes complete.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes { step(byte, &keys) }
        return keys
    }

    /// Nothing follows: what is pending is a key by itself.
    mutating func flush() -> [Key] {
        var keys: [Key] = []
        switch state {
        case .ground, .paste: break
        case .escape: emit(.escape, &keys)
        case .csi(let bytes) where bytes.isEmpty: alt = true; emit(.text("["), &keys)
        case .ss3: alt = true; emit(.text("O"), &keys)
        case .csi, .consoleFunction: emit(.unknown, &keys)
        case .utf8: emit(.text("\u{FFFD}"), &keys)
        }
        return keys
    }

    private mutating func emit(_ code: Key.Code, _ keys: inout [Key], _ modifiers: Key.Modifiers = []) {
        keys.append(Key(code, alt ? modifiers.union(.alt) : modifiers))
        alt = false
        state = .ground
    }

    private mutating func step(_ byte: UInt8, _ keys: inout [Key]) {
        switch state {
        case .ground: ground(byte, &keys)
        case .escape:
            switch byte {
            case 0x1B: alt = true                                  // ESC ESC [ A is Alt-Up on some terminals
            case UInt8(ascii: "["): state = .csi([])
            case UInt8(ascii: "O"): state = .ss3
            default: alt = true; state = .ground; ground(byte, &keys)
            }
        case .csi(var bytes):
            switch byte {
            case 0x20...0x3F:
                bytes.append(byte)
                state = .csi(bytes)
                if bytes.count > 64 { emit(.unknown, &keys) }
            case UInt8(ascii: "[") where bytes.isEmpty: state = .consoleFunction
            case 0x40...0x7E: control(bytes, final: byte, &keys)
            default: emit(.unknown, &keys); step(byte, &keys)
            }
        case .ss3:
            let code = KeyDecoder.letter(byte)
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "d"): emit(KeyDecoder.letter(byte - 32), &keys, .control)
            case UInt8(ascii: "M"): emit(.enter, &keys)
            case 0x20...0x7E: emit(code, &keys)
            default: emit(.unknown, &keys); step(byte, &keys)
            }
        case .consoleFunction: emit(.unknown, &keys)
        case .utf8(let collected, let missing, let least):
            guard byte & 0xC0 == 0x80 else { emit(.text("\u{FFFD}"), &keys); step(byte, &keys); return }
            let value = collected << 6 | UInt32(byte & 0x3F)
            if missing > 1 { state = .utf8(collected: value, missing: missing - 1, least: least); return }
            emit(.text(value >= least ? Unicode.Scalar(value) ?? "\u{FFFD}" : "\u{FFFD}"), &keys)
        case .paste:
            pasted.append(byte)
            guard byte == UInt8(ascii: "~"), pasted.suffix(6).elementsEqual(KeyDecoder.pasteEnd) else { return }
            pasted.removeLast(6)
            emit(.paste(String(decoding: pasted, as: UTF8.self)), &keys)
            pasted = []
        }
    }

    private mutating func ground(_ byte: UInt8, _ keys: inout [Key]) {
        switch byte {
        case 0x1B: state = .escape
        case 0x0D: emit(.enter, &keys)
        case 0x0A: emit(.newline, &keys)
        case 0x09: emit(.tab, &keys)
        case 0x08, 0x7F: emit(.backspace, &keys)
        case 0x00: emit(.control(" "), &keys)
        case 0x01...0x1A: emit(.control(Character(Unicode.Scalar(byte + 0x60))), &keys)
        case 0x1C...0x1F: emit(.control(Character(Unicode.Scalar(byte + 0x40))), &keys)
        case 0x20...0x7E: emit(.text(Unicode.Scalar(byte)), &keys)
        case 0xC2...0xDF: state = .utf8(collected: UInt32(byte & 0x1F), missing: 1, least: 0x80)
        case 0xE0...0xEF: state = .utf8(collected: UInt32(byte & 0x0F), missing: 2, least: 0x800)
        case 0xF0...0xF4: state = .utf8(collected: UInt32(byte & 0x07), missing: 3, least: 0x10000)
        default: emit(.text("\u{FFFD}"), &keys)
        }
    }

    private static func letter(_ byte: UInt8) -> Key.Code {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        default: .unknown
        }
    }

    /// A control sequence: parameters separated by semicolons, the second one plus its sub-parameters being the modifiers.
    private mutating func control(_ bytes: [UInt8], final: UInt8, _ keys: inout [Key]) {
        let parameters = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { part -> Int in
            part.prefix { $0 != UInt8(ascii: ":") }.reduce(0) { total, digit in
                digit >= 0x30 && digit <= 0x39 ? min(total * 10 + Int(digit - 0x30), 0x200000) : total
            }
        }
        let first = parameters.first ?? 0
        func modifiers(_ index: Int) -> Key.Modifiers {
            guard parameters.count > index, parameters[index] > 1 else { return [] }
            return Key.Modifiers(rawValue: UInt8((parameters[index] - 1) & 7))
        }
        switch final {
        case UInt8(ascii: "Z"): emit(.tab, &keys, modifiers(1).union(.shift))
        case UInt8(ascii: "a")...UInt8(ascii: "d"): emit(KeyDecoder.letter(final - 32), &keys, .shift)
        case UInt8(ascii: "u"): character(first, modifiers(1), &keys)
        case UInt8(ascii: "~"):
            switch first {
            case 1, 7: emit(.home, &keys, modifiers(1))
            case 2: emit(.insert, &keys, modifiers(1))
            case 3: emit(.delete, &keys, modifiers(1))
            case 4, 8: emit(.end, &keys, modifiers(1))
            case 5: emit(.pageUp, &keys, modifiers(1))
            case 6: emit(.pageDown, &keys, modifiers(1))
            case 27 where parameters.count > 2: character(parameters[2], modifiers(1), &keys)
            case 200: alt = false; pasted = []; state = .paste
            default: emit(.unknown, &keys)
            }
        default:
            let code = KeyDecoder.letter(final)
            emit(code, &keys, code == .unknown ? [] : modifiers(1))
        }
    }

    /// A key given by its code point, as "CSI u" and modifyOtherKeys do.
    private mutating func character(_ value: Int, _ modifiers: Key.Modifiers, _ keys: inout [Key]) {
        switch value {
        case 13: emit(.enter, &keys, modifiers)
        case 9: emit(.tab, &keys, modifiers)
        case 27: emit(.escape, &keys, modifiers)
        case 8, 127: emit(.backspace, &keys, modifiers)
        default:
            guard value >= 32, let scalar = Unicode.Scalar(UInt32(value)) else { emit(.unknown, &keys); return }
            if modifiers.contains(.control), scalar.isASCII {
                emit(.control(Character(String(Character(scalar)).lowercased())), &keys, modifiers.subtracting(.control))
            } else {
                emit(.text(scalar), &keys, modifiers.subtracting(.shift))
            }
        }
    }
}
