// One file per trial in a folder that machines share. Invariants: a file appears under its name whole or not at all (written under a name
// that no other task uses, fsync, rename, fsync of the folder), and what is read back has passed its checksum. The first line is
// "oche-trial 1 <SHA-256 of the rest>", the rest the record as JSON; the name is the trial's identity.

import Foundation

/// A folder of results.
public struct ResultFolder: Sendable {
    public let path: String
    private static let suffix = ".trial", mark = "oche-trial 1 "

    /// Makes the folder when there is none.
    public init(_ path: String) throws {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
        do { try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true) } catch {
            throw StoreError.failed(path: path, detail: "the folder cannot be made: \(error.localizedDescription)")
        }
    }

    public func path(of identity: TrialIdentity) -> String { "\(path)/\(identity.hexadecimal)\(Self.suffix)" }

    /// What a file of a trial is.
    public enum Content: Equatable, Sendable {
        case missing
        case record(TrialRecord)
        /// Not what was written: the reason.
        case damaged(String)
    }

    public func content(of identity: TrialIdentity) -> Content {
        guard let data = FileManager.default.contents(atPath: path(of: identity)) else { return .missing }
        guard let end = data.firstIndex(of: 10), let head = String(data: data[..<end], encoding: .utf8), head.hasPrefix(Self.mark) else { return .damaged("no heading") }
        let body = data[data.index(after: end)...]
        guard SHA256.hexadecimal(body) == head.dropFirst(Self.mark.count) else { return .damaged("its checksum is wrong") }
        guard let record = try? JSONDecoder().decode(TrialRecord.self, from: Data(body)) else { return .damaged("no record") }
        guard record.identity == identity else { return .damaged("the record of another trial") }
        return .record(record)
    }

    /// The identities for which there are files, sorted.
    public func identities() -> [TrialIdentity] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(Self.suffix) }.sorted()
            .compactMap { TrialIdentity(hexadecimal: String($0.dropLast(Self.suffix.count))) }
    }

    /// Writes the record of a trial. Durable on return; a file of the same trial is replaced.
    public func write(_ record: TrialRecord) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let body = try encoder.encode(record)
        let data = Data((Self.mark + SHA256.hexadecimal(body) + "\n").utf8) + body
        let restart = ProcessInfo.processInfo.environment["SLURM_RESTART_COUNT"] ?? "0"
        let temporary = "\(path)/.\(record.identity.hexadecimal).\(ProcessInfo.processInfo.hostName).\(getpid()).\(restart).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        do {
            defer { close(descriptor) }
            var rest = data[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure() }
                rest = rest.dropFirst(count)
            }
            guard fsync(descriptor) == 0 else { throw failure() }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, self.path(of: record.identity)) == 0 else {
            let error = failure()
            unlink(temporary)
            throw error
        }
        StoreFile.synchronise(path)
    }

    private func failure() -> StoreError {
        switch errno {
        case ENOSPC, EDQUOT, EFBIG: .full(path: path)
        case EACCES, EPERM, EROFS: .notPermitted(path: path, reading: false)
        case ENOENT: .vanished(path: path, rescued: nil)
        default: .failed(path: path, detail: String(cString: strerror(errno)))
        }
    }
}

/// What an import found.
public struct Collected: Equatable, Sendable {
    /// New in the store, in the store before, and of those the ones whose numbers differ.
    public var imported = 0, known = 0
    public var different: [TrialIdentity] = []
    /// Files that cannot be trusted, with the reason. They count as missing.
    public var damaged: [String] = []
    public var failed = 0
    public init() {}
}

extension Store {
    /// Imports results; doing so again changes nothing.
    public func collect(_ identities: [TrialIdentity], from folder: ResultFolder) throws -> Collected {
        var collected = Collected()
        for start in stride(from: 0, to: identities.count, by: 500) {
            var records: [TrialRecord] = []
            for identity in identities[start..<min(start + 500, identities.count)] {
                switch folder.content(of: identity) {
                case .missing: break
                case .damaged(let reason): collected.damaged.append("\(folder.path(of: identity)): \(reason)")
                case .record(let record): records.append(record)
                }
            }
            for (record, outcome) in zip(records, try insert(records)) {
                if record.status == .failed { collected.failed += 1 }
                switch outcome {
                case .stored, .replacedFailure: collected.imported += 1
                case .alreadyStored(let same):
                    collected.known += 1
                    if !same { collected.different.append(record.identity) }
                }
            }
        }
        return collected
    }
}
