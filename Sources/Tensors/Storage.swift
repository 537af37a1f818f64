import Engine
import Foundation
import Synchronization

/// Memory of tensors, shared by views and never written while shared. What is alive is counted, so that an allocation
/// beyond the limit is an error of the one who asks and not the end of the process.
public final class Storage: @unchecked Sendable {
    public let pointer: UnsafeMutableRawPointer
    public let bytes: Int

    /// Smaller blocks are not counted: the count would cost more than the block.
    private static let counted = 4096
    private static let alive = Atomic<Int>(0)
    private static let allocated = Atomic<Int>(0)

    /// Bytes of tensors that are alive, and that were ever allocated, blocks under 4 kB apart.
    public static var aliveBytes: Int { alive.load(ordering: .relaxed) }
    public static var allocatedBytes: Int { allocated.load(ordering: .relaxed) }

    public init(bytes: Int) {
        self.bytes = bytes
        if bytes < Storage.counted {
            pointer = malloc(max(bytes, 16))!
        } else {
            Storage.alive.add(bytes, ordering: .relaxed)
            Storage.allocated.add(bytes, ordering: .relaxed)
            pointer = UnsafeMutableRawPointer.allocate(byteCount: (bytes + 63) / 64 * 64, alignment: 64)
        }
    }

    deinit {
        if bytes < Storage.counted {
            free(pointer)
        } else {
            Storage.alive.subtract(bytes, ordering: .relaxed)
            pointer.deallocate()
        }
    }

    // MARK: The limit

    /// Bytes that tensors may take together; a host sets it to what it was told.
    nonisolated(unsafe) public static var limit = Int(ProcessInfo.processInfo.physicalMemory / 5 * 4)
    /// Frees what a host's collector still holds; called before an allocation is refused.
    nonisolated(unsafe) public static var reclaim: () -> Void = {}

    /// To be asked before memory that a user's numbers decide. Throws "not enough memory ..." when it does not fit.
    public static func ensure(_ bytes: Int, for what: @autoclosure () -> String) throws {
        if bytes < 1 << 20 || aliveBytes + bytes <= limit { return }
        if bytes <= limit { reclaim() }
        guard aliveBytes + bytes <= limit else {
            throw EngineError("not enough memory for \(what()): \(text(bytes)) needed, \(text(max(0, limit - aliveBytes))) free of \(text(limit))")
        }
    }

    static func text(_ bytes: Int) -> String {
        let (value, unit) = bytes >= 1_000_000_000_000 ? (Double(bytes) / 1e12, "TB") : bytes >= 1_000_000_000 ? (Double(bytes) / 1e9, "GB") : (Double(bytes) / 1e6, "MB")
        return String(format: "%.1f ", value) + unit
    }
}
