import Engine
import Foundation
import Studies

/// Whoever runs a script for another purpose than the script's own (to verify it, to do a part of it on a cluster) decides what
/// opening and running a study means. Without one, a study has the store it names and does what is missing.
public protocol StudyConductor: AnyObject {
    /// Opens the store of a study; `path` is what the script names.
    func openStore(study: String, path: String?) throws -> Store
    /// Called in place of running.
    func run(_ design: StudyDesign, in store: Store, workers: Int?, retry: Bool, environment: ScriptingEnvironment) throws
}

/// The script that is run, for the record.
public struct ScriptSource: Sendable {
    public var text: String
    /// nil when it is no file.
    public var path: String?
    public var arguments: [String]
    public init(text: String, path: String?, arguments: [String]) { (self.text, self.path, self.arguments) = (text, path, arguments) }
}

extension ScriptingEnvironment {
    /// Runs a study with this session's workers, provenance, interrupts and progress.
    /// - Parameter body: is given the run to use, which has everything set.
    public func withRun<Result>(_ name: String, workers: Int? = nil, _ body: (StudyRun, ProgressDisplay) throws -> Result) rethrows -> Result {
        var run = StudyRun(numericVersion: numericVersion)
        run.workers = workers ?? threads
        run.shouldStop = { Interruption.isRequested }
        run.provenance = provenance
        let display = progressDisplay(name)
        if !isQuiet { run.onProgress = { display.show($0) } }
        run.onRecord = { record in
            if record.status == .failed { display.message("\(record.data), \(record.method), trial \(record.trial) failed: \(record.error ?? "")") }
        }
        defer { display.finish() }
        return try body(run, display)
    }
}
