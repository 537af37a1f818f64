/// The values that a node reads, by number: up to four without memory of their own, for there are several lists of every node.
public struct ValueList: RandomAccessCollection, ExpressibleByArrayLiteral, Equatable, CustomStringConvertible, Sendable {
    private var first: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    private var size: Int32
    private var others: [Int32]?

    public init(_ values: some Collection<Int>) {
        (size, others) = (0, nil)
        for value in values { append(value) }
    }
    public init(arrayLiteral values: Int...) { self.init(values) }
    init() { (size, others) = (0, nil) }
    init(one value: Int) { (first.0, size, others) = (Int32(value), 1, nil) }
    init(two a: Int, _ b: Int) { (first.0, first.1, size, others) = (Int32(a), Int32(b), 2, nil) }

    mutating func append(_ value: Int) {
        switch size {
        case 0: first.0 = Int32(value)
        case 1: first.1 = Int32(value)
        case 2: first.2 = Int32(value)
        case 3: first.3 = Int32(value)
        case 4: others = [Int32(value)]
        default: others!.append(Int32(value))
        }
        size += 1
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { Int(size) }
    @inline(__always) public subscript(i: Int) -> Int {
        precondition(i >= 0 && i < size)
        return switch i {
        case 0: Int(first.0)
        case 1: Int(first.1)
        case 2: Int(first.2)
        case 3: Int(first.3)
        default: Int(others![i - 4])
        }
    }

    public static func == (a: ValueList, b: ValueList) -> Bool { a.size == b.size && a.first == b.first && (a.size <= 4 || a.others == b.others) }
    public var description: String { Array(self).description }
}
