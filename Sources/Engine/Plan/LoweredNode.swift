/// A unit of work on the way to a plan: one operator of the graph, or several fused into one. Fusions rewrite the list
/// of these; the graph itself stays as it is.
public final class LoweredNode {
    /// The values it computes (node ids of the graph); the first gives it its name and type.
    let outputs: [Int]
    fileprivate(set) var inputs: [Int]
    let sampleAxis: Int?
    let isPacked: Bool
    let dtype: DType
    let work: Work
    /// The operator's type, if it is one alone.
    private let kind: ObjectIdentifier?
    /// Even: before, between and after block regions; odd: inside one. Never lowered: what is computed again for a later
    /// region stays there.
    var phase: Int
    /// Whether it was taken out of its list.
    fileprivate(set) var isGone = false

    enum Work {
        case op(any Operator)
        case fused(any FusedOperation)
    }

    /// The first output.
    let id: Int

    init(outputs: [Int], inputs: [Int], sampleAxis: Int?, isPacked: Bool, dtype: DType, phase: Int = 0, work: Work) {
        id = outputs[0]
        kind = if case .op(let op) = work { ObjectIdentifier(type(of: op)) } else { nil }
        (self.outputs, self.inputs, self.sampleAxis, self.isPacked, self.dtype, self.phase, self.work) = (outputs, inputs, sampleAxis, isPacked, dtype, phase, work)
    }

    var op: (any Operator)? { if case .op(let op) = work { op } else { nil } }

    /// The operator if the node is one alone and of this kind.
    @inline(__always) func op<Known: Operator>(_ kind: Known.Type) -> Known? { isOp(kind) ? op as? Known : nil }
    @inline(__always) func isOp(_ kind: any Operator.Type) -> Bool { self.kind == ObjectIdentifier(kind) }

    /// Every value that it reads, once.
    @inline(__always) func forEachInput(_ body: (Int) -> Void) {
        for i in inputs.indices where !(0..<i).contains(where: { inputs[$0] == inputs[i] }) { body(inputs[i]) }
    }
}

/// Several operators as one piece of work.
protocol FusedOperation {
    func lower(_ lowering: Lowering, _ node: LoweredNode) throws
}

/// The list of work for one set of outputs, with who uses what: kept up to date as nodes come and go.
final class LoweredList {
    let graph: Graph
    var axes: SampleAxes
    private(set) var nodes: [LoweredNode]
    /// By value id: the node that computes it.
    private(set) var producer: [LoweredNode?] = []
    private var uses = UseTable()
    let outputs: [Int]
    private var isVisible: [Bool]

    init(_ graph: Graph, outputs: [Int], sampleInputs: Set<Int>) {
        self.graph = graph
        self.outputs = outputs
        isVisible = [Bool](repeating: false, count: graph.nodes.count)
        for id in outputs { isVisible[id] = true }
        var isLive = isVisible
        var live: [Int] = []
        for id in stride(from: outputs.max() ?? -1, through: 0, by: -1) where isLive[id] {
            live.append(id)
            for input in graph.nodes[id].inputs { isLive[input] = true }
        }
        live.reverse()
        let axes = SampleAxes(graph, live: live, sampleInputs: sampleInputs.sorted().map { graph.inputs[$0] }.filter { isLive[$0] })
        self.axes = axes
        nodes = live.map { id in
            let node = graph.nodes[id]
            return LoweredNode(outputs: [id], inputs: node.inputs, sampleAxis: axes.axis[id], isPacked: axes.packed[id], dtype: node.dtype, work: .op(node.op))
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
        for id in node.outputs where producer[id] === node { producer[id] = nil }
        uses.remove(node)
    }

    func isOutput(_ id: Int) -> Bool { id < isVisible.count && isVisible[id] }
    /// The nodes that read a value, in no order that means anything.
    func users(of id: Int) -> UseTable.Users { uses.users(of: id) }
    /// The only user of a value that nobody outside sees.
    func soleUser(_ id: Int) -> LoweredNode? { isOutput(id) ? nil : uses.soleUser(of: id) }
    func isLeaf(_ id: Int) -> Bool { graph.nodes[id].inputs.isEmpty && !graph.nodes[id].isOp(RandomDraw.self) }

    /// Takes `removed` out and puts `added` at the end.
    func replace(_ removed: [LoweredNode], with added: [LoweredNode]) {
        for node in removed where !node.isGone {
            leave(node)
            node.isGone = true
        }
        if !removed.isEmpty { nodes.removeAll(where: \.isGone) }
        nodes += added
        for node in added { enter(node) }
    }

    /// Gives a node of the list other inputs.
    func change(inputs: [Int], of node: LoweredNode) {
        uses.remove(node)
        node.inputs = inputs
        uses.add(node)
    }

    /// Adds nodes for values that came into the graph since, and gives nodes other inputs.
    func extend(with added: [LoweredNode], inputs changed: [(node: LoweredNode, inputs: [Int])]) {
        for (node, inputs) in changed { node.inputs = inputs }
        nodes += added
        index()
    }

    /// Drops what nobody uses any more, and restores topological order (by smallest first output among those that are ready,
    /// so that the order is a function of the graph alone).
    func sweepAndSort() {
        // By first output: the inputs that are still to come; -1 where nothing is needed.
        var missing = [Int](repeating: -1, count: graph.nodes.count)
        var stack: [LoweredNode] = [], isAscending = true
        func visit(_ node: LoweredNode) {
            guard missing[node.id] < 0 else { return }
            missing[node.id] = 0
            stack.append(node)
        }
        for id in outputs { if let node = producer[id] { visit(node) } }
        while let node = stack.popLast() {
            var count = 0
            node.forEachInput { id in
                guard let source = producer[id] else { return }
                count += 1
                isAscending = isAscending && source.id < node.id
                visit(source)
            }
            missing[node.id] = count
        }
        for node in nodes where missing[node.id] < 0 {
            leave(node)
            node.isGone = true
        }
        nodes = isAscending ? missing.indices.compactMap { missing[$0] < 0 ? nil : producer[$0] } : sorted(missing)
    }

    /// The nodes of which that many inputs are missing, those without at once and each other when it has its last.
    private func sorted(_ missing: [Int]) -> [LoweredNode] {
        var missing = missing, ready = SmallestFirst(), sorted: [LoweredNode] = []
        sorted.reserveCapacity(nodes.count)
        for id in missing.indices where missing[id] == 0 { ready.insert(id) }
        while let id = ready.popFirst(), let node = producer[id] {
            sorted.append(node)
            for output in node.outputs {
                for user in uses.users(of: output) {
                    missing[user.id] -= 1
                    if missing[user.id] == 0 { ready.insert(user.id) }
                }
            }
        }
        return sorted
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
