import Kernels

/// What one core can do: the marks that the rest is held against.
enum Machine {
    static func report() {
        print("instruction_set", Kernels.instructionSet)
        print("peak", peak())
        print("bandwidth", bandwidth())
    }

    /// Flops a second of fused multiply-adds that never leave the registers.
    static func peak() -> Double {
        let rounds = 200_000
        var flops = 0.0
        let seconds = Bench.best(9) { flops = Kernels.float.multiplyAddRounds(rounds) }
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
        return Double(8 * count) / Bench.best(9) { Kernels.float.unary[UnaryCode.copy.rawValue](to, from, 1, count) }
    }
}
