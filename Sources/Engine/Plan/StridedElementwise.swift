import KernelInterface
import Kernels

/// One elementwise kernel over strided memory, at once: what an eager operator on views needs. Throws `Interrupted` when asked
/// to stop; the output is unfinished then.
public enum StridedElementwise {
    public static func run(_ kernel: ElementwiseKernel, output: (pointer: UnsafeMutableRawPointer, strides: [Int]), shape: Shape,
                           inputs: [(pointer: UnsafeRawPointer, strides: [Int])], dtype: DType) throws {
        guard !shape.contains(0) else { return }
        // Buffers 0, 1, ... are the output and the inputs; the last is scratch.
        func operand(_ buffer: Int, _ strides: [Int]) -> Operand {
            var operand = Operand(address: Address(buffer: buffer, offset: 0), shape: shape)
            operand.strides = Strides(strides)
            return operand
        }
        let y = operand(0, output.strides), xs = inputs.enumerated().map { operand($0 + 1, $1.strides) }
        let program = ElementwiseProgram(steps: [.init(kernel: kernel, sources: inputs.indices.map { .input($0) })])
        let nest = ElementwiseInstruction.nest(output: y, inputs: xs)
        let scratchBytes = ElementwiseInstruction.scratchBytes(program, nest, inputs: xs, dtype: dtype)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: max(64, scratchBytes), alignment: 64)
        defer { scratch.deallocate() }
        let instruction = ElementwiseInstruction(
            program: program, nest: nest, output: y, inputs: xs, scratch: Address(buffer: inputs.count + 1, offset: 0), dtype: dtype)
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: inputs.count + 2) { bases in
            bases.initializeElement(at: 0, to: output.pointer)
            for (i, input) in inputs.enumerated() { bases.initializeElement(at: i + 1, to: UnsafeMutableRawPointer(mutating: input.pointer)) }
            bases.initializeElement(at: inputs.count + 1, to: scratch)
            var memory = Memory(bases: bases.baseAddress!, lanes: lanes, firstRow: 0, seed: 0, step: 0)
            instruction.run(&memory)
        }
        try Interruption.check()
    }
}
