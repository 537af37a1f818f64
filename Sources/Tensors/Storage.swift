import Engine
import Foundation

/// Memory of tensors: 64-byte aligned, shared by views, never written while shared. Small blocks are kept for reuse, so
/// that an expression of small tensors does not go to the system allocator.
public final class Storage: @unchecked Sendable {
    public let pointer: UnsafeMutableRawPointer
    public let bytes: Int
    private let sizeClass: Int

    /// Bytes allocated by tensors since the start; a host with a collector of its own watches the difference.
    nonisolated(unsafe) public private(set) static var allocatedBytes = 0

    private static let smallest = 64, classes = 7
    nonisolated(unsafe) private static var pools: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: classes)
    nonisolated(unsafe) private static var lock: UnsafeMutablePointer<pthread_mutex_t> = {
        let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        return lock
    }()

    public init(bytes: Int) {
        self.bytes = bytes
        var sizeClass = 0
        while sizeClass < Storage.classes, Storage.smallest << sizeClass < bytes { sizeClass += 1 }
        self.sizeClass = sizeClass
        pthread_mutex_lock(Storage.lock)
        Storage.allocatedBytes &+= bytes
        let reused = sizeClass < Storage.classes ? Storage.pools[sizeClass].popLast() : nil
        pthread_mutex_unlock(Storage.lock)
        let size = sizeClass < Storage.classes ? Storage.smallest << sizeClass : (bytes + 63) / 64 * 64
        pointer = reused ?? UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    }

    deinit {
        if sizeClass < Storage.classes {
            pthread_mutex_lock(Storage.lock)
            defer { pthread_mutex_unlock(Storage.lock) }
            if Storage.pools[sizeClass].count < 256 {
                Storage.pools[sizeClass].append(pointer)
                return
            }
        }
        pointer.deallocate()
    }
}
