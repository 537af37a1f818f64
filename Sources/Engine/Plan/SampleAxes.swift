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

        var classes = AxisClasses(graph, live: live)
        for id in live {
            let node = graph.nodes[id]
            if node.inputs.isEmpty { continue }
            let inputs = node.inputs
            if node.elementwise != nil {
                // Most are: without the ways of an operator that is not known.
                relateBroadcastAxes(inputs: node.shapes, output: node.shape) { input, a, b in classes.join(inputs[input], a, id, b) }
                continue
            }
            let op = node.op
            op.relateAxes(inputs: node.shapes, output: node.shape) { input, a, b in classes.join(inputs[input], a, id, b) }
            op.summedAxes(inputs: node.shapes, output: node.shape) { i, a, j, b in classes.join(inputs[i], a, inputs[j], b) }
        }
        for id in sampleInputs.dropFirst() { classes.join(id, 0, sampleInputs[0], 0) }
        guard let best = sampleInputs.first.map({ classes.root($0, 0) }) ?? classes.mostWork(graph, live) else { return }
        var ambiguous = [Bool](repeating: false, count: graph.nodes.count)
        for id in live {
            let (first, hits) = classes.axes(of: id, in: best, rank: graph.nodes[id].shape.count)
            if hits == 1 {
                axis[id] = first
                samples = graph.nodes[id].shape[first]
            }
            ambiguous[id] = hits > 1
        }
        guard samples > 0 else {
            axis = Array(repeating: nil, count: graph.nodes.count)
            return
        }
        for id in live where !ambiguous[id] {
            let node = graph.nodes[id], inputs = node.inputs
            if node.elementwise != nil, axis[id] == nil { continue }
            guard !inputs.contains(where: { ambiguous[$0] }), axis[id] != nil || inputs.contains(where: { axis[$0] != nil }) else { continue }
            packed[id] = node.op.runsPacked(inputs: inputs.map { axis[$0] }, output: axis[id], shapes: node.shapes)
        }
    }
}

/// Which axes of which values are one: sets that are joined.
private struct AxisClasses {
    /// By value: where its axes start.
    private var offset: [Int]
    private var parent: [Int]

    init(_ graph: Graph, live: [Int]) {
        offset = Array(repeating: 0, count: graph.nodes.count)
        var total = 0
        for id in live {
            offset[id] = total
            total += graph.nodes[id].shape.count
        }
        parent = Array(0..<total)
    }

    private mutating func root(_ i: Int) -> Int {
        var i = i
        while parent[i] != i {
            parent[i] = parent[parent[i]]
            i = parent[i]
        }
        return i
    }
    mutating func root(_ id: Int, _ axis: Int) -> Int { root(offset[id] + axis) }
    mutating func join(_ a: Int, _ axisA: Int, _ b: Int, _ axisB: Int) {
        let from = root(a, axisA), to = root(b, axisB)
        parent[from] = to
    }

    /// The axes of a value that are in a class: the first, and how many.
    mutating func axes(of id: Int, in chosen: Int, rank: Int) -> (first: Int, count: Int) {
        var first = 0, count = 0
        for axis in 0..<rank where root(id, axis) == chosen {
            if count == 0 { first = axis }
            count += 1
        }
        return (first, count)
    }

    /// The class in which most of the work lies that packing makes faster; the earliest of several.
    mutating func mostWork(_ graph: Graph, _ live: [Int]) -> Int? {
        var work: [Int: Int] = [:]
        for id in live where graph.nodes[id].op.gainsFromPacking {
            let node = graph.nodes[id]
            let cost = node.op.work(inputs: node.shapes, output: node.shape)
            var seen: [Int] = []
            for value in node.inputs + [id] {
                for a in graph.nodes[value].shape.indices {
                    let chosen = root(value, a)
                    if seen.contains(chosen) { continue }
                    seen.append(chosen)
                    // Only a class under which this very operator would run packed counts.
                    func sampleAxis(_ v: Int) -> Int? {
                        let (first, count) = axes(of: v, in: chosen, rank: graph.nodes[v].shape.count)
                        return count == 1 ? first : nil
                    }
                    if node.op.runsPacked(inputs: node.inputs.map { sampleAxis($0) }, output: sampleAxis(id), shapes: node.shapes) {
                        work[chosen, default: 0] &+= cost
                    }
                }
            }
        }
        return work.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
    }
}
