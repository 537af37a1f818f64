import Studies

/// Progress of one search or training, once it has taken a second: shown as that of a study is, in a pipe at most a line a second.
final class StepProgress {
    private let name: String, total: Int
    private let isShown: Bool
    private let began = ContinuousClock.now
    private var nextAt = 1.0
    private let makeDisplay: (String) -> ProgressDisplay
    private lazy var display = makeDisplay(name)
    private var hasDisplay = false

    init(name: String, total: Int, isShown: Bool, display: @escaping (String) -> ProgressDisplay) {
        (self.name, self.total, self.isShown, makeDisplay) = (name, total, isShown, display)
    }

    func update(_ done: Int) {
        // Looking at the clock costs more than many steps do.
        guard isShown, done & 15 == 0 else { return }
        let elapsed = ContinuousClock.now - began
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        guard seconds >= nextAt else { return }
        hasDisplay = true
        nextAt = seconds + (display.isLive ? 0.1 : 1)
        let rate = Double(done) / seconds
        display.show(ProgressSnapshot(done: done, total: total, rate: rate, remaining: Double(total - done) / rate))
    }

    func finish() { if hasDisplay { display.finish() } }
}
