/// A unit of work on the way to a plan: one operator of the graph, or several fused into one. Fusions rewrite the list
/// of these; the graph itself stays as it is.
public final class LoweredNode {
    /// The values it computes (node ids of the graph); the first gives it its name and type.
    var outputs: [Int]
    var inputs: [Int]
    let sampleAxis: Int?
    let isPacked: Bool
    let dtype: DType
    let work: Work
    /// Even: before, between and after block regions; odd: inside one. Never lowered: what is computed again for a later
    /// region stays there.
    var phase: Int
    /// Room for whoever walks the list.
    var mark = 0

    enum Work {
        case op(any Operator)
        case fused(any FusedOperation)
    }

    var id: Int { outputs[0] }

    init(outputs: [Int], inputs: [Int], sampleAxis: Int?, isPacked: Bool, dtype: DType, phase: Int = 0, work: Work) {
        (self.outputs, self.inputs, self.sampleAxis, self.isPacked, self.dtype, self.phase, self.work) = (outputs, inputs, sampleAxis, isPacked, dtype, phase, work)
    }

    var op: (any Operator)? { if case .op(let op) = work { op } else { nil } }
}

/// Several operators as one piece of work.
protocol FusedOperation {
    func lower(_ lowering: Lowering, _ node: LoweredNode) throws
}

/// The list of work for one set of outputs, with who uses what.
struct LoweredList {
    let graph: Graph
    var axes: SampleAxes
    var nodes: [LoweredNode]
    /// By value id: the node that computes it.
    private(set) var producer: [LoweredNode?] = []
    private(set) var users: [[LoweredNode]] = []
    let outputs: [Int]

    init(_ graph: Graph, outputs: [Int], sampleInputs: Set<Int>) {
        self.graph = graph
        self.outputs = outputs
        var isLive = [Bool](repeating: false, count: graph.nodes.count)
        for id in outputs { isLive[id] = true }
        for id in stride(from: outputs.max() ?? -1, through: 0, by: -1) where isLive[id] {
            for input in graph.nodes[id].inputs { isLive[input] = true }
        }
        let live = graph.nodes.indices.filter { isLive[$0] }
        let axes = SampleAxes(graph, live: live, sampleInputs: sampleInputs.sorted().map { graph.inputs[$0] }.filter { isLive[$0] })
        self.axes = axes
        nodes = live.map { id in
            let node = graph.nodes[id]
            return LoweredNode(outputs: [id], inputs: node.inputs, sampleAxis: axes.axis[id], isPacked: axes.packed[id], dtype: node.dtype, work: .op(node.op))
        }
        index()
    }

    private mutating func index() {
        producer = Array(repeating: nil, count: graph.nodes.count)
        users = Array(repeating: [], count: graph.nodes.count)
        for node in nodes {
            for id in node.outputs { producer[id] = node }
            for (i, id) in node.inputs.enumerated() where !node.inputs[..<i].contains(id) { users[id].append(node) }
        }
    }

    func isOutput(_ id: Int) -> Bool { outputs.contains(id) }
    /// The only user of a value that nobody outside sees.
    func soleUser(_ id: Int) -> LoweredNode? { users[id].count == 1 && !isOutput(id) ? users[id][0] : nil }
    func isLeaf(_ id: Int) -> Bool { graph.nodes[id].inputs.isEmpty && !(graph.nodes[id].op is RandomDraw) }

    /// Takes `removed` out, puts `added` in, drops what nobody uses any more, and restores topological order (by
    /// smallest first output among those that are ready, so that the order is a function of the graph alone).
    mutating func replace(_ removed: [LoweredNode], with added: [LoweredNode]) {
        let gone = Set(removed.map(ObjectIdentifier.init))
        nodes = nodes.filter { !gone.contains(ObjectIdentifier($0)) } + added
        index()
    }

    mutating func sweepAndSort() {
        // Backwards from the outputs; a mark of 0 is needed.
        for node in nodes { node.mark = -1 }
        var stack = outputs.compactMap { producer[$0] }
        while let node = stack.popLast() {
            guard node.mark < 0 else { continue }
            node.mark = 0
            for id in node.inputs { if let source = producer[id], source.mark < 0 { stack.append(source) } }
        }
        nodes = nodes.filter { $0.mark == 0 }
        index()
        // From here a mark counts the inputs that are still to come.
        var ready = SortedQueue()
        for node in nodes {
            for (i, id) in node.inputs.enumerated() where producer[id] != nil && !node.inputs[..<i].contains(id) { node.mark += 1 }
            if node.mark == 0 { ready.insert(node) }
        }
        var sorted: [LoweredNode] = []
        sorted.reserveCapacity(nodes.count)
        while let node = ready.popFirst() {
            sorted.append(node)
            for output in node.outputs {
                for user in users[output] {
                    user.mark -= 1
                    if user.mark == 0 { ready.insert(user) }
                }
            }
        }
        nodes = sorted
    }

    /// A binary heap by first output id.
    private struct SortedQueue {
        private var heap: [LoweredNode] = []
        mutating func insert(_ node: LoweredNode) {
            heap.append(node)
            var i = heap.count - 1
            while i > 0, heap[i].id < heap[(i - 1) / 2].id {
                heap.swapAt(i, (i - 1) / 2)
                i = (i - 1) / 2
            }
        }
        mutating func popFirst() -> LoweredNode? {
            guard !heap.isEmpty else { return nil }
            heap.swapAt(0, heap.count - 1)
            let first = heap.removeLast()
            var i = 0
            while true {
                var least = i
                for child in [2 * i + 1, 2 * i + 2] where child < heap.count && heap[child].id < heap[least].id { least = child }
                if least == i { break }
                heap.swapAt(i, least)
                i = least
            }
            return first
        }
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
