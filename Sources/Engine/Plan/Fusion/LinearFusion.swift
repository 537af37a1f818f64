import Kernels
import KernelInterface

extension Fusion {
    /// Sums of packed values with coefficients that are the same for every sample (a gradient step, the mix of a relaxed
    /// node, the sum of its gradients): one pass over the terms.
    static func fuseLinearCombinations(_ list: inout LoweredList) {
        var absorbed: Set<ObjectIdentifier> = []
        var removed: [LoweredNode] = [], added: [LoweredNode] = []
        for root in list.nodes.reversed() where root.isPacked && !absorbed.contains(ObjectIdentifier(root)) {
            guard let axis = root.sampleAxis else { continue }
            var search = LinearSearch(list: list, shape: list.graph.nodes[root.id].shape, axis: axis)
            guard search.expand(root, constant: 1, factors: [], isRoot: true), search.covered.count > 1, search.terms.count <= 8 else { continue }
            for node in search.covered { absorbed.insert(ObjectIdentifier(node)) }
            removed += search.covered
            added.append(LoweredNode(
                outputs: [root.id], inputs: search.terms.map(\.base) + search.terms.flatMap(\.factors), sampleAxis: axis, isPacked: true,
                dtype: root.dtype, work: .fused(LinearCombinationOperation(terms: search.terms, sampleAxis: axis))))
        }
        if !added.isEmpty {
            list.replace(removed, with: added)
            list.sweepAndSort()
        }
    }
}

/// constant * product of factors * base.
struct LinearTerm {
    var constant: Double
    /// Values of one element.
    var factors: [Int]
    var base: Int
}

private struct LinearSearch {
    let list: LoweredList
    let shape: Shape, axis: Int
    var terms: [LinearTerm] = []
    var covered: [LoweredNode] = []

    /// Adds the terms of a value; false when it is no combination (then nothing was added).
    mutating func expand(_ node: LoweredNode, constant: Double, factors: [Int], isRoot: Bool) -> Bool {
        let parts: [(id: Int, constant: Double, factors: [Int])]
        switch node.op {
        case let op as Unary where op.code == .negate: parts = [(node.inputs[0], -constant, factors)]
        case let op as Binary where op.code == .add: parts = [(node.inputs[0], constant, factors), (node.inputs[1], constant, factors)]
        case let op as Binary where op.code == .subtract: parts = [(node.inputs[0], constant, factors), (node.inputs[1], -constant, factors)]
        case let op as Binary where op.code == .multiply:
            guard let scale = node.inputs.first(where: isFactor), let other = node.inputs.first(where: { $0 != scale }) else { return false }
            if let value = (list.graph.nodes[scale].op as? Constant)?.value {
                parts = [(other, constant * value, factors)]
            } else {
                guard factors.count < 3 else { return false }
                parts = [(other, constant, factors + [scale])]
            }
        default: return false
        }
        guard parts.allSatisfy({ list.graph.nodes[$0.id].shape == shape && list.axes.axis[$0.id] == axis && !list.isUniform($0.id) }) else { return false }
        covered.append(node)
        for part in parts {
            if let inner = list.producer[part.id], inner.isPacked, list.soleUser(part.id) === node, inner.dtype == node.dtype,
               expand(inner, constant: part.constant, factors: part.factors, isRoot: false) { continue }
            terms.append(LinearTerm(constant: part.constant, factors: part.factors, base: part.id))
        }
        return true
    }

    private func isFactor(_ id: Int) -> Bool { list.graph.nodes[id].shape.elements == 1 && list.axes.axis[id] == nil }
}

extension LoweredList {
    /// A constant that only looks as if it had samples.
    func isUniform(_ id: Int) -> Bool { graph.nodes[id].op is Constant || graph.nodes[id].op is Expand }
}

private struct LinearCombinationOperation: FusedOperation {
    let terms: [LinearTerm]
    let sampleAxis: Int
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let bases = terms.map { lowering.contiguous(lowering.operand($0.base), sampleAxis: sampleAxis) }
        let factors = terms.map { $0.factors.map { lowering.operand($0).address } }
        let y = lowering.allocate(node)
        let scratch = lowering.scratch(bytes: terms.count * LinearCombinationInstruction.scratchPerTerm)
        lowering.emit(LinearCombinationInstruction(y: y, constants: terms.map(\.constant), factors: factors, bases: bases.map(\.address), scratch: scratch, dtype: node.dtype))
    }
}

final class LinearCombinationInstruction: Instruction {
    /// A coefficient and two pointers.
    static let scratchPerTerm = 24
    let y: Address, bases: [Address], scratch: Address
    let constants: [Double], factors: [[Address]]
    let count: Int
    let kernels: KernelTable
    let isDouble: Bool
    init(y: Operand, constants: [Double], factors: [[Address]], bases: [Address], scratch: Address, dtype: DType) {
        (self.y, self.constants, self.factors, self.bases, self.scratch) = (y.address, constants, factors, bases, scratch)
        (count, kernels, isDouble) = (y.shape.elements, Kernels.table(dtype), dtype == .float64)
    }
    override var buffers: [Int] { ([y, scratch] + bases + factors.joined()).map(\.buffer) }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee, n = bases.count
        let scratch = m.pointer(scratch)
        let coefficients = (scratch + 8 * n).assumingMemoryBound(to: UnsafeRawPointer?.self)
        let x = (scratch + 16 * n).assumingMemoryBound(to: UnsafeRawPointer.self)
        for t in 0..<n {
            let at = scratch + 8 * t
            if isDouble {
                var c = constants[t]
                for factor in factors[t] { c *= m.pointer(factor).load(as: Double.self) }
                at.storeBytes(of: c, as: Double.self)
            } else {
                var c = Float(constants[t])
                for factor in factors[t] { c *= m.pointer(factor).load(as: Float.self) }
                at.storeBytes(of: c, as: Float.self)
            }
            coefficients[t] = UnsafeRawPointer(at)
            x[t] = UnsafeRawPointer(m.pointer(bases[t]))
        }
        kernels.linearCombination(m.pointer(y), coefficients, x, n, count)
    }
}
