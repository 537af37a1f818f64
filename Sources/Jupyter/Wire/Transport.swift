// The kernel's sockets and the threads they are used by. One thread owns shell, control, stdin and iopub: it receives, and sends what
// other threads hand to it; so messages for control are dealt with while a cell runs. The heartbeat has a thread of its own.

import CZeroMQ
import Foundation
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

final class Transport: @unchecked Sendable {
    typealias Channel = ConnectionFile.Channel

    private let zmq: oche_zmq
    private let context: UnsafeMutableRawPointer
    private let sockets: [(channel: Channel, socket: Socket)]
    private let heartbeat: Socket
    private let signature: Signature
    private let lock = NSCondition()
    private var outbox: [(Channel, Message)] = []
    /// A byte in it ends a wait.
    private var wake: [Int32] = [-1, -1]
    private var isStopping = false, hasStopped = false
    /// Times that all sockets have been looked at.
    private var passes = 0
    private var tickIsDue = false
    private var heartHasStopped = false

    /// Called on the thread of the sockets.
    var onMessage: (Channel, Message) -> Void = { _, _ in }
    /// Called within 30 ms of `tickSoon`, on the same thread.
    var onTick: () -> Void = {}
    /// Called twice a second.
    var onPause: () -> Void = {}

    init(_ file: ConnectionFile) throws {
        signature = try Signature(key: file.key, scheme: file.scheme)
        guard let library = oche_zmq_load() else { throw JupyterError("libzmq was not found, which Jupyter is spoken to by: install it (Debian: apt install libzmq5)") }
        let zmq = library.pointee
        self.zmq = zmq
        guard let context = zmq.ctx_new() else { throw JupyterError("cannot start ZeroMQ") }
        self.context = context
        func socket(_ channel: Channel, _ type: Int32) throws -> (Channel, Socket) { (channel, try Socket(zmq, context, type, file.address(channel))) }
        // Control first: what it says goes before what waits in shell.
        sockets = [try socket(.control, ZMQ_ROUTER), try socket(.shell, ZMQ_ROUTER), try socket(.stdin, ZMQ_ROUTER), try socket(.iopub, ZMQ_PUB)]
        heartbeat = try socket(.heartbeat, ZMQ_ROUTER).1
        guard pipe(&wake) == 0 else { throw JupyterError("cannot make a pipe: \(String(cString: strerror(errno)))") }
        for end in wake { _ = fcntl(end, F_SETFL, O_NONBLOCK); _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    func start() {
        Thread.detachNewThread { [self] in loop() }
        Thread.detachNewThread { [self] in echo() }
    }

    // MARK: from any thread

    func send(_ message: Message, on channel: Channel) {
        lock.lock()
        outbox.append((channel, message))
        lock.unlock()
        wakeUp()
    }

    /// Asks for `onTick`.
    func tickSoon() {
        lock.lock()
        let isNew = !tickIsDue
        tickIsDue = true
        lock.unlock()
        if isNew { wakeUp() }
    }

    /// Waits until what had come to the sockets has been given to `onMessage`.
    func settle() {
        lock.lock()
        // The pass that is under way may have looked already.
        let goal = passes + 2
        while passes < goal, !hasStopped {
            wakeUp()
            lock.wait(until: Date().addingTimeInterval(0.05))
        }
        lock.unlock()
    }

    /// Sends what is left, and ends.
    func stop() {
        lock.lock()
        isStopping = true
        wakeUp()
        while !hasStopped { lock.wait(until: Date().addingTimeInterval(0.05)) }
        lock.unlock()
    }

    private func wakeUp() {
        // Full: it will wake.
        var byte: UInt8 = 0
        _ = write(wake[1], &byte, 1)
    }

    // MARK: the thread of the sockets

    private func loop() {
        var items = sockets.prefix(3).map { zmq_pollitem_t(socket: $0.socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0) }
        items.append(zmq_pollitem_t(socket: nil, fd: wake[0], events: Int16(ZMQ_POLLIN), revents: 0))
        var ticked = ContinuousClock.now
        while true {
            lock.lock()
            let isDue = tickIsDue
            lock.unlock()
            zmq.poll(&items, Int32(items.count), isDue ? 15 : 500)
            var bytes = [UInt8](repeating: 0, count: 256)
            while read(wake[0], &bytes, bytes.count) > 0 {}
            if isDue, ContinuousClock.now - ticked > .milliseconds(15) {
                lock.lock()
                tickIsDue = false
                lock.unlock()
                ticked = .now
                onTick()
            }
            for (channel, socket) in sockets.prefix(3) {
                while let frames = socket.receive() {
                    if let message = Message(frames, signature) { onMessage(channel, message) }
                    if channel != .control { receiveControl() }
                }
            }
            onPause()
            lock.lock()
            let (out, stops) = (outbox, isStopping)
            outbox = []
            passes += 1
            lock.broadcast()
            lock.unlock()
            for (channel, message) in out { sockets.first { $0.channel == channel }?.socket.send(message.frames(signature)) }
            if stops, out.isEmpty { break }
        }
        for (_, socket) in sockets { socket.close() }
        lock.lock()
        hasStopped = true
        lock.broadcast()
        lock.unlock()
    }

    private func receiveControl() {
        while let frames = sockets[0].socket.receive() { if let message = Message(frames, signature) { onMessage(.control, message) } }
    }

    private func echo() {
        var item = zmq_pollitem_t(socket: heartbeat.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
        while zmq.poll(&item, 1, -1) >= 0 || zmq.problem() == EINTR {
            while let frames = heartbeat.receive() { heartbeat.send(frames) }
        }
        heartbeat.close()
        lock.lock()
        heartHasStopped = true
        lock.broadcast()
        lock.unlock()
    }

    /// To be called last: what was sent has left the process after it, or a second later. The heartbeat ends with it.
    func finish() {
        zmq.ctx_shutdown(context)
        lock.lock()
        while !heartHasStopped { lock.wait(until: Date().addingTimeInterval(0.05)) }
        lock.unlock()
        zmq.ctx_term(context)
    }
}
