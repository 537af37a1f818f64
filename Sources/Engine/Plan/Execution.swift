import Foundation
import KernelInterface
import Kernels

/// The memory of one thread of control that replays a plan: arenas, base pointers, and where inputs come from. Replaying
/// allocates nothing. Not for two threads at once.
public final class Execution {
    public let plan: Plan
    private let whole: UnsafeMutableRawPointer, partial: UnsafeMutableRawPointer
    private let constants: UnsafeMutableRawPointer
    private var workers: [Worker] = []
    private var inputs: [UnsafeMutableRawPointer?]
    private var outputs: [UnsafeMutableRawPointer]
    private let ownOutputs: [UnsafeMutableRawPointer?]
    private var outputBuffers: [Int]
    private let pool: ThreadPool?

    private struct Worker {
        var block: UnsafeMutableRawPointer
        /// Sums over blocks that wait for one another.
        var waiting: UnsafeMutableRawPointer
        var memory: UnsafeMutablePointer<Memory>
    }

    private let partialBuffers: [Int], packedBuffers: [(buffer: Int, input: Int, bytes: Int)]
    /// The buffer of each input; -1 where no instruction reads it.
    private let inputBuffers: [Int]
    /// Values that are kept from one region to another: where the first block's is, and the distance to the next's.
    private let keptBuffers: [(buffer: Int, first: UnsafeMutableRawPointer, bytes: Int)]

    /// With a pool, the groups of blocks of a region are shared among its threads; the result is the same bits.
    /// Outputs go to `outputs` where given, else to memory of the execution's own.
    public init(_ plan: Plan, outputs given: [UnsafeMutableRawPointer]? = nil, pool: ThreadPool? = nil) {
        self.plan = plan
        let pool = plan.groups > 1 ? pool : nil
        self.pool = pool
        func allocate(_ bytes: Int) -> UnsafeMutableRawPointer { .allocate(byteCount: max(64, bytes), alignment: 64) }
        whole = SpareMemory.allocate(max(64, plan.wholeBytes))
        partial = SpareMemory.allocate(max(64, plan.partialBytes * plan.groups))
        constants = allocate(plan.constants.count)
        let constants = self.constants
        plan.constants.withUnsafeBytes { if let base = $0.baseAddress { constants.copyMemory(from: base, byteCount: $0.count) } }
        inputs = Array(repeating: nil, count: plan.inputShapes.count)
        let outputs = given ?? plan.outputs.indices.map { allocate(plan.outputShapes[$0].elements * plan.outputTypes[$0].size) }
        ownOutputs = given == nil ? outputs : []
        self.outputs = outputs
        outputBuffers = plan.outputs.map(\.address.buffer)
        var partials: [Int] = [], packed: [(Int, Int, Int)] = [], plain = Array(repeating: -1, count: plan.inputShapes.count)
        var kept: [(Int, UnsafeMutableRawPointer, Int)] = []
        for (index, buffer) in plan.buffers.enumerated() {
            switch buffer.place {
            case .partial: partials.append(index)
            case .input(let input):
                if let bytes = plan.packedBlockBytes[input] { packed.append((index, input, bytes)) }
                plain[input] = index
            case .blocks(let bytes): kept.append((index, whole + plan.offsets[index], bytes))
            default: break
            }
        }
        (partialBuffers, packedBuffers, inputBuffers, keptBuffers) = (partials, packed, plain, kept)
        for _ in 0..<max(1, pool?.threads ?? 1) {
            let block = allocate(plan.blockBytes)
            let bases = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: max(1, plan.buffers.count))
            for (index, buffer) in plan.buffers.enumerated() {
                switch buffer.place {
                case .whole, .blocks: bases[index] = whole + plan.offsets[index]
                case .block: bases[index] = block + plan.offsets[index]
                case .partial: bases[index] = partial + plan.offsets[index]
                case .constant: bases[index] = constants + plan.offsets[index]
                case .input: bases[index] = whole
                case .output(let output): bases[index] = outputs[output]
                }
            }
            let memory = UnsafeMutablePointer<Memory>.allocate(capacity: 1)
            memory.initialize(to: Memory(bases: bases, lanes: lanes, firstRow: 0, seed: 0, step: 0))
            workers.append(Worker(block: block, waiting: allocate(plan.partialBytes * plan.partialLevels), memory: memory))
        }
    }

    deinit {
        for worker in workers {
            worker.block.deallocate()
            worker.waiting.deallocate()
            worker.memory.pointee.bases.deallocate()
            worker.memory.deallocate()
        }
        for output in ownOutputs { output?.deallocate() }
        SpareMemory.deallocate(whole, max(64, plan.wholeBytes))
        SpareMemory.deallocate(partial, max(64, plan.partialBytes * plan.groups))
        constants.deallocate()
    }

    /// Bytes that this execution holds: the arenas of its threads, constants, outputs of its own and tables of addresses.
    public var bytes: Int {
        let addresses = workers.count * plan.buffers.count * MemoryLayout<UnsafeMutableRawPointer>.stride
        let outputs = zip(ownOutputs, plan.outputs.indices).reduce(0) { $0 + ($1.0 == nil ? 0 : plan.outputShapes[$1.1].elements * plan.outputTypes[$1.1].size) }
        return plan.memory(threads: workers.count) + addresses + outputs
    }

    /// The memory of input `index` for the replays to come; it must hold what the plan's input shape says.
    public func bind(_ index: Int, to pointer: UnsafeRawPointer) {
        guard inputs[index] != UnsafeMutableRawPointer(mutating: pointer) else { return }
        inputs[index] = UnsafeMutableRawPointer(mutating: pointer)
        let buffer = inputBuffers[index]
        if buffer >= 0 { for worker in workers { worker.memory.pointee.bases[buffer] = UnsafeMutableRawPointer(mutating: pointer) } }
    }

    /// Where output `index` of the replays to come goes.
    public func bindOutput(_ index: Int, to pointer: UnsafeMutableRawPointer) {
        outputs[index] = pointer
        for worker in workers { worker.memory.pointee.bases[outputBuffers[index]] = pointer }
    }

    /// Replays the plan. Random operators without a seed of their own draw at (seed, step). Throws `Interrupted` when
    /// asked to stop.
    public func run(seed: UInt64 = 0, step: UInt64 = 0) throws {
        for worker in workers { (worker.memory.pointee.seed, worker.memory.pointee.step) = (seed, step) }
        let main = UnsafePointer(workers[0].memory)
        for (phase, program) in plan.programs.enumerated() where program.count > 0 {
            if phase % 2 == 0 {
                if phase > 0 { resetPartials(to: partial, workers[0]) }
                for i in 0..<program.count {
                    program[i]._withUnsafeGuaranteedRef { $0.run(main) }
                    try Interruption.check()
                }
            } else {
                runBlocks(program, phase: phase)
                try Interruption.check()
            }
        }
    }

    private func runBlocks(_ program: FixedRow<Unmanaged<Instruction>>, phase: Int) {
        for group in 0..<plan.groups { memset(partial + group * plan.partialBytes, 0, plan.partialBytesOf[phase]) }
        if let pool, workers.count > 1 {
            pool.forEach(plan.groups) { group, thread in self.runGroup(group, program, phase, self.workers[thread]) }
        } else {
            for group in 0..<plan.groups { runGroup(group, program, phase, workers[0]) }
        }
    }

    private func resetPartials(to sums: UnsafeMutableRawPointer, _ worker: Worker) {
        for buffer in partialBuffers { worker.memory.pointee.bases[buffer] = sums + plan.offsets[buffer] }
    }

    /// The blocks of one group, in order. Which blocks form a group depends on the plan alone, so sums over samples do
    /// not depend on the number of threads. Of many blocks every 16 have sums of their own, which are added in pairs.
    private func runGroup(_ group: Int, _ program: FixedRow<Unmanaged<Instruction>>, _ phase: Int, _ worker: Worker) {
        let sums = partial + group * plan.partialBytes
        let blocks = (plan.samples + lanes - 1) / lanes
        let range = (blocks * group / plan.groups)..<(blocks * (group + 1) / plan.groups)
        let bytes = plan.partialBytesOf[phase]
        guard range.count > Plan.blocksInOrder, bytes > 0 else {
            resetPartials(to: sums, worker)
            return runBlocks(range, program, worker)
        }
        // The largest that waits is the group's own, behind it the others and the one that is made.
        func place(_ level: Int) -> UnsafeMutableRawPointer { level == 0 ? sums : worker.waiting + (level - 1) * plan.partialBytes }
        var size = 0
        var runs = 0
        func merge() {
            size -= 1
            for piece in plan.partialPieces[phase] {
                let before = place(size - 1) + piece.offset
                let add = Kernels.table(piece.dtype).pointee.binary[BinaryCode.add.rawValue]
                add(before, before, 1, place(size) + piece.offset, 1, piece.count)
            }
        }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Plan.blocksInOrder) {
            memset(place(size), 0, bytes)
            resetPartials(to: place(size), worker)
            runBlocks(start..<min(start + Plan.blocksInOrder, range.upperBound), program, worker)
            if Interruption.isRequested { return }
            size += 1
            runs += 1
            var whole = runs
            while whole & 1 == 0 {
                merge()
                whole >>= 1
            }
        }
        while size > 1 { merge() }
    }

    private func runBlocks(_ range: Range<Int>, _ program: FixedRow<Unmanaged<Instruction>>, _ worker: Worker) {
        let memory = worker.memory
        for block in range {
            memory.pointee.firstRow = block * lanes
            memory.pointee.lanes = min(lanes, plan.samples - block * lanes)
            for (buffer, input, bytes) in packedBuffers { memory.pointee.bases[buffer] = inputs[input]! + block * bytes }
            for (buffer, first, bytes) in keptBuffers { memory.pointee.bases[buffer] = first + block * bytes }
            for i in 0..<program.count { program[i]._withUnsafeGuaranteedRef { $0.run(memory) } }
            if Interruption.isRequested { return }
        }
    }

    /// The output of the last replay, row-major; valid until the next.
    public func output(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(outputs[index]) }
}
