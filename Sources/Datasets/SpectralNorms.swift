import Engine
import Synchronization

/// Spectral norms, computed once per operator and signal shape.
public enum SpectralNorms {
    private struct Key: Hashable {
        let measurement: AnyHashable, signal: Shape
    }
    /// Keys are values that nobody changes.
    private struct Known: @unchecked Sendable {
        var norms: [Key: Double] = [:]
    }
    private static let known = Mutex(Known())

    public static func norm(_ measurement: any Measurement, signal: Shape) throws -> Double {
        let key = Key(measurement: measurement.erasedIdentity, signal: signal)
        if let value = known.withLock({ $0.norms[key] }) { return value }
        let norm = try measurement.norm(signal: signal)
        known.withLock { $0.norms[key] = norm }
        return norm
    }
}
