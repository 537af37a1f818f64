import Kernels
import KernelInterface

extension Fusion {
    /// Sums of packed values, perhaps rolled, with coefficients that are the same for every sample (a gradient step, the
    /// mix of a relaxed node, the sum of its gradients): one pass over the terms.
    static func fuseLinearCombinations(_ list: LoweredList) {
        var isAbsorbed = [Bool](repeating: false, count: list.graph.nodes.count)
        var removed: [LoweredNode] = [], added: [LoweredNode] = [], search = LinearSearch()
        for root in list.nodes.reversed() where root.isPacked && !isAbsorbed[root.id] {
            guard let axis = root.sampleAxis else { continue }
            search.begin(shape: list.graph.nodes[root.id].shape, axis: axis)
            guard search.expand(root, in: list, constant: 1, factors: [], shift: 0), search.covered.count > 1, search.terms.count <= 8,
                  search.terms.indices.count(where: { i in !search.terms[..<i].contains { $0.shift == search.terms[i].shift } }) <= 3 else { continue }
            for node in search.covered { isAbsorbed[node.id] = true }
            removed += search.covered
            var inputs = ValueList()
            for term in search.terms { inputs.append(term.base) }
            for term in search.terms { for factor in term.factors { inputs.append(factor) } }
            added.append(LoweredNode(
                .init(root.id), inputs: inputs, sampleAxis: axis, isPacked: true,
                dtype: root.dtype, phase: root.phase, work: .fused(LinearCombinationOperation(terms: search.terms, sampleAxis: axis))))
        }
        if !added.isEmpty {
            list.replace(removed, with: added)
            list.sweepAndSort()
        }
    }
}

/// constant * product of factors * base rolled by `shift` packed elements.
struct LinearTerm {
    var constant: Double
    /// Values of one element.
    var factors: ValueList
    var shift: Int
    var base: Int
}

private struct LinearSearch {
    private var shape: Shape = [], axis = 0
    private(set) var terms: [LinearTerm] = []
    private(set) var covered: [LoweredNode] = []

    /// For values of a shape with this sample axis.
    mutating func begin(shape: Shape, axis: Int) {
        (self.shape, self.axis) = (shape, axis)
        terms.removeAll(keepingCapacity: true)
        covered.removeAll(keepingCapacity: true)
    }

    /// Adds the terms of a value; false when it is no combination (then nothing was added).
    mutating func expand(_ node: LoweredNode, in list: LoweredList, constant: Double, factors: ValueList, shift: Int) -> Bool {
        guard var first = node.inputs.first else { return false }
        var part = (constant: constant, factors: factors, shift: shift), second: (id: Int, constant: Double)?
        switch node.elementwise {
        case .unary(.negate): part.constant = -constant
        case .binary(.add): second = (node.inputs[1], constant)
        case .binary(.subtract): second = (node.inputs[1], -constant)
        case .binary(.multiply):
            guard let scale = node.inputs.first(where: { list.factor($0) != nil }), let scalar = list.factor(scale),
                  let other = node.inputs.first(where: { $0 != scale }) else { return false }
            first = other
            if let value = list.graph.nodes[scalar].op(Constant.self)?.value {
                part.constant = constant * value
            } else {
                guard factors.count < 3 else { return false }
                part.factors.append(scalar)
            }
        case nil:
            guard let op = node.op(Roll.self) else { return false }
            // In packed memory a roll is one cyclic shift only where no axis but the samples' lies outside its own.
            let inner = shape[(op.axis + 1)...].reduce(1, *), outer = shape.indices.filter { $0 < op.axis && $0 != axis }.reduce(1) { $0 * shape[$1] }
            guard op.axis > axis, outer == 1, shape.elements > 0 else { return false }
            let size = shape[op.axis] * inner, total = (shift + op.shift * inner) % size
            part.shift = (total + size) % size
        default: return false
        }
        func fits(_ id: Int) -> Bool { list.graph.nodes[id].shape == shape && list.axes.axis[id] == axis && !list.isUniform(id) }
        guard fits(first), second.map({ fits($0.id) }) ?? true else { return false }
        covered.append(node)
        // A value added to itself, or taken from itself, is one value: of x - x nothing is left, while the two halves of
        // 0.3 u - 0.3 u taken apart are rounded differently.
        let isOnce = second?.id != first
        add(first, of: node, in: list, constant: part.constant, factors: part.factors, shift: part.shift, apart: isOnce)
        if let second {
            add(second.id, of: node, in: list, constant: second.constant, factors: factors, shift: shift, apart: isOnce)
        }
        return true
    }

    /// A value that a combination adds: taken apart, where it may be, if it is one itself that nobody else uses.
    private mutating func add(
        _ id: Int, of node: LoweredNode, in list: LoweredList, constant: Double, factors: ValueList, shift: Int, apart: Bool
    ) {
        if apart, let inner = list.producer[id], inner.isPacked, inner.phase == node.phase, list.soleUser(id) === node, inner.dtype == node.dtype,
           expand(inner, in: list, constant: constant, factors: factors, shift: shift) { return }
        terms.append(LinearTerm(constant: constant, factors: factors, shift: shift, base: id))
    }
}

extension LoweredList {
    /// A constant that only looks as if it had samples.
    func isUniform(_ id: Int) -> Bool { graph.nodes[id].isOp(Constant.self) || graph.nodes[id].isOp(Expand.self) }

    /// The value of one element, the same for every sample, that a value is, everywhere.
    fileprivate func factor(_ id: Int) -> Int? {
        if graph.nodes[id].shape.elements == 1, axes.axis[id] == nil { return id }
        guard let node = producer[id], node.isOp(Expand.self) else { return nil }
        return factor(node.inputs[0])
    }
}

private struct LinearCombinationOperation: FusedOperation {
    let terms: [LinearTerm]
    let sampleAxis: Int
    func lower(_ lowering: Lowering, _ node: LoweredNode) {
        var parts = terms.map {
            LinearCombinationInstruction.Term(constant: $0.constant, base: lowering.contiguous(lowering.operand($0.base), sampleAxis: sampleAxis).address)
        }
        for (i, term) in terms.enumerated() { for factor in term.factors { parts[i].add(lowering.operand(factor).address) } }
        let y = lowering.allocate(node)
        let scratch = lowering.scratch(bytes: terms.count * LinearCombinationInstruction.scratchPerTerm)
        // Between two shifts every term runs on without a break.
        let size = y.shape.elements / lanes, unit = lanes * node.dtype.size
        guard size > 0 else { return }
        var starts = [0]
        for term in terms where !starts.contains(term.shift) { starts.append(term.shift) }
        starts.sort()
        for (i, start) in starts.enumerated() {
            let end = i + 1 < starts.count ? starts[i + 1] : size
            let row = FixedRow(count: terms.count) { t in
                var part = parts[t]
                part.base.offset += (start - terms[t].shift + size) % size * unit
                return part
            }
            let target = Address(buffer: y.address.buffer, offset: y.address.offset + start * unit)
            lowering.emit(LinearCombinationInstruction(y: target, count: (end - start) * lanes, terms: row, scratch: scratch, dtype: node.dtype))
        }
    }
}

final class LinearCombinationInstruction: Instruction {
    /// A coefficient and two pointers.
    static let scratchPerTerm = 24
    struct Term {
        let constant: Double
        var base: Address
        private(set) var factorCount = 0
        private(set) var factors: (Address, Address, Address)

        init(constant: Double, base: Address) { (self.constant, self.base, factors) = (constant, base, (base, base, base)) }
        /// One of three at most.
        mutating func add(_ factor: Address) {
            switch factorCount {
            case 0: factors.0 = factor
            case 1: factors.1 = factor
            default: factors.2 = factor
            }
            factorCount += 1
        }
    }
    private let y: Address, scratch: Address
    private let terms: FixedRow<Term>
    private let count: Int
    private let kernel: LinearCombinationKernel
    private let isDouble: Bool

    /// Takes over the terms.
    init(y: Address, count: Int, terms: FixedRow<Term>, scratch: Address, dtype: DType) {
        (self.y, self.count, self.scratch) = (y, count, scratch)
        (kernel, isDouble) = (Kernels.table(dtype).pointee.linearCombination, dtype == .float64)
        self.terms = terms
    }
    deinit { terms.deallocate() }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(y.buffer)
        body(scratch.buffer)
        for i in 0..<terms.count {
            let term = terms[i]
            body(term.base.buffer)
            if term.factorCount > 0 { body(term.factors.0.buffer) }
            if term.factorCount > 1 { body(term.factors.1.buffer) }
            if term.factorCount > 2 { body(term.factors.2.buffer) }
        }
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee, n = terms.count
        let scratch = m.pointer(scratch)
        let coefficients = (scratch + 8 * n).assumingMemoryBound(to: UnsafeRawPointer?.self)
        let x = (scratch + 16 * n).assumingMemoryBound(to: UnsafeRawPointer.self)
        for t in 0..<n {
            let term = terms[t], at = scratch + 8 * t
            if isDouble {
                at.storeBytes(of: product(Double(term.constant), term, m), as: Double.self)
            } else {
                at.storeBytes(of: product(Float(term.constant), term, m), as: Float.self)
            }
            coefficients[t] = UnsafeRawPointer(at)
            x[t] = UnsafeRawPointer(m.pointer(term.base))
        }
        let y = m.pointer(y), elementSize = isDouble ? 8 : 4
        Interruption.pieces(count) { start, count in
            if start > 0 { for t in 0..<n { x[t] += Interruption.pieceOfElements * elementSize } }
            kernel(y + start * elementSize, coefficients, x, n, count)
        }
    }

    @inline(__always)
    private func product<Real: BinaryFloatingPoint>(_ constant: Real, _ term: Term, _ m: Memory) -> Real {
        var c = constant
        if term.factorCount > 0 { c *= m.pointer(term.factors.0).load(as: Real.self) }
        if term.factorCount > 1 { c *= m.pointer(term.factors.1).load(as: Real.self) }
        if term.factorCount > 2 { c *= m.pointer(term.factors.2).load(as: Real.self) }
        return c
    }
}
