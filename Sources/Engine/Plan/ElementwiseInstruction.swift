import KernelInterface
import Kernels

/// A small program of elementwise kernels over a common iteration space, run chunk by chunk so that intermediate values
/// stay in the first-level cache. Operands may be strided or repeat along axes.
struct ElementwiseProgram: Hashable {
    enum Source: Hashable { case input(Int), register(Int) }
    struct Step: Hashable {
        var kernel: ElementwiseKernel
        var sources: [Source]
    }
    /// Step i writes register i; the last one is the result.
    var steps: [Step]
}

/// The common loop nest of some operands over one shape: axes merged where all of them allow it, ordered by the first
/// operand's strides, the innermost apart.
struct LoopNest {
    /// Outer sizes, and per operand the outer strides in elements: none where there are no outer axes.
    var sizes: [Int] = []
    var strides: [[Int]] = []
    var count = 1
    /// Per operand, the stride of the innermost axis.
    var steps: [Int] = []

    init(_ operands: [Operand]) {
        if let (elements, inner) = LoopNest.flat(operands) {
            (count, steps) = (elements, inner)
            return
        }
        var axes = operands[0].shape.indices.filter { operands[0].shape[$0] != 1 }
        axes.sort { operands[0].strides[$0] > operands[0].strides[$1] }
        var merged: [(size: Int, strides: [Int])] = []
        for axis in axes {
            let size = operands[0].shape[axis], steps = operands.map { $0.strides[axis] }
            if let last = merged.last, zip(last.strides, steps).allSatisfy({ $0 == $1 * size }) {
                merged[merged.count - 1] = (last.size * size, steps)
            } else {
                merged.append((size, steps))
            }
        }
        let inner = merged.popLast() ?? (1, operands.map { _ in 1 })
        (count, steps) = inner
        sizes = merged.map(\.size)
        strides = operands.indices.map { i in merged.map { $0.strides[i] } }
        if operands[0].shape.contains(0) { (sizes, count) = ([0], 0) }
    }

    /// One run over everything, with the stride of each operand: where the first fills its memory and the others go with it or
    /// repeat one number.
    private static func flat(_ operands: [Operand]) -> (count: Int, steps: [Int])? {
        let shape = operands[0].shape, strides = operands[0].strides
        var elements = 1, wide = 0, found = 0
        for axis in shape.indices where shape[axis] != 1 { wide += 1 }
        while let axis = shape.indices.first(where: { shape[$0] > 1 && strides[$0] == elements }) {
            elements *= shape[axis]
            found += 1
        }
        guard found == wide, wide > 0 else { return nil }
        var steps: [Int] = []
        steps.reserveCapacity(operands.count)
        for operand in operands {
            var goesAlong = true, repeats = true
            for axis in shape.indices where shape[axis] != 1 {
                if operand.strides[axis] != strides[axis] { goesAlong = false }
                if operand.strides[axis] != 0 { repeats = false }
            }
            guard goesAlong || repeats else { return nil }
            steps.append(goesAlong ? 1 : 0)
        }
        return (elements, steps)
    }

    /// Takes the axis out along which the second operand is contiguous while the first, one the innermost axis, jumps: its size
    /// and the first operand's stride along it. Then the two axes are turned against each other.
    mutating func removeTurned() -> (size: Int, stride: Int)? {
        guard steps[0] == 1, steps[1] > 1, let axis = strides[1].lastIndex(of: 1), !sizes.contains(0) else { return nil }
        let turned = (sizes.remove(at: axis), strides[0].remove(at: axis))
        strides[1].remove(at: axis)
        return turned
    }

    /// Calls the body with the element offset of every operand for each position of the outer axes.
    @inline(__always) func forEach(_ offsets: UnsafeMutablePointer<Int>, _ body: () -> Void) {
        let operands = steps.count
        for i in 0..<operands { offsets[i] = 0 }
        if sizes.isEmpty { return body() }
        if sizes.contains(0) { return }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: sizes.count) { index in
            index.initialize(repeating: 0)
            while !Interruption.isRequested {
                body()
                var axis = sizes.count - 1
                while true {
                    index[axis] += 1
                    for i in 0..<operands { offsets[i] += strides[i][axis] }
                    if index[axis] < sizes[axis] { break }
                    for i in 0..<operands { offsets[i] -= strides[i][axis] * sizes[axis] }
                    index[axis] = 0
                    axis -= 1
                    if axis < 0 { return }
                }
            }
        }
    }
}

final class ElementwiseInstruction: Instruction {
    static let chunk = 1024

    /// A step with its loop looked up.
    private struct Step {
        enum Loop { case unary(UnaryKernel), binary(BinaryKernel), ternary(TernaryKernel) }
        var loop: Loop
        var sources: (ElementwiseProgram.Source, ElementwiseProgram.Source, ElementwiseProgram.Source)

        init(_ step: ElementwiseProgram.Step, _ kernels: UnsafePointer<KernelTable>) {
            loop = switch step.kernel {
            case .unary(let code): .unary(kernels.pointee.unary[code.rawValue])
            case .binary(let code): .binary(kernels.pointee.binary[code.rawValue])
            case .ternary(let code): .ternary(kernels.pointee.ternary[code.rawValue])
            }
            func source(_ i: Int) -> ElementwiseProgram.Source { i < step.sources.count ? step.sources[i] : step.sources[0] }
            sources = (source(0), source(1), source(2))
        }
    }

    private let steps: FixedRow<Step>
    private let output: Address
    private let inputs: FixedRow<Address>
    private let nest: LoopNest
    /// The innermost strides of the output and the inputs, and how far that axis goes.
    private let strides: FixedRow<Int>, count: Int
    private let isFlat: Bool, isDirect: Bool
    private let copyStrided: StridedCopyKernel
    /// The axis of a copy that is turned against the innermost one, and the kernel that turns.
    private let turned: (size: Int, stride: Int)?
    private let transpose: (UnsafeMutableRawPointer, Int, UnsafeRawPointer, Int, Int, Int) -> Void
    /// A row of `chunk` elements per register and per strided operand.
    private let scratch: Address
    private let elementSize: Int

    private static func isDirect(_ program: ElementwiseProgram, _ nest: LoopNest) -> Bool {
        program.steps.count == 1 && nest.steps[0] == 1 && nest.steps.allSatisfy { $0 == 0 || $0 == 1 }
    }

    /// The loops that an instruction goes through.
    static func nest(output: Operand, inputs: [Operand]) -> LoopNest {
        var operands: [Operand] = []
        operands.reserveCapacity(inputs.count + 1)
        operands.append(output)
        for input in inputs { operands.append(input.expanded(to: output.shape)) }
        return LoopNest(operands)
    }

    static func scratchBytes(_ program: ElementwiseProgram, _ nest: LoopNest, inputs: [Operand], dtype: DType) -> Int {
        isDirect(program, nest) ? 0 : (program.steps.count + inputs.count + 1) * min(chunk, (nest.count + lanes - 1) / lanes * lanes) * dtype.size
    }

    init(program: ElementwiseProgram, nest: LoopNest, output: Operand, inputs: [Operand], scratch: Address, dtype: DType) {
        let kernels = Kernels.table(dtype)
        steps = FixedRow(count: program.steps.count) { Step(program.steps[$0], kernels) }
        copyStrided = kernels.pointee.copyStrided
        self.output = output.address
        self.inputs = FixedRow(count: inputs.count) { inputs[$0].address }
        var nest = nest
        turned = program.steps.count == 1 && program.steps[0].kernel == .unary(.copy) ? nest.removeTurned() : nil
        transpose = kernels.pointee.transpose
        self.nest = nest
        strides = FixedRow(nest.steps)
        (count, isFlat, isDirect) = (nest.count, nest.sizes.isEmpty, Self.isDirect(program, nest))
        self.scratch = scratch
        elementSize = dtype.size
    }
    deinit {
        steps.deallocate()
        inputs.deallocate()
        strides.deallocate()
    }

    override func forEachBuffer(_ body: (Int) -> Void) {
        body(output.buffer)
        body(scratch.buffer)
        for i in 0..<inputs.count { body(inputs[i].buffer) }
    }

    override func run(_ memory: UnsafePointer<Memory>) {
        let n = inputs.count
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: 2 * n + 2) { pointers in
            let base = pointers.baseAddress!
            if isFlat {
                base[0] = memory.pointee.pointer(output)
                for i in 0..<n { base[i + 1] = memory.pointee.pointer(inputs[i]) }
                return row(base, memory)
            }
            withUnsafeTemporaryAllocation(of: Int.self, capacity: n + 1) { offsets in
                nest.forEach(offsets.baseAddress!) {
                    base[0] = memory.pointee.pointer(output) + offsets[0] * elementSize
                    for i in 0..<n { base[i + 1] = memory.pointee.pointer(inputs[i]) + offsets[i + 1] * elementSize }
                    row(base, memory)
                }
            }
        }
    }

    /// One run along the innermost axis.
    private func row(_ pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ memory: UnsafePointer<Memory>) {
        if let turned {
            return Interruption.pieces(count, of: max(16, Interruption.pieceOfElements / turned.size)) { start, count in
                transpose(pointers[0] + start * elementSize, turned.stride, pointers[1] + start * strides[1] * elementSize, strides[1], count, turned.size)
            }
        }
        if isDirect {
            return Interruption.pieces(count) { start, count in
                apply(steps[0], to: pointers[0] + start * elementSize, count: count) { source in
                    guard case .input(let i) = source else { fatalError("a first step has no registers to read") }
                    return (UnsafeRawPointer(pointers[i + 1] + start * strides[i + 1] * elementSize), strides[i + 1])
                }
            }
        }
        let scratch = memory.pointee.pointer(self.scratch), rowBytes = min(Self.chunk, (count + lanes - 1) / lanes * lanes) * elementSize
        let operands = inputs.count, registers = steps.count, direct = strides[0] == 1
        let gathered = pointers + (operands + 1)
        var start = 0
        while start < count, start == 0 || !Interruption.isRequested {
            let n = min(Self.chunk, count - start)
            for i in 0..<operands {
                let step = strides[i + 1]
                let source = pointers[i + 1] + start * step * elementSize
                if step == 0 || step == 1 {
                    gathered[i] = source
                } else {
                    gathered[i] = scratch + (registers + i) * rowBytes
                    copyStrided(gathered[i], 1, source, step, n)
                }
            }
            for s in 0..<registers {
                let target = s == registers - 1 && direct ? pointers[0] + start * elementSize : scratch + s * rowBytes
                apply(steps[s], to: target, count: n) { source in
                    switch source {
                    case .input(let i): (UnsafeRawPointer(gathered[i]), strides[i + 1] == 0 ? 0 : 1)
                    case .register(let r): (UnsafeRawPointer(scratch + r * rowBytes), 1)
                    }
                }
            }
            if !direct { copyStrided(pointers[0] + start * strides[0] * elementSize, strides[0], scratch + (registers - 1) * rowBytes, 1, n) }
            start += n
        }
    }

    @inline(__always)
    private func apply(_ step: Step, to y: UnsafeMutableRawPointer, count: Int, _ source: (ElementwiseProgram.Source) -> (UnsafeRawPointer, Int)) {
        let (a, aStep) = source(step.sources.0)
        switch step.loop {
        case .unary(let f): f(y, a, aStep, count)
        case .binary(let f):
            let (b, bStep) = source(step.sources.1)
            f(y, a, aStep, b, bStep, count)
        case .ternary(let f):
            let (b, bStep) = source(step.sources.1), (c, cStep) = source(step.sources.2)
            f(y, a, aStep, b, bStep, c, cStep, count)
        }
    }
}

/// y = one number everywhere.
final class FillInstruction: Instruction {
    let y: Operand
    let value: Double
    let kernels: UnsafePointer<KernelTable>
    let nest: LoopNest
    init(y: Operand, value: Double, dtype: DType) {
        (self.y, self.value, kernels, nest) = (y, value, Kernels.table(dtype), LoopNest([y]))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(y.address.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        // Fills only fresh buffers, which are contiguous.
        let y = memory.pointee.pointer(self.y.address), elementSize = kernels.pointee.elementSize
        Interruption.pieces(self.y.shape.elements) { start, count in kernels.pointee.fill(y + start * elementSize, value, count) }
    }
}

extension Kernels {
    /// The kernels of a type, where they stay: instructions hold a word, not the table.
    static func table(_ dtype: DType) -> UnsafePointer<KernelTable> { dtype == .float32 ? floatTable : doubleTable }

    nonisolated(unsafe) private static let floatTable = place(Kernels.float), doubleTable = place(Kernels.double)
    private static func place(_ table: KernelTable) -> UnsafePointer<KernelTable> {
        let pointer = UnsafeMutablePointer<KernelTable>.allocate(capacity: 1)
        pointer.initialize(to: table)
        return UnsafePointer(pointer)
    }
}
