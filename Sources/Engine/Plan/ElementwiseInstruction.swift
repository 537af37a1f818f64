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
    /// Outer sizes, and per operand the outer strides in elements.
    var sizes: [Int] = []
    var strides: [[Int]] = []
    var count = 1
    /// Per operand, the stride of the innermost axis.
    var steps: [Int] = []

    init(_ operands: [Operand]) {
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

    /// Calls the body with the element offset of every operand for each position of the outer axes.
    @inline(__always) func forEach(_ offsets: UnsafeMutablePointer<Int>, _ body: () -> Void) {
        let operands = strides.count
        for i in 0..<operands { offsets[i] = 0 }
        if sizes.isEmpty { return body() }
        if sizes.contains(0) { return }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: sizes.count) { index in
            index.initialize(repeating: 0)
            while true {
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

    let program: ElementwiseProgram
    let output: Address
    let inputs: [Address]
    let nest: LoopNest
    let dtype: DType
    let kernels: KernelTable
    /// A row of `chunk` elements per register and per strided operand.
    let scratch: Address
    private let elementSize: Int

    static func scratchBytes(_ program: ElementwiseProgram, output: Operand, inputs: [Operand], dtype: DType) -> Int {
        let nest = LoopNest([output] + inputs.map { $0.expanded(to: output.shape) })
        let isDirect = program.steps.count == 1 && nest.steps[0] == 1 && nest.steps.allSatisfy { $0 == 0 || $0 == 1 }
        return isDirect ? 0 : (program.steps.count + inputs.count + 1) * min(chunk, (nest.count + lanes - 1) / lanes * lanes) * dtype.size
    }

    init(program: ElementwiseProgram, output: Operand, inputs: [Operand], scratch: Address, dtype: DType) {
        self.program = program
        self.output = output.address
        self.inputs = inputs.map(\.address)
        nest = LoopNest([output] + inputs.map { $0.expanded(to: output.shape) })
        self.dtype = dtype
        self.scratch = scratch
        kernels = Kernels.table(dtype)
        elementSize = dtype.size
    }

    override var buffers: [Int] { [output.buffer, scratch.buffer] + inputs.map(\.buffer) }

    override func run(_ memory: UnsafePointer<Memory>) {
        let count = inputs.count
        withUnsafeTemporaryAllocation(of: Int.self, capacity: count + 1) { offsets in
            withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: 2 * count + 2) { pointers in
                nest.forEach(offsets.baseAddress!) {
                    pointers[0] = memory.pointee.pointer(output) + offsets[0] * elementSize
                    for i in 0..<count { pointers[i + 1] = memory.pointee.pointer(inputs[i]) + offsets[i + 1] * elementSize }
                    row(pointers.baseAddress!, memory)
                }
            }
        }
    }

    /// One run along the innermost axis.
    private func row(_ pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ memory: UnsafePointer<Memory>) {
        let steps = nest.steps
        if program.steps.count == 1, steps[0] == 1, steps.allSatisfy({ $0 == 0 || $0 == 1 }) {
            apply(program.steps[0], to: pointers[0], count: nest.count) { source in
                guard case .input(let i) = source else { fatalError("a first step has no registers to read") }
                return (UnsafeRawPointer(pointers[i + 1]), steps[i + 1])
            }
            return
        }
        let chunk = ElementwiseInstruction.chunk
        let scratch = memory.pointee.pointer(self.scratch), rowBytes = min(chunk, (nest.count + lanes - 1) / lanes * lanes) * elementSize
        let count = inputs.count, registers = program.steps.count
        let gathered = pointers + (count + 1)
        var start = 0
        while start < nest.count {
            let n = min(chunk, nest.count - start)
            for i in 0..<count {
                let step = steps[i + 1]
                let source = pointers[i + 1] + start * step * elementSize
                if step == 0 || step == 1 {
                    gathered[i] = source
                } else {
                    gathered[i] = scratch + (registers + i) * rowBytes
                    kernels.copyStrided(gathered[i], 1, source, step, n)
                }
            }
            let direct = steps[0] == 1
            for (s, step) in program.steps.enumerated() {
                let target = s == registers - 1 && direct ? pointers[0] + start * elementSize : scratch + s * rowBytes
                apply(step, to: target, count: n) { source in
                    switch source {
                    case .input(let i): (UnsafeRawPointer(gathered[i]), steps[i + 1] == 0 ? 0 : 1)
                    case .register(let r): (UnsafeRawPointer(scratch + r * rowBytes), 1)
                    }
                }
            }
            if !direct { kernels.copyStrided(pointers[0] + start * steps[0] * elementSize, steps[0], scratch + (registers - 1) * rowBytes, 1, n) }
            start += n
        }
    }

    @inline(__always)
    private func apply(_ step: ElementwiseProgram.Step, to y: UnsafeMutableRawPointer, count: Int,
                       _ source: (ElementwiseProgram.Source) -> (UnsafeRawPointer, Int)) {
        switch step.kernel {
        case .unary(let code):
            let (x, xStep) = source(step.sources[0])
            kernels.unary[code.rawValue](y, x, xStep, count)
        case .binary(let code):
            let (a, aStep) = source(step.sources[0]), (b, bStep) = source(step.sources[1])
            kernels.binary[code.rawValue](y, a, aStep, b, bStep, count)
        case .ternary(let code):
            let (a, aStep) = source(step.sources[0]), (b, bStep) = source(step.sources[1]), (c, cStep) = source(step.sources[2])
            kernels.ternary[code.rawValue](y, a, aStep, b, bStep, c, cStep, count)
        }
    }
}

/// y = one number everywhere.
final class FillInstruction: Instruction {
    let y: Operand
    let value: Double
    let kernels: KernelTable
    let nest: LoopNest
    init(y: Operand, value: Double, dtype: DType) {
        (self.y, self.value, kernels, nest) = (y, value, Kernels.table(dtype), LoopNest([y]))
    }
    override var buffers: [Int] { [y.address.buffer] }
    override func run(_ memory: UnsafePointer<Memory>) {
        // Fills only fresh buffers, which are contiguous.
        kernels.fill(memory.pointee.pointer(y.address), value, y.shape.elements)
    }
}

extension Kernels {
    static func table(_ dtype: DType) -> KernelTable { dtype == .float32 ? Kernels.float : Kernels.double }
}
