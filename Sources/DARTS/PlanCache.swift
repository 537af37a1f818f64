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
    /// Its fields are touched by whoever has the lock alone.
    private final class Entry {
        let plan: Plan
        var lastUse: Int
        var idle: [Execution] = []
        init(_ plan: Plan, lastUse: Int) {
            self.plan = plan
            self.lastUse = lastUse
        }
    }
    /// A key with its hash, which is taken once. Sendable, since a key is a value that nobody changes.
    private struct Key: Hashable, @unchecked Sendable {
        let value: AnyHashable
        private let hash: Int
        init(_ value: AnyHashable) {
            self.value = value
            hash = value.hashValue
        }
        static func == (a: Key, b: Key) -> Bool { a.hash == b.hash && a.value == b.value }
        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }
    private struct State: @unchecked Sendable {
        var entries: [Key: Entry] = [:]
        var clock = 0
        var secondsBuilding = 0.0

        func entry(of plan: Plan) -> Entry? { entries.values.first { $0.plan === plan } }
        mutating func forgetOldest() {
            let plans = entries.values
            guard let oldest = plans.indices.min(by: { plans[$0].lastUse < plans[$1].lastUse }) else { return }
            entries.remove(at: oldest)
        }
    }
    private let state = Mutex(State())
    private let capacity = 48

    /// The plan for `key`, built when it is not there. Two threads that need the same one may both build it.
    public func plan(_ key: some Hashable, build: () throws -> Plan) throws -> Plan {
        let key = Key(AnyHashable(key))
        let known: Plan? = state.withLock { state in
            state.clock += 1
            guard let entry = state.entries[key] else { return nil }
            entry.lastUse = state.clock
            return entry.plan
        }
        if let known { return known }
        let began = threadSeconds()
        let plan = try build()
        let seconds = threadSeconds() - began
        state.withLock { state in
            state.secondsBuilding += seconds
            if state.entries.count >= capacity { state.forgetOldest() }
            state.entries[key] = Entry(plan, lastUse: state.clock)
        }
        return plan
    }

    /// The plans by key, and the processor seconds that all threads spent building plans since the process began: for benchmarks.
    package var plans: [AnyHashable: Plan] {
        let entries = state.withLock { State(entries: $0.entries) }.entries
        return Dictionary(uniqueKeysWithValues: entries.map { ($0.key.value, $0.value.plan) })
    }
    package var secondsBuilding: Double { state.withLock { $0.secondsBuilding } }

    /// Forgets all plans.
    public func removeAll() { state.withLock { $0.entries = [:] } }

    /// Runs the body with an execution of the plan that nobody else uses.
    func withExecution<Result>(_ plan: Plan, _ body: (Execution) throws -> Result) rethrows -> Result {
        let reused = state.withLock { Idle(execution: $0.entry(of: plan)?.idle.popLast()) }
        let execution = Idle(execution: reused.execution ?? Execution(plan))
        defer { state.withLock { $0.entry(of: plan)?.idle.append(execution.execution!) } }
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
