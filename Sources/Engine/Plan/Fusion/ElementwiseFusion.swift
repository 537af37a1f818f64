extension Fusion {
    /// Chains and trees of elementwise operators of one shape become one program, run chunk by chunk.
    static func fuseElementwise(_ list: inout LoweredList) {
        let maximalSteps = 24
        /// The root each absorbed node belongs to.
        var group: [ObjectIdentifier: LoweredNode] = [:]
        var members: [ObjectIdentifier: [LoweredNode]] = [:]
        for node in list.nodes.reversed() {
            guard node.op is any ElementwiseOperator, !(node.isPacked && node.sampleAxis == nil) else { continue }
            let shape = list.graph.nodes[node.id].shape
            let users = list.users[node.id]
            let roots = users.map { group[ObjectIdentifier($0)] }
            if !list.isOutput(node.id), let root = roots.first ?? nil, roots.allSatisfy({ $0 === root }),
               list.graph.nodes[root.id].shape == shape, root.isPacked == node.isPacked, root.phase == node.phase, root.dtype == node.dtype, root.sampleAxis == node.sampleAxis,
               members[ObjectIdentifier(root)]!.count < maximalSteps {
                group[ObjectIdentifier(node)] = root
                members[ObjectIdentifier(root)]!.append(node)
            } else {
                group[ObjectIdentifier(node)] = node
                members[ObjectIdentifier(node)] = [node]
            }
        }
        var removed: [LoweredNode] = [], added: [LoweredNode] = []
        for root in list.nodes {
            guard let nodes = members[ObjectIdentifier(root)], nodes.count > 1 else { continue }
            let ordered = Array(nodes.reversed())
            var register: [Int: Int] = [:], inputs: [Int] = [], steps: [ElementwiseProgram.Step] = []
            for (i, node) in ordered.enumerated() {
                let sources = node.inputs.map { id -> ElementwiseProgram.Source in
                    if let r = register[id] { return .register(r) }
                    if let known = inputs.firstIndex(of: id) { return .input(known) }
                    inputs.append(id)
                    return .input(inputs.count - 1)
                }
                steps.append(.init(kernel: (node.op as! any ElementwiseOperator).kernel, sources: sources))
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
