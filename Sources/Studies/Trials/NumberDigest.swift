// The digest of a trial's numbers: SHA-256 over their bit patterns in the order given, so that two runs agree exactly when every
// number agrees bit for bit. Each list is preceded by its type and length, so that lists cannot run into each other.

/// A running digest of lists of numbers.
public struct NumberDigest: Sendable {
    private var hash = SHA256()

    public init() {}

    /// Appends float32 values (weights, α, losses).
    public mutating func add(_ values: some Collection<Float>) {
        begin("f", values.count)
        for value in values { hash.update(bytes(UInt64(value.bitPattern), 4)) }
    }

    /// Appends float64 values (scores).
    public mutating func add(_ values: some Collection<Double>) {
        begin("d", values.count)
        for value in values { hash.update(bytes(value.bitPattern, 8)) }
    }

    /// Appends a text (the architecture's operation names).
    public mutating func add(_ text: String) {
        begin("s", text.utf8.count)
        hash.update(text.utf8)
    }

    /// The digest as 64 hexadecimal digits.
    public consuming func finish() -> String { hash.finish().hexadecimal }

    private mutating func begin(_ kind: Character, _ count: Int) {
        hash.update(String(kind).utf8)
        hash.update(bytes(UInt64(count), 8))
    }

    /// The low `count` bytes, least significant first, whatever the machine.
    private func bytes(_ word: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
}
