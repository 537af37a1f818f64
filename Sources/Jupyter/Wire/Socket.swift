// A ZeroMQ socket, used by the thread that made it.

import CZeroMQ
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

final class Socket {
    private let zmq: oche_zmq
    let handle: UnsafeMutableRawPointer

    init(_ zmq: oche_zmq, _ context: UnsafeMutableRawPointer, _ type: Int32, _ address: String) throws {
        self.zmq = zmq
        guard let handle = zmq.socket(context, type) else { throw JupyterError("cannot make a socket: \(String(cString: zmq.strerror(zmq.problem())!))") }
        self.handle = handle
        // At the end a second is left to send what is under way.
        set(ZMQ_LINGER, 1000)
        // A front end that reads slowly loses no output.
        set(ZMQ_SNDHWM, 0)
        if type == ZMQ_ROUTER { set(ZMQ_ROUTER_HANDOVER, 1) }
        if address.contains("[::1]") { set(ZMQ_IPV6, 1) }
        guard zmq.bind(handle, address) == 0 else { throw JupyterError("cannot listen at \(address): \(String(cString: zmq.strerror(zmq.problem())!))") }
    }

    /// What was sent leaves within a second.
    func close() { zmq.close(handle) }

    private func set(_ option: Int32, _ value: Int32) {
        var value = value
        zmq.setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
    }

    /// A message that is there, in its frames; nil when there is none.
    func receive() -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        while true {
            var part = zmq_msg_t()
            zmq.msg_init(&part)
            defer { zmq.msg_close(&part) }
            // The further frames of a message are there when its first is.
            while zmq.msg_recv(&part, handle, ZMQ_DONTWAIT) < 0 {
                guard zmq.problem() == EINTR else { return nil }
            }
            frames.append(Array(UnsafeRawBufferPointer(start: zmq.msg_data(&part), count: zmq.msg_size(&part))))
            if zmq.msg_more(&part) == 0 { return frames }
        }
    }

    func send(_ frames: [[UInt8]]) {
        for (i, frame) in frames.enumerated() {
            while zmq.send(handle, frame, frame.count, i + 1 < frames.count ? ZMQ_SNDMORE : 0) < 0 {
                guard zmq.problem() == EINTR else { return }
            }
        }
    }
}
