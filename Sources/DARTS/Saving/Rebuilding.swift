import Datasets
import Engine
import Operations

/// Operations and measurements from what they say of themselves. A kind is a row of a table; what is not in it (functions
/// of a script, matrices) has to be given again by whoever loads.
enum Rebuilding {
    private static let sizes = 1...1_000_000

    /// nil for a kind that is not built in.
    static func operation(_ text: String, name: String) throws -> (any Operation)? {
        let d = try Description(text)
        func noParts() throws { guard d.parts.isEmpty else { throw EngineError("load: operation '\(name)' is damaged: '\(d.kind)' has no parts") } }
        if d.kind == "skip" {
            guard d.parts.count == 1, d.values.isEmpty, name.hasSuffix("+x0") else { throw EngineError("load: operation '\(name)' is damaged") }
            return try operation(String(text.dropFirst(5).dropLast()), name: String(name.dropLast(3))).map { SkipOperation($0) }
        }
        guard let make = operations[d.kind] else { return nil }
        try noParts()
        return try d.read { try make(&$0, name) }
    }

    private static let operations: [String: @Sendable (inout Description.Reader, String) throws -> any Operation] = [
        "gradient_descent": { GradientDescent(name: $1, step: try $0.number("step")) },
        "cnn": { d, name in
            ConvolutionalNetwork(name: name, layers: try d.integer("layers", 1...16), channels: try d.integer("channels", sizes), kernel: try d.integer("kernel", sizes),
                                 residual: try d.boolean("residual"), activation: try d.value("activation", "an activation") { ConvolutionalNetwork.Activation(rawValue: $0) },
                                 norm: try d.optional("norm", "a normalisation") { ConvolutionalNetwork.Norm(rawValue: $0) } ?? .none)
        },
        "roll": { RollOperation(name: $1, shift: try $0.integer("shift", -1_000_000...1_000_000)) },
        "noise": { NoiseOperation(name: $1, sigma: try $0.number("sigma")) },
        "identity": { IdentityOperation(name: $1) },
        "zero": { ZeroOperation(name: $1) },
        "soft_threshold": { SoftThreshold(name: $1, threshold: try $0.number("threshold")) },
        "proximal": { ProximalGradient(name: $1, step: try $0.number("step"), threshold: try $0.number("threshold")) },
        "momentum": { MomentumGradient(name: $1, step: try $0.number("step"), momentum: try $0.number("momentum")) },
        "smooth": { Smoothing(name: $1, width: try $0.integer("width", sizes)) },
        "separable_conv": { SeparableConvolution(name: $1, channels: try $0.integer("channels", sizes), kernel: try $0.integer("kernel", sizes), dilation: try $0.integer("dilation", sizes)) },
        "conv": { ConvolutionOperation(name: $1, kernel: try $0.integer("kernel", sizes), dilation: try $0.integer("dilation", sizes)) },
    ]

    /// nil for a kind that its description does not hold.
    static func measurement(_ text: String) throws -> (any Measurement)? {
        // A matrix says only its hash, inside others too.
        text.contains("matrix{") ? nil : try measurement(Description(text))
    }

    private static func measurement(_ d: Description) throws -> (any Measurement)? {
        if d.kind == "compose" {
            guard !d.parts.isEmpty, d.values.isEmpty else { throw EngineError("load: measurement 'compose' is damaged: measurements expected in it") }
            let parts = try d.parts.compactMap { try measurement($0) }
            return parts.count == d.parts.count ? ComposedMeasurement(parts) : nil
        }
        guard let make = measurements[d.kind] else { return nil }
        guard d.parts.isEmpty else { throw EngineError("load: measurement '\(d.kind)' is damaged: it has no parts") }
        return try d.read { try make(&$0) }
    }

    private static let measurements: [String: @Sendable (inout Description.Reader) throws -> any Measurement] = [
        "identity": { IdentityMeasurement(noise: try $0.number("noise")) },
        "blur": { GaussianMeasurement(sigma: try $0.number("sigma"), taps: try $0.optionalInteger("taps", sizes), noise: try $0.number("noise")) },
        "downsample": { d in
            GaussianMeasurement(sigma: try d.number("sigma"), taps: try d.optionalInteger("taps", sizes), factor: try d.integer("factor", sizes), noise: try d.number("noise"))
        },
        "mask": { d in
            MaskMeasurement(
                keep: try d.number("keep"), isExact: try d.optional("exact", "true or false") { Bool($0) } ?? false,
                per: try d.optional("per", "'channel' or 'sample'") { MaskMeasurement.Unit(rawValue: $0) } ?? .channel,
                seed: try d.value("seed", "a seed") { UInt64($0) }, noise: try d.number("noise"))
        },
    ]
}
