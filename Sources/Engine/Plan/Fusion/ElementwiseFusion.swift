extension Fusion {
    /// Chains and trees of elementwise operators of one shape become one program, run chunk by chunk.
    static func fuseElementwise(_ list: LoweredList) {
        let maximalSteps = 24
        /// By id: the group that each node belongs to, -1 for none. The first node of a group is its root.
        var groupOf = [Int](repeating: -1, count: list.graph.nodes.count)
        var groups: [[LoweredNode]] = []
        /// The group that all users of a value belong to.
        func commonGroup(_ id: Int) -> Int? {
            var common = -1
            for user in list.users(of: id) {
                let group = groupOf[user.id]
                guard group >= 0, common < 0 || common == group else { return nil }
                common = group
            }
            return common < 0 ? nil : common
        }
        for node in list.nodes.reversed() {
            guard node.elementwise != nil, !(node.isPacked && node.sampleAxis == nil) else { continue }
            if !list.isOutput(node.id), let group = commonGroup(node.id), groups[group].count < maximalSteps,
               case let root = groups[group][0], list.graph.nodes[root.id].shape == list.graph.nodes[node.id].shape,
               root.isPacked == node.isPacked, root.phase == node.phase, root.dtype == node.dtype, root.sampleAxis == node.sampleAxis {
                groupOf[node.id] = group
                groups[group].append(node)
            } else {
                groupOf[node.id] = groups.count
                groups.append([node])
            }
        }
        var removed: [LoweredNode] = [], added: [LoweredNode] = []
        for nodes in groups.reversed() where nodes.count > 1 {
            let root = nodes[0]
            let ordered = Array(nodes.reversed())
            var inputs: [Int] = [], steps: [ElementwiseProgram.Step] = []
            for (i, node) in ordered.enumerated() {
                let sources = node.inputs.map { id -> ElementwiseProgram.Source in
                    if let r = ordered[..<i].lastIndex(where: { $0.id == id }) { return .register(r) }
                    if let known = inputs.firstIndex(of: id) { return .input(known) }
                    inputs.append(id)
                    return .input(inputs.count - 1)
                }
                steps.append(.init(kernel: node.elementwise!, sources: sources))
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
