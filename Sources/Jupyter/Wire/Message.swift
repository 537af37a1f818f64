// A message of the Jupyter protocol (5.4): identities, the delimiter, a signature, then header, parent header, metadata and content as
// JSON, and buffers. What does not read so is no message.

import Basics
import Foundation
import Notebook

struct Message {
    /// Whom an answer goes to.
    var identities: [[UInt8]] = []
    var header: JSONValue
    var parent: JSONValue = [:]
    var metadata: JSONValue = [:]
    var content: JSONValue
    var buffers: [[UInt8]] = []

    var type: String { header["msg_type"]?.string ?? "" }

    static let protocolVersion = "5.4"
    private static let delimiter = Array("<IDS|MSG>".utf8)

    /// An answer to `parent`, or, without, a message of the kernel's own.
    init(_ type: String, _ content: JSONValue, parent: Message?, session: String, metadata: JSONValue = [:]) {
        header = ["msg_id": .string(UUID().uuidString.lowercased()), "msg_type": .string(type), "session": .string(session), "username": .string(parent?.header["username"]?.string ?? "kernel"),
                  "date": .string(Message.now()), "version": .string(Message.protocolVersion)]
        (self.content, self.metadata, self.parent, identities) = (content, metadata, parent?.header ?? [:], parent?.identities ?? [])
    }

    /// - Returns: nil when the frames are no message, or not signed.
    init?(_ frames: [[UInt8]], _ signature: Signature) {
        guard let at = frames.firstIndex(of: Message.delimiter), frames.count >= at + 6 else { return nil }
        let parts = Array(frames[(at + 2)..<(at + 6)])
        guard signature.accepts(frames[at + 1], parts) else { return nil }
        let read = parts.compactMap { try? JSONValue(parsing: $0) }
        guard read.count == 4, read.allSatisfy({ $0.object != nil }), read[0]["msg_id"]?.string != nil, read[0]["msg_type"]?.string != nil else { return nil }
        identities = Array(frames[..<at])
        (header, parent, metadata, content) = (read[0], read[1], read[2], read[3])
        buffers = Array(frames[(at + 6)...])
    }

    func frames(_ signature: Signature) -> [[UInt8]] {
        let parts = [header, parent, metadata, content].map { Array($0.text.utf8) }
        return identities + [Message.delimiter, signature.sign(parts)] + parts + buffers
    }

    private static func now() -> String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.string(from: Date())
    }
}
