#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Figures that only the inside can measure, one `name value` a line, for scripts/bench.
@main
enum Bench {
    static let modes: [(name: String, run: ([String]) throws -> Void)] = [
        ("machine", { _ in Machine.report() }),
        ("peak", { _ in print("peak", Machine.peak()) }),
        ("compile", { _ in try Compilation.report() }),
        ("share", { _ in try Compilation.reportShare() }),
        ("memory", { try Compilation.reportMemory(Sizes($0)) }),
        ("count", { try Counts.run($0) }),
    ]

    static func main() throws {
        guard let mode = modes.first(where: { $0.name == CommandLine.arguments.dropFirst().first }) else {
            fputs("bench \(modes.map(\.name).joined(separator: " | ")); memory takes sizes such as B=128 L=64 N=10 C=16 k=3 T=0, count a name\n", stderr)
            exit(2)
        }
        try mode.run(Array(CommandLine.arguments.dropFirst(2)))
    }

    /// The shortest of several runs, in seconds.
    static func best(_ runs: Int, _ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<runs { best = min(best, try seconds(body)) }
        return best
    }

    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let began = ContinuousClock.now
        try body()
        let elapsed = ContinuousClock.now - began
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    }
}
