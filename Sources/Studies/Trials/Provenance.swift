// Where a number comes from: script, commit, program, machine. It is the same for all trials of one process, so a store keeps each
// distinct provenance once. What differs per trial (when it ended, how long it took) stands in the record.

/// The origin of a trial's numbers.
public struct Provenance: Codable, Sendable, Hashable {
    /// The whole text of the script.
    public var script: String?
    /// The script's path, absolute where it is a file.
    public var scriptPath: String?
    /// What the script was given.
    public var arguments: [String]?
    /// Of the session, which whatever has no seed of its own draws from.
    public var sessionSeed: Int?
    /// The folder the process was in: relative paths in the script are from here.
    public var folder: String?
    /// SHA-256 of the script's text.
    public var scriptHash: String?
    /// The commit of the repository that the script lies in.
    public var gitCommit: String?
    /// Whether that repository had uncommitted changes.
    public var gitDirty: Bool?
    public var ocheVersion: String?
    /// The processor's name.
    public var cpu: String?
    /// "v4", "v3", "baseline".
    public var instructionSet: String?
    /// Worker threads.
    public var threads: Int?
    public var host: String?
    /// When the process started, seconds since 1970.
    public var started: Double?

    public init(script: String? = nil) {
        self.script = script
        scriptHash = script.map { SHA256.hexadecimal($0.utf8) }
    }

    /// Whether the same script was run in the same way.
    func sameScript(as other: Provenance?) -> Bool {
        scriptHash == other?.scriptHash && scriptPath == other?.scriptPath && arguments == other?.arguments && sessionSeed == other?.sessionSeed
            && folder == other?.folder
    }

    enum CodingKeys: String, CodingKey {
        case script, cpu, threads, host, started, arguments, folder
        case scriptPath = "script_path", sessionSeed = "session_seed"
        case scriptHash = "script_hash", gitCommit = "git_commit", gitDirty = "git_dirty"
        case ocheVersion = "oche_version", instructionSet = "instruction_set"
    }
}
