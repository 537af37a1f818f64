/// The nodes of a graph by what they compute: an open hash table of node numbers.
struct InternTable {
    /// Node numbers; -1 where nothing is. Their count is a power of two, at most half of them taken.
    private var slots = [Int32](repeating: -1, count: 1024)
    private var entries: [(id: Int32, hash: Int)] = []

    init() { entries.reserveCapacity(512) }

    /// The node that is `op` on `inputs`, if there is one.
    func find(_ hash: Int, _ op: any Operator, _ inputs: [Int], _ dtype: DType, in nodes: [Graph.Node]) -> Int? {
        var at = hash & (slots.count - 1)
        while slots[at] >= 0 {
            let entry = entries[Int(slots[at])], id = Int(entry.id)
            if entry.hash == hash, nodes[id].inputs == inputs, nodes[id].dtype == dtype, nodes[id].op.equals(op) { return id }
            at = (at + 1) & (slots.count - 1)
        }
        return nil
    }

    mutating func insert(_ id: Int, _ hash: Int) {
        entries.append((Int32(id), hash))
        if 2 * entries.count > slots.count {
            slots = Array(repeating: -1, count: 2 * slots.count)
            for entry in entries.indices { place(entry) }
        } else {
            place(entries.count - 1)
        }
    }

    private mutating func place(_ entry: Int) {
        var at = entries[entry].hash & (slots.count - 1)
        while slots[at] >= 0 { at = (at + 1) & (slots.count - 1) }
        slots[at] = Int32(entry)
    }
}
