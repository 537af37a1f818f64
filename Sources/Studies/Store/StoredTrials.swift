// Records in and out of the store. Scores are columns, so that a table of 10⁵ trials reads no JSON; histories lie apart and are read on
// request; each distinct provenance is kept once.

import Foundation
import GRDB

/// What became of a record given to the store.
public enum Insertion: Equatable, Sendable {
    case stored
    /// The trial had failed before; this record took its place.
    case replacedFailure
    /// The trial was there already and stays as it was. `sameDigest` is false when the numbers differ, which they never should.
    case alreadyStored(sameDigest: Bool)
}

extension Store {
    /// Stores a record and gives up its claim. Durable on return.
    @discardableResult
    public func insert(_ record: TrialRecord) throws -> Insertion { try insert([record])[0] }

    /// Stores several records in one transaction: all or none.
    @discardableResult
    public func insert(_ records: [TrialRecord]) throws -> [Insertion] {
        try write { db in try records.map { try self.insert($0, into: db) } }
    }

    private func insert(_ record: TrialRecord, into db: Database) throws -> Insertion {
        var outcome = Insertion.stored
        try db.cachedStatement(sql: "DELETE FROM claim WHERE identity = ?").execute(arguments: [record.identity.hexadecimal])
        let earlier = try Row.fetchOne(db.cachedStatement(sql: "SELECT status, digest FROM trial WHERE identity = ?"),
                                       arguments: [record.identity.hexadecimal])
        if let earlier {
            if earlier[0] as String == "ok" || record.status == .failed {
                return .alreadyStored(sameDigest: earlier[1] as String? == record.digest)
            }
            try db.cachedStatement(sql: "DELETE FROM trial WHERE identity = ?").execute(arguments: [record.identity.hexadecimal])
            outcome = .replacedFailure
        }
        var provenance: String?
        if let origin = record.provenance { provenance = try keep(origin, in: db) }
        try db.cachedStatement(sql: insertion).execute(arguments: [
            record.identity.hexadecimal, record.data, record.method, record.trial, record.seed,
            record.architecture.joined(separator: "\u{1F}"),
            score(record.oneShot.relaxed), score(record.oneShot.argmax),
            score(record.psnr.train), score(record.psnr.validation), score(record.psnr.test),
            score(record.perSignal.train), score(record.perSignal.validation), score(record.perSignal.test),
            score(record.zeroPSNR), score(record.outputEnergy),
            record.seconds.isNaN ? 0 : record.seconds, record.status.rawValue, record.error, record.digest, record.numericVersion,
            record.finished ?? Date().timeIntervalSince1970, provenance,
        ] + (keepsScaled ? [score(record.oneShot.scaled)] : []))
        if let history = record.history {
            try db.cachedStatement(sql: "INSERT INTO history VALUES (?, ?)").execute(arguments: [db.lastInsertedRowID, history])
        }
        return outcome
    }

    /// Keeps a provenance, once.
    /// - Returns: its key.
    func keep(_ origin: Provenance, in db: Database) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let json = try encoder.encode(origin), key = SHA256.hexadecimal(json)
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO provenance VALUES (?, ?)").execute(arguments: [key, String(decoding: json, as: UTF8.self)])
        return key
    }

    /// Whether the trial has a record, failed or not.
    public func contains(_ identity: TrialIdentity) throws -> Bool {
        try read { db in
            try Int.fetchOne(db.cachedStatement(sql: "SELECT 1 FROM trial WHERE identity = ?"), arguments: [identity.hexadecimal]) != nil
        }
    }

    /// The record of a trial with its history; nil when there is none.
    public func record(_ identity: TrialIdentity) throws -> TrialRecord? {
        try read { db in
            var reader = RecordReader(db, keepsScaled: keepsScaled)
            let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT \(columns), id FROM trial WHERE identity = ?"),
                                       arguments: [identity.hexadecimal])
            guard let row else { return nil }
            var record = try reader.record(row)
            record.history = try Data.fetchOne(db, sql: "SELECT packed FROM history WHERE id = ?", arguments: [row["id"] as Int64])
            return record
        }
    }

    /// All records of the store in the order stored, without histories.
    public func records() throws -> [TrialRecord] {
        try read { db in
            var reader = RecordReader(db, keepsScaled: keepsScaled)
            var records: [TrialRecord] = []
            let rows = try Row.fetchCursor(db, sql: "SELECT \(columns) FROM trial ORDER BY id")
            while let row = try rows.next() { records.append(try reader.record(row)) }
            return records
        }
    }

    /// Deletes the failed trials (of a study's plan when named), so that the next run does them again.
    /// - Returns: how many.
    @discardableResult
    public func deleteFailed(study: String? = nil) throws -> Int {
        try write { db in
            let part = study == nil ? "" : " AND identity IN (SELECT identity FROM slot WHERE study = :study)"
            try db.execute(sql: "DELETE FROM trial WHERE status = 'failed'" + part,
                           arguments: study.map { ["study": $0] } ?? StatementArguments())
            return db.changesCount
        }
    }

    /// The columns of a record, in the order RecordReader reads them. A store of an older format that is only read lacks the last.
    var columns: String { Store.oldestColumns + (keepsScaled ? ", one_shot_scaled" : "") }

    private static let oldestColumns = """
        identity, data, method, trial, seed, architecture, one_shot_relaxed, one_shot_argmax, psnr_train, psnr_validation, psnr_test, \
        per_signal_train, per_signal_validation, per_signal_test, zero_psnr, output_energy, seconds, status, error, digest, \
        numeric_version, finished, provenance
        """

    private var insertion: String {
        "INSERT INTO trial (\(columns)) VALUES (" + repeatElement("?", count: columns.split(separator: ",").count).joined(separator: ", ") + ")"
    }
}

/// A score as stored: NaN as text.
private func score(_ value: Double?) -> DatabaseValue {
    guard let value else { return .null }
    return value.isNaN ? "nan".databaseValue : value.databaseValue
}

/// Reads rows of a store's columns.
struct RecordReader {
    private let db: Database
    private let keepsScaled: Bool
    private var origins: [String: Provenance] = [:]
    private var last: (hash: String, origin: Provenance)?
    /// Taken apart once: many trials have the same architecture.
    private var architectures: [String: [String]] = [:]

    init(_ db: Database, keepsScaled: Bool) { (self.db, self.keepsScaled) = (db, keepsScaled) }

    mutating func record(_ row: Row) throws -> TrialRecord {
        func score(_ at: Int) -> Double? {
            switch (row[at] as DatabaseValue).storage {
            case .double(let value): return value
            case .int64(let value): return Double(value)
            case .string: return .nan
            default: return nil
            }
        }
        let spec = TrialSpec(identity: TrialIdentity(stored: row[0]), data: row[1], method: row[2], dataIndex: 0, methodIndex: 0,
                             trial: row[3], seed: row[4])
        var record = TrialRecord(spec: spec, numericVersion: row[20])
        record.architecture = architecture(row[5])
        record.oneShot = OneShot(relaxed: score(6), argmax: score(7), scaled: keepsScaled ? score(23) : nil)
        record.psnr = SplitPSNR(train: score(8), validation: score(9), test: score(10))
        record.perSignal = SplitPSNR(train: score(11), validation: score(12), test: score(13))
        record.zeroPSNR = score(14)
        record.outputEnergy = score(15)
        record.seconds = row[16]
        record.status = (row[17] as String) == "ok" ? .ok : .failed
        record.error = row[18]
        record.digest = row[19]
        record.finished = row[21]
        if let hash = row[22] as String? { record.provenance = try origin(hash) }
        return record
    }

    private mutating func architecture(_ names: String) -> [String] {
        if names.isEmpty { return [] }
        if let known = architectures[names] { return known }
        let parts = names.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        architectures[names] = parts
        return parts
    }

    private mutating func origin(_ hash: String) throws -> Provenance? {
        if let last, last.hash == hash { return last.origin }
        if let known = origins[hash] {
            last = (hash, known)
            return known
        }
        guard let json = try String.fetchOne(db, sql: "SELECT json FROM provenance WHERE hash = ?", arguments: [hash]) else { return nil }
        let origin = try JSONDecoder().decode(Provenance.self, from: Data(json.utf8))
        origins[hash] = origin
        return origin
    }
}
