extension Fusion {
    /// The sum over everything of a * b, both with a sample axis: one pass over the two, no product in memory. Two such sums
    /// that are added are one.
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
        let products = Dictionary(uniqueKeysWithValues: added.filter { $0.phase > 1 }.map { ($0.id, $0) })
        if products.count > 1 { joinInnerProducts(products, in: list) }
    }

    /// Sums over two products of one later region (the two halves of a product's derivative) are one sum. What the first region
    /// computes keeps its order of additions.
    private static func joinInnerProducts(_ products: [Int: LoweredNode], in list: LoweredList) {
        /// The product that a value is, of which only `user` knows.
        func product(_ id: Int, _ user: LoweredNode) -> LoweredNode? {
            guard list.soleUser(id) === user else { return nil }
            if let node = list.producer[id], node.isOp(Reshape.self) { return product(node.inputs[0], node) }
            return products[id].flatMap { list.producer[id] === $0 ? $0 : nil }
        }
        func join(_ a: LoweredNode, _ b: LoweredNode) {
            guard case .fused(let operation) = a.work else { return }
            list.replace([a, b], with: [LoweredNode(outputs: [a.id], inputs: ValueList(Array(a.inputs) + b.inputs), sampleAxis: nil, isPacked: true, dtype: a.dtype, phase: a.phase, work: .fused(operation))])
        }
        for sum in list.nodes where !sum.isPacked && sum.op(Binary.self)?.code == .add && !list.isOutput(sum.id) && !sum.isGone {
            for (last, rest) in [(sum.inputs[1], sum.inputs[0]), (sum.inputs[0], sum.inputs[1])] {
                guard let b = product(last, sum) else { continue }
                let before = list.soleUser(rest) === sum ? list.producer[rest] : nil
                let candidates = before.map { node in
                    node.op(Binary.self)?.code == .add && !node.isPacked ? node.inputs.compactMap { product($0, node) } : []
                } ?? []
                guard let a = product(rest, sum) ?? candidates.first(where: { $0.phase == b.phase }), a.phase == b.phase, a !== b,
                      list.axes.axis[a.inputs[0]] == list.axes.axis[b.inputs[0]], list.graph.nodes[rest].shape == list.graph.nodes[sum.id].shape else { continue }
                for user in Array(list.users(of: sum.id)) { list.change(inputs: ValueList(user.inputs.map { $0 == sum.id ? rest : $0 }), of: user) }
                list.replace([sum], with: [])
                join(a, b)
                break
            }
        }
    }
}

private struct InnerProductOperation: FusedOperation {
    let sampleAxis: Int
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let operands = node.inputs.map { lowering.contiguous(lowering.operand($0), sampleAxis: sampleAxis) }
        let partial = lowering.allocatePartial(node)
        for i in stride(from: 0, to: operands.count, by: 2) {
            lowering.emit(DotLanesInstruction(partial: partial, a: operands[i], b: operands[i + 1], dtype: node.dtype))
        }
    }
}
