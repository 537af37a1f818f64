import Basics
import DARTS
import Datasets
import Engine
import Kernels
import Operations
import Tensors

/// The engine's numeric version: it changes whenever the same script may give other bits. 2: the exact second order sums in another order.
public let numericVersion = "3"

/// One row of a study: how an architecture is found, and how it is then trained.
public struct StudyMethod: Sendable {
    public enum Strategy: Sendable {
        case search(SearchSettings)
        case random
        case fixed(Architecture)
    }
    public let name: String
    public let space: Space
    public let strategy: Strategy
    public let training: TrainingSettings
    public init(name: String, space: Space, strategy: Strategy, training: TrainingSettings) {
        (self.name, self.space, self.strategy, self.training) = (name, space, strategy, training)
    }

    /// What the numbers depend on.
    var canonical: JSONValue {
        let how: JSONValue = switch strategy {
        case .search(let settings): .object(["search": settings.canonical])
        case .random: .string("random")
        case .fixed(let architecture): .array(architecture.chosen.map { .string($0) })
        }
        return .object(["space": .string(space.description), "strategy": how, "training": training.canonical])
    }
}

/// A study: every method on every data set, `trials` times. Trial i has seed `seed` + i - 1 everywhere, so methods are
/// compared on the same data; unless seeds are nested (NestedSeeds), or scores come from a table: then trial i has the data of the
/// table's seed number i, again from the first after the last, and the final scores of that seed.
public struct StudyDesign: Sendable {
    public let name: String
    public let trials: Int
    public let seed: Int
    public let data: [(name: String, source: any DataSource)]
    public let methods: [StudyMethod]
    public let nesting: NestedSeeds?
    public let tabular: TabularBenchmark?

    /// - Parameter nesting: the trials are then its product, whatever `trials` says.
    public init(name: String, trials: Int, seed: Int, data: [(name: String, source: any DataSource)], methods: [StudyMethod],
                nesting: NestedSeeds? = nil, tabular: TabularBenchmark? = nil) {
        (self.name, self.trials, self.seed, self.data, self.methods) = (name, nesting?.trials ?? trials, seed, data, methods)
        (self.nesting, self.tabular) = (nesting, tabular)
    }

    /// The seeds of a trial, from 1.
    public func seeds(trial: Int) -> TrialSeeds {
        let own = seed + trial - 1
        if let tabular {
            let ofTable = tabular.seeds[(trial - 1) % tabular.seeds.count]
            return TrialSeeds(data: ofTable, search: own, retrain: ofTable)
        }
        return nesting?.seeds(trial: trial, first: seed) ?? TrialSeeds(data: own, search: own, retrain: own)
    }

    /// Whether the seed of the search does anything in a method.
    public func searches(method name: String) -> Bool {
        methods.contains { method in
            guard method.name == name else { return false }
            if case .fixed = method.strategy { return false }
            return true
        }
    }

    /// All trials in the order of the table.
    public var specs: [TrialSpec] {
        var specs: [TrialSpec] = []
        let table = tabular?.digest
        for (d, data) in data.enumerated() {
            for (m, method) in methods.enumerated() {
                var row: [String: JSONValue] = ["data": .string(data.source.description), "method": method.canonical]
                if let table { row["tabular"] = .string(table) }
                for trial in 1...max(1, trials) where trials > 0 {
                    let seed = self.seed + trial - 1, seeds = seeds(trial: trial)
                    var parts = row
                    // Said only where they are not the trial's, so that plain trials keep their identity.
                    if seeds != TrialSeeds(data: seed, search: seed, retrain: seed) {
                        parts["seeds"] = .object(["data": .integer(seeds.data), "search": .integer(seeds.search), "retrain": .integer(seeds.retrain)])
                    }
                    let configuration = JSONValue.object(parts)
                    specs.append(TrialSpec(identity: TrialIdentity(configuration: configuration, trial: trial, seed: seed, numericVersion: numericVersion),
                                           data: data.name, method: method.name, dataIndex: d, methodIndex: m, trial: trial, seed: seed))
                }
            }
        }
        return specs
    }

    /// Lets operations written by the user be traced here, on the user's thread: workers only replay them.
    public func prepare() throws {
        for (_, source) in data {
            for method in methods {
                let batches: [(Int, Bool)] = [(method.training.batch, true), (source.counts.train, false), (source.counts.validation, false), (source.counts.test, false)]
                    + { if case .search(let settings) = method.strategy { [(settings.batch, true)] } else { [] } }()
                for operation in method.space.operations {
                    for (batch, training) in batches { try operation.prepare(batch: [batch] + source.signalShape, measurement: source.measurement, training: training) }
                }
            }
        }
    }

    /// Runs one trial, on any thread.
    public func run(_ spec: TrialSpec) throws -> TrialRecord {
        let began = ContinuousClock.now
        let method = methods[spec.methodIndex], seeds = seeds(trial: spec.trial)
        func bits(_ seed: Int) -> UInt64 { UInt64(bitPattern: Int64(seed)) }
        let source = data[spec.dataIndex].source
        let data = try source.dataset(trialSeed: bits(seeds.data))
        var record = TrialRecord(spec: spec, numericVersion: numericVersion)
        var digest = NumberDigest()
        var history = History()
        let architecture: Architecture
        switch method.strategy {
        case .fixed(let given): architecture = given
        case .random: architecture = method.space.random(seed: bits(seeds.search))
        case .search(let settings):
            let found: SearchResult
            if let tabular, let strategy = settings.strategy as? any CandidateStrategy {
                found = try tabular.search(strategy, data: self.data[spec.dataIndex].name, seed: bits(seeds.search), seedIndex: (spec.trial - 1) % tabular.seeds.count)
            } else {
                found = try search(method.space, on: data, settings: settings, seed: bits(seeds.search))
            }
            architecture = found.architecture
            record.oneShot = OneShot(relaxed: found.oneShotRelaxed, argmax: found.oneShotArgmax, scaled: found.oneShotScaled)
            digest.add(found.alpha)
            digest.add(found.theta)
            digest.add(found.trainingLosses)
            digest.add(found.validationLosses)
            history.series.append(("alpha", found.alpha))
            history.series.append(("search.training", decimated(found.trainingLosses)))
            history.series.append(("search.validation", decimated(found.validationLosses)))
        }
        record.architecture = architecture.chosen
        if let tabular {
            let scores = try tabular.column(self.data[spec.dataIndex].name).scores, place = try tabular.place(architecture.chosen)
            let seedIndex = (spec.trial - 1) % tabular.seeds.count
            let (validation, test) = (scores[.validation]![seedIndex][place], scores[.test]![seedIndex][place])
            guard !test.isNaN else { throw EngineError("tabular: \(architecture) could not be trained with seed \(seeds.retrain)") }
            record.psnr = SplitPSNR(validation: validation, test: test)
            record.zeroPSNR = zeroPSNR(data)
            digest.add(architecture.description)
            digest.add([validation, test])
            record.digest = digest.finish()
            record.history = history.packed
            record.seconds = (ContinuousClock.now - began).inSeconds
            return record
        }
        let trained = try train(architecture, in: method.space, on: data, settings: method.training, seed: bits(seeds.retrain))
        if let scores = trained.scores {
            record.psnr = SplitPSNR(train: scores.psnr.train, validation: scores.psnr.validation, test: scores.psnr.test)
            record.perSignal = SplitPSNR(test: scores.meanSignalPSNR)
            record.outputEnergy = scores.outputEnergy
        }
        record.zeroPSNR = zeroPSNR(data)
        digest.add(architecture.description)
        digest.add(trained.theta)
        digest.add(trained.losses)
        if let psnr = trained.scores?.psnr { digest.add([psnr.train, psnr.validation, psnr.test]) }
        record.digest = digest.finish()
        history.series.append(("training", decimated(trained.losses)))
        record.history = history.packed
        record.seconds = (ContinuousClock.now - began).inSeconds
        return record
    }
}

/// Every tenth value: the shape of a learning curve at a tenth of the room.
private func decimated(_ values: [Float]) -> [Float] { stride(from: 0, to: values.count, by: 10).map { values[$0] } }

/// The PSNR of answering zero on the test set.
private func zeroPSNR(_ data: Dataset) -> Double? {
    guard let values = try? data.test.clean.values(), !values.isEmpty else { return nil }
    return psnr(meanSquaredError: values.reduce(0) { $0 + $1 * $1 } / Double(values.count), peak: data.peak)
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension SearchSettings {
    var canonical: JSONValue {
        let order: [String: JSONValue] = switch order {
        case .firstOrder: ["order": 1]
        case .secondOrder(let product): ["order": 2, "hvp": .string(product.rawValue), "xi": innerRate.map { .number($0) } ?? "theta"]
        }
        // What a plain search does not have is not said, so that its trials keep their identity.
        var more = order
        if !(strategy is Darts) { more["strategy"] = .string(strategy.description) }
        if entropy != 0 { more["entropy"] = .number(entropy) }
        if scoreEvery > 0 { more["evaluate"] = .integer(scoreEvery) }
        if case .perturbation(let tuning) = selection { more["perturbation"] = .integer(tuning ?? steps / 5) }
        if stopsEarly || hessian.every > 0 {
            more["hessian"] = .object(["every": .integer(hessian.interval(steps: steps, stops: stopsEarly)), "window": .integer(hessian.window), "distance": .integer(hessian.distance),
                                       "factor": .number(hessian.factor), "start": .number(hessian.start), "stops": .string("\(stopsEarly)")])
        }
        let rest = warmup ?? (strategy as? any RelaxingStrategy)?.standardWarmup(steps: steps) ?? 0
        return .object(["steps": .integer(steps), "batch": .integer(batch), "theta": theta.canonical, "alpha": alpha.canonical,
                        "alpha_initial": .number(alphaInitial), "warmup": .integer(rest)].merging(more) { $1 })
    }
}

extension TrainingSettings {
    var canonical: JSONValue { ["steps": .integer(steps), "batch": .integer(batch), "theta": theta.canonical] }
}

extension Optimizer {
    var canonical: JSONValue {
        ["kind": .string(kind.rawValue), "rate": .number(rate), "schedule": .string(schedule.rawValue), "betas": [.number(betas.0), .number(betas.1)],
         "momentum": .number(momentum), "epsilon": .number(epsilon), "weight_decay": .number(weightDecay), "clip": .number(clip)]
    }
}
