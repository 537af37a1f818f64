extension Fusion {
    /// Chains and trees of elementwise operators of one shape become one program, run chunk by chunk.
    static func fuseElementwise(_ list: LoweredList) {
        let maximalSteps = 24
        /// By id: the root that each node belongs to, and the nodes of each root.
        var rootOf = [LoweredNode?](repeating: nil, count: list.graph.nodes.count)
        var members = [[LoweredNode]](repeating: [], count: list.graph.nodes.count)
        /// The root that all users of a value belong to.
        func commonRoot(_ id: Int) -> LoweredNode? {
            var common: LoweredNode?
            for user in list.users(of: id) {
                guard let root = rootOf[user.id], common == nil || common === root else { return nil }
                common = root
            }
            return common
        }
        for node in list.nodes.reversed() {
            guard node.elementwise != nil, !(node.isPacked && node.sampleAxis == nil) else { continue }
            if !list.isOutput(node.id), let root = commonRoot(node.id), list.graph.nodes[root.id].shape == list.graph.nodes[node.id].shape,
               root.isPacked == node.isPacked, root.phase == node.phase, root.dtype == node.dtype, root.sampleAxis == node.sampleAxis,
               members[root.id].count < maximalSteps {
                rootOf[node.id] = root
                members[root.id].append(node)
            } else {
                rootOf[node.id] = node
                members[node.id] = [node]
            }
        }
        var removed: [LoweredNode] = [], added: [LoweredNode] = []
        for root in list.nodes where members[root.id].count > 1 {
            let nodes = members[root.id]
            let ordered = Array(nodes.reversed())
            var register: [Int: Int] = [:], inputs: [Int] = [], steps: [ElementwiseProgram.Step] = []
            for (i, node) in ordered.enumerated() {
                let sources = node.inputs.map { id -> ElementwiseProgram.Source in
                    if let r = register[id] { return .register(r) }
                    if let known = inputs.firstIndex(of: id) { return .input(known) }
                    inputs.append(id)
                    return .input(inputs.count - 1)
                }
                steps.append(.init(kernel: node.elementwise!, sources: sources))
                register[node.id] = i
            }
            removed += ordered
            added.append(LoweredNode(outputs: [root.id], inputs: inputs, sampleAxis: root.sampleAxis, isPacked: root.isPacked, dtype: root.dtype, phase: root.phase,
                                     work: .fused(ElementwiseProgramOperation(program: ElementwiseProgram(steps: steps)))))
        }
        if !added.isEmpty { list.replace(removed, with: added) }
    }
}

private struct ElementwiseProgramOperation: FusedOperation {
    let program: ElementwiseProgram
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let inputs = node.inputs.map { lowering.operand($0) }
        lowering.emitElementwise(program, output: lowering.allocate(node), inputs: inputs)
    }
}
