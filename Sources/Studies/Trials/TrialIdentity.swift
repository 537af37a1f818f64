// What makes two trials the same trial: the canonical configuration of data and method, the seeds, and the engine's numeric version.
// Names are not part of it: renaming a method repeats nothing, and two methods of one configuration share their trials.

import Basics

/// The SHA-256 of a trial's canonical description, 64 hexadecimal digits.
public struct TrialIdentity: Hashable, Sendable, Codable, CustomStringConvertible {
    public let hexadecimal: String

    /// - Parameters:
    ///   - configuration: everything of data and method that the numbers depend on (no names, no worker counts).
    ///   - trial: the index of the trial in its row, from 1, since draws are keyed by it.
    ///   - seed: the seed of the study or of the trial, whichever the draws are keyed by.
    ///   - numericVersion: the engine's; it changes whenever the same script may give other bits.
    public init(configuration: JSONValue, trial: Int, seed: Int, numericVersion: String) {
        let description = JSONValue.object([
            "configuration": configuration, "trial": .integer(trial), "seed": .integer(seed),
            "numeric_version": .string(numericVersion),
        ])
        hexadecimal = SHA256.hexadecimal(description.text(.canonical).utf8)
    }

    /// An identity read back from a store or file. Nil unless 64 lowercase hexadecimal digits.
    public init?(hexadecimal: String) {
        guard hexadecimal.utf8.count == 64,
              hexadecimal.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        self.hexadecimal = hexadecimal
    }

    /// For rows of a store, whose text was checked when written.
    init(stored: String) { hexadecimal = stored }

    public var description: String { hexadecimal }

    public init(from decoder: Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let identity = TrialIdentity(hexadecimal: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a trial's identity is 64 hexadecimal digits")
        }
        self = identity
    }

    public func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hexadecimal)
    }
}

/// A trial to be done: its identity and its place in the study.
public struct TrialSpec: Hashable, Sendable, Codable {
    public var identity: TrialIdentity
    /// The name of the data set, as the script gave it.
    public var data: String
    /// The name of the method, as the script gave it.
    public var method: String
    /// Places in the script's lists of data and methods, from 0.
    public var dataIndex: Int
    public var methodIndex: Int
    /// The index of the trial in its row, from 1.
    public var trial: Int
    public var seed: Int

    public init(identity: TrialIdentity, data: String, method: String, dataIndex: Int, methodIndex: Int, trial: Int, seed: Int) {
        (self.identity, self.data, self.method) = (identity, data, method)
        (self.dataIndex, self.methodIndex, self.trial, self.seed) = (dataIndex, methodIndex, trial, seed)
    }
}
