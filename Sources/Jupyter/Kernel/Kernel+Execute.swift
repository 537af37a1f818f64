import Basics
import Foundation
import LuaHost
import Notebook
import Scripting

extension Kernel {
    /// A cell: what it shows is published as it comes, what it came to is the reply.
    func execute(_ request: Message) {
        let content = request.content, code = content["code"]?.string ?? ""
        let isSilent = content["silent"]?.bool ?? false
        let isKept = !isSilent && (content["store_history"]?.bool ?? true)
        let number = session.nextNumber
        var pages: [JSONValue] = [], output: String?
        streams.begin(request, isSilent: isSilent)
        streams.publish("execute_input", ["code": .string(code), "execution_count": .integer(number)])
        session.sink = SessionSink(text: { [streams] in streams.write($0, to: "stdout") }, result: { [streams] result in
            output = result.text
            streams.publish("execute_result", ["execution_count": .integer(number), "data": IpynbFile.bundle(result.representations), "metadata": [:]])
        }, flush: { [streams] in streams.flush() }, display: { [streams] in Kernel.show($0, streams) })
        session.sink.help = { pages.append(["source": "page", "data": ["text/plain": .string($0)], "start": 0]) }
        session.environment.state.input = { [unowned self] most in ask(request, most) }
        unread = []
        let outcome = session.evaluate(code, .init(isKept: isKept))
        streams.flush()
        if isKept, outcome.number != nil { history.add(number, code, output: output) }
        var reply: [String: JSONValue] = ["execution_count": .integer(number), "user_expressions": [:], "payload": .array(pages)]
        if let error = outcome.error, case .exit(let status) = error.kind {
            reply["status"] = "ok"
            reply["payload"] = [["source": "ask_exit", "keepkernel": false]]
            self.reply("execute_reply", .object(reply), to: request)
            return stop(status: Int32(truncatingIfNeeded: status))
        }
        if let error = outcome.error {
            let told = Kernel.told(error)
            streams.publish("error", .object(told))
            reply.merge(told) { _, new in new }
            reply["status"] = "error"
        } else {
            reply["status"] = "ok"
            reply["user_expressions"] = expressions(content["user_expressions"]?.object ?? [:])
        }
        // Before the reply: who has seen it may send what is to run.
        let aborted = outcome.error != nil && content["stop_on_error"]?.bool ?? true ? waiting() : []
        self.reply("execute_reply", .object(reply), to: request)
        for other in aborted {
            during(other) { self.reply("execute_reply", ["status": "aborted", "execution_count": .integer(session.nextNumber), "user_expressions": [:], "payload": []], to: other) }
        }
    }

    static func told(_ error: CellError) -> [String: JSONValue] {
        let lines = error.text(isColoured: true).split(separator: "\n", omittingEmptySubsequences: false).map { JSONValue.string(String($0)) }
        return ["ename": .string(error.name), "evalue": .string(error.message), "traceback": .array(lines)]
    }

    private static func show(_ shown: SessionDisplay, _ streams: CellStreams) {
        func content(_ representations: [Representation], _ id: String?) -> JSONValue {
            ["data": IpynbFile.bundle(representations), "metadata": [:], "transient": id.map { ["display_id": .string($0)] } ?? [:]]
        }
        switch shown {
        case .show(let representations, let id): streams.publish("display_data", content(representations, id))
        case .update(let representations, let id): streams.publish("update_display_data", content(representations, id))
        case .clear(let waits): streams.publish("clear_output", ["wait": .bool(waits)])
        }
    }

    /// Values asked for by the front end; what goes wrong with one is told in its place.
    private func expressions(_ asked: [String: JSONValue]) -> JSONValue {
        var answers: [String: JSONValue] = [:]
        session.sink = SessionSink(text: { _ in }, result: { _ in })
        for (name, text) in asked {
            let outcome = session.evaluate(text.string ?? "", .init(isKept: false))
            if let error = outcome.error {
                var told = Kernel.told(error)
                told["status"] = "error"
                answers[name] = .object(told)
            } else {
                let shown = session.representations(of: outcome.values) ?? [Representation(text: "nil")]
                answers[name] = ["status": "ok", "data": IpynbFile.bundle(shown), "metadata": [:]]
            }
        }
        return .object(answers)
    }

    /// Cells that were sent before the front end could know that this one failed. They are not run.
    private func waiting() -> [Message] {
        transport.settle()
        return inbox.remove("execute_request")
    }

    /// io.read: a line of the person at the front end.
    private func ask(_ request: Message, _ most: Int) -> LuaInput {
        if unread.isEmpty {
            guard request.content["allow_stdin"]?.bool ?? true else { return .refused }
            streams.flush()
            let answer = input.ask({
                transport.send(Message("input_request", ["prompt": "", "password": false], parent: request, session: identifier), on: .stdin)
            }, shouldStop: { session.environment.state.interruptFlag.pointee != 0 })
            guard let answer else { return .interrupted }
            unread = Array((answer + "\n").utf8)
        }
        defer { unread.removeFirst(min(most, unread.count)) }
        return .bytes(Array(unread.prefix(most)))
    }
}
