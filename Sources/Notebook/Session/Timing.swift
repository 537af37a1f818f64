import LuaHost

extension Session {
    /// `%time code`: its output, its value, and the wall-clock time.
    func time(_ code: String) throws {
        guard !code.isEmpty else { throw CellError(message: "%time: code expected, as in %time f(x)") }
        let began = ContinuousClock.now
        defer { print("time: \(TimeText.of(seconds(since: began)))") }
        try evaluate(lua: code, number: nextNumber - 1)
    }

    /// `%timeit code`: the best and the mean of five rounds, each long enough for the clock.
    func timeIt(_ code: String) throws {
        guard !code.isEmpty else { throw CellError(message: "%timeit: code expected, as in %timeit f(x)") }
        let program = try locals.compile(code, name: "In [\(nextNumber - 1)]")
        guard case .function(let loop)? = try state.run("return function(f, n) for _ = 1, n do f() end end", name: "timing").first else { return }
        let usual = sink
        defer { sink = usual }
        sink.text = { _ in }
        func round(_ count: Int) throws -> Double {
            let began = ContinuousClock.now
            try state.run(loop, [program.function, count])
            return seconds(since: began)
        }
        var count = 1, spent = try round(1)
        while spent < 0.1, count < 10_000_000 {
            count = max(count + 1, min(count * 10, Int(Double(count) * 0.15 / max(spent, 1e-9))))
            spent = try round(count)
        }
        let rounds = try (0..<5).map { _ in try round(count) / Double(count) }
        sink = usual
        let mean = rounds.reduce(0, +) / Double(rounds.count)
        print("\(TimeText.of(rounds.min()!)) a run (best of 5 rounds of \(count)); mean \(TimeText.of(mean))")
    }
}

/// Durations with three digits and a unit.
public enum TimeText {
    public static func of(_ seconds: Double) -> String {
        if seconds >= 60 {
            let whole = Int(seconds.rounded())
            return whole >= 3600 ? "\(whole / 3600) h \(whole % 3600 / 60) min" : "\(whole / 60) min \(whole % 60) s"
        }
        for (unit, scale) in [("s", 1.0), ("ms", 1e3), ("µs", 1e6)] where seconds * scale >= 1 { return digits(seconds * scale) + " " + unit }
        return digits(seconds * 1e9) + " ns"
    }

    private static func digits(_ value: Double) -> String {
        let decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2
        let scale = [1.0, 10, 100][decimals], scaled = Int((value * scale).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let rest = "\(scaled % Int(scale))"
        return "\(scaled / Int(scale))." + String(repeating: "0", count: decimals - rest.count) + rest
    }
}
