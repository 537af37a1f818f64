import Engine
import Foundation
import Synchronization

/// Memory of tensors, shared by views and never written while shared. What is alive is counted, so that an allocation
/// beyond the limit is an error of the one who asks and not the end of the process. Little memory is part of the object
/// itself; much of it may wait in `SpareMemory` for the next of its size.
public final class Storage: ManagedBuffer<Storage.Place, UInt64> {
    public struct Place {
        var pointer: UnsafeMutableRawPointer
        var bytes: Int
    }

    public var pointer: UnsafeMutableRawPointer { header.pointer }
    public var bytes: Int { header.bytes }

    /// Up to this many bytes are in the object.
    private static let inside = 256
    /// Smaller blocks are not counted: the count would cost more than the block.
    private static let counted = 4096
    private static let alive = Atomic<Int>(0)
    private static let allocated = Atomic<Int>(0)

    /// Bytes of tensors that are alive, and that were ever allocated, blocks under 4 kB apart.
    public static var aliveBytes: Int { alive.load(ordering: .relaxed) }
    public static var allocatedBytes: Int { allocated.load(ordering: .relaxed) }

    public static func make(bytes: Int) -> Storage {
        if bytes <= inside {
            let buffer = Storage.create(minimumCapacity: (max(bytes, 8) + 7) / 8) { buffer in
                Place(pointer: buffer.withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }, bytes: bytes)
            }
            return unsafeDowncast(buffer, to: Storage.self)
        }
        let pointer: UnsafeMutableRawPointer
        if bytes < counted {
            pointer = malloc(bytes)!
        } else {
            alive.add(bytes, ordering: .relaxed)
            allocated.add(bytes, ordering: .relaxed)
            pointer = SpareMemory.allocate(bytes)
        }
        return unsafeDowncast(Storage.create(minimumCapacity: 0) { _ in Place(pointer: pointer, bytes: bytes) }, to: Storage.self)
    }

    deinit {
        let (pointer, bytes) = (header.pointer, header.bytes)
        if bytes <= Storage.inside { return }
        if bytes < Storage.counted {
            free(pointer)
        } else {
            Storage.alive.subtract(bytes, ordering: .relaxed)
            SpareMemory.deallocate(pointer, bytes)
        }
    }

    // MARK: The limit

    /// Bytes that tensors may take together; a host sets it to what it was told. An eighth of it may wait to be used again.
    nonisolated(unsafe) public static var limit = Int(ProcessInfo.processInfo.physicalMemory / 5 * 4) {
        didSet { SpareMemory.room = limit / 8 }
    }
    /// Frees what a host's collector still holds; called before an allocation is refused.
    nonisolated(unsafe) public static var reclaim: () -> Void = {}

    /// To be asked before memory that a user's numbers decide. Throws "not enough memory ..." when it does not fit.
    public static func ensure(_ bytes: Int, for what: @autoclosure () -> String) throws {
        if bytes < 1 << 20 || aliveBytes + SpareMemory.bytes + bytes <= limit { return }
        SpareMemory.clear()
        if aliveBytes + bytes <= limit { return }
        if bytes <= limit { reclaim() }
        SpareMemory.clear()
        guard aliveBytes + bytes <= limit else {
            throw EngineError("not enough memory for \(what()): \(text(bytes)) needed, \(text(max(0, limit - aliveBytes))) free of \(text(limit))")
        }
    }

    static func text(_ bytes: Int) -> String {
        let (value, unit) = bytes >= 1_000_000_000_000 ? (Double(bytes) / 1e12, "TB") : bytes >= 1_000_000_000 ? (Double(bytes) / 1e9, "GB") : (Double(bytes) / 1e6, "MB")
        return String(format: "%.1f ", value) + unit
    }
}
