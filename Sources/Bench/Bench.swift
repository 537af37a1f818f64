import DARTS
import Datasets
import Engine
import Kernels
import Operations
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Figures that only the inside can measure, one `name value` a line: what the core can do, and what compiling costs.
@main
enum Bench {
    static func main() throws {
        switch CommandLine.arguments.dropFirst().first {
        case "machine":
            print("instruction_set", Kernels.instructionSet)
            print("peak", peak())
            print("bandwidth", bandwidth())
        case "compile":
            print("supernet", try supernet())
            print("discrete", try discrete())
        default:
            fputs("bench machine | compile\n", stderr)
            exit(2)
        }
    }

    /// The shortest of several runs, in seconds.
    static func best(_ runs: Int, _ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<runs {
            let began = ContinuousClock.now
            try body()
            let elapsed = ContinuousClock.now - began
            best = min(best, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
        }
        return best
    }

    /// Flops a second of fused multiply-adds that never leave the registers.
    static func peak() -> Double {
        let rounds = 200_000
        var flops = 0.0
        let seconds = best(9) { flops = Kernels.float.multiplyAddRounds(rounds) }
        return flops / seconds
    }

    /// Bytes a second read and written by a copy of 64 MB.
    static func bandwidth() -> Double {
        let count = 16 << 20
        let from = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64), to = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64)
        defer {
            from.deallocate()
            to.deallocate()
        }
        Kernels.float.fill(from, 1, count)
        Kernels.float.fill(to, 0, count)
        return Double(8 * count) / best(9) { Kernels.float.unary[UnaryCode.copy.rawValue](to, from, 1, count) }
    }

    static func space() throws -> Space {
        try Space(nodes: 10, operations: [GradientDescent(), ConvolutionalNetwork(channels: 16, kernel: 3), RollOperation(), NoiseOperation()])
    }

    static func data(_ batch: Int) throws -> Dataset {
        try Cosines(length: 64, counts: (batch, batch, batch), magnitude: .init(0.5, 1.5), frequency: .init(1, 1.5), phase: .init(0, 6), offset: .init(0, 0),
                    measurement: GaussianMeasurement(sigma: 1.5, taps: 9, noise: 0.17), seed: 1).draw(seed: 1)
    }

    /// Seconds to compile a step of the relaxed network: half of what the two plans of a search take.
    static func supernet() throws -> Double {
        let data = try data(128)
        var settings = SearchSettings()
        settings.batch = 128
        return try best(200) {
            PlanCache.shared.removeAll()
            try compileSearch(try space(), data: data, settings: settings)
        } / 2
    }

    static func discrete() throws -> Double {
        let data = try data(128), space = try space()
        var settings = TrainingSettings()
        settings.batch = 128
        let architecture = try space.architecture(["grad", "net", "net", "grad", "net", "noise", "roll", "net", "grad", "net"])
        return try best(200) {
            PlanCache.shared.removeAll()
            try compileTraining(architecture, in: space, data: data, settings: settings)
        }
    }
}
