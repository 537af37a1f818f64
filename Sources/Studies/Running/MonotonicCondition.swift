// A lock with a condition whose waits are measured by a clock that nobody sets: one that waited by the wall clock would sleep for
// years when that clock is set back.

import Foundation

/// A mutual exclusion lock and a condition on what it guards.
final class MonotonicCondition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
        pthread_cond_init(condition, nil)
        #else
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Wakes all that wait. Called inside `locked`.
    func broadcast() { pthread_cond_broadcast(condition) }

    /// Gives the lock up until a broadcast or for at most so long. Called inside `locked`.
    func wait(seconds: Double) {
        #if canImport(Darwin)
        var interval = timespec(seconds)
        pthread_cond_timedwait_relative_np(condition, mutex, &interval)
        #else
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        var deadline = timespec(Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9 + seconds)
        pthread_cond_timedwait(condition, mutex, &deadline)
        #endif
    }
}

private extension timespec {
    init(_ seconds: Double) { self.init(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9)) }
}
