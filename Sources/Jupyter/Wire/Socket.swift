// A ZeroMQ socket, used by the thread that made it.

import CZeroMQ
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

final class Socket {
    let handle: UnsafeMutableRawPointer
    private let name: String

    init(_ context: UnsafeMutableRawPointer, _ type: Int32, _ address: String) throws {
        name = address
        guard let handle = zmq_socket(context, type) else { throw JupyterError("cannot make a socket: \(Socket.problem)") }
        self.handle = handle
        // At the end a second is left to send what is under way.
        set(ZMQ_LINGER, 1000)
        // A front end that reads slowly loses no output.
        set(ZMQ_SNDHWM, 0)
        if type == ZMQ_ROUTER { set(ZMQ_ROUTER_HANDOVER, 1) }
        if address.contains("[::1]") { set(ZMQ_IPV6, 1) }
        guard zmq_bind(handle, address) == 0 else { throw JupyterError("cannot listen at \(address): \(Socket.problem)") }
    }

    /// What was sent leaves within a second.
    func close() { zmq_close(handle) }

    private func set(_ option: Int32, _ value: Int32) {
        var value = value
        zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
    }

    private static var problem: String { String(cString: zmq_strerror(zmq_errno())) }

    /// A message that is there, in its frames; nil when there is none.
    func receive() -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        while true {
            var part = zmq_msg_t()
            zmq_msg_init(&part)
            defer { zmq_msg_close(&part) }
            // The further frames of a message are there when its first is.
            while zmq_msg_recv(&part, handle, ZMQ_DONTWAIT) < 0 {
                guard zmq_errno() == EINTR else { return nil }
            }
            frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&part), count: zmq_msg_size(&part))))
            if zmq_msg_more(&part) == 0 { return frames }
        }
    }

    func send(_ frames: [[UInt8]]) {
        for (i, frame) in frames.enumerated() {
            while zmq_send(handle, frame, frame.count, i + 1 < frames.count ? ZMQ_SNDMORE : 0) < 0 {
                guard zmq_errno() == EINTR else { return }
            }
        }
    }
}
