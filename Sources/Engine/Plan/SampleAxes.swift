/// Finds which axis of every value counts samples. Axes that operators pass through untouched, or sum over together, are
/// one class. The inputs that are said to count samples are one class too, the one packed into lanes; without such inputs
/// it is the one in which most of the convolution and product work lies, and without convolutions nothing is packed. An
/// operator that mixes samples runs on the whole batch instead.
struct SampleAxes {
    /// Per node: its sample axis, or nil where the value is the same for every sample (or mixes them).
    private(set) var axis: [Int?]
    /// Per node: whether its operator runs inside a block region.
    private(set) var packed: [Bool]
    /// Samples in the batch; 0 when nothing is packed.
    private(set) var samples = 0

    /// A node that has been added to the graph has the axes of this one.
    mutating func extend(like id: Int) {
        axis.append(axis[id])
        packed.append(packed[id])
    }

    /// `sampleInputs`: nodes whose first axis counts samples, the same number of them.
    init(_ graph: Graph, live: [Int], sampleInputs: [Int]) {
        axis = Array(repeating: nil, count: graph.nodes.count)
        packed = Array(repeating: false, count: graph.nodes.count)
        guard !sampleInputs.isEmpty || live.contains(where: { graph.nodes[$0].op.asksForPacking }) else { return }

        let classes = AxisClasses(graph, live: live)
        defer { classes.deallocate() }
        for id in live {
            let node = graph.nodes[id]
            if node.elementwise != nil {
                // Most are: without the ways of an operator that is not known.
                for input in node.inputs { classes.joinBroadcast(input, id) }
            } else if !node.inputs.isEmpty {
                let op = node.op, inputs = node.inputs
                op.relateAxes(inputs: node.shapes, output: node.shape) { input, a, b in classes.join(inputs[input], a, id, b) }
                op.summedAxes(inputs: node.shapes, output: node.shape) { i, a, j, b in classes.join(inputs[i], a, inputs[j], b) }
            }
        }
        for id in sampleInputs.dropFirst() { classes.join(id, 0, sampleInputs[0], 0) }
        guard let best = sampleInputs.first.map({ classes.root($0, 0) }) ?? classes.mostWork(graph, live) else { return }
        var ambiguous = [Bool](repeating: false, count: graph.nodes.count), isAmbiguous = false
        for id in live {
            let (first, hits) = classes.axes(of: id, in: best)
            if hits == 1 {
                axis[id] = first
                samples = classes.size(id, first)
            } else if hits > 1 {
                (ambiguous[id], isAmbiguous) = (true, true)
            }
        }
        guard samples > 0 else {
            axis = Array(repeating: nil, count: graph.nodes.count)
            return
        }
        var sampleAxes: [Int?] = []
        for id in live where !ambiguous[id] {
            let node = graph.nodes[id], output = axis[id]
            if node.elementwise != nil {
                packed[id] = output != nil && !(isAmbiguous && node.inputs.contains { ambiguous[$0] })
                    && (samples > 1 || isAligned(node, output: output, in: graph))
                continue
            }
            let inputs = node.inputs
            guard output != nil || inputs.contains(where: { axis[$0] != nil }), !isAmbiguous || !inputs.contains(where: { ambiguous[$0] }) else { continue }
            sampleAxes.removeAll(keepingCapacity: true)
            for input in inputs { sampleAxes.append(axis[input]) }
            packed[id] = node.op.runsPacked(inputs: sampleAxes, output: output, shapes: node.shapes)
        }
    }

    /// Whether the samples of every input of an elementwise operator lie along those of its output. A batch of one can be
    /// broadcast along another axis, where sixteen lanes are not what is to be repeated.
    private func isAligned(_ node: Graph.Node, output: Int?, in graph: Graph) -> Bool {
        node.inputs.allSatisfy { input in
            guard let axis = axis[input] else { return true }
            return axis + node.shape.count - graph.nodes[input].shape.count == output
        }
    }
}

/// Which axes of which values are one: sets that are joined. Whoever makes it deallocates it.
private struct AxisClasses {
    /// By value: where its axes start, and how many there are.
    private let offset: UnsafeMutablePointer<Int32>, rank: UnsafeMutablePointer<Int32>
    private let parent: UnsafeMutablePointer<Int32>, sizes: UnsafeMutablePointer<Int>

    init(_ graph: Graph, live: [Int]) {
        let values = graph.nodes.count, total = live.reduce(0) { $0 + graph.nodes[$1].shape.count }
        offset = .allocate(capacity: 2 * values)
        offset.initialize(repeating: 0, count: 2 * values)
        rank = offset + values
        (parent, sizes) = (.allocate(capacity: max(1, total)), .allocate(capacity: max(1, total)))
        var next = 0
        for id in live {
            let shape = graph.nodes[id].shape
            (offset[id], rank[id]) = (Int32(next), Int32(shape.count))
            for size in shape {
                parent[next] = Int32(next)
                sizes[next] = size
                next += 1
            }
        }
    }
    func deallocate() {
        offset.deallocate()
        parent.deallocate()
        sizes.deallocate()
    }

    private func root(_ i: Int32) -> Int32 {
        var i = i
        while parent[Int(i)] != i {
            parent[Int(i)] = parent[Int(parent[Int(i)])]
            i = parent[Int(i)]
        }
        return i
    }
    func root(_ id: Int, _ axis: Int) -> Int32 { root(offset[id] + Int32(axis)) }
    func join(_ a: Int, _ axisA: Int, _ b: Int, _ axisB: Int) { join(offset[a] + Int32(axisA), offset[b] + Int32(axisB)) }
    private func join(_ a: Int32, _ b: Int32) {
        let from = root(a), to = root(b)
        parent[Int(from)] = to
    }
    /// The axes that go through from an input to the result that it is broadcast to.
    func joinBroadcast(_ input: Int, _ output: Int) {
        let rank = rank[input]
        var a = offset[input], b = offset[output] + self.rank[output] - rank
        for _ in 0..<rank {
            if sizes[Int(a)] == sizes[Int(b)] { join(a, b) }
            (a, b) = (a + 1, b + 1)
        }
    }
    func size(_ id: Int, _ axis: Int) -> Int { sizes[Int(offset[id]) + axis] }

    /// The axes of a value that are in a class: the first, and how many.
    func axes(of id: Int, in chosen: Int32) -> (first: Int, count: Int) {
        var first = 0, count = 0
        for axis in 0..<Int(rank[id]) where root(id, axis) == chosen {
            if count == 0 { first = axis }
            count += 1
        }
        return (first, count)
    }

    /// The class in which most of the work lies that packing makes faster; the earliest of several.
    func mostWork(_ graph: Graph, _ live: [Int]) -> Int32? {
        var work: [(root: Int32, cost: Int)] = []
        // The classes of the axes of a node's inputs and of its result, and where each one's begin.
        var roots: [Int32] = [], starts: [Int] = [], inputs: [Int?] = []
        for id in live {
            let node = graph.nodes[id]
            guard node.elementwise == nil, case let op = node.op, op.gainsFromPacking else { continue }
            let cost = op.work(inputs: node.shapes, output: node.shape)
            roots.removeAll(keepingCapacity: true)
            starts.removeAll(keepingCapacity: true)
            func list(_ value: Int) {
                starts.append(roots.count)
                for axis in 0..<Int(rank[value]) { roots.append(root(value, axis)) }
            }
            for input in node.inputs { list(input) }
            list(id)
            starts.append(roots.count)
            func sampleAxis(_ value: Int, _ chosen: Int32) -> Int? {
                var found: Int?
                for i in starts[value]..<starts[value + 1] where roots[i] == chosen {
                    if found != nil { return nil }
                    found = i - starts[value]
                }
                return found
            }
            for i in roots.indices {
                let chosen = roots[i]
                if roots[..<i].contains(chosen) { continue }
                // Only a class under which this very operator would run packed counts.
                inputs.removeAll(keepingCapacity: true)
                for input in 0..<starts.count - 2 { inputs.append(sampleAxis(input, chosen)) }
                guard op.runsPacked(inputs: inputs, output: sampleAxis(starts.count - 2, chosen), shapes: node.shapes) else { continue }
                if let known = work.firstIndex(where: { $0.root == chosen }) { work[known].cost &+= cost } else { work.append((chosen, cost)) }
            }
        }
        return work.max { ($0.cost, -$0.root) < ($1.cost, -$1.root) }?.root
    }
}
