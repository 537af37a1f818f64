// What a cell asks the person at the front end for: io.read waits here for the answer, which comes on another thread.

import Foundation

final class InputRequests: @unchecked Sendable {
    private let lock = NSCondition()
    private var isWaiting = false
    private var answer: String?

    /// Asks, and waits.
    /// - Parameter shouldStop: looked at while waiting.
    /// - Returns: nil when it was told to stop.
    func ask(_ send: () -> Void, shouldStop: () -> Bool) -> String? {
        lock.lock()
        (isWaiting, answer) = (true, nil)
        lock.unlock()
        send()
        lock.lock()
        defer {
            isWaiting = false
            lock.unlock()
        }
        while answer == nil {
            if shouldStop() { return nil }
            lock.wait(until: Date().addingTimeInterval(0.05))
        }
        return answer
    }

    /// An answer; one that nobody waits for is dropped.
    func answered(_ text: String) {
        lock.lock()
        if isWaiting { answer = text }
        lock.signal()
        lock.unlock()
    }
}
