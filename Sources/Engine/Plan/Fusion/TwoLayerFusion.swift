import KernelInterface
import Kernels

extension Fusion {
    /// convolution, ReLU, convolution, and the gradients through them: the hidden map is never materialised beyond what
    /// the forward kernel leaves for the backward one, if it leaves anything: recomputed it is the same bits.
    ///
    /// Weight gradients are sums over positions in order: (100 + positions + log2 samples) u S from the true one, with u and S as
    /// `Reduction` has them.
    ///
    /// Every node is part of one match at most: the second layer of a pair may be the first of another in a deeper
    /// network, and two networks may have one upstream gradient and so one sum of it. What comes first in the graph has it.
    static func fuseTwoLayerNetworks(_ list: LoweredList) {
        var removed: [LoweredNode] = []
        var added: [LoweredNode] = []
        var claimed: Set<Int> = []
        for second in list.nodes where second.isPacked && second.isOp(Convolution.self) {
            guard let match = TwoLayerMatch(second, in: list),
                  !match.nodes.contains(where: { claimed.contains($0.id) }) else { continue }
            let backward = match.backward(in: list, claimed: claimed)
            guard backward != nil || match.isPrivate(in: list) else { continue }
            for node in match.nodes + (backward?.covered ?? []) { claimed.insert(node.id) }
            let (first, activation) = (match.first, match.activation), stores = backward != nil && match.readsHidden
            removed += [first, activation, second]
            var inputs = first.inputs
            inputs.append(second.inputs[1])
            inputs.append(second.inputs[2])
            added.append(LoweredNode(
                .init(second.id, stores ? [activation.id] : []), inputs: inputs, sampleAxis: 0, isPacked: true,
                dtype: second.dtype, phase: second.phase, work: .fused(TwoLayerForwardOperation(geometry: match.geometry))))
            if let backward {
                removed += backward.covered
                added.append(backward.node)
            }
        }
        if !added.isEmpty { list.replace(removed, with: added) }
    }
}

/// conv2(relu(conv1(x) + b1)) + b2 with nobody else looking at what lies between, but for its own gradient.
private struct TwoLayerMatch {
    let first: LoweredNode, activation: LoweredNode, second: LoweredNode
    let geometry: TwoLayerGeometry
    var nodes: [LoweredNode] { [first, activation, second] }

    init?(_ second: LoweredNode, in list: LoweredList) {
        guard let convolution2 = second.op(Convolution.self), second.inputs.count == 3,
              let activation = list.producer[second.inputs[0]], activation.isPacked, activation.op(Unary.self)?.code == .relu,
              let first = list.producer[activation.inputs[0]], first.isPacked, let convolution1 = first.op(Convolution.self), first.inputs.count == 3,
              !list.isOutput(activation.id), !list.isOutput(first.id) else { return nil }
        let x = list.graph.nodes[first.inputs[0]].shape, w1 = list.graph.nodes[first.inputs[1]].shape
        let y = list.graph.nodes[second.id].shape, w2 = list.graph.nodes[second.inputs[1]].shape
        let (a1, a2) = (convolution1.attributes, convolution2.attributes)
        for a in [a1, a2] where a.spatialRank != 1 || a.stride != 1 || a.dilation != 1 || a.groups != 1 || a.mode == .reflect { return nil }
        guard a1.mode == a2.mode, x[2] == y[2], list.graph.nodes[activation.id].shape[2] == x[2] else { return nil }
        var g = TwoLayerGeometry()
        (g.inChannels, g.hidden, g.outChannels, g.length) = (x[1], w1[0], w2[0], x[2])
        (g.taps1, g.taps2, g.padLeft1, g.padLeft2, g.mode) = (w1[2], w2[2], a1.padLeft, a2.padLeft, a1.mode)
        (self.first, self.activation, self.second, geometry) = (first, activation, second, g)
    }

    /// Whether nobody else looks at what lies between (a gradient of another form, or of second order, does).
    func isPrivate(in list: LoweredList) -> Bool { list.soleUser(first.id) === activation && list.soleUser(activation.id) === second }

    /// Whether the backward kernel takes the hidden map that the forward one leaves. That for 3 taps computes it again, so that
    /// there it need not be written.
    var readsHidden: Bool { !(geometry.inChannels == 1 && geometry.outChannels == 1 && geometry.taps1 == 3 && geometry.taps2 == 3) }

    struct Backward {
        var node: LoweredNode
        var covered: [LoweredNode]
    }

    /// The gradient nodes, when they are the ones of `Unary.relu` and `Convolution`, nobody else uses what is inside and none
    /// of them is claimed.
    func backward(in list: LoweredList, claimed: Set<Int>) -> Backward? {
        let (x, w1, w2) = (first.inputs[0], first.inputs[1], second.inputs[1])
        // conv1's output is only compared with zero; the activation only feeds conv2 and the weight gradient.
        let comparisons = list.users(of: first.id).filter { $0 !== activation }
        guard comparisons.count == 1, let comparison = comparisons.first, comparison.op(Binary.self)?.code == .greater,
              comparison.inputs[0] == first.id, list.isZero(comparison.inputs[1]), !list.isOutput(comparison.id),
              let masked = list.soleUser(comparison.id), masked.isOp(Select.self), masked.inputs[0] == comparison.id, list.isZero(masked.inputs[2]),
              !list.isOutput(masked.id), comparison.isPacked, masked.isPacked,
              let hiddenGradient = list.producer[masked.inputs[1]], let transposed = hiddenGradient.op(ConvolutionTransposed.self),
              hiddenGradient.isPacked, list.soleUser(hiddenGradient.id) === masked, transposed.attributes == second.op(Convolution.self)?.attributes,
              hiddenGradient.inputs[1] == w2 else { return nil }
        let gy = hiddenGradient.inputs[0]
        // `masked` needs all that the kernel reads. What comes of less may be what some of it was made from (a weight that
        // was moved by its gradient), and is then of an earlier region: computed apart.
        var outputs: [(TwoLayerBackwardOperation.Gradient, LoweredNode)] = []
        for user in list.users(of: activation.id) where user !== second {
            guard user.isPacked, user.phase == masked.phase, let op = user.op(ConvolutionWeightGradient.self),
                  op.attributes == transposed.attributes, user.inputs == [activation.id, gy] else { return nil }
            outputs.append((.weight2, user))
        }
        let attributes1 = first.op(Convolution.self)!.attributes
        for user in list.users(of: masked.id) {
            guard user.isPacked else { return nil }
            if let op = user.op(ConvolutionTransposed.self), op.attributes == attributes1, user.inputs == [masked.id, w1] {
                outputs.append((.input, user))
            } else if let op = user.op(ConvolutionWeightGradient.self), op.attributes == attributes1, user.inputs == [x, masked.id] {
                outputs.append((.weight1, user))
            } else if let op = user.op(Reduction.self), op.code == .sum, op.axes == [0, 2] {
                outputs.append((.bias1, user))
            } else {
                return nil
            }
        }
        let parts = [comparison, masked, hiddenGradient] + outputs.map(\.1)
        guard !outputs.isEmpty, !parts.contains(where: { claimed.contains($0.id) }) else { return nil }
        for user in list.users(of: gy) where user.isPacked && user.sampleAxis == nil && user.phase == masked.phase {
            if let op = user.op(Reduction.self), op.code == .sum, op.axes == [0, 2], !claimed.contains(user.id) { outputs.append((.bias2, user)) }
        }
        // The kernel writes each gradient to one place; a value that is computed again for a later region would be a second.
        guard Set(outputs.map(\.0)).count == outputs.count else { return nil }
        outputs.sort { $0.1.id < $1.1.id }
        let node = LoweredNode(
            outputs: outputs.map(\.1.id), inputs: [x, gy, w1, first.inputs[2], w2] + (readsHidden ? [activation.id] : []),
            sampleAxis: outputs[0].1.sampleAxis, isPacked: true, dtype: second.dtype, phase: hiddenGradient.phase,
            work: .fused(TwoLayerBackwardOperation(geometry: geometry, gradients: outputs.map(\.0))))
        return Backward(node: node, covered: [comparison, masked, hiddenGradient] + outputs.map(\.1))
    }
}

extension LoweredList {
    func isZero(_ id: Int) -> Bool { graph.nodes[id].op(Constant.self)?.value == 0 }
}

private struct TwoLayerForwardOperation: FusedOperation {
    let geometry: TwoLayerGeometry
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.contiguous(lowering.operand(node.inputs[0]), sampleAxis: 0)
        let weights = node.inputs.dropFirst().map { lowering.contiguous(lowering.operand($0)) }
        let y = lowering.allocate(node)
        let hidden = node.outputs.count > 1 ? lowering.allocate(value: node.outputs[1], dtype: node.dtype) : nil
        let scratch = lowering.scratch(bytes: Kernels.table(node.dtype).pointee.twoLayerScratchBytes(geometry))
        lowering.emit(TwoLayerForwardInstruction(y: y.address, x: x.address, weights: weights.map(\.address), hidden: hidden?.address,
                                                 scratch: scratch, geometry: geometry, dtype: node.dtype))
    }
}

private struct TwoLayerBackwardOperation: FusedOperation {
    enum Gradient: Int, CaseIterable { case input, weight1, bias1, weight2, bias2 }
    let geometry: TwoLayerGeometry
    let gradients: [Gradient]
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.contiguous(lowering.operand(node.inputs[0]), sampleAxis: 0)
        let gy = lowering.contiguous(lowering.operand(node.inputs[1]), sampleAxis: 0)
        let weights = node.inputs[2..<5].map { lowering.contiguous(lowering.operand($0)).address }
        let hidden = node.inputs.count > 5 ? lowering.operand(node.inputs[5]).address : nil
        var targets = [Address?](repeating: nil, count: Gradient.allCases.count)
        for (gradient, id) in zip(gradients, node.outputs) {
            targets[gradient.rawValue] = gradient == .input ? lowering.allocate(value: id, dtype: node.dtype).address : lowering.allocatePartial(value: id, node)
        }
        func target(_ gradient: Gradient) -> Address? { targets[gradient.rawValue] }
        let scratch = lowering.scratch(bytes: Kernels.table(node.dtype).pointee.twoLayerScratchBytes(geometry))
        lowering.emit(TwoLayerBackwardInstruction(
            x: x.address, gy: gy.address, weights: weights, hidden: hidden, gx: target(.input), gw1: target(.weight1), gb1: target(.bias1),
            gw2: target(.weight2), gb2: target(.bias2), scratch: scratch, geometry: geometry, dtype: node.dtype))
    }
}

extension KernelTable {
    func twoLayerScratchBytes(_ geometry: TwoLayerGeometry) -> Int {
        withUnsafePointer(to: geometry) { twoLayerScratch($0) } * lanes * elementSize
    }
}

final class TwoLayerForwardInstruction: Instruction {
    let y: Address, x: Address, weights: [Address], hidden: Address?, scratch: Address
    let geometry: TwoLayerGeometry
    let kernels: UnsafePointer<KernelTable>
    init(y: Address, x: Address, weights: [Address], hidden: Address?, scratch: Address, geometry: TwoLayerGeometry, dtype: DType) {
        (self.y, self.x, self.weights, self.hidden, self.scratch) = (y, x, weights, hidden, scratch)
        (self.geometry, kernels) = (geometry, Kernels.table(dtype))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(y.buffer)
        body(x.buffer)
        body(scratch.buffer)
        for weight in weights { body(weight.buffer) }
        if let hidden { body(hidden.buffer) }
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee
        withUnsafePointer(to: geometry) {
            kernels.pointee.twoLayerForward(m.pointer(y), m.pointer(x), m.pointer(weights[0]), m.pointer(weights[1]), m.pointer(weights[2]), m.pointer(weights[3]),
                                    hidden.map { m.pointer($0) }, m.pointer(scratch), $0)
        }
    }
}

final class TwoLayerBackwardInstruction: Instruction {
    let x: Address, gy: Address, weights: [Address], hidden: Address?
    let gx: Address?, gw1: Address?, gb1: Address?, gw2: Address?, gb2: Address?
    let scratch: Address
    let geometry: TwoLayerGeometry
    let kernels: UnsafePointer<KernelTable>
    init(x: Address, gy: Address, weights: [Address], hidden: Address?, gx: Address?, gw1: Address?, gb1: Address?, gw2: Address?, gb2: Address?,
         scratch: Address, geometry: TwoLayerGeometry, dtype: DType) {
        (self.x, self.gy, self.weights, self.hidden, self.gx, self.gw1, self.gb1, self.gw2, self.gb2) = (x, gy, weights, hidden, gx, gw1, gb1, gw2, gb2)
        (self.scratch, self.geometry, kernels) = (scratch, geometry, Kernels.table(dtype))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(x.buffer)
        body(gy.buffer)
        body(scratch.buffer)
        for weight in weights { body(weight.buffer) }
        if let hidden { body(hidden.buffer) }
        if let gx { body(gx.buffer) }
        if let gw1 { body(gw1.buffer) }
        if let gb1 { body(gb1.buffer) }
        if let gw2 { body(gw2.buffer) }
        if let gb2 { body(gb2.buffer) }
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee
        let pointers = TwoLayerBackward(
            x: m.pointer(x), gy: m.pointer(gy), w1: m.pointer(weights[0]), b1: m.pointer(weights[1]), w2: m.pointer(weights[2]),
            hidden: hidden.map { UnsafeRawPointer(m.pointer($0)) },
            gx: gx.map { m.pointer($0) }, gw1: gw1.map { m.pointer($0) }, gb1: gb1.map { m.pointer($0) }, gw2: gw2.map { m.pointer($0) },
            gb2: gb2.map { m.pointer($0) }, scratch: m.pointer(scratch), lanes: m.lanes)
        withUnsafePointer(to: pointers) { pointers in
            withUnsafePointer(to: geometry) { kernels.pointee.twoLayerBackward(pointers, $0) }
        }
    }
}
