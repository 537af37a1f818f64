extension Fusion {
    /// The sum over everything of a * b, both with a sample axis: one pass over the two, no product in memory.
    static func fuseInnerProducts(_ list: LoweredList) {
        var removed: [LoweredNode] = [], added: [LoweredNode] = []
        for sum in list.nodes where sum.isPacked && sum.sampleAxis == nil {
            guard let reduction = sum.op(Reduction.self), reduction.code == .sum, list.graph.nodes[sum.id].shape.elements == 1,
                  let product = list.producer[sum.inputs[0]], product.isPacked, product.op(Binary.self)?.code == .multiply,
                  list.soleUser(product.id) === sum else { continue }
            let (a, b) = (product.inputs[0], product.inputs[1])
            let shape = list.graph.nodes[product.id].shape, axis = product.sampleAxis
            guard [a, b].allSatisfy({ list.graph.nodes[$0].shape == shape && list.axes.axis[$0] == axis }), axis != nil else { continue }
            removed += [sum, product]
            added.append(LoweredNode(outputs: [sum.id], inputs: [a, b], sampleAxis: nil, isPacked: true, dtype: sum.dtype, phase: sum.phase,
                                     work: .fused(InnerProductOperation(sampleAxis: axis!))))
        }
        if !added.isEmpty { list.replace(removed, with: added) }
    }
}

private struct InnerProductOperation: FusedOperation {
    let sampleAxis: Int
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let a = lowering.contiguous(lowering.operand(node.inputs[0]), sampleAxis: sampleAxis)
        let b = lowering.contiguous(lowering.operand(node.inputs[1]), sampleAxis: sampleAxis)
        lowering.emit(DotLanesInstruction(partial: lowering.allocatePartial(node), a: a, b: b, dtype: node.dtype))
    }
}
