import Basics
import Foundation
import XCTest
import Notebook
@testable import Jupyter

/// The wire format, apart from sockets: signatures against published vectors, messages that are none, where it may listen.
final class WireTests: XCTestCase {
    /// RFC 4231, test cases 2 and 7 (the key of the former is text).
    func testSignature() throws {
        let signature = try Signature(key: "Jefe", scheme: "hmac-sha256")
        XCTAssertEqual(String(decoding: signature.sign([Array("what do ya want ".utf8), Array("for nothing?".utf8)]), as: UTF8.self), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = try Signature(key: "Jefe", scheme: "hmac-sha512")
        XCTAssert(String(decoding: long.sign([Array("what do ya want for nothing?".utf8)]), as: UTF8.self).hasPrefix("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"))
        XCTAssertThrowsError(try Signature(key: "k", scheme: "hmac-nothing"))
        XCTAssertThrowsError(try Signature(key: "k", scheme: "sha256"))
    }

    func testMessages() throws {
        let ours = try Signature(key: "k", scheme: "hmac-sha256")
        func fresh() throws -> Signature { try Signature(key: "k", scheme: "hmac-sha256") }
        var message = Message("execute_request", ["code": "a \u{1F98A} \\ \" \u{0}"], parent: nil, session: "s")
        message.identities = [[1, 2], [3]]
        message.buffers = [[255]]
        let frames = message.frames(ours), receiver = try fresh()
        let read = try XCTUnwrap(Message(frames, receiver))
        XCTAssertEqual(read.identities, [[1, 2], [3]])
        XCTAssertEqual(read.content, message.content)
        XCTAssertEqual(read.header, message.header)
        XCTAssertEqual(read.buffers, [[255]])
        XCTAssertNil(Message(frames, receiver), "sent again")
        XCTAssertNil(Message(frames, try Signature(key: "other", scheme: "hmac-sha256")))
        // Any byte of any part changed, any frame left out.
        let first = frames.count - 5
        for i in 2..<frames.count - 1 {
            var changed = frames
            if changed[i].isEmpty { continue }
            changed[i][changed[i].count / 2] ^= 1
            XCTAssertNil(Message(changed, try fresh()), "frame \(i)")
            changed = frames
            changed.remove(at: i)
            XCTAssertNil(Message(changed, try fresh()), "without frame \(i)")
        }
        XCTAssertGreaterThan(first, 2)
        // Signed, and no message all the same.
        for parts in [["{}", "{}", "{}", "{}"], ["[]", "{}", "{}", "{}"], ["{\"msg_id\": \"1\", \"msg_type\": \"x\"}", "{}", "{}", "nonsense"], ["{\"msg_id\": 1, \"msg_type\": \"x\"}", "{}", "{}", "{}"],
                      ["{\"msg_id\": \"1\", \"msg_type\": \"x\"}", "{}", "{}", String(repeating: "[", count: 100_000)], ["\u{FFFD}", "", "", ""]] {
            let bytes = parts.map { Array($0.utf8) }
            XCTAssertNil(Message([Array("<IDS|MSG>".utf8), ours.sign(bytes)] + bytes, try fresh()), "\(parts.map { $0.prefix(40) })")
        }
        XCTAssertNil(Message([], try fresh()))
    }

    func testListensToThisMachineOnly() throws {
        func file(_ ip: String, _ more: [String: JSONValue] = [:]) -> JSONValue {
            var members: [String: JSONValue] = ["ip": .string(ip), "key": "k", "transport": "tcp", "signature_scheme": "hmac-sha256", "shell_port": 1, "control_port": 2, "stdin_port": 3, "iopub_port": 4, "hb_port": 5]
            members.merge(more) { $1 }
            return .object(members)
        }
        for ip in ["127.0.0.1", "127.8.9.255", "localhost", "::1"] { XCTAssertNoThrow(try ConnectionFile(file(ip), name: "f")) }
        for ip in ["0.0.0.0", "*", "192.168.1.4", "127.0.0.1.example.org", "127.0.0", "::", "", "127.0.0.256"] {
            XCTAssertThrowsError(try ConnectionFile(file(ip), name: "f"), ip) { XCTAssert("\($0)".contains("this machine only"), "\($0)") }
        }
        for (more, part) in [(["shell_port": 0], "shell_port"), (["hb_port": "x"], "hb_port"), (["transport": "udp"], "tcp or ipc"), (["key": 5], "key")] as [([String: JSONValue], String)] {
            XCTAssertThrowsError(try ConnectionFile(file("127.0.0.1", more), name: "f")) { XCTAssert("\($0)".contains(part), "\($0)") }
        }
    }

    func testPositionsCountCodePoints() {
        let text = "a\u{1F98A}\u{E9}e\u{301}b"
        for (scalars, bytes) in [(0, 0), (1, 1), (2, 5), (3, 7), (4, 8), (5, 10), (6, 11)] {
            XCTAssertEqual(CodePosition.bytes(text, scalars), bytes)
            XCTAssertEqual(CodePosition.scalars(text, bytes), scalars)
        }
        XCTAssertEqual(CodePosition.bytes(text, 99), 11)
        XCTAssertEqual(CodePosition.bytes(text, -1), 0)
    }

    func testACharacterIsNotCut() {
        let text = Array("a\u{E9}\u{20AC}\u{1F98A}".utf8)
        for count in 0...text.count {
            let head = Array(text[..<count]), whole = head.dropLast(CellStreams.unfinished(head))
            XCTAssertNotNil(String(validating: whole, as: UTF8.self), "\(count)")
            XCTAssertLessThan(head.count - whole.count, 4)
        }
        XCTAssertEqual(CellStreams.unfinished([0x80, 0x80, 0x80, 0x80]), 0)
    }
}
