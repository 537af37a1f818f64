/// A unit of work on the way to a plan: one operator of the graph, or several fused into one. Fusions rewrite the list
/// of these; the graph itself stays as it is.
public final class LoweredNode {
    /// The values it computes (node ids of the graph); the first gives it its name and type.
    let outputs: Outputs
    fileprivate(set) var inputs: ValueList
    let sampleAxis: Int?
    let isPacked: Bool
    let dtype: DType
    /// The value of the graph that it computes alone, or what is fused. (Not an enumeration: looking into one copies it.)
    private let value: Graph.Node?, fused: (any FusedOperation)?
    private let kind: ObjectIdentifier?
    /// Even: before, between and after block regions; odd: inside one. Never lowered: what is computed again for a later
    /// region stays there.
    var phase: Int
    /// Its first entry in the list's table of uses.
    var firstUse: Int32 = 0
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
        let others: [Int]
        init(_ first: Int, _ others: [Int] = []) { (self.first, self.others) = (first, others) }
        var startIndex: Int { 0 }
        var endIndex: Int { 1 + others.count }
        subscript(i: Int) -> Int { i == 0 ? first : others[i - 1] }
    }

    convenience init(outputs: [Int], inputs: some Collection<Int>, sampleAxis: Int?, isPacked: Bool, dtype: DType, phase: Int = 0, work: Work) {
        self.init(Outputs(outputs[0], Array(outputs.dropFirst())), inputs: ValueList(inputs), sampleAxis: sampleAxis, isPacked: isPacked, dtype: dtype, phase: phase, work: work)
    }

    init(_ outputs: Outputs, inputs: ValueList, sampleAxis: Int?, isPacked: Bool, dtype: DType, phase: Int = 0, work: Work) {
        id = outputs.first
        switch work {
        case .op(let node): (value, fused, kind) = (node, nil, node.kind)
        case .fused(let operation): (value, fused, kind) = (nil, operation, nil)
        }
        (self.outputs, self.inputs, self.sampleAxis, self.isPacked, self.dtype, self.phase) = (outputs, inputs, sampleAxis, isPacked, dtype, phase)
    }

    var work: Work { fused.map { .fused($0) } ?? .op(value!) }
    /// Adds the instructions that do it.
    func lower(_ lowering: Lowering) throws {
        if let fused { try fused.lower(lowering, self) } else { try value!.op.lower(lowering, self) }
    }

    /// The operator, if it is one alone.
    var op: (any Operator)? { value?.op }
    /// The same, if it is of this kind.
    @inline(__always) func op<Known: Operator>(_ kind: Known.Type) -> Known? { isOp(kind) ? value!.op(kind) : nil }
    @inline(__always) func isOp(_ kind: any Operator.Type) -> Bool { self.kind == ObjectIdentifier(kind) }
    var elementwise: ElementwiseKernel? { value?.elementwise }

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
    /// By value id: the node that computes it.
    private(set) var producer: [LoweredNode?] = []
    /// By value id: whether a node is named after it.
    private var isNode: [Bool] = []
    private var uses = UseTable()
    let outputs: [Int]
    private let isVisible: [Bool]
    /// Nodes that may have lost the last reader of what they compute.
    private var unread: [LoweredNode] = []
    /// The nodes in an order that is not that of their numbers.
    private var order: [LoweredNode]?
    /// The nodes in the order of their numbers, until some come or go.
    private var numbered: [LoweredNode]?

    /// In topological order, but for those that `replace` has put in since the last sort.
    var nodes: [LoweredNode] {
        if let known = order ?? numbered { return known }
        var nodes: [LoweredNode] = []
        nodes.reserveCapacity(producer.count)
        for id in isNode.indices where isNode[id] { nodes.append(producer[id]!) }
        numbered = nodes
        return nodes
    }

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
        makeRoom(nodes: live.count)
        for id in live {
            let node = graph.nodes[id]
            enter(LoweredNode(.init(id), inputs: node.inputs, sampleAxis: axes.axis[id], isPacked: axes.packed[id], dtype: node.dtype, work: .op(node)))
        }
    }

    private func makeRoom(nodes: Int) {
        producer = Array(repeating: nil, count: graph.nodes.count)
        isNode = Array(repeating: false, count: graph.nodes.count)
        uses = UseTable(values: graph.nodes.count, nodes: nodes)
    }
    private func enter(_ node: LoweredNode) {
        if numbered != nil { numbered = nil }
        let outputs = node.outputs
        producer[outputs.first] = node
        for id in outputs.others { producer[id] = node }
        isNode[outputs.first] = true
        uses.add(node)
    }
    private func leave(_ node: LoweredNode) {
        node.isGone = true
        if numbered != nil { numbered = nil }
        let outputs = node.outputs
        if producer[outputs.first] === node { (isNode[outputs.first], producer[outputs.first]) = (false, nil) }
        for id in outputs.others where producer[id] === node { producer[id] = nil }
        uses.remove(node)
        noteUnread(node.inputs)
    }
    private func noteUnread(_ inputs: ValueList) {
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
        for node in added { enter(node) }
        unread += added
        if order != nil {
            order!.removeAll(where: \.isGone)
            order! += added
        } else if !added.allSatisfy(isInOrder) {
            order = nodes
        }
    }

    /// Gives a node of the list other inputs.
    func change(inputs: ValueList, of node: LoweredNode) {
        let before = node.inputs
        uses.remove(node)
        node.inputs = inputs
        uses.add(node)
        noteUnread(before)
        if order == nil, !isInOrder(node) { order = nodes }
    }

    /// Adds nodes for values that came into the graph since, and gives nodes other inputs.
    func extend(with added: [LoweredNode], inputs changed: [(node: LoweredNode, inputs: ValueList)]) {
        let all = nodes + added
        for (node, inputs) in changed { node.inputs = inputs }
        makeRoom(nodes: all.count)
        for node in all { enter(node) }
        (unread, order) = (all, all)
    }

    /// Drops what nobody uses any more, and restores topological order (by smallest first output among those that are ready,
    /// so that the order is a function of the graph alone).
    func sweepAndSort() {
        while let node = unread.popLast() {
            if !node.isGone, !node.outputs.contains(where: { isOutput($0) || uses.isRead($0) }) { leave(node) }
        }
        if order != nil { sort() }
    }

    private func sort() {
        let nodes = order!.filter { !$0.isGone }
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
        order = sorted
    }

    /// Gives every node its phase: a region's sums are there for the next even phase, and samples that a whole-batch
    /// operator mixed come back in the region after it.
    func assignPhases() {
        // By value: the phase that computes it, odd in a region; -1 for what no node does.
        var phaseOf = [Int32](repeating: -1, count: graph.nodes.count)
        for node in nodes {
            let isPacked = node.isPacked, inputs = node.inputs, outputs = node.outputs
            var phase = max(Int32(node.phase), isPacked ? 1 : 0)
            for input in inputs where phaseOf[input] >= 0 {
                let p = phaseOf[input]
                if p % 2 == 1 {
                    let staysInside = isPacked && axes.axis[input] != nil
                    phase = max(phase, staysInside ? p : (isPacked ? p + 2 : p + 1))
                } else {
                    phase = max(phase, isPacked ? p + 1 : p)
                }
            }
            if node.phase != phase { node.phase = Int(phase) }
            phaseOf[outputs.first] = phase
            for id in outputs.others { phaseOf[id] = phase }
        }
    }
}
