// The outcome of one trial: what was run, what it found, how good it is, and where it was computed. A failed trial is a record too,
// with its error and whatever scores it had. Codable names are those of the Lua contract.

import Foundation

/// The validation PSNR, in dB, at the end of a search, before anything is retrained.
public struct OneShot: Codable, Sendable, Equatable {
    /// Of the relaxed net, all operations mixed.
    @JSONNumber public var relaxed: Double?
    /// Of the argmax path with the shared weights.
    @JSONNumber public var argmax: Double?
    /// Of the same path with each operation's output times its weight in the mix; nil also in records of older stores.
    @JSONNumber public var scaled: Double?

    public init(relaxed: Double? = nil, argmax: Double? = nil, scaled: Double? = nil) {
        (self.relaxed, self.argmax, self.scaled) = (relaxed, argmax, scaled)
    }
}

/// A PSNR of the final (retrained) net, in dB, on the three parts of the data.
public struct SplitPSNR: Codable, Sendable, Equatable {
    @JSONNumber public var train: Double?
    @JSONNumber public var validation: Double?
    @JSONNumber public var test: Double?

    public init(train: Double? = nil, validation: Double? = nil, test: Double? = nil) {
        (self.train, self.validation, self.test) = (train, validation, test)
    }
}

/// The record of one trial.
public struct TrialRecord: Codable, Sendable, Equatable {
    public enum Status: String, Codable, Sendable { case ok, failed }

    public var identity: TrialIdentity
    public var data: String
    public var method: String
    /// From 1.
    public var trial: Int
    public var seed: Int
    /// Operation names in node order; empty when the trial failed before it had one.
    public var architecture: [String] = []
    /// Empty for methods without a search.
    public var oneShot = OneShot()
    /// Of the mean squared error over the whole set.
    public var psnr = SplitPSNR()
    /// The mean over signals of each signal's PSNR.
    public var perSignal = SplitPSNR()
    /// The test PSNR, in dB, of answering zero: what a dead net scores.
    @JSONNumber public var zeroPSNR: Double?
    /// The energy of the reconstructions of the test set over that of the clean signals; 0 for a dead net.
    @JSONNumber public var outputEnergy: Double?
    /// Wall-clock seconds of the trial; not part of any digest.
    public var seconds: Double = 0
    public var status = Status.ok
    /// The message of a failed trial.
    public var error: String?
    /// NumberDigest of all numbers of the trial.
    public var digest: String?
    public var numericVersion: String
    /// When it ended, seconds since 1970; set by the store when missing.
    public var finished: Double?
    /// Losses, α and so on over the steps, packed by History.
    public var history: Data?
    public var provenance: Provenance?

    public init(spec: TrialSpec, numericVersion: String) {
        (identity, data, method, trial, seed) = (spec.identity, spec.data, spec.method, spec.trial, spec.seed)
        self.numericVersion = numericVersion
    }

    /// The record of a trial that ended in an error.
    public init(failed spec: TrialSpec, error: String, seconds: Double, numericVersion: String) {
        self.init(spec: spec, numericVersion: numericVersion)
        (status, self.error, self.seconds) = (.failed, error, seconds)
    }

    enum CodingKeys: String, CodingKey {
        case identity, data, method, trial, seed, architecture, psnr, seconds, status, error, digest, finished, history, provenance
        case oneShot = "one_shot", perSignal = "per_signal", zeroPSNR = "zero_psnr", outputEnergy = "output_energy"
        case numericVersion = "numeric_version"
    }
}

/// A number of a record, by the name it has in Lua.
public enum Score: String, CaseIterable, Sendable {
    case relaxed = "one_shot.relaxed"
    case argmax = "one_shot.argmax"
    case scaled = "one_shot.scaled"
    case train = "psnr.train"
    case validation = "psnr.validation"
    case test = "psnr.test"
    case perSignalTrain = "per_signal.train"
    case perSignalValidation = "per_signal.validation"
    case perSignalTest = "per_signal.test"
    case seconds

    /// Those that a trial records: per signal, only the test set is measured.
    public static let recorded = allCases.filter { $0 != .perSignalTrain && $0 != .perSignalValidation }

    /// The score of a record, in dB (seconds in s); nil when the record has none.
    public func of(_ record: TrialRecord) -> Double? {
        switch self {
        case .relaxed: return record.oneShot.relaxed
        case .argmax: return record.oneShot.argmax
        case .scaled: return record.oneShot.scaled
        case .train: return record.psnr.train
        case .validation: return record.psnr.validation
        case .test: return record.psnr.test
        case .perSignalTrain: return record.perSignal.train
        case .perSignalValidation: return record.perSignal.validation
        case .perSignalTest: return record.perSignal.test
        case .seconds: return record.seconds
        }
    }
}
