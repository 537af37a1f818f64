import Engine
import KernelInterface
import Kernels

/// Where random draws come from: a seed and the number of draws so far. The n-th draw of a stream depends on nothing
/// but the two. A seed given to one draw stands for itself: the same seed, the same numbers.
public final class RandomStream: @unchecked Sendable {
    public let seed: Int
    /// Draws so far.
    public var step: UInt64 = 0

    public init(seed: Int) { self.seed = seed }

    /// Takes the next position.
    public func next() -> (key: UInt64, step: UInt64) {
        defer { step += 1 }
        return (RandomStream.key(seed, 1), step)
    }

    /// A seed for something that draws on its own.
    public func nextSeed() -> Int {
        let (key, step) = next()
        return Int(RandomStream.mix(key ^ RandomStream.mix(step)) >> 11)
    }

    /// SplitMix64 (Steele, Lea and Flood 2014): seeds that scripts use elsewhere give other numbers there.
    static func mix(_ x: UInt64) -> UInt64 {
        var z = x &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    static func key(_ seed: Int, _ use: UInt64) -> UInt64 { mix(mix(UInt64(bitPattern: Int64(seed))) ^ (0x7465_6e73_6f72 + use)) }

    /// What a draw takes as `seed=`.
    public enum Source {
        case seed(Int), stream(RandomStream)
    }
}

extension Tensor {
    /// Values drawn now: standard normal, or uniform on [0, 1).
    public static func random(_ distribution: RandomDraw.Distribution, _ shape: Shape, _ dtype: DType, from source: RandomStream.Source) throws -> Tensor {
        let result = try allocate(shape, dtype, distribution == .normal ? "randn" : "rand")
        guard result.count > 0 else { return result }
        let (key, step) = switch source {
        case .seed(let seed): (RandomStream.key(seed, 0), UInt64(0))
        case .stream(let stream): stream.next()
        }
        var position = RandomPosition(seed: key, step: step, stream: 0)
        let rows = shape.count >= 2 ? shape[0] : 1, kernels = dtype == .float32 ? Kernels.float : Kernels.double
        let draw = distribution == .normal ? kernels.normalRows! : kernels.uniformRows!
        draw(result.mutablePointer, rows, result.count / rows, &position)
        if result.count >= 1 << 16 { try Interruption.check() }
        return result
    }
}
