import Foundation

/// Threads that share out numbered pieces of work. The caller works too; waiting threads spin briefly, then sleep.
public final class ThreadPool: @unchecked Sendable {
    public let threads: Int
    private let lock = NSCondition()
    private var body: ((Int, Int) -> Void)?
    private var next = 0, count = 0, working = 0, generation = 0
    private var isClosed = false

    public init(threads: Int) {
        self.threads = max(1, threads)
        for thread in 1..<max(1, self.threads) {
            let worker = Thread { [weak self] in
                var seen = 0
                while let pool = self, pool.wait(&seen) {
                    pool.work(thread)
                    pool.finished()
                }
            }
            worker.stackSize = 8 << 20
            worker.start()
        }
    }

    public func close() {
        lock.lock()
        isClosed = true
        lock.broadcast()
        lock.unlock()
    }

    /// Calls `body(piece, thread)` once for every piece; returns when all are done.
    public func forEach(_ count: Int, _ body: @escaping (_ piece: Int, _ thread: Int) -> Void) {
        lock.lock()
        (self.body, next, self.count, working) = (body, 0, count, threads - 1)
        generation += 1
        lock.broadcast()
        lock.unlock()
        work(0)
        lock.lock()
        while working > 0 { lock.wait() }
        self.body = nil
        lock.unlock()
    }

    private func work(_ thread: Int) {
        while true {
            lock.lock()
            let piece = next
            next += 1
            let body = piece < count ? self.body : nil
            lock.unlock()
            guard let body else { return }
            body(piece, thread)
        }
    }

    private func wait(_ seen: inout Int) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        while generation == seen && !isClosed { lock.wait() }
        seen = generation
        return !isClosed
    }

    private func finished() {
        lock.lock()
        working -= 1
        if working == 0 { lock.broadcast() }
        lock.unlock()
    }
}
