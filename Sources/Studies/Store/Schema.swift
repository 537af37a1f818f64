// The tables of a store and how older ones become newer. `application_id` marks a file as ours and `user_version` counts the
// migrations it has been through; each migration is one transaction with its new version inside, so a kill leaves one or the other.

import GRDB

/// The migrations that lead to the current format, in order; a store of version n has been through the first n.
struct Schema: Sendable {
    /// "Oche" in ASCII.
    static let applicationID: Int32 = 0x4F63_6865

    var migrations: [@Sendable (Database) throws -> Void]

    var version: Int { migrations.count }

    /// The first version whose trials have the scaled one-shot score.
    static let versionWithScaled = 3

    static let current = Schema(migrations: [tables, provenanceOfStudies, scaledScore])

    /// Brings a store to the current version.
    func migrate(_ db: Database) throws {
        var version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        while version < migrations.count {
            try db.inTransaction(.immediate) {
                // Another process may have migrated while this one waited for the lock.
                version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                if version < migrations.count {
                    try migrations[version](db)
                    version += 1
                    try db.execute(sql: "PRAGMA user_version = \(version)")
                }
                return .commit
            }
        }
    }

    /// Version 1. Scores are REAL, infinities included; a NaN is the text 'nan', since SQLite turns NaN into NULL.
    /// Architectures are operation names separated by U+001F.
    @Sendable private static func tables(_ db: Database) throws {
        try db.execute(sql: """
            CREATE TABLE provenance (hash TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE trial (
                id INTEGER PRIMARY KEY,
                identity TEXT NOT NULL UNIQUE,
                data TEXT NOT NULL, method TEXT NOT NULL, trial INTEGER NOT NULL, seed INTEGER NOT NULL,
                architecture TEXT NOT NULL,
                one_shot_relaxed REAL, one_shot_argmax REAL,
                psnr_train REAL, psnr_validation REAL, psnr_test REAL,
                per_signal_train REAL, per_signal_validation REAL, per_signal_test REAL,
                zero_psnr REAL, output_energy REAL,
                seconds REAL NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('ok', 'failed')), error TEXT,
                digest TEXT, numeric_version TEXT NOT NULL, finished REAL NOT NULL,
                provenance TEXT REFERENCES provenance (hash));
            CREATE TABLE history (
                id INTEGER PRIMARY KEY REFERENCES trial (id) ON DELETE CASCADE, packed BLOB NOT NULL);
            CREATE TABLE study (name TEXT PRIMARY KEY, plan_digest TEXT NOT NULL, declared REAL NOT NULL) WITHOUT ROWID;
            CREATE TABLE slot (
                study TEXT NOT NULL REFERENCES study (name) ON DELETE CASCADE, position INTEGER NOT NULL,
                identity TEXT NOT NULL, data TEXT NOT NULL, method TEXT NOT NULL,
                data_index INTEGER NOT NULL, method_index INTEGER NOT NULL, trial INTEGER NOT NULL, seed INTEGER NOT NULL,
                PRIMARY KEY (study, position)) WITHOUT ROWID;
            CREATE TABLE claim (
                identity TEXT PRIMARY KEY, owner TEXT NOT NULL,
                machine TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL, beat INTEGER NOT NULL) WITHOUT ROWID;
            """)
    }

    /// Version 2: a study knows the script that declared it, so that it can be resumed from the store alone.
    @Sendable private static func provenanceOfStudies(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE study ADD COLUMN provenance TEXT REFERENCES provenance (hash)")
    }

    /// Version 3: the one-shot score of the selected path with its outputs scaled. Trials of before have none.
    @Sendable private static func scaledScore(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE trial ADD COLUMN one_shot_scaled REAL")
    }
}
