import Engine
import Synchronization
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Plans by what they compute, shared by all trials; and for each plan the executions that are not in use, so that a
/// trial finds its memory ready.
public final class PlanCache: Sendable {
    public static let shared = PlanCache()
    private struct Entry {
        let plan: Plan
        var lastUse: Int
        var idle: [Execution] = []
    }
    private struct State: @unchecked Sendable {
        var entries: [String: Entry] = [:]
        var clock = 0
        var secondsBuilding = 0.0
    }
    private let state = Mutex(State())
    private let capacity = 48

    /// The plan for `key`, built when it is not there. Two threads that need the same one may both build it.
    public func plan(_ key: String, build: () throws -> Plan) throws -> Plan {
        let known: Plan? = state.withLock { state in
            state.clock += 1
            state.entries[key]?.lastUse = state.clock
            return state.entries[key]?.plan
        }
        if let known { return known }
        let began = threadSeconds()
        let plan = try build()
        let seconds = threadSeconds() - began
        state.withLock { state in
            state.secondsBuilding += seconds
            if state.entries.count >= capacity, let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) { state.entries[oldest.key] = nil }
            state.entries[key] = Entry(plan: plan, lastUse: state.clock)
        }
        return plan
    }

    /// The plans by key, and the processor seconds that all threads spent building plans since the process began: for benchmarks.
    package var plans: [String: Plan] { state.withLock { $0.entries.mapValues(\.plan) } }
    package var secondsBuilding: Double { state.withLock { $0.secondsBuilding } }

    /// Forgets all plans.
    public func removeAll() { state.withLock { $0.entries = [:] } }

    /// Runs the body with an execution of the plan that nobody else uses.
    func withExecution<Result>(_ plan: Plan, _ body: (Execution) throws -> Result) rethrows -> Result {
        let reused: Idle = state.withLock { state in
            guard let key = state.entries.first(where: { $0.value.plan === plan })?.key else { return Idle(execution: nil) }
            return Idle(execution: state.entries[key]!.idle.popLast())
        }
        let execution = Idle(execution: reused.execution ?? Execution(plan))
        defer {
            state.withLock { state in
                if let key = state.entries.first(where: { $0.value.plan === plan })?.key { state.entries[key]!.idle.append(execution.execution!) }
            }
        }
        return try body(execution.execution!)
    }

    /// An execution on its way between threads.
    private struct Idle: @unchecked Sendable { let execution: Execution? }
}

/// Processor seconds of this thread: what else runs on the machine does not count.
private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
