/// The nodes of a graph by what they compute: an open hash table of node numbers.
struct InternTable {
    /// A node number, -1 where nothing is, with the lower half of its hash value. The count is a power of two, at most half of
    /// them taken.
    private var slots = [(id: Int32, hash: UInt32)](repeating: (-1, 0), count: 512)
    private var count = 0

    /// The node that is `op` on `inputs`, if there is one.
    func find<Op: Operator>(_ hash: Int, _ op: Op, _ inputs: ValueList, _ dtype: DType, in nodes: [Graph.Node]) -> Int? {
        let hash = UInt32(truncatingIfNeeded: hash)
        var at = Int(hash) & (slots.count - 1)
        while slots[at].id >= 0 {
            if slots[at].hash == hash {
                let node = nodes[Int(slots[at].id)]
                if let known = node.op(Op.self), node.dtype == dtype, node.inputs == inputs, known == op { return Int(slots[at].id) }
            }
            at = (at + 1) & (slots.count - 1)
        }
        return nil
    }

    mutating func insert(_ id: Int, _ hash: Int) {
        count += 1
        if 2 * count > slots.count {
            let before = slots
            slots = Array(repeating: (-1, 0), count: 2 * before.count)
            for slot in before where slot.id >= 0 { place(slot) }
        }
        place((Int32(id), UInt32(truncatingIfNeeded: hash)))
    }

    private mutating func place(_ slot: (id: Int32, hash: UInt32)) {
        var at = Int(slot.hash) & (slots.count - 1)
        while slots[at].id >= 0 { at = (at + 1) & (slots.count - 1) }
        slots[at] = slot
    }
}
