import Engine
import Synchronization
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Plans by what they compute, shared by all trials; and for each plan the executions that are not in use, so that a
/// trial finds its memory ready. A key is a value that holds all that a plan is built from (`ProgramKeys.swift`): plans of
/// equal keys are the same plan.
public final class PlanCache: Sendable {
    public static let shared = PlanCache()
    private struct Entry {
        let plan: Plan
        var lastUse: Int
        var idle: [Execution] = []
    }
    private struct State: @unchecked Sendable {
        var entries: [AnyHashable: Entry] = [:]
        var clock = 0
        var secondsBuilding = 0.0
    }
    private let state = Mutex(State())
    private let capacity = 48

    /// The plan for `key`, built when it is not there. Two threads that need the same one may both build it.
    public func plan(_ key: some Hashable, build: () throws -> Plan) throws -> Plan {
        let key = Key(value: AnyHashable(key))
        let known: Plan? = state.withLock { state in
            state.clock += 1
            guard let index = state.entries.index(forKey: key.value) else { return nil }
            state.entries.values[index].lastUse = state.clock
            return state.entries.values[index].plan
        }
        if let known { return known }
        let began = threadSeconds()
        let plan = try build()
        let seconds = threadSeconds() - began
        state.withLock { state in
            state.secondsBuilding += seconds
            if state.entries.count >= capacity, let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) { state.entries[oldest.key] = nil }
            state.entries[key.value] = Entry(plan: plan, lastUse: state.clock)
        }
        return plan
    }

    /// The plans by key, and the processor seconds that all threads spent building plans since the process began: for benchmarks.
    package var plans: [AnyHashable: Plan] { state.withLock { State(entries: $0.entries) }.entries.mapValues(\.plan) }
    package var secondsBuilding: Double { state.withLock { $0.secondsBuilding } }

    /// Forgets all plans.
    public func removeAll() { state.withLock { $0.entries = [:] } }

    /// Runs the body with an execution of the plan that nobody else uses.
    func withExecution<Result>(_ plan: Plan, _ body: (Execution) throws -> Result) rethrows -> Result {
        let reused: Idle = state.withLock { state in
            guard let index = state.entries.values.firstIndex(where: { $0.plan === plan }) else { return Idle(execution: nil) }
            return Idle(execution: state.entries.values[index].idle.popLast())
        }
        let execution = Idle(execution: reused.execution ?? Execution(plan))
        defer {
            state.withLock { state in
                guard let index = state.entries.values.firstIndex(where: { $0.plan === plan }), let execution = execution.execution else { return }
                state.entries.values[index].idle.append(execution)
            }
        }
        return try body(execution.execution!)
    }

    /// A key is a value that nobody changes.
    private struct Key: @unchecked Sendable { let value: AnyHashable }
    /// An execution on its way between threads.
    private struct Idle: @unchecked Sendable { let execution: Execution? }
}

/// Processor seconds of this thread: what else runs on the machine does not count.
private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
