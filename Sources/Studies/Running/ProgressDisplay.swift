// The progress of a run on standard error: on a terminal a bar, with the running medians below it, redrawn at most ten times a second and gone at the end, otherwise plain
// lines at every tenth of the work and at least every half minute. Messages (a failed trial) appear at once, above the bar.

import Foundation
import Terminal

/// How far something is, as it is shown.
public struct ProgressSnapshot {
    public var done: Int, total: Int
    /// Pieces ended per second, and seconds left; nil when not known yet.
    public var rate: Double?, remaining: Double?
    /// Pieces that failed.
    public var failed = 0
    /// Lines to stand below the bar of a terminal: the running medians of a study.
    public var below: [String] = []
    public init(done: Int, total: Int, rate: Double?, remaining: Double?, failed: Int = 0) {
        (self.done, self.total, self.rate, self.remaining, self.failed) = (done, total, rate, remaining, failed)
    }
}

/// Shows the progress of a study, a search, a training. To be used from one thread.
public final class ProgressDisplay {
    private let name: String
    public let isTerminal: Bool
    private let width: () -> Int
    private let now: () -> Double
    private let write: (String) -> Void
    private var lastDrawn = -Double.infinity
    private var drawn = false
    /// Whether there was anything below the bar, which goes with it.
    private var hasBelow = false
    private var cleared: String { hasBelow ? "\r\u{1B}[J" : "\r\u{1B}[K" }
    private var lastTenth: Int?
    /// Of a place that is redrawn: takes its whole text.
    private let redraw: ((String) -> Void)?
    private var said: [String] = []
    private var last: ProgressSnapshot?
    /// Whether it is drawn again and again, and wants to be told often.
    public var isLive: Bool { isTerminal || redraw != nil }
    private var started: Double?

    /// Shows on standard error, as a terminal when it is one and TERM is not "dumb".
    public convenience init(name: String) {
        let terminal = isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        self.init(name: name, isTerminal: terminal, width: { TerminalSize.of(2)?.columns ?? 80 }, now: monotonicSeconds) { text in
            FileHandle.standardError.write(Data(text.utf8))
        }
    }

    /// Shows in a place of `columns` that is redrawn whole, as a notebook has: bar, medians and messages at most five times a second, and
    /// at the end how far it came.
    public convenience init(name: String, columns: Int, redraw: @escaping (String) -> Void) {
        self.init(name: name, isTerminal: false, width: { columns }, now: monotonicSeconds, write: { _ in }, redraw: redraw)
    }

    init(name: String, isTerminal: Bool, width: @escaping () -> Int, now: @escaping () -> Double, write: @escaping (String) -> Void, redraw: ((String) -> Void)? = nil) {
        (self.name, self.isTerminal, self.width, self.now, self.write, self.redraw) = (name, isTerminal, width, now, write, redraw)
    }

    public func show(_ progress: StudyProgress) { show(ProgressSnapshot(progress)) }

    /// Shows a snapshot, if it is time.
    public func show(_ progress: ProgressSnapshot) {
        let time = now()
        if started == nil { started = time }
        if let redraw {
            last = progress
            guard time - lastDrawn >= 0.2 else { return }
            lastDrawn = time
            drawn = true
            redraw((said + [bar(progress, width: width())] + progress.below.prefix(16)).joined(separator: "\n"))
        } else if isTerminal {
            guard time - lastDrawn >= 0.1 || progress.done == progress.total else { return }
            lastDrawn = time
            drawn = true
            let width = max(10, width() - 1)
            let below = progress.below.prefix(16).map { "\n" + ($0.displayWidth > width ? $0.padded(to: width) : $0) + "\u{1B}[K" }
            write("\r" + bar(progress, width: width) + "\u{1B}[K" + below.joined() + (below.isEmpty ? "" : "\u{1B}[\(below.count)A\r"))
            hasBelow = hasBelow || !below.isEmpty
        } else {
            let tenth = progress.total == 0 ? 10 : 10 * progress.done / progress.total
            if lastTenth == nil {
                // What was there already needs no line of its own; a finished study needs none at all.
                lastTenth = tenth
                lastDrawn = time
                return
            }
            guard tenth > lastTenth! || time - lastDrawn >= 30 else { return }
            (lastTenth, lastDrawn) = (tenth, time)
            write("\(name): " + ProgressDisplay.summary(progress) + "\n")
        }
    }

    /// Prints a line of its own.
    public func message(_ text: String) {
        if let redraw {
            said.append(text)
            drawn = true
            return redraw((said + (last.map { [bar($0, width: width())] } ?? [])).joined(separator: "\n"))
        }
        if drawn { write(cleared) }
        drawn = false
        lastDrawn = -.infinity
        write((isTerminal ? text.folded(to: width()) : text) + "\n")
    }

    /// Removes the bar.
    public func finish() {
        if let redraw {
            if drawn, let last { redraw((said + ["\(name): \(ProgressDisplay.summary(last))"] + last.below).joined(separator: "\n")) }
            return
        }
        if drawn { write(cleared) }
        drawn = false
    }

    /// "37/200  1.4/s  1 min 56 s left  2 failed".
    static func summary(_ progress: StudyProgress) -> String { summary(ProgressSnapshot(progress)) }

    static func summary(_ progress: ProgressSnapshot) -> String {
        var parts = ["\(progress.done)/\(progress.total)"]
        if let rate = progress.rate { parts.append(ProgressDisplay.rate(rate)) }
        if progress.done < progress.total, let left = progress.remaining { parts.append(duration(left) + " left") }
        if progress.failed > 0 { parts.append("\(progress.failed) failed") }
        return parts.joined(separator: "  ")
    }

    private func bar(_ progress: ProgressSnapshot, width: Int) -> String {
        let tail = "  " + ProgressDisplay.summary(progress)
        let head = name.padded(to: min(name.displayWidth, max(0, width - tail.displayWidth - 12))) + " "
        let cells = min(40, width - head.displayWidth - tail.displayWidth)
        if cells < 5 { return tail.dropFirst(2).description.padded(to: min(width, tail.displayWidth - 2)) }
        let share = progress.total == 0 ? 1 : Double(progress.done) / Double(progress.total)
        let eighths = Int(share * Double(8 * cells))
        let partial = eighths % 8 == 0 ? "" : String(Array(" ▏▎▍▌▋▊▉")[eighths % 8])
        let full = String(repeating: "█", count: eighths / 8) + partial
        return head + full + String(repeating: "░", count: cells - full.count) + tail
    }

    /// "12 s", "3 min 5 s", "2 h 10 min".
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        let s = Int(seconds.rounded(.up))
        if s < 60 { return "\(s) s" }
        if s < 3600 { return "\(s / 60) min \(s % 60) s" }
        return "\(s / 3600) h \(s % 3600 / 60) min"
    }

    private static func rate(_ perSecond: Double) -> String {
        perSecond >= 0.95 ? fixed(perSecond, perSecond < 9.95 ? 1 : 0) + "/s" : fixed(perSecond * 60, 1) + "/min"
    }
}

extension ProgressSnapshot {
    init(_ progress: StudyProgress) {
        self.init(done: progress.done, total: progress.total, rate: progress.rate, remaining: progress.remaining, failed: progress.failed)
        guard progress.rows.count > 1 else { return }
        below = progress.rows.filter { $0.done > 0 }.map { row in
            let median = row.median.map { "median \(fixed($0, 2))" } ?? "no score yet"
            return "  \(row.data), \(row.method): \(median), \(row.done) of \(row.planned)\(row.failed > 0 ? ", \(row.failed) failed" : "")"
        }
    }
}
