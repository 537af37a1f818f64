import Datasets
import Engine
import LuaHost
import Tensors

/// A forward operator as a Lua value.
final class MeasurementObject: LuaObject {
    static let luaType = LuaTypeIdentity("measurement")
    let measurement: any Datasets.Measurement
    init(_ measurement: any Datasets.Measurement) { self.measurement = measurement }
}

/// The namespace `measurement`: forward operators y = A x + noise, with adjoints.
enum MeasurementModule {
    private static let noise = LuaOption("noise", .nonNegativeNumber, default: 0.0, "standard deviation of the Gaussian noise of an observation")

    private static let taps = LuaOption(
        "taps", .positiveInteger, default: .computed("all"),
        "number of weights, odd; without it the kernel goes all round the signal, the Gaussian's images included")

    /// An odd number of taps: an even kernel has no middle, and would shift the signal by half a sample.
    private static func taps(_ options: LuaOptions) throws -> Int? {
        guard let taps = options.optionalInteger("taps") else { return nil }
        guard taps % 2 == 1 else {
            throw LuaArgumentError.option(
                "taps", "odd number expected, got \(taps): an even kernel would shift the signal by half a sample")
        }
        return taps
    }

    static func declare(in environment: ScriptingEnvironment) {
        let state = environment.state
        let module = state.module("measurement", "Forward operators y = A x + noise, with exact adjoints. Signals are {n, channels, length}, {n, length} or {length}; all but matrix take images {n, channels, height, width} as well.")

        module.options("blur", "A circular Gaussian blur with weights of sum 1. Images are blurred along both axes.", [
            LuaOption("sigma", .positiveNumber, default: 1.0, "width of the Gaussian in samples"),
            taps,
            LuaOption("noise", .nonNegativeNumber, default: 0.17, "standard deviation of the Gaussian noise of an observation"),
        ], returns: "measurement", example: "local m = measurement.blur{sigma = 1, noise = 0.1}\nprint(m:forward(tensor.ones{1, 1, 32}):mean())") { o in
            MeasurementObject(GaussianMeasurement(sigma: o.number("sigma"), taps: try taps(o), noise: o.number("noise")))
        }
        module.options("downsample", "A circular Gaussian blur of which every factor-th sample is kept, the first included; of images every factor-th row and column.", [
            LuaOption("factor", .positiveInteger, default: 4, "one sample in so many is kept"),
            LuaOption("sigma", .nonNegativeNumber, default: 3.5, "width of the Gaussian in samples; 0: no blur"),
            taps,
            LuaOption("noise", .nonNegativeNumber, default: 0.08, "standard deviation of the Gaussian noise of an observation"),
        ], returns: "measurement", example: "print(measurement.downsample{factor = 4}:forward(tensor.ones{1, 1, 32}))") { o in
            MeasurementObject(GaussianMeasurement(sigma: o.number("sigma"), taps: try taps(o), factor: o.integer("factor"), noise: o.number("noise")))
        }
        module.options("mask", "Samples kept, the others set to zero; the same ones for every signal. Lost samples have no noise.", [
            LuaOption("keep", .numberIn(0...1), "probability that a sample is kept, or with exact the share that is"),
            LuaOption("exact", .boolean, default: false, "whether exactly that share of the samples is kept, rounded to whole samples"),
            LuaOption("per", .choice(MaskMeasurement.Unit.allCases.map(\.rawValue)), default: "channel",
                      "\"channel\": every channel loses samples of its own; \"sample\": a sample is lost in all channels"),
            .seed(default: 0, "which samples: an integer, or a stream made by tensor.stream"),
            noise,
        ], returns: "measurement", example: """
            local x = tensor.ones{1, 1, 8}
            print(measurement.mask{keep = 0.5, exact = true, seed = 1}:forward(x))
            -- Lost samples are not measured: there is no noise on them.
            print(measurement.mask{keep = 0.5, exact = true, seed = 1, noise = 0.1}:observe(x, {seed = 2}))
            """) { o in
            MeasurementObject(MaskMeasurement(
                keep: o.number("keep"), isExact: o.boolean("exact"),
                per: MaskMeasurement.Unit(rawValue: o.string("per")) ?? .channel,
                seed: UInt64(bitPattern: Int64(o.seedNumber ?? 0)), noise: o.number("noise")))
        }
        module.options("matrix", "Any matrix, applied to every channel of a signal.", [
            .first("matrix", .value(Tensor.self), "{measured length, length}"),
            noise,
        ], returns: "measurement", example: "print(measurement.matrix{matrix = tensor.eye(4)}:forward(tensor.ones{1, 1, 4}))") { o -> MeasurementObject in
            let matrix: Tensor = o.value("matrix")
            guard matrix.rank == 2, matrix.count > 0 else { throw LuaError("bad argument 'matrix' to 'matrix' (matrix {measured length, length} expected, got shape \(matrix.shape.braces))") }
            let values = try matrix.values()
            guard values.allSatisfy(\.isFinite) else { throw LuaError("bad argument 'matrix' to 'matrix' (finite values expected)") }
            return MeasurementObject(MatrixMeasurement(rows: matrix.shape[0], columns: matrix.shape[1], values: values, noise: o.number("noise")))
        }
        module.options("identity", "The signal itself, plus noise.", [noise], returns: "measurement",
                       example: "print(measurement.identity{noise = 0.1}.noise)") { o in
            MeasurementObject(IdentityMeasurement(noise: o.number("noise")))
        }
        module.function("compose", "Several operators in a row: compose{a, b} is a after b. Its noise is the first one's.",
                        Param<[MeasurementObject]>("operators", "outermost first"), returns: "measurement",
                        errors: "fails for an empty list",
                        example: "print(measurement.compose{measurement.downsample{factor = 2}, measurement.blur{sigma = 1}}:dot_test() < 1e-5)") { parts -> MeasurementObject in
            guard !parts.isEmpty else { throw LuaError("compose: at least one measurement expected, got none") }
            return MeasurementObject(ComposedMeasurement(parts.map(\.measurement)))
        }
        declareMembers(module, environment)
    }

    private static func declareMembers(_ module: LuaModule, _ environment: ScriptingEnvironment) {
        let type = module.type(MeasurementObject.self, "A forward operator of an inverse problem.",
                               example: "local m = measurement.blur{sigma = 2, noise = 0.1}\nprint(m, m.noise)")
        let signals = Param<Tensor>("x", "signals or images", shape: "{n, channels, length}, {n, length}, {length} or {n, channels, height, width}")
        let measurements = Param<Tensor>("y", "measurements", shape: "{n, channels, measured length}, or as for images")
        let length = LuaOption("length", .positiveInteger, default: .computed("64, or what a matrix takes"), "length of the signals")
        let shape = LuaOption("shape", .shape, default: .computed("{1, length}"), "instead of length: {channels, length} or {channels, height, width}")
        let adjointShape = LuaOption("shape", .shape, default: .computed("the measured lengths times the factor"), "{channels, length} or {channels, height, width} of the signals, where it can't be told from y")

        type.method("forward", "A x.", signals, returns: "tensor {n, channels, measured length}, or of as few dimensions as x has",
                    example: "print(measurement.blur{}:forward(tensor.ones{2, 1, 32}).shape[3])") { m, x in
            try onSignals(x) { x in
                _ = try m.measurement.measuredShape(Array(x.shape.dropFirst()))
                return try m.measurement.forward(x)
            }
        }
        type.method("adjoint", "A'y.", measurements, OptionsParam([adjointShape]), returns: "tensor {n, channels, length}, or of as few dimensions as y has",
                    errors: "when no signals are measured as this", example: "local m = measurement.downsample{}\nprint(m:adjoint(m:forward(tensor.ones{1, 1, 32})).shape)") { m, y, o in
            try adjoint(m, y, o)
        }
        type.method("initial", "The first reconstruction x(0) = A'y.", measurements, OptionsParam([adjointShape]), returns: "tensor {n, channels, length}, or of as few dimensions as y has",
                    errors: "when no signals are measured as this", example: "local m = measurement.blur{}\nprint(m:initial(tensor.ones{1, 1, 32}).shape)") { m, y, o in
            try adjoint(m, y, o)
        }
        type.method("observe", "A x plus noise.", signals, OptionsParam([.seed]), returns: "tensor {n, channels, measured length}, or of as few dimensions as x has",
                    example: "print(measurement.blur{noise = 0.1}:observe(tensor.zeros{1, 1, 32}, {seed = 1}):std())") { m, x, o in
            try onSignals(x, seed: derivedSeed(environment.seed(o), .observation)) { x in
                _ = try m.measurement.measuredShape(Array(x.shape.dropFirst()))
                return try m.measurement.observe(x)
            }
        }
        type.method("dot_test", "The relative mismatch of <A x, y> and <x, A'y> on random x and y.", OptionsParam([
            length, shape, LuaOption("dtype", .choice(["float32", "float64"]), default: "float32", "precision"),
            .seed(default: 0, "of x and y"),
        ]), returns: "number, 0 up to rounding", example: "print(measurement.blur{}:dot_test() < 1e-5)") { m, o in
            try m.measurement.dotTest(signal: try signal(m, o), dtype: o.dtype, seed: UInt64(bitPattern: Int64(o.seedNumber ?? 0)))
        }
        type.method("norm", "The spectral norm |A| for signals of a length or shape.", OptionsParam([length, shape]), returns: "number",
                    example: "print(measurement.blur{}:norm{length = 32})") { m, o in
            try SpectralNorms.norm(m.measurement, signal: try signal(m, o))
        }
        type.property("noise", "Standard deviation of the Gaussian noise of an observation.", type: "number") { $0.measurement.noise }
        type.describe { $0.measurement.description }
    }

    private static func signal(_ m: MeasurementObject, _ o: LuaOptions) throws -> Shape {
        let given = o.optionalIntegers("shape")
        if given != nil, o.isGiven("length") { throw LuaArgumentError.option("shape", "length or shape expected, got both") }
        let shape = try given.map(checked) ?? [1, o.optionalInteger("length") ?? naturalLength(m.measurement)]
        _ = try (m.measurement.measuredShape(shape) + shape).checked("measurement")
        return shape
    }

    /// A shape that a signal can have.
    private static func checked(_ shape: Shape) throws -> Shape {
        guard (2...3).contains(shape.count) else {
            throw LuaArgumentError.option("shape", "{channels, length} or {channels, height, width} expected, got \(shape.braces)")
        }
        return try shape.checked("signals")
    }

    private static func adjoint(_ m: MeasurementObject, _ y: Tensor, _ o: LuaOptions) throws -> Tensor {
        let given = try o.optionalIntegers("shape").map(checked)
        return try onSignals(y) { y in try m.measurement.adjoint(y, signal: given ?? m.measurement.signalShape(Array(y.shape.dropFirst()))) }
    }

    private static func naturalLength(_ measurement: any Datasets.Measurement) -> Int {
        switch measurement {
        case let matrix as MatrixMeasurement: matrix.columns
        case let composed as ComposedMeasurement:
            // What the parts before the innermost matrix make of signals of this length is what it takes.
            composed.parts.lastIndex { $0 is MatrixMeasurement || $0 is ComposedMeasurement }.flatMap { at in
                try? composed.parts[(at + 1)...].reduce([1, naturalLength(composed.parts[at])]) { try $1.signalShape($0) }[1]
            } ?? 64
        default: 64
        }
    }

    /// Applies a linear map to signals or images of any of the ranks that mean them; the result has the rank that was given.
    private static func onSignals(_ x: Tensor, seed: UInt64 = 0, _ map: (Engine.Expression) throws -> Engine.Expression) throws -> Tensor {
        guard (1...4).contains(x.rank), x.count > 0 else {
            throw LuaError("signals {n, channels, length}, {n, length} or {length}, or images {n, channels, height, width}, expected, got shape \(x.shape.braces)")
        }
        let full = x.rank >= 3 ? x : try x.reshape(x.rank == 2 ? [x.shape[0], 1, x.shape[1]] : [1, 1, x.shape[0]])
        let result: Tensor
        if full.isTraced, let trace = Trace.current {
            result = trace.tensor(try map(trace.expression(full)), like: full)
        } else {
            let graph = Graph()
            result = try Tensor.run(Plan(graph, outputs: [try map(graph.input(full.shape, full.dtype))]), inputs: [full], seed: seed)[0]
        }
        switch x.rank {
        case 3, 4: return result
        case 2: return try result.reshape([result.shape[0], result.shape[2]])
        default: return try result.reshape([result.shape[2]])
        }
    }
}
