// Requests that wait for the thread that runs Lua, in the order they came.

import Foundation

final class Inbox: @unchecked Sendable {
    private let lock = NSCondition()
    private var waiting: [Message] = []
    private var isClosed = false

    func add(_ message: Message) {
        lock.lock()
        waiting.append(message)
        lock.signal()
        lock.unlock()
    }

    /// The next request; nil when there will be none.
    func next() -> Message? {
        lock.lock()
        defer { lock.unlock() }
        while waiting.isEmpty, !isClosed { lock.wait() }
        return isClosed ? nil : waiting.removeFirst()
    }

    /// Takes out those of a type.
    func remove(_ type: String) -> [Message] {
        lock.lock()
        defer { lock.unlock() }
        let found = waiting.filter { $0.type == type }
        waiting.removeAll { $0.type == type }
        return found
    }

    func close() {
        lock.lock()
        isClosed = true
        lock.broadcast()
        lock.unlock()
    }
}
