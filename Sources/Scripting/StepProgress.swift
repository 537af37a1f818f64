#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Progress of one search or training, on standard error: a bar on a terminal once it has taken a second, nothing in a
/// pipe before ten seconds and then a line every ten.
final class StepProgress {
    private let name: String, total: Int
    private let isShown: Bool
    private let isTerminal = isatty(2) == 1
    private let began = ContinuousClock.now
    private var nextAt = 1.0
    private var drawn = false

    init(name: String, total: Int, isShown: Bool) {
        (self.name, self.total, self.isShown) = (name, total, isShown)
        if !isTerminal { nextAt = 10 }
    }

    func update(_ done: Int) {
        // Looking at the clock costs more than many steps do.
        guard isShown, done & 15 == 0 else { return }
        let elapsed = ContinuousClock.now - began
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        guard seconds >= nextAt else { return }
        nextAt = seconds + (isTerminal ? 0.1 : 10)
        let rate = Double(done) / seconds
        let text = "\(name) \(done) of \(total) steps, \(Int(rate)) a second, \(Int((Double(total - done) / rate).rounded(.up))) s left"
        if isTerminal {
            let filled = 20 * done / max(1, total)
            write("\r[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled) + "] " + text + "\u{1B}[K")
            drawn = true
        } else {
            write(text + "\n")
        }
    }

    func finish() { if drawn { write("\r\u{1B}[K") } }

    private func write(_ text: String) { fputs(text, stderr) }
}
