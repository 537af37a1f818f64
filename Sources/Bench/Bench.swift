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
        ("plans", { try Compilation.reportPlans(runs: $0.first.flatMap { Int($0) } ?? 100) }),
        ("share", { _ in try Compilation.reportShare() }),
        ("memory", { try Compilation.reportMemory(Sizes($0)) }),
        ("store", { try LargeStore.report($0) }),
        ("count", { try Counts.run($0) }),
        ("coverage", { try Coverage.report($0) }),
    ]

    static func main() throws {
        guard let mode = modes.first(where: { $0.name == CommandLine.arguments.dropFirst().first }) else {
            fputs("bench \(modes.map(\.name).joined(separator: " | ")); memory takes sizes such as B=128 L=64 N=10 C=16 k=3 T=0, store a path, count a name, coverage a number of samples\n", stderr)
            exit(2)
        }
        try mode.run(Array(CommandLine.arguments.dropFirst(2)))
    }

    /// The shortest of several runs, in seconds of processor time: what else runs on the machine does not count.
    static func best(_ runs: Int, _ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<runs { best = min(best, try seconds(body)) }
        return best
    }

    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let began = processorSeconds()
        try body()
        return processorSeconds() - began
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
