// Cells from lines, where there is no terminal or one that only knows lines: the prompt is printed if somebody sits there, and a cell is what the
// session takes for a whole one.

import Foundation

final class PlainReader: LineReading {
    private let hooks: EditorHooks
    private let input: Int32, output: Int32
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    init(hooks: EditorHooks, input: Int32, output: Int32) { (self.hooks, self.input, self.output) = (hooks, input, output) }

    func readCell(prompt: String, continuation: String) -> LineResult {
        let isSeen = isatty(input) == 1
        var text = ""
        TerminalRescue.install()
        defer { TerminalRescue.uninstall() }
        while true {
            if isSeen { show(text.isEmpty ? prompt : continuation) }
            switch readLine() {
            case .endOfInput: return text.isEmpty ? .endOfInput : .cell(text)
            case .interrupted:
                if isSeen { show("\n") }
                if text.isEmpty { return .interrupted }
                text = ""
            case .cell(let line):
                text += text.isEmpty ? line : "\n" + line
                switch hooks.isComplete(text) {
                case .complete, .invalid: return .cell(text)
                case .incomplete: break
                }
            }
        }
    }

    private func show(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
    }

    private func readLine() -> LineResult {
        let block = TerminalRescue.block
        while true {
            if let end = bytes.firstIndex(of: 10) {
                let line = String(decoding: bytes[..<end], as: UTF8.self)
                bytes.removeSubrange(...end)
                return .cell(line.hasSuffix("\r") ? String(line.dropLast()) : line)
            }
            if isAtEnd {
                defer { bytes = [] }
                return bytes.isEmpty ? .endOfInput : .cell(String(decoding: bytes, as: UTF8.self))
            }
            var polled = [pollfd(fd: input, events: Int16(POLLIN), revents: 0), pollfd(fd: block.pointee.wakeRead, events: Int16(POLLIN), revents: 0)]
            guard poll(&polled, 2, -1) > 0 else { continue }
            var chunk = [UInt8](repeating: 0, count: 16384)
            if polled[1].revents != 0 {
                while read(block.pointee.wakeRead, &chunk, chunk.count) > 0 {}
                if block.pointee.interrupted != 0 {
                    block.pointee.interrupted = 0
                    bytes = []
                    return .interrupted
                }
            }
            guard polled[0].revents != 0 else { continue }
            let count = read(input, &chunk, chunk.count)
            if count > 0 { bytes += chunk[..<count] } else if count == 0 || errno != EINTR && errno != EAGAIN { isAtEnd = true }
        }
    }
}
