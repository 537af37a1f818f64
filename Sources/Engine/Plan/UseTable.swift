/// Who reads which value: for every value a chain of entries in one array. A node has an entry with each value that it reads,
/// however often it does, one behind the other from `firstUse`: it leaves a chain in one step, however many read the value.
/// The list of work keeps the nodes alive.
struct UseTable {
    private struct Entry {
        unowned(unsafe) let node: LoweredNode
        var next: Int32, before: Int32
    }
    private var first: [Int32] = []
    private var entries: [Entry] = []

    init() {}
    init(values: Int, nodes: Int) {
        first = Array(repeating: -1, count: values)
        entries.reserveCapacity(3 * nodes)
    }

    mutating func add(_ node: LoweredNode) {
        node.firstUse = Int32(entries.count)
        let inputs = node.inputs
        for i in 0..<inputs.count where UseTable.isNew(i, inputs) {
            let id = inputs[i], new = Int32(entries.count), next = first[id]
            if next >= 0 { entries[Int(next)].before = new }
            entries.append(Entry(node: node, next: next, before: -1))
            first[id] = new
        }
    }

    /// Its inputs must be those that it was added with.
    mutating func remove(_ node: LoweredNode) {
        var at = Int(node.firstUse)
        let inputs = node.inputs
        for i in 0..<inputs.count where UseTable.isNew(i, inputs) {
            let (next, before) = (entries[at].next, entries[at].before)
            if next >= 0 { entries[Int(next)].before = before }
            if before >= 0 { entries[Int(before)].next = next } else { first[inputs[i]] = next }
            at += 1
        }
    }

    /// Whether an input is none of those before it.
    @inline(__always) private static func isNew(_ i: Int, _ inputs: ValueList) -> Bool {
        for j in 0..<i where inputs[j] == inputs[i] { return false }
        return true
    }

    func isRead(_ id: Int) -> Bool { first[id] >= 0 }

    func soleUser(of id: Int) -> LoweredNode? {
        let at = first[id]
        return at >= 0 && entries[Int(at)].next < 0 ? entries[Int(at)].node : nil
    }

    func users(of id: Int) -> Users { Users(table: self, at: first[id]) }

    struct Users: Sequence, IteratorProtocol {
        fileprivate let table: UseTable
        fileprivate var at: Int32
        mutating func next() -> LoweredNode? {
            guard at >= 0 else { return nil }
            let entry = table.entries[Int(at)]
            at = entry.next
            return entry.node
        }
    }
}

/// Numbers that come in any order and go smallest first: a binary heap.
struct SmallestFirst {
    private var heap: [Int] = []

    mutating func insert(_ value: Int) {
        heap.append(value)
        var i = heap.count - 1
        while i > 0, heap[i] < heap[(i - 1) / 2] {
            heap.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    mutating func popFirst() -> Int? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var i = 0
        while true {
            var least = i
            for child in 2 * i + 1...2 * i + 2 where child < heap.count && heap[child] < heap[least] { least = child }
            if least == i { return first }
            heap.swapAt(i, least)
            i = least
        }
    }
}
