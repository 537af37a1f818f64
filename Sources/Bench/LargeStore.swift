import Basics
import Engine
import Foundation
import Studies

/// A store of 10^5 trials, as studies leave one: what appending to it costs, in processor seconds. The file stays for the command line to be timed on.
enum LargeStore {
    static let trials = 100_000, appended = 5000
    /// Rounds of trials stored singly, in an empty store and in the full one by turns.
    static let rounds = 40, inRound = 50

    static func report(_ arguments: [String]) throws {
        guard let path = arguments.first else { throw EngineError("store: a path for the new file expected") }
        let specs = plan()
        let store = try Store(path: path)
        try store.declare(study: "large", specs)
        var seconds: [Double] = []
        for start in stride(from: 0, to: trials, by: appended) {
            let records = specs[start..<start + appended].map(record)
            seconds.append(try Bench.seconds {
                // As many to a transaction as a worker that is far ahead of the disk.
                for first in stride(from: 0, to: appended, by: 500) { _ = try store.insert(Array(records[first..<first + 500])) }
            })
        }
        let empty = try Store(path: path + ".empty")
        var singly: (empty: [Double], full: [Double]) = ([], [])
        for round in 0..<rounds {
            singly.empty.append(try appending(to: empty, round: round))
            singly.full.append(try appending(to: store, round: round))
        }
        empty.close()
        store.close()
        print("empty", singly.empty.sorted()[rounds / 2])
        print("full", singly.full.sorted()[rounds / 2])
        print("first", seconds[0])
        print("last", seconds.last!)
        print("bytes", (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
    }

    /// Processor seconds of a trial that is claimed and stored as a study does it: two durable transactions.
    private static func appending(to store: Store, round: Int) throws -> Double {
        let records = (1...inRound).map { record(spec(row: 20, trial: round * inRound + $0)) }
        return try Bench.seconds {
            for record in records where try store.claim(record.identity) == .taken { _ = try store.insert(record) }
        } / Double(inRound)
    }

    /// Two data sets, ten methods each.
    private static func plan() -> [TrialSpec] {
        (0..<20).flatMap { row in (1...trials / 20).map { spec(row: row, trial: $0) } }
    }

    private static func spec(row: Int, trial: Int) -> TrialSpec {
        let (data, method) = (row / 10, row % 10)
        let configuration: JSONValue = .object(["data": .string("data \(data)"), "method": .string("method \(method)")])
        return TrialSpec(identity: TrialIdentity(configuration: configuration, trial: trial, seed: trial, numericVersion: "1"), data: "data \(data)",
                         method: "method \(method)", dataIndex: data, methodIndex: method, trial: trial, seed: trial)
    }

    /// With the scores and the history (400 bytes) of a finished trial.
    private static func record(_ spec: TrialSpec) -> TrialRecord {
        var record = TrialRecord(spec: spec, numericVersion: "1")
        record.architecture = Array(repeating: "net", count: 10)
        let score = 20 + Double(spec.trial * 7919 % 1000) / 1000
        (record.oneShot, record.psnr) = (OneShot(relaxed: score - 1, argmax: score - 2), SplitPSNR(train: score, validation: score, test: score))
        (record.seconds, record.history, record.provenance) = (0.5, Data(repeating: 7, count: 400), Provenance(script: "the script"))
        return record
    }
}
