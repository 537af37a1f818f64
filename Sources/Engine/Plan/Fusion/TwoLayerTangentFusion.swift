import KernelInterface
import Kernels

extension Fusion {
    /// The derivative of the gradient of convolution, ReLU, convolution along a change of its weights (as the gradient rules
    /// write it): how the output moves, and how the gradient in x does, each in one pass that recomputes the hidden map; or of
    /// the second only where it is positive, which the first leaves behind.
    static func fuseTwoLayerTangents(_ list: LoweredList) {
        var forward: [TangentMatch] = [], backward: [TangentMatch] = []
        for node in list.nodes where node.isPacked && node.isOp(Select.self) {
            if let match = TangentMatch(node, in: list) {
                match.apply(to: list)
                forward.append(match)
            } else if let match = TangentMatch(backward: node, in: list) {
                match.apply(to: list)
                backward.append(match)
            }
        }
        guard !forward.isEmpty, !backward.isEmpty else { return }
        list.sweepAndSort()
        for match in forward { match.share(with: backward, in: list) }
    }
}

/// Terms of one sum that one kernel computes together: the first is where the result goes, the others leave the sum.
private struct TangentMatch {
    let terms: [Int]
    let fused: LoweredNode
    let geometry: TwoLayerGeometry
    /// p > 0.
    let mask: Int

    /// p = conv1(x, w1, b1), and the weights of the pass. `mask` is p > 0.
    private struct Hidden {
        let pre: LoweredNode, mask: Int
        var x: Int { pre.inputs[0] }
        var w1: Int { pre.inputs[1] }
        var attributes: ConvolutionAttributes { pre.op(Convolution.self)!.attributes }

        init?(_ selected: LoweredNode, _ list: LoweredList) {
            guard list.isZero(selected.inputs[2]), let comparison = list.packedProducer(selected.inputs[0]),
                  comparison.op(Binary.self)?.code == .greater, list.isZero(comparison.inputs[1]),
                  let pre = list.packedProducer(comparison.inputs[0]), pre.isOp(Convolution.self), pre.inputs.count == 3 else { return nil }
            (self.pre, mask) = (pre, comparison.id)
        }

        /// The geometry with a second layer of these taps {out, hidden, taps}; nil when no kernel has it.
        func geometry(_ second: ConvolutionAttributes, _ w2: Int, _ list: LoweredList) -> TwoLayerGeometry? {
            let x = list.graph.nodes[x].shape, w1 = list.graph.nodes[w1].shape, w2 = list.graph.nodes[w2].shape
            for a in [attributes, second] where a.spatialRank != 1 || a.stride != 1 || a.dilation != 1 || a.groups != 1 || a.mode == .reflect { return nil }
            guard attributes.mode == second.mode, list.graph.nodes[pre.id].shape[2] == x[2], second.outputShape(list.graph.nodes[pre.id].shape, w2)[2] == x[2] else { return nil }
            var g = TwoLayerGeometry()
            (g.inChannels, g.hidden, g.outChannels, g.length) = (x[1], w1[0], w2[0], x[2])
            (g.taps1, g.taps2, g.padLeft1, g.padLeft2, g.mode) = (w1[2], w2[2], attributes.padLeft, second.padLeft, attributes.mode)
            return g
        }
    }

    /// dh = (conv1(dx, w1) + conv1(x, dw1) + db1 where p > 0); dy = conv2(dh, w2) + conv2(h, dw2) + db2.
    init?(_ dh: LoweredNode, in list: LoweredList) {
        guard let hidden = Hidden(dh, list), let second = list.soleUser(dh.id), second.isPacked, let attributes = second.op(Convolution.self)?.attributes,
              second.inputs.count == 2, second.inputs[0] == dh.id else { return nil }
        var dx: Int?, dw1: Int?, db1: Int?
        for term in list.terms(of: dh.inputs[1]) {
            if let bias = list.channelBias(term) {
                guard db1 == nil else { return nil }
                db1 = bias
            } else if let node = list.packedProducer(term), node.op(Convolution.self)?.attributes == hidden.attributes, node.inputs.count == 2 {
                if node.inputs[1] == hidden.w1, dx == nil { dx = node.inputs[0] } else if node.inputs[0] == hidden.x, dw1 == nil { dw1 = node.inputs[1] } else { return nil }
            } else {
                return nil
            }
        }
        guard let dw1, let db1 else { return nil }
        var moved: (term: Int, dw2: Int)?, bias: (term: Int, db2: Int)?
        let channels = list.graph.nodes[second.id].shape[1]
        for term in list.termsBeside(second.id) {
            if bias == nil, let value = list.channelBias(term), list.graph.nodes[value].shape.elements == channels {
                bias = (term, value)
            } else if moved == nil, let node = list.packedProducer(term), node.op(Convolution.self)?.attributes == attributes, node.inputs.count == 2,
                      let h = list.packedProducer(node.inputs[0]), h.op(Unary.self)?.code == .relu, h.inputs[0] == hidden.pre.id {
                moved = (term, node.inputs[1])
            }
        }
        guard let moved, let bias, let geometry = hidden.geometry(attributes, second.inputs[1], list) else { return nil }
        (self.geometry, mask) = (geometry, hidden.mask)
        terms = [second.id, moved.term, bias.term]
        fused = LoweredNode(
            outputs: [second.id], inputs: hidden.pre.inputs + [second.inputs[1], dw1, db1, moved.dw2, bias.db2] + (dx.map { [$0] } ?? []),
            sampleAxis: 0, isPacked: true, dtype: second.dtype, phase: list.phase(of: terms), work: .fused(TwoLayerTangentOperation(geometry: geometry)))
    }

    /// d = (conv2'(dgy, w2) + conv2'(gy, dw2) where p > 0), m = (conv2'(gy, w2) where p > 0); dgx = conv1'(d, w1) + conv1'(m, dw1).
    init?(backward d: LoweredNode, in list: LoweredList) {
        guard let hidden = Hidden(d, list), let first = list.soleUser(d.id), first.isPacked, let op = first.op(ConvolutionTransposed.self), op.attributes == hidden.attributes,
              first.inputs == [d.id, hidden.w1] else { return nil }
        let parts = list.terms(of: d.inputs[1]).compactMap { list.packedProducer($0) }
        guard parts.count == 2, let second = parts[0].op(ConvolutionTransposed.self), second == parts[1].op(ConvolutionTransposed.self) else { return nil }
        for term in list.termsBeside(first.id) {
            guard let node = list.packedProducer(term), node.op(ConvolutionTransposed.self) == op,
                  let m = list.packedProducer(node.inputs[0]), m.isOp(Select.self), m.inputs[0] == hidden.mask, list.isZero(m.inputs[2]),
                  let spread = list.packedProducer(m.inputs[1]), spread.op(ConvolutionTransposed.self) == second else { continue }
            let (gy, w2) = (spread.inputs[0], spread.inputs[1])
            for (moved, still) in [(parts[0], parts[1]), (parts[1], parts[0])] where moved.inputs[1] == w2 && still.inputs[0] == gy {
                guard let geometry = hidden.geometry(second.attributes, w2, list) else { return nil }
                (self.geometry, mask) = (geometry, hidden.mask)
                terms = [first.id, term]
                fused = LoweredNode(
                    outputs: [first.id], inputs: hidden.pre.inputs + [w2, node.inputs[1], still.inputs[1], gy, moved.inputs[0]],
                    sampleAxis: 0, isPacked: true, dtype: first.dtype, phase: list.phase(of: terms), work: .fused(TwoLayerTangentBackwardOperation(geometry: geometry)))
                return
            }
        }
        return nil
    }

    func apply(to list: LoweredList) {
        list.replace([list.producer[terms[0]]!], with: [fused])
        for term in terms.dropFirst() { list.dropTerm(term) }
    }

    /// Has this tangent leave its mask to the ones of the gradient in the same region, if nobody else asks for it. Those come
    /// later in the graph, so that none of them is what this one needs.
    func share(with backward: [TangentMatch], in list: LoweredList) {
        let readers = backward.filter { $0.mask == mask && $0.geometry == geometry && $0.fused.phase == fused.phase && $0.fused.id > fused.id && !$0.fused.isGone }
        guard !readers.isEmpty, !fused.isGone, !list.isOutput(mask), list.producer[mask] == nil else { return }
        func node(_ old: LoweredNode, outputs: [Int], inputs: ValueList) -> LoweredNode {
            LoweredNode(outputs: outputs, inputs: inputs, sampleAxis: 0, isPacked: true, dtype: old.dtype, phase: old.phase, work: old.work)
        }
        list.replace([fused] + readers.map(\.fused), with: [node(fused, outputs: [fused.id, mask], inputs: fused.inputs)]
            + readers.map { node($0.fused, outputs: [$0.fused.id], inputs: ValueList(Array($0.fused.inputs) + [mask])) })
    }
}

extension LoweredList {
    /// The node in a region that computes a value.
    fileprivate func packedProducer(_ id: Int) -> LoweredNode? { producer[id].flatMap { $0.isPacked ? $0 : nil } }

    /// The phase by which all of these values can be computed.
    fileprivate func phase(of values: [Int]) -> Int { values.reduce(0) { max($0, producer[$1]?.phase ?? 0) } }

    /// The addition that is the only user of a value, if that is what it is and its own value is only used inside the plan.
    private func soleAddition(_ id: Int) -> LoweredNode? {
        guard let user = soleUser(id), !isOutput(user.id), user.isPacked, user.op(Binary.self)?.code == .add, user.inputs[0] != user.inputs[1],
              graph.nodes[user.id].shape == graph.nodes[id].shape else { return nil }
        return user
    }

    /// The whole sum that a value is a term of.
    private func sum(with id: Int) -> Int {
        var id = id
        while let addition = soleAddition(id) { id = addition.id }
        return id
    }

    /// The terms of a sum; the value itself when it is no sum. Sums within it are taken apart if they are nothing else.
    fileprivate func terms(of id: Int, isWhole: Bool = true) -> [Int] {
        guard let node = producer[id], node.isPacked, node.op(Binary.self)?.code == .add, isWhole || soleAddition(id) != nil,
              node.inputs.allSatisfy({ graph.nodes[$0].shape == graph.nodes[id].shape }) else { return [id] }
        return node.inputs.flatMap { terms(of: $0, isWhole: false) }
    }

    /// The terms of the sum that a value is a term of, but for itself, of which nobody else knows.
    fileprivate func termsBeside(_ id: Int) -> [Int] { terms(of: sum(with: id)).filter { $0 != id && soleAddition($0) != nil } }

    /// What is repeated over samples and positions, one value for each channel of {n, channels, length}.
    fileprivate func channelBias(_ id: Int) -> Int? {
        guard let node = producer[id], node.isOp(Expand.self), axes.axis[node.inputs[0]] == nil else { return nil }
        let shape = graph.nodes[id].shape, from = graph.nodes[node.inputs[0]].shape
        return shape.count == 3 && from == [1, shape[1], 1] ? node.inputs[0] : nil
    }

    /// Takes a term out of the sum it is in.
    fileprivate func dropTerm(_ id: Int) {
        guard let addition = soleAddition(id) else { return }
        let other = addition.inputs.first { $0 != id }!
        for user in Array(users(of: addition.id)) { change(inputs: ValueList(user.inputs.map { $0 == addition.id ? other : $0 }), of: user) }
        replace([addition], with: [])
    }
}

private struct TwoLayerTangentOperation: FusedOperation {
    let geometry: TwoLayerGeometry
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let weights = node.inputs[1..<8].map { lowering.contiguous(lowering.operand($0)).address }
        let signals = ([node.inputs[0]] + node.inputs.dropFirst(8)).map { lowering.contiguous(lowering.operand($0), sampleAxis: 0).address }
        let y = lowering.allocate(node), mask = node.outputs.count > 1 ? lowering.allocate(value: node.outputs[1], bytes: geometry.maskBytes) : nil
        lowering.emit(TwoLayerTangentInstruction(y: y.address, signals: signals, weights: weights, mask: mask,
                                                 scratch: lowering.scratch(bytes: Kernels.table(node.dtype).pointee.twoLayerScratchBytes(geometry)), geometry: geometry, dtype: node.dtype))
    }
}

private struct TwoLayerTangentBackwardOperation: FusedOperation {
    let geometry: TwoLayerGeometry
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let weights = node.inputs[1..<6].map { lowering.contiguous(lowering.operand($0)).address }
        let signals = [node.inputs[0], node.inputs[6], node.inputs[7]].map { lowering.contiguous(lowering.operand($0), sampleAxis: 0).address }
        let y = lowering.allocate(node), mask = node.inputs.count > 8 ? lowering.operand(node.inputs[8]).address : nil
        lowering.emit(TwoLayerTangentBackwardInstruction(y: y.address, signals: signals, weights: weights, mask: mask,
                                                         scratch: lowering.scratch(bytes: Kernels.table(node.dtype).pointee.twoLayerScratchBytes(geometry)), geometry: geometry, dtype: node.dtype))
    }
}

/// dy from x (and dx), w1, b1, w2, dw1, db1, dw2, db2.
final class TwoLayerTangentInstruction: Instruction {
    private let y: Address, x: Address, dx: Address?, mask: Address?, scratch: Address
    private let weights: FixedRow<Address>
    private let geometry: TwoLayerGeometry
    private let kernels: UnsafePointer<KernelTable>
    private let used: [Int]
    init(y: Address, signals: [Address], weights: [Address], mask: Address?, scratch: Address, geometry: TwoLayerGeometry, dtype: DType) {
        (self.y, x, dx, self.scratch, self.weights) = (y, signals[0], signals.count > 1 ? signals[1] : nil, scratch, FixedRow(weights))
        self.mask = mask
        (self.geometry, kernels, used) = (geometry, Kernels.table(dtype), ([y, scratch] + signals + weights + (mask.map { [$0] } ?? [])).map(\.buffer))
    }
    deinit { weights.deallocate() }
    override func forEachBuffer(_ body: (Int) -> Void) { for buffer in used { body(buffer) } }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee, w = weights
        let pointers = TwoLayerTangent(
            x: m.pointer(x), dx: dx.map { UnsafeRawPointer(m.pointer($0)) }, w1: m.pointer(w[0]), b1: m.pointer(w[1]), w2: m.pointer(w[2]), dw1: m.pointer(w[3]),
            db1: m.pointer(w[4]), dw2: m.pointer(w[5]), db2: m.pointer(w[6]), dy: m.pointer(y),
            mask: mask.map { m.pointer($0) }, scratch: m.pointer(scratch))
        withUnsafePointer(to: pointers) { pointers in withUnsafePointer(to: geometry) { kernels.pointee.twoLayerTangent(pointers, $0) } }
    }
}

/// dgx from x, gy, dgy, w1, b1, w2, dw1, dw2.
final class TwoLayerTangentBackwardInstruction: Instruction {
    private let y: Address, x: Address, gy: Address, dgy: Address, mask: Address?, scratch: Address
    private let weights: FixedRow<Address>
    private let geometry: TwoLayerGeometry
    private let kernels: UnsafePointer<KernelTable>
    private let used: [Int]
    init(y: Address, signals: [Address], weights: [Address], mask: Address?, scratch: Address, geometry: TwoLayerGeometry, dtype: DType) {
        (self.y, x, gy, dgy, self.scratch, self.weights) = (y, signals[0], signals[1], signals[2], scratch, FixedRow(weights))
        self.mask = mask
        (self.geometry, kernels, used) = (geometry, Kernels.table(dtype), ([y, scratch] + signals + weights + (mask.map { [$0] } ?? [])).map(\.buffer))
    }
    deinit { weights.deallocate() }
    override func forEachBuffer(_ body: (Int) -> Void) { for buffer in used { body(buffer) } }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee, w = weights
        let pointers = TwoLayerTangentBackward(
            x: m.pointer(x), gy: m.pointer(gy), dgy: m.pointer(dgy), w1: m.pointer(w[0]), b1: m.pointer(w[1]), w2: m.pointer(w[2]), dw1: m.pointer(w[3]),
            dw2: m.pointer(w[4]), dgx: m.pointer(y), mask: mask.map { UnsafeRawPointer(m.pointer($0)) }, scratch: m.pointer(scratch))
        withUnsafePointer(to: pointers) { pointers in withUnsafePointer(to: geometry) { kernels.pointee.twoLayerTangentBackward(pointers, $0) } }
    }
}
