// What cells publish: text as it is printed, gathered for some milliseconds so that a loop that prints is not a message a line, and
// pictures, values and errors between it, in the order they came.

import Basics
import Foundation
import Notebook
import Scripting

final class CellStreams: @unchecked Sendable {
    private let lock = NSLock()
    private let transport: Transport
    private let session: String
    private var parent: Message?
    private var isSilent = true
    private var pending: [UInt8] = []
    private var name = "stdout"
    private static let most = 1 << 16

    init(_ transport: Transport, session: String) { (self.transport, self.session) = (transport, session) }

    /// From now on output belongs to this request.
    func begin(_ request: Message, isSilent: Bool) {
        lock.lock()
        (parent, self.isSilent) = (request, isSilent)
        lock.unlock()
    }

    func write(_ bytes: UnsafeRawBufferPointer, to name: String) {
        lock.lock()
        defer { lock.unlock() }
        guard !isSilent else { return }
        if name != self.name { send(all: true) }
        self.name = name
        pending += bytes
        if pending.count >= CellStreams.most { send(all: false) } else { transport.tickSoon() }
    }

    /// Sends the text there is.
    /// - Parameter all: also the beginning of a character whose rest is not there.
    func flush(all: Bool = true) {
        lock.lock()
        send(all: all)
        lock.unlock()
    }

    /// Sends another message, behind the text before it.
    func publish(_ type: String, _ content: JSONValue) {
        lock.lock()
        defer { lock.unlock() }
        guard !isSilent else { return }
        send(all: true)
        transport.send(message(type, content), on: .iopub)
    }

    private func message(_ type: String, _ content: JSONValue) -> Message {
        var message = Message(type, content, parent: parent, session: session)
        message.identities = [Array(type.utf8)]
        return message
    }

    private func send(all: Bool) {
        let count = all ? pending.count : pending.count - CellStreams.unfinished(pending)
        guard count > 0 else { return }
        transport.send(message("stream", ["name": .string(name), "text": .string(String(decoding: pending[..<count], as: UTF8.self))]), on: .iopub)
        pending.removeFirst(count)
    }

    /// How many bytes at the end are the beginning of a character.
    static func unfinished(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? back : 0
        }
        return 0
    }
}
