extension LoweredList {
    /// A value of one block region that a later region needs is kept in memory for all blocks, unless it is larger than what
    /// it was computed from: then the later region computes it again. So hidden maps never leave a region, and each region
    /// has a network and its gradient to itself, as fusion wants them. Random draws are made once.
    func recomputeAcrossRegions() {
        assignPhases()
        guard nodes.contains(where: { $0.isPacked && $0.phase > 1 }) else { return }
        var search = RecomputationSearch(list: self)
        var changed: [(LoweredNode, ValueList)] = []
        for node in nodes where node.isPacked && node.phase > 1 {
            changed.append((node, ValueList(node.inputs.map { search.value($0, in: node.phase) })))
        }
        extend(with: search.copies, inputs: changed)
        sweepAndSort()
    }
}

private struct RecomputationSearch {
    private let list: LoweredList
    var copies: [LoweredNode] = []
    private var plans: [Int: (isKept: Bool, sources: Set<Int>)] = [:]
    private var known: [Int: [Int: Int]] = [:]

    /// Inputs as they were: those of nodes that have been visited may be copies.
    private var inputs: [Int: ValueList] = [:]

    init(list: LoweredList) {
        self.list = list
        for node in list.nodes where node.isPacked { inputs[node.id] = node.inputs }
    }

    private func hasSamples(_ id: Int) -> Bool { list.axes.axis[id] != nil }
    private func elements(_ id: Int) -> Int { list.graph.nodes[id].shape.elements }

    /// Whether a value with samples is kept, and what must be kept so that it can be computed again.
    private mutating func plan(_ id: Int) -> (isKept: Bool, sources: Set<Int>) {
        if let plan = plans[id] { return plan }
        var result: (isKept: Bool, sources: Set<Int>) = (true, [id])
        if let node = list.producer[id], node.isPacked, let op = node.op, !(op is RandomDraw) {
            var sources: Set<Int> = []
            for input in inputs[id]! where hasSamples(input) {
                let inner = plan(input)
                if inner.isKept { sources.insert(input) } else { sources.formUnion(inner.sources) }
            }
            result = (elements(id) <= sources.reduce(0) { $0 + elements($1) }, sources)
        }
        plans[id] = result
        return result
    }

    /// What stands for a value in the region of a phase: itself, or a copy computed there.
    mutating func value(_ id: Int, in phase: Int) -> Int {
        guard hasSamples(id), let node = list.producer[id], node.isPacked, node.phase < phase, !plan(id).isKept else { return id }
        if let copy = known[id]?[phase] { return copy }
        let sources = ValueList(inputs[id]!.map { value($0, in: phase) })
        let copy = list.graph.duplicate(id, inputs: sources)
        list.axes.extend(like: id)
        let copied = LoweredNode(outputs: [copy], inputs: sources, sampleAxis: node.sampleAxis, isPacked: true, dtype: node.dtype, phase: phase, work: node.work)
        copies.append(copied)
        known[id, default: [:]][phase] = copy
        return copy
    }
}
