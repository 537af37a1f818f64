import CInterruption

/// Thrown by what was asked to stop.
public struct Interrupted: Error, CustomStringConvertible {
    public init() {}
    public var description: String { "interrupted" }
}

/// The flag that everything long polls. It may be pointed at somebody else's, such as a signal handler's.
///
/// Work over many elements goes through `pieces`, so that a stop has some milliseconds to wait and little work never looks.
/// Work that was stopped has written a part of its result: whoever began it calls `check` and lets go of it.
public enum Interruption {
    /// The flag of its own, which stands in when nobody else's is set.
    public static var ownFlag: UnsafeMutablePointer<Int32> { UnsafeMutablePointer(mutating: oche_own_interruption_flag()) }
    public static var flag: UnsafeMutablePointer<Int32> {
        get { UnsafeMutablePointer(mutating: oche_interruption_flag()) }
        set { oche_set_interruption_flag(newValue) }
    }
    @inline(__always) public static var isRequested: Bool { oche_is_interrupted() != 0 }

    /// Throws `Interrupted` when asked to stop.
    @inline(__always) public static func check() throws { if isRequested { throw Interrupted() } }

    /// Elements in a piece of work that takes about a nanosecond each.
    public static let pieceOfElements = 1 << 18

    /// Calls the body with the pieces of 0 ..< count in order, each its start and size, until it is asked to stop.
    @inline(__always)
    public static func pieces(_ count: Int, of size: Int = pieceOfElements, _ body: (_ start: Int, _ count: Int) throws -> Void) rethrows {
        if count <= size { return try body(0, count) }
        var start = 0
        while start < count, !isRequested {
            try body(start, min(size, count - start))
            start += size
        }
    }

    /// The same, and throws `Interrupted` where it was asked to stop before the end.
    @inline(__always)
    public static func checkedPieces(_ count: Int, of size: Int = pieceOfElements, _ body: (_ start: Int, _ count: Int) throws -> Void) throws {
        try pieces(count, of: size, body)
        if count > size { try check() }
    }
}
