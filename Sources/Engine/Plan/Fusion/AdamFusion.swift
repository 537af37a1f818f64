import KernelInterface
import Kernels

extension Fusion {
    /// The update of Adam or AdamW over a flat vector, both moments with it: every vector is read and written once.
    static func fuseAdam(_ list: LoweredList) {
        var removed: [LoweredNode] = [], added: [LoweredNode] = []
        for node in list.nodes where !node.isPacked && node.isOp(Binary.self) {
            guard let match = AdamMatch(node, in: list) else { continue }
            removed += match.covered
            added.append(LoweredNode(
                outputs: [node.id, match.mean, match.square],
                inputs: [match.parameters, match.oldMean, match.oldSquare, match.gradient, match.rate, match.meanCorrection, match.squareCorrection]
                    + (match.scale.map { [$0] } ?? []),
                sampleAxis: nil, isPacked: false, dtype: node.dtype, work: .fused(AdamOperation(constants: match.constants))))
        }
        if !added.isEmpty { list.replace(removed, with: added) }
    }
}

/// The nodes of `AdamStep`'s formula, for vectors of one shape and numbers of one element.
private struct AdamMatch {
    var parameters = 0, oldMean = 0, oldSquare = 0, gradient = 0, scale: Int?
    var mean = 0, square = 0
    var rate = 0, meanCorrection = 0, squareCorrection = 0
    var constants = AdamStep.Constants()
    private(set) var covered: [LoweredNode] = []
    private let list: LoweredList

    init?(_ root: LoweredNode, in list: LoweredList) {
        guard root.op(Binary.self)?.code == .subtract, list.graph.nodes[root.id].shape.count == 1 else { return nil }
        self.list = list
        guard match(root.id), isClosed(root.id), !isSelfReferring(root.id) else { return nil }
    }

    private mutating func match(_ root: Int) -> Bool {
        // p' = base - rate * direction
        guard let (base, step) = pair(.subtract, root), let (rate, direction) = scaled(step), let (m, root2) = pair(.divide, direction),
              let (correction1, mean) = scaled(m), let (rooted, epsilon) = pair(.add, root2), let epsilon = constant(epsilon),
              let inner = operand(.squareRoot, rooted), let (correction2, square) = scaled(inner) else { return false }
        (self.rate, meanCorrection, squareCorrection, self.mean, self.square) = (rate, correction1, correction2, mean, square)
        constants.epsilon = epsilon
        // m' = a m + b g, v' = c v + d (g g)
        guard let (left1, right1) = pair(.add, mean), let (meanDecay, oldMean) = multiple(left1), let (meanShare, g) = multiple(right1),
              let (left2, right2) = pair(.add, square), let (squareDecay, oldSquare) = multiple(left2), let (squareShare, product) = multiple(right2),
              let (g1, g2) = pair(.multiply, product), g1 == g, g2 == g else { return false }
        (constants.meanDecay, constants.meanShare, constants.squareDecay, constants.squareShare) = (meanDecay, meanShare, squareDecay, squareShare)
        (self.oldMean, self.oldSquare, gradient, parameters) = (oldMean, oldSquare, g, base)
        // base = p - (rate * shrinkage) p
        if let (p, shrunk) = pair(.subtract, base) {
            guard let (factor, again) = scaled(shrunk), again == p, let (shrinkage, rateAgain) = multiple(factor), rateAgain == rate else { return false }
            (constants.shrinkage, parameters) = (shrinkage, p)
        }
        // g = raw + decay p, raw = gradient * scale, where it is so.
        var known = covered
        if let (raw, decayed) = pair(.add, gradient), let (decay, p) = multiple(decayed), p == parameters {
            (constants.weightDecay, gradient) = (decay, raw)
        } else {
            covered = known
        }
        known = covered
        if let (scale, raw) = scaled(gradient), constant(scale) == nil { (self.scale, gradient) = (scale, raw) } else { covered = known }
        let size = list.graph.nodes[root].shape
        return [parameters, oldMean, oldSquare, gradient, mean, square].allSatisfy { list.graph.nodes[$0].shape == size && list.producer[$0]?.isPacked != true }
            && [rate, meanCorrection, squareCorrection].allSatisfy { isNumber($0) }
    }

    /// Whether nobody else sees what lies between; the moments may be seen.
    private func isClosed(_ root: Int) -> Bool {
        let inside = Set(covered.map(\.id))
        return covered.allSatisfy { node in
            node.id == root || node.id == mean || node.id == square
                || (!list.isOutput(node.id) && list.users(of: node.id).allSatisfy { inside.contains($0.id) })
        }
    }

    /// Whether something that the update reads was made from the new moments (a rate that follows them): one piece of work
    /// cannot wait for its own result.
    private func isSelfReferring(_ root: Int) -> Bool {
        let inside = Set(covered.map(\.id))
        let isSeen = [mean, square].contains { moment in list.users(of: moment).contains { !inside.contains($0.id) } }
        guard isSeen else { return false }
        var pending = [parameters, oldMean, oldSquare, gradient, rate, meanCorrection, squareCorrection] + (scale.map { [$0] } ?? [])
        var visited = Set(pending)
        while let id = pending.popLast() {
            if id == mean || id == square { return true }
            for input in list.producer[id].map({ Array($0.inputs) }) ?? [] where visited.insert(input).inserted { pending.append(input) }
        }
        return false
    }

    private func isNumber(_ id: Int) -> Bool { list.graph.nodes[id].shape.elements == 1 }
    private func constant(_ id: Int) -> Double? { isNumber(id) ? list.graph.nodes[id].op(Constant.self)?.value : nil }

    private mutating func pair(_ code: BinaryCode, _ id: Int) -> (Int, Int)? {
        guard let node = list.producer[id], !node.isPacked, node.op(Binary.self)?.code == code else { return nil }
        cover(node)
        return (node.inputs[0], node.inputs[1])
    }
    private mutating func operand(_ code: UnaryCode, _ id: Int) -> Int? {
        guard let node = list.producer[id], !node.isPacked, node.op(Unary.self)?.code == code else { return nil }
        cover(node)
        return node.inputs[0]
    }
    /// number * vector, in either order.
    private mutating func scaled(_ id: Int) -> (number: Int, vector: Int)? {
        guard let (a, b) = pair(.multiply, id) else { return nil }
        if isNumber(a) { return (a, b) }
        return isNumber(b) ? (b, a) : nil
    }
    /// constant * anything, in either order.
    private mutating func multiple(_ id: Int) -> (Double, Int)? {
        guard let (a, b) = pair(.multiply, id) else { return nil }
        if let value = constant(a) { return (value, b) }
        return constant(b).map { ($0, a) }
    }
    private mutating func cover(_ node: LoweredNode) {
        if !covered.contains(where: { $0 === node }) { covered.append(node) }
    }
}

private struct AdamOperation: FusedOperation {
    let constants: AdamStep.Constants
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let inputs = node.inputs.map { lowering.contiguous(lowering.operand($0)).address }
        let outputs = node.outputs.map { lowering.allocate(value: $0, dtype: node.dtype).address }
        lowering.emit(AdamInstruction(outputs: outputs, inputs: inputs, constants: constants, count: lowering.graphShape(node.id)[0], dtype: node.dtype))
    }
}

final class AdamInstruction: Instruction {
    private let outputs: [Address], inputs: [Address]
    private let constants: AdamStep.Constants
    private let count: Int
    private let kernels: UnsafePointer<KernelTable>
    init(outputs: [Address], inputs: [Address], constants: AdamStep.Constants, count: Int, dtype: DType) {
        (self.outputs, self.inputs, self.constants, self.count, kernels) = (outputs, inputs, constants, count, Kernels.table(dtype))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        for output in outputs { body(output.buffer) }
        for input in inputs { body(input.buffer) }
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee
        let step = AdamStep(
            newParameters: m.pointer(outputs[0]), newMean: m.pointer(outputs[1]), newSquare: m.pointer(outputs[2]),
            parameters: m.pointer(inputs[0]), mean: m.pointer(inputs[1]), square: m.pointer(inputs[2]), gradient: m.pointer(inputs[3]),
            scale: inputs.count > 7 ? UnsafeRawPointer(m.pointer(inputs[7])) : nil, rate: m.pointer(inputs[4]),
            meanCorrection: m.pointer(inputs[5]), squareCorrection: m.pointer(inputs[6]), constants: constants)
        withUnsafePointer(to: step) { kernels.pointee.adamStep($0, count) }
    }
}
