// The kernel: requests of a Jupyter front end, answered by a session. Requests on shell wait for the thread that runs Lua and are answered
// in order; those on control (interrupt, shutdown) at once, on the thread of the sockets.

import Basics
import Foundation
import LuaHost
import Notebook
import Scripting
import Studies
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The program must have a handler for SIGINT.
public final class Kernel {
    let session: Session
    let transport: Transport
    let streams: CellStreams
    let inbox = Inbox()
    let input = InputRequests()
    var history = CellHistory()
    /// What is left of a line that was typed.
    var unread: [UInt8] = []
    /// Of the messages of this process.
    let identifier = UUID().uuidString.lowercased()
    private let lock = NSLock()
    private var stopping: (since: ContinuousClock.Instant, status: Int32)?
    private let parentProcess: Int32?

    /// - Throws: `JupyterError` when it cannot listen.
    public init(_ connection: ConnectionFile, _ environment: ScriptingEnvironment) throws {
        session = Session(environment)
        transport = try Transport(connection)
        streams = CellStreams(transport, session: identifier)
        parentProcess = ProcessInfo.processInfo.environment["JPY_PARENT_PID"].flatMap { Int32($0) }.map { _ in getppid() }
        session.style = DisplayStyle(width: 96, pictures: .one)
        session.setArguments([])
        environment.state.takeStreams()
        environment.state.errorOutput = { [streams] in streams.write($0, to: "stderr") }
        environment.progressDisplay = { [unowned self] in progress($0) }
    }

    /// Answers requests until it is shut down. To be called on the thread that made the environment.
    /// - Returns: the exit status.
    public func run() -> Int32 {
        transport.onMessage = { [unowned self] channel, message in receive(message, on: channel) }
        transport.onTick = { [streams] in streams.flush(all: false) }
        transport.onPause = { [unowned self] in look() }
        transport.start()
        publish("status", ["execution_state": "starting"], parent: nil)
        while let request = inbox.next() { answer(request) }
        streams.flush()
        transport.stop()
        transport.finish()
        return lock.withLock { stopping?.status ?? 0 }
    }

    // MARK: on the thread of the sockets

    private func receive(_ message: Message, on channel: ConnectionFile.Channel) {
        switch (channel, message.type) {
        case (.stdin, "input_reply"): if let value = message.content["value"]?.string { input.answered(value) }
        case (.stdin, _): break
        case (.control, "interrupt_request"):
            during(message) {
                session.interrupt()
                // Programs that the cell has started are this group's, when Jupyter has made the kernel the leader of one.
                if getpgrp() == getpid() { kill(0, SIGINT) }
                reply("interrupt_reply", ["status": "ok"], to: message, on: .control)
            }
        case (_, "shutdown_request"):
            let content: JSONValue = ["status": "ok", "restart": .bool(message.content["restart"]?.bool ?? false)]
            during(message) {
                reply("shutdown_reply", content, to: message, on: channel)
                publish("shutdown_reply", content, parent: message)
            }
            stop(status: 0)
            session.interrupt()
        case (.control, "kernel_info_request"): during(message) { reply("kernel_info_reply", Kernel.information, to: message, on: .control) }
        case (.control, _): during(message) {}
        default: inbox.add(message)
        }
    }

    /// No request any more.
    func stop(status: Int32) {
        lock.withLock { if stopping == nil { stopping = (.now, status) } }
        inbox.close()
    }

    /// A kernel that was told to stop and does not, or whose front end is gone, ends.
    private func look() {
        if let parentProcess, getppid() != parentProcess { _exit(1) }
        if let since = lock.withLock({ stopping?.since }), ContinuousClock.now - since > .seconds(5) { _exit(1) }
    }

    // MARK: on the thread that runs Lua

    private func answer(_ request: Message) {
        let content = request.content
        during(request) {
            switch request.type {
            case "kernel_info_request": reply("kernel_info_reply", Kernel.information, to: request)
            case "execute_request": execute(request)
            case "complete_request": reply("complete_reply", complete(content), to: request)
            case "inspect_request": reply("inspect_reply", inspect(content), to: request)
            case "is_complete_request": reply("is_complete_reply", completeness(content), to: request)
            case "history_request": reply("history_reply", history.answer(content), to: request)
            // No widgets: nothing can be opened, and the other side is told so.
            case "comm_info_request": reply("comm_info_reply", ["status": "ok", "comms": [:]], to: request)
            case "comm_open": publish("comm_close", ["comm_id": content["comm_id"] ?? "", "data": [:]], parent: request)
            default: break
            }
        }
    }

    // MARK: sending

    /// Between busy and idle.
    func during(_ request: Message, _ body: () -> Void) {
        publish("status", ["execution_state": "busy"], parent: request)
        body()
        publish("status", ["execution_state": "idle"], parent: request)
    }

    func publish(_ type: String, _ content: JSONValue, parent: Message?) {
        var message = Message(type, content, parent: parent, session: identifier)
        message.identities = [Array(type.utf8)]
        transport.send(message, on: .iopub)
    }

    func reply(_ type: String, _ content: JSONValue, to request: Message, on channel: ConnectionFile.Channel = .shell) {
        transport.send(Message(type, content, parent: request, session: identifier), on: channel)
    }

    /// A display that is updated, as long as something runs.
    private func progress(_ name: String) -> ProgressDisplay {
        let id = UUID().uuidString, isShown = Flag()
        return ProgressDisplay(name: name, columns: 80) { [streams] text in
            let content: JSONValue = ["data": ["text/plain": .string(text)], "metadata": [:], "transient": ["display_id": .string(id)]]
            streams.publish(isShown.isSet ? "update_display_data" : "display_data", content)
            isShown.isSet = true
        }
    }

    private final class Flag { var isSet = false }

    static let information: JSONValue = [
        "status": "ok", "protocol_version": .string(Message.protocolVersion), "implementation": "oche", "implementation_version": .string(ScriptingEnvironment.version),
        "banner": .string("Oche \(ScriptingEnvironment.version), Lua with tensors and architecture search. help() explains, Tab completes."),
        "language_info": ["name": "lua", "version": "5.4", "mimetype": "text/x-lua", "file_extension": ".lua", "pygments_lexer": "lua", "codemirror_mode": "lua", "nbconvert_exporter": "script"],
        "help_links": [["text": "Lua 5.4", "url": "https://www.lua.org/manual/5.4/"]], "supported_features": [],
    ]
}
