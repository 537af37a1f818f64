/// A measurement as a key: the very settings and values, where its type says when two of them are equal; parts of a
/// composition one by one; the description of any other.
public struct MeasurementIdentity: Hashable, @unchecked Sendable {
    private enum Kind: Hashable {
        case value(AnyHashable)
        case parts([MeasurementIdentity])
        case text
    }
    private let kind: Kind
    /// The measurement's own, which by itself may stand for several (of a matrix it has a hash).
    public let description: String

    public init(_ measurement: any Measurement) {
        description = measurement.description
        if let composed = measurement as? ComposedMeasurement {
            kind = .parts(composed.parts.map { MeasurementIdentity($0) })
        } else if let value = measurement as? any Hashable {
            kind = .value(AnyHashable(value))
        } else {
            kind = .text
        }
    }
}
