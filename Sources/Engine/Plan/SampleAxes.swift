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

        var offset = [Int](repeating: 0, count: graph.nodes.count)
        var total = 0
        for id in live {
            offset[id] = total
            total += graph.nodes[id].shape.count
        }
        var parent = Array(0..<total)
        func root(_ i: Int) -> Int {
            var i = i
            while parent[i] != i {
                parent[i] = parent[parent[i]]
                i = parent[i]
            }
            return i
        }
        for id in live {
            let node = graph.nodes[id], inputs = node.inputs.map { graph.nodes[$0].shape }
            node.op.relateAxes(inputs: inputs, output: node.shape) { input, a, b in
                parent[root(offset[node.inputs[input]] + a)] = root(offset[id] + b)
            }
            node.op.summedAxes(inputs: inputs, output: node.shape) { i, a, j, b in
                parent[root(offset[node.inputs[i]] + a)] = root(offset[node.inputs[j]] + b)
            }
        }
        for id in sampleInputs.dropFirst() { parent[root(offset[id])] = root(offset[sampleInputs[0]]) }
        var work: [Int: Int] = [:]
        let given = sampleInputs.first.map { root(offset[$0]) }
        for id in given == nil ? live : [] {
            let node = graph.nodes[id]
            guard node.op.gainsFromPacking else { continue }
            let cost = node.op.work(inputs: node.inputs.map { graph.nodes[$0].shape }, output: node.shape)
            var seen: Set<Int> = []
            for value in node.inputs + [id] {
                let axes = graph.nodes[value].shape.indices
                for a in axes where seen.insert(root(offset[value] + a)).inserted {
                    // Only a class under which this very operator would run packed counts.
                    let chosen = root(offset[value] + a)
                    func sampleAxis(_ v: Int) -> Int? {
                        let hits = graph.nodes[v].shape.indices.filter { root(offset[v] + $0) == chosen }
                        return hits.count == 1 ? hits[0] : nil
                    }
                    if node.op.runsPacked(inputs: node.inputs.map(sampleAxis), output: sampleAxis(id), shapes: node.inputs.map { graph.nodes[$0].shape }) {
                        work[chosen, default: 0] &+= cost
                    }
                }
            }
        }
        guard let best = given ?? work.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) })?.key else { return }
        var ambiguous = [Bool](repeating: false, count: graph.nodes.count)
        for id in live {
            let hits = graph.nodes[id].shape.indices.filter { root(offset[id] + $0) == best }
            if hits.count == 1 {
                axis[id] = hits[0]
                samples = graph.nodes[id].shape[hits[0]]
            }
            ambiguous[id] = hits.count > 1
        }
        guard samples > 0 else {
            axis = Array(repeating: nil, count: graph.nodes.count)
            return
        }
        for id in live {
            let node = graph.nodes[id]
            guard !ambiguous[id], !node.inputs.contains(where: { ambiguous[$0] }) else { continue }
            let touches = axis[id] != nil || node.inputs.contains { axis[$0] != nil }
            packed[id] = touches && node.op.runsPacked(
                inputs: node.inputs.map { axis[$0] }, output: axis[id], shapes: node.inputs.map { graph.nodes[$0].shape })
        }
    }
}
