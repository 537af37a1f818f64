import Engine
import Synchronization

/// Spectral norms, computed once per operator and signal shape.
public enum SpectralNorms {
    private static let known = Mutex<[String: Double]>([:])

    public static func norm(_ measurement: any Measurement, signal: Shape) throws -> Double {
        let key = "\(measurement.description) \(signal.braces)"
        if let value = known.withLock({ $0[key] }) { return value }
        let norm = try measurement.norm(signal: signal)
        known.withLock { $0[key] = norm }
        return norm
    }
}
