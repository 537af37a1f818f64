// A score in JSON: a number, or the strings "inf", "-inf" and "nan" for what JSON has no literal for. A PSNR is infinite when the
// reconstruction is exact, and that must survive writing and reading. Missing and null read as nil.

/// An optional double whose Codable form keeps non-finite values. Equality is of bits, so NaN equals itself.
@propertyWrapper
public struct JSONNumber: Codable, Sendable, Equatable {
    public var wrappedValue: Double?

    public init(wrappedValue: Double?) { self.wrappedValue = wrappedValue }

    public init(from decoder: Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            wrappedValue = nil
        } else if let number = try? container.decode(Double.self) {
            wrappedValue = number
        } else {
            let text = try container.decode(String.self)
            guard let value = JSONNumber.nonFinite[text] else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "a number, \"inf\", \"-inf\" or \"nan\" expected, got \"\(text)\"")
            }
            wrappedValue = value
        }
    }

    public func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        guard let value = wrappedValue else { return try container.encodeNil() }
        if value.isFinite { try container.encode(value) } else { try container.encode(JSONNumber.text(value)) }
    }

    public static func == (a: JSONNumber, b: JSONNumber) -> Bool {
        a.wrappedValue?.bitPattern == b.wrappedValue?.bitPattern || a.wrappedValue == b.wrappedValue
            || (a.wrappedValue?.isNaN ?? false) && (b.wrappedValue?.isNaN ?? false)
    }

    /// "inf", "-inf", "nan", or the shortest decimal that reads back the same.
    static func text(_ value: Double) -> String {
        value.isNaN ? "nan" : value.isInfinite ? (value > 0 ? "inf" : "-inf") : value.description
    }

    static let nonFinite: [String: Double] = ["inf": .infinity, "-inf": -.infinity, "nan": .nan]
}

extension KeyedDecodingContainer {
    /// A missing key reads as nil, as for a plain optional.
    public func decode(_ type: JSONNumber.Type, forKey key: Key) throws -> JSONNumber {
        try decodeIfPresent(type, forKey: key) ?? JSONNumber(wrappedValue: nil)
    }
}
