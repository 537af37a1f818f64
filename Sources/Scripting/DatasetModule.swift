import Datasets
import Engine
import LuaHost
import Tensors

/// A source of data as a Lua value. With a seed of its own it is one data set, whose splits can be looked at; without, it
/// is a recipe from which every trial draws its own, and looking shows the one of seed 0.
final class DatasetObject: LuaObject {
    static let luaType = LuaTypeIdentity("dataset")
    let source: any DataSource
    private var drawn: Dataset?
    init(_ source: any DataSource) { self.source = source }

    func dataset() throws -> Dataset {
        if let drawn { return drawn }
        let dataset = try source.dataset(trialSeed: 0)
        drawn = dataset
        return dataset
    }

    /// What a search or a training of this seed is given: the one data set, or one drawn for it.
    func dataset(trialSeed: UInt64) throws -> Dataset {
        if source.seed != nil { return try dataset() }
        return try source.dataset(trialSeed: trialSeed)
    }
}

/// One split of a data set as a Lua value.
final class SplitObject: LuaObject {
    static let luaType = LuaTypeIdentity("split")
    let split: Split
    init(_ split: Split) { self.split = split }
}

/// The namespace `dataset`: signals, their splits, and PSNR.
enum DatasetModule {
    static func declare(in environment: ScriptingEnvironment) {
        let module = environment.state.module("dataset", "Signals, their splits, and PSNR.")
        let pi = Double.pi
        module.options("cosines", "x(t) = a cos(2 pi f t / length + phi) + offset, each parameter uniform in its range.", [
            LuaOption("length", .positiveInteger, default: 32, "samples of a signal"),
            LuaOption("train", .integer, default: 512, "training signals"),
            LuaOption("validation", .integer, default: 512, "validation signals"),
            LuaOption("test", .integer, default: 512, "test signals"),
            LuaOption("measurement", .value(MeasurementObject.self), default: .computed("measurement.blur{}"), "how they are measured"),
            .seed(default: .computed("each trial draws its own data"), "an integer or a stream: with it all trials share one data set"),
            LuaOption("magnitude", .range, default: [0.5, 1.5], "a"),
            LuaOption("frequency", .range, default: [1, 1.5], "f, in periods"),
            LuaOption("phase", .range, default: .computed("{0, 2 pi}"), "phi"),
            LuaOption("offset", .range, default: [0, 0], "offset"),
        ], returns: "dataset", errors: "an empty split; a length that the measurement does not take",
           example: "local d = dataset.cosines{length = 32, seed = 1}\nprint(#d.train, d.train.clean.shape[3])") { o -> DatasetObject in
            func range(_ name: String, _ otherwise: [Double]) -> Cosines.Range {
                let values = o.optionalNumbers(name) ?? otherwise
                return Cosines.Range(values[0], values[1])
            }
            let measurement = o.optionalValue("measurement", as: MeasurementObject.self)?.measurement ?? GaussianMeasurement(sigma: 1, noise: 0.17)
            return DatasetObject(try Cosines(
                length: o.integer("length"), counts: (o.integer("train"), o.integer("validation"), o.integer("test")),
                magnitude: range("magnitude", [0.5, 1.5]), frequency: range("frequency", [1, 1.5]), phase: range("phase", [0, 2 * pi]),
                offset: range("offset", [0, 0]), measurement: measurement, seed: o.seedNumber.map { UInt64(bitPattern: Int64($0)) }))
        }
        module.options("from", "Your own signals, shuffled and split.", [
            .first("clean", .value(Tensor.self), "signals {n, length} or {n, channels, length}"),
            LuaOption("measurement", .value(MeasurementObject.self), "how they are measured"),
            LuaOption("split", .numbers, default: [0.6, 0.2, 0.2], "shares of train, validation and test"),
            .seed(default: .computed("each trial draws its own"), "of the shuffle and the noise, an integer or a stream: with it all trials share one data set"),
            LuaOption("peak", .positiveNumber, default: 1.0, "peak of every PSNR"),
        ], returns: "dataset", errors: "values that are not finite; too few signals to split; a wrong shape",
           example: "local d = dataset.from{clean = tensor.randn({20, 16}, {seed = 1}), measurement = measurement.blur{}, seed = 2}\nprint(#d.train, #d.validation, #d.test)") { o -> DatasetObject in
            let clean: Tensor = o.value("clean")
            guard clean.rank == 2 || clean.rank == 3, clean.count > 0 else {
                if clean.rank == 4 { throw LuaError("bad argument 'clean' to 'from' (signals {n, length} or {n, channels, length} expected, got images of shape \(clean.shape.braces); operations of a search are one-dimensional: measurement operators alone take images)") }
                throw LuaError("bad argument 'clean' to 'from' (signals {n, length} or {n, channels, length} expected, got shape \(clean.shape.braces))")
            }
            let signals = clean.rank == 3 ? clean : try clean.reshape([clean.shape[0], 1, clean.shape[1]])
            let measurement: MeasurementObject = o.value("measurement")
            return DatasetObject(try GivenSignals(clean: signals, measurement: measurement.measurement, fractions: o.numbers("split"), peak: o.number("peak"),
                                                  seed: o.seedNumber.map { UInt64(bitPattern: Int64($0)) }))
        }
        module.function("psnr", "-10 log10(mean squared error / peak^2) over the whole set, in dB.",
                        Param<Tensor>("estimate", "estimates"), Param<Tensor>("clean", "what they should be, of the same shape"), OptionsParam([
                            LuaOption("peak", .positiveNumber, default: 1.0, "the peak value of the signals"),
                            LuaOption("per_signal", .boolean, default: false, "one value for each signal"),
                        ]), returns: "number (inf when there is no error), or with per_signal a tensor {n}", errors: "shapes that differ",
                        example: "print(dataset.psnr(tensor.zeros{2, 4}, tensor.full({2, 4}, 0.1)))") { estimate, clean, o -> LuaResults in
            guard estimate.shape == clean.shape else { throw LuaError("psnr: shapes differ: \(estimate.shape.braces) and \(clean.shape.braces)") }
            guard clean.count > 0 else { throw LuaError("psnr: no signals in shape \(clean.shape.braces)") }
            let (a, b) = (try estimate.values(), try clean.values())
            let peak = o.number("peak")
            guard o.boolean("per_signal") else {
                return LuaResults(psnr(meanSquaredError: zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(a.count), peak: peak))
            }
            guard clean.rank > 0 else { throw LuaError("psnr: per_signal takes signals {n, ..}, got a single number") }
            let row = clean.count / clean.shape[0]
            let values = (0..<clean.shape[0]).map { n -> Double in
                let error = (n * row..<(n + 1) * row).reduce(0.0) { $0 + (a[$1] - b[$1]) * (a[$1] - b[$1]) }
                return psnr(meanSquaredError: error / Double(row), peak: peak)
            }
            return LuaResults(Tensor(values, shape: [values.count], estimate.dtype))
        }
        declareMembers(module)
    }

    private static func declareMembers(_ module: LuaModule) {
        let type = module.type(DatasetObject.self, "Signals and what was measured of them, in three splits.",
                               example: "local d = dataset.cosines{length = 16, train = 8, validation = 4, test = 4, seed = 1}\nprint(d)\nprint(#d.train, #d.validation, #d.test, d.measurement, d.peak)")
        let recipe = "Without seed= the data set is a recipe, and this shows the data of trial seed 0."
        type.property("train", "The training split. \(recipe)", type: "split") { SplitObject(try $0.dataset().train) }
        type.property("validation", "The validation split. \(recipe)", type: "split") { SplitObject(try $0.dataset().validation) }
        type.property("test", "The test split. \(recipe)", type: "split") { SplitObject(try $0.dataset().test) }
        type.property("measurement", "How the signals are measured.", type: "measurement") { MeasurementObject($0.source.measurement) }
        type.property("peak", "The peak that every PSNR of this data set uses.", type: "number") { $0.source.peak }
        type.method("describe", "Sizes, ranges and measurement in a line.", returns: "string",
                    example: "print(dataset.cosines{seed = 1}:describe())") { $0.source.description }
        type.describe { d in
            let c = d.source.counts
            return "dataset: \(c.train) train, \(c.validation) validation, \(c.test) test signals of shape \(d.source.signalShape.braces), \(d.source.measurement.description), "
                + (d.source.seed.map { "seed \($0)" } ?? "drawn anew for each trial")
        }
        let split = module.type(SplitObject.self, "Signals and what was measured of them.",
                                example: "local d = dataset.cosines{length = 16, train = 8, validation = 4, test = 4, seed = 1}\nprint(d.train, #d.train)\nprint(d.train.clean.shape, d.train.measured.shape)")
        let fixed = "It can't be assigned to: :clone() gives a copy that can."
        split.property("clean", "The signals. \(fixed)", type: "tensor {n, channels, length}") {
            $0.split.clean.owned(by: .dataset)
        }
        split.property("measured", "Their measurements. \(fixed)", type: "tensor {n, channels, measured length}") {
            $0.split.measured.owned(by: .dataset)
        }
        split.length("Number of signals.") { $0.split.count }
        split.describe { "split: clean \($0.split.clean.shape.braces), measured \($0.split.measured.shape.braces)" }
    }
}
