// Colours. The series' colours are those of Okabe and Ito (2008), told apart under every common colour blindness; values are
// coloured by viridis, which is even in lightness, or by a map that diverges from a middle.

import Foundation

public struct Colour: Sendable, Equatable {
    public var red, green, blue: UInt8
    public init(_ hex: UInt32) { (red, green, blue) = (UInt8(hex >> 16 & 255), UInt8(hex >> 8 & 255), UInt8(hex & 255)) }
    var number: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }
    /// "#0072b2"
    var hex: String { "#" + String(String(number | 0x1000000, radix: 16).dropFirst()) }
    /// Relative luminance, 0 to 1 (without the gamma of sRGB; only compared with a half).
    var lightness: Double { (0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)) / 255 }

    func mixed(with other: Colour, _ share: Double) -> Colour {
        func mix(_ a: UInt8, _ b: UInt8) -> UInt32 { UInt32((Double(a) + (Double(b) - Double(a)) * share).rounded()) }
        return Colour(mix(red, other.red) << 16 | mix(green, other.green) << 8 | mix(blue, other.blue))
    }
}

public enum Theme: String, Sendable, CaseIterable {
    case light, dark

    var background: Colour { self == .light ? Colour(0xFFFFFF) : Colour(0x16181D) }
    var text: Colour { self == .light ? Colour(0x1A1A1A) : Colour(0xE8E8E8) }
    var faintText: Colour { self == .light ? Colour(0x595959) : Colour(0xA8ACB3) }
    var axis: Colour { self == .light ? Colour(0x4D4D4D) : Colour(0x9BA0A8) }
    var grid: Colour { self == .light ? Colour(0xE6E6E6) : Colour(0x2E323A) }
    /// Of cells without a value.
    var missing: Colour { self == .light ? Colour(0xD9D9D9) : Colour(0x3A3F48) }

    /// The colour of a series; after the eighth they begin again (with other markers and dashes).
    func colour(_ series: Int) -> Colour {
        let light: [UInt32] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000, 0xB8A800]
        // Blue and black are too dark on a dark ground.
        let dark: [UInt32] = [0x56B4E9, 0xE69F00, 0x2CC295, 0xCC79A7, 0xF0E442, 0xF0762B, 0xFFFFFF, 0x4A9BD4]
        let list = self == .light ? light : dark
        return Colour(list[series % list.count])
    }
}

public enum ColourMap: String, Sendable {
    case sequential, diverging

    /// Nine colours, evenly spaced from the least value to the largest.
    func stops(_ theme: Theme) -> [Colour] {
        switch (self, theme) {
        // viridis at eighths.
        case (.sequential, .light): [0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C, 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725].map(Colour.init)
        // Its darkest fifth cannot be seen on a dark ground.
        case (.sequential, .dark): (0...8).map { ColourMap.sequential.colour(0.2 + 0.1 * Double($0), .light) }
        // From the blue to the vermillion of Okabe and Ito through the ground.
        case (.diverging, .light): [0x00456E, 0x0072B2, 0x5BA5D0, 0xB5D6EA, 0xF7F7F7, 0xF6CDB0, 0xE6965A, 0xD55E00, 0x8A3C00].map(Colour.init)
        case (.diverging, .dark): [0xB4E1FA, 0x56B4E9, 0x3480B0, 0x29516B, 0x2E323A, 0x6B4524, 0xA8611A, 0xE69F00, 0xFFDC99].map(Colour.init)
        }
    }

    /// The colour of a share from 0 to 1 of the range.
    func colour(_ share: Double, _ theme: Theme) -> Colour {
        let stops = stops(theme), at = min(max(share, 0), 1) * Double(stops.count - 1), i = min(Int(at), stops.count - 2)
        return stops[i].mixed(with: stops[i + 1], at - Double(i))
    }
}

extension ColourBar {
    func colour(_ value: Double, _ theme: Theme) -> Colour {
        value.isFinite ? map.colour((value - limits.lowerBound) / (limits.upperBound - limits.lowerBound), theme) : theme.missing
    }
}
