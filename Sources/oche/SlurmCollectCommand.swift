import ArgumentParser
import Engine
import Foundation
import LuaHost
import Studies

/// `oche slurm collect FOLDER`: results into the store, what is missing, and once more only that.
struct SlurmCollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oche slurm collect", abstract: "Bring the results of a Slurm job into the store. Doing so again changes nothing.",
        discussion: "What is missing is judged by the results that are there. With --wait and --resubmit it goes on until all is there, or a round has brought nothing new. Exit status 1 when trials are missing in the end, or have other numbers than the store.")
    @Argument(help: "The folder of the job.") var folder: String
    @Flag(help: "Wait until no task of the job is left.") var wait = false
    @Flag(help: "Submit what is missing again.") var resubmit = false
    @Flag(help: "Failed trials count as missing.") var retry = false
    @Option(help: ArgumentHelp("Look at the queue every so many seconds.", valueName: "s")) var interval = 10.0

    func validate() throws {
        guard interval >= 0.1, interval <= 86400 else { throw ValidationError("--interval: 0.1 to 86400 seconds expected, got \(interval)") }
    }

    func run() throws {
        let place = URL(fileURLWithPath: folder).standardizedFileURL.path
        var job = try SlurmJob.load(from: place)
        let results = try ResultFolder(place + "/trials"), store = try Store(path: job.store)
        Interrupts.installFlag()
        try store.declare(study: job.study, job.plan, provenance: job.provenance)
        var before = Int.max, retrying = retry
        while true {
            if wait { try waitForTasks(job, results) }
            if retrying { try store.deleteFailed(study: job.study) }
            let missing = job.missing(in: results, retryingFailed: retrying)
            try store.collect(job.pending.filter { !missing.contains($0) || !retrying }, from: results).tell(missing: missing.count)
            let parts = job.parts(missing: missing)
            if missing.isEmpty { return }
            if let tasks = try job.submitted.isEmpty ? (0, 0) : Slurm.tasks(of: job.submitted), tasks.waiting + tasks.running > 0 {
                print("\(tasks.running) tasks run and \(tasks.waiting) wait")
                return
            }
            guard resubmit else {
                print("missing are trials of part\(parts.count == 1 ? "" : "s") \(SlurmJob.ranges(parts)); --resubmit submits them again, \(place)/logs has what was said")
                throw ExitCode(1)
            }
            guard missing.count < before else {
                print("the last round brought nothing new; \(place)/logs says why")
                throw ExitCode(1)
            }
            before = retrying ? Int.max : missing.count
            if retrying { for identity in missing { unlink(results.path(of: identity)) } }
            // What fails again is a result.
            retrying = false
            job.submitted.append(try Slurm.submit(job.submission(parts, in: place)))
            try job.save(in: place)
            print("submitted \(parts.count) \(parts.count == 1 ? "part" : "parts") again, job \(job.submitted.last!)")
            if !wait { return }
        }
    }

    /// Until no task is left. A controller that does not answer is asked again.
    private func waitForTasks(_ job: SlurmJob, _ results: ResultFolder) throws {
        let display = ProgressDisplay(name: job.study), began = ContinuousClock.now
        defer { display.finish() }
        let pending = Set(job.pending)
        func done() -> Int { results.identities().filter(pending.contains).count }
        let first = done()
        while true {
            if Interruption.isRequested { throw Interrupted() }
            let tasks = try Slurm.tasks(of: job.submitted), now = done()
            let seconds = Double((ContinuousClock.now - began).components.seconds)
            let rate = now > first && seconds > 0 ? Double(now - first) / seconds : nil
            var snapshot = ProgressSnapshot(done: now, total: pending.count, rate: rate, remaining: rate.map { Double(pending.count - now) / $0 })
            snapshot.below = [tasks.map { "  \($0.running) tasks run, \($0.waiting) wait" } ?? "  the controller does not answer"]
            if !SubCommand.session.isQuiet { display.show(snapshot) }
            if let tasks, tasks.waiting + tasks.running == 0 { return }
            var left = interval
            while left > 0, !Interruption.isRequested {
                usleep(100_000)
                left -= 0.1
            }
        }
    }
}
