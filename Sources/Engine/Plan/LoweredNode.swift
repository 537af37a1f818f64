/// A unit of work on the way to a plan: one operator of the graph, or several fused into one. Fusions rewrite the list
/// of these; the graph itself stays as it is.
public final class LoweredNode {
    /// The values it computes (node ids of the graph); the first gives it its name and type.
    let outputs: Outputs
    fileprivate(set) var inputs: [Int]
    let sampleAxis: Int?
    let isPacked: Bool
    let dtype: DType
    let work: Work
    /// Even: before, between and after block regions; odd: inside one. Never lowered: what is computed again for a later
    /// region stays there.
    var phase: Int
    /// Whether it was taken out of its list.
    fileprivate(set) var isGone = false

    enum Work {
        case op(Graph.Node)
        case fused(any FusedOperation)
    }

    /// The first output.
    let id: Int

    /// One value or several.
    struct Outputs: RandomAccessCollection {
        let first: Int
        private let others: [Int]
        init(_ first: Int, _ others: [Int] = []) { (self.first, self.others) = (first, others) }
        var startIndex: Int { 0 }
        var endIndex: Int { 1 + others.count }
        subscript(i: Int) -> Int { i == 0 ? first : others[i - 1] }
    }

    convenience init(outputs: [Int], inputs: [Int], sampleAxis: Int?, isPacked: Bool, dtype: DType, phase: Int = 0, work: Work) {
        self.init(Outputs(outputs[0], Array(outputs.dropFirst())), inputs: inputs, sampleAxis: sampleAxis, isPacked: isPacked, dtype: dtype, phase: phase, work: work)
    }

    init(_ outputs: Outputs, inputs: [Int], sampleAxis: Int?, isPacked: Bool, dtype: DType, phase: Int = 0, work: Work) {
        id = outputs.first
        (self.outputs, self.inputs, self.sampleAxis, self.isPacked, self.dtype, self.phase, self.work) = (outputs, inputs, sampleAxis, isPacked, dtype, phase, work)
    }

    /// The operator, if it is one alone.
    var op: (any Operator)? { if case .op(let value) = work { value.op } else { nil } }
    /// The same, if it is of this kind.
    @inline(__always) func op<Known: Operator>(_ kind: Known.Type) -> Known? { if case .op(let value) = work { value.op(kind) } else { nil } }
    @inline(__always) func isOp(_ kind: any Operator.Type) -> Bool { if case .op(let value) = work { value.isOp(kind) } else { false } }

    /// Every value that it reads, once.
    @inline(__always) func forEachInput(_ body: (Int) -> Void) {
        for i in inputs.indices where !(0..<i).contains(where: { inputs[$0] == inputs[i] }) { body(inputs[i]) }
    }
}

/// Several operators as one piece of work.
protocol FusedOperation {
    func lower(_ lowering: Lowering, _ node: LoweredNode) throws
}

/// The list of work for one set of outputs, with who uses what: kept up to date as nodes come and go. While every value is
/// computed from ones of smaller numbers, as in the graph, the list is in the order of numbers, which is a topological one.
final class LoweredList {
    let graph: Graph
    var axes: SampleAxes
    private(set) var nodes: [LoweredNode]
    /// By value id: the node that computes it.
    private(set) var producer: [LoweredNode?] = []
    private var uses = UseTable()
    let outputs: [Int]
    private let isVisible: [Bool]
    /// Nodes that may have lost the last reader of what they compute.
    private var unread: [LoweredNode] = []
    private var isOrdered = true

    init(_ graph: Graph, outputs: [Int], sampleInputs: Set<Int>) {
        self.graph = graph
        self.outputs = outputs
        var isLive = [Bool](repeating: false, count: graph.nodes.count), live: [Int] = []
        for id in outputs { isLive[id] = true }
        isVisible = isLive
        for id in stride(from: outputs.max() ?? -1, through: 0, by: -1) where isLive[id] {
            live.append(id)
            for input in graph.nodes[id].inputs { isLive[input] = true }
        }
        live.reverse()
        let axes = SampleAxes(graph, live: live, sampleInputs: sampleInputs.sorted().map { graph.inputs[$0] }.filter { isLive[$0] })
        self.axes = axes
        nodes = live.map { id in
            let node = graph.nodes[id]
            return LoweredNode(.init(id), inputs: node.inputs, sampleAxis: axes.axis[id], isPacked: axes.packed[id], dtype: node.dtype, work: .op(node))
        }
        index()
    }

    private func index() {
        producer = Array(repeating: nil, count: graph.nodes.count)
        uses = UseTable(values: graph.nodes.count, nodes: nodes.count)
        for node in nodes { enter(node) }
    }
    private func enter(_ node: LoweredNode) {
        for id in node.outputs { producer[id] = node }
        uses.add(node)
    }
    private func leave(_ node: LoweredNode) {
        node.isGone = true
        for id in node.outputs where producer[id] === node { producer[id] = nil }
        uses.remove(node)
        noteUnread(node.inputs)
    }
    private func noteUnread(_ inputs: [Int]) {
        for id in inputs where !uses.isRead(id) { if let source = producer[id] { unread.append(source) } }
    }
    private func isInOrder(_ node: LoweredNode) -> Bool {
        node.inputs.allSatisfy { producer[$0].map { $0.id < node.id } ?? true }
            && node.outputs.allSatisfy { uses.users(of: $0).allSatisfy { $0.id > node.id } }
    }

    func isOutput(_ id: Int) -> Bool { id < isVisible.count && isVisible[id] }
    /// The nodes that read a value, in no order that means anything.
    func users(of id: Int) -> UseTable.Users { uses.users(of: id) }
    /// The only user of a value that nobody outside sees.
    func soleUser(_ id: Int) -> LoweredNode? { isOutput(id) ? nil : uses.soleUser(of: id) }
    func isLeaf(_ id: Int) -> Bool { graph.nodes[id].inputs.isEmpty && !graph.nodes[id].isOp(RandomDraw.self) }

    /// Takes `removed` out and puts `added` in.
    func replace(_ removed: [LoweredNode], with added: [LoweredNode]) {
        for node in removed where !node.isGone { leave(node) }
        if !removed.isEmpty { nodes.removeAll(where: \.isGone) }
        for node in added { enter(node) }
        unread += added
        isOrdered = isOrdered && added.allSatisfy(isInOrder)
        if isOrdered { merge(added) } else { nodes += added }
    }

    private func merge(_ added: [LoweredNode]) {
        guard !added.isEmpty else { return }
        let added = added.sorted { $0.id < $1.id }
        var merged: [LoweredNode] = [], next = 0
        merged.reserveCapacity(nodes.count + added.count)
        for node in nodes {
            while next < added.count, added[next].id < node.id {
                merged.append(added[next])
                next += 1
            }
            merged.append(node)
        }
        nodes = merged + added[next...]
    }

    /// Gives a node of the list other inputs.
    func change(inputs: [Int], of node: LoweredNode) {
        let before = node.inputs
        uses.remove(node)
        node.inputs = inputs
        uses.add(node)
        noteUnread(before)
        isOrdered = isOrdered && isInOrder(node)
    }

    /// Adds nodes for values that came into the graph since, and gives nodes other inputs.
    func extend(with added: [LoweredNode], inputs changed: [(node: LoweredNode, inputs: [Int])]) {
        for (node, inputs) in changed { node.inputs = inputs }
        nodes += added
        index()
        (unread, isOrdered) = (nodes, false)
    }

    /// Drops what nobody uses any more, and restores topological order (by smallest first output among those that are ready,
    /// so that the order is a function of the graph alone).
    func sweepAndSort() {
        var isSwept = false
        while let node = unread.popLast() {
            guard !node.isGone, !node.outputs.contains(where: { isOutput($0) || uses.isRead($0) }) else { continue }
            leave(node)
            isSwept = true
        }
        if isSwept { nodes.removeAll(where: \.isGone) }
        if !isOrdered { sort() }
    }

    private func sort() {
        // By first output: the inputs that are still to come.
        var missing = [Int](repeating: 0, count: graph.nodes.count)
        var ready = SmallestFirst(), sorted: [LoweredNode] = []
        sorted.reserveCapacity(nodes.count)
        for node in nodes {
            node.forEachInput { if producer[$0] != nil { missing[node.id] += 1 } }
            if missing[node.id] == 0 { ready.insert(node.id) }
        }
        while let id = ready.popFirst(), let node = producer[id] {
            sorted.append(node)
            for output in node.outputs {
                for user in uses.users(of: output) {
                    missing[user.id] -= 1
                    if missing[user.id] == 0 { ready.insert(user.id) }
                }
            }
        }
        nodes = sorted
    }

    /// Gives every node its phase: a region's sums are there for the next even phase, and samples that a whole-batch
    /// operator mixed come back in the region after it.
    func assignPhases() {
        var phaseOf = [Int](repeating: 0, count: graph.nodes.count)
        for node in nodes {
            var phase = max(node.phase, node.isPacked ? 1 : 0)
            for input in node.inputs {
                guard let source = producer[input] else { continue }
                let p = phaseOf[input]
                if source.isPacked {
                    let staysInside = node.isPacked && axes.axis[input] != nil
                    phase = max(phase, staysInside ? p : (node.isPacked ? p + 2 : p + 1))
                } else {
                    phase = max(phase, node.isPacked ? p + 1 : p)
                }
            }
            node.phase = phase
            for id in node.outputs { phaseOf[id] = phase }
        }
    }
}
