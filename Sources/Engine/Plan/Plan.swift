/// What a graph becomes: instructions in phases over planned memory. Immutable; any number of `Execution`s in any
/// threads can replay it.
///
/// Even phases run once per replay, on whole values. Odd phases are block regions: their instructions run for 16 samples
/// at a time, so that what lies between them stays in the caches.
public final class Plan: @unchecked Sendable {
    let phases: [[Instruction]]
    /// The same, as a replay walks through them: `phases` keeps them alive.
    let programs: [FixedRow<Unmanaged<Instruction>>]
    let buffers: [Lowering.Buffer]
    /// Per buffer: the offset in its arena.
    let offsets: [Int]
    let constants: [UInt8]
    public let samples: Int
    let groups: Int
    let wholeBytes: Int, blockBytes: Int, partialBytes: Int
    /// By phase, for one group.
    let partialBytesOf: [Int]
    /// By phase: where the numbers of each type lie among a group's sums.
    let partialPieces: [[(offset: Int, count: Int, dtype: DType)]]
    /// How many blocks of a group add to the same sums one after another; the sums of so many are added in pairs.
    static let blocksInOrder = 16
    /// Sums that wait for one another while a thread goes through a group: 0 where its blocks are few.
    let partialLevels: Int
    let outputs: [Operand]
    public let outputShapes: [Shape]
    public let outputTypes: [DType]
    public let inputShapes: [Shape]
    public let inputTypes: [DType]
    let packedInputs: Set<Int>
    /// Bytes of one block of a packed input.
    let packedBlockBytes: [Int: Int]

    /// Compiles what the outputs need. Inputs in `packedInputs` are given packed, `[block][element][16 lanes]`, with their
    /// sample axis first; every other input is row-major. The first axis of those in `sampleInputs` counts samples too: all
    /// of both have the same number.
    public init(_ graph: Graph, outputs: [Expression], packedInputs: Set<Int> = [], sampleInputs: Set<Int> = []) throws {
        let list = LoweredList(graph, outputs: outputs.map(\.id), sampleInputs: packedInputs.union(sampleInputs))
        try Interruption.check()
        list.recomputeAcrossRegions()
        try Interruption.check()
        try Fusion.apply(to: list)
        list.sweepAndSort()
        try Interruption.check()
        list.assignPhases()
        let nodes = list.nodes
        func inputShape(_ index: Int) -> String { graph.nodes[graph.inputs[index]].shape.braces }
        for index in packedInputs where list.axes.axis[graph.inputs[index]] != 0 && nodes.contains(where: { $0.id == graph.inputs[index] }) {
            throw EngineError("input \(index + 1) of shape \(inputShape(index)) cannot be given packed: its first axis does not count samples")
        }
        for index in packedInputs {
            for node in nodes where !node.isPacked && node.inputs.contains(graph.inputs[index]) {
                let name = graph.nodes[node.id].op.name
                throw EngineError("input \(index + 1) of shape \(inputShape(index)) cannot be given packed: '\(name)' mixes its samples")
            }
        }
        let lowering = Lowering(list, packedInputs: packedInputs)
        try lowering.run()

        buffers = lowering.buffers
        constants = lowering.constants
        samples = list.axes.samples
        groups = lowering.groups
        self.outputs = lowering.outputOperands
        outputShapes = outputs.map(\.shape)
        outputTypes = outputs.map(\.dtype)
        inputShapes = graph.inputs.map { graph.nodes[$0].shape }
        inputTypes = graph.inputs.map { graph.nodes[$0].dtype }
        self.packedInputs = packedInputs
        packedBlockBytes = Dictionary(uniqueKeysWithValues: packedInputs.map { index in
            let node = graph.nodes[graph.inputs[index]]
            return (index, node.shape.dropFirst().reduce(1, *) * lanes * node.dtype.size)
        })
        phases = Array(lowering.instructions.prefix((lowering.instructions.lastIndex { !$0.isEmpty } ?? -1) + 1))

        var offsets = [Int](repeating: 0, count: buffers.count)
        func planArena(_ belongs: (Lowering.Buffer.Place) -> Bool) throws -> Int {
            let members = lowering.buffers.indices.filter { belongs(lowering.buffers[$0].place) }
            let (places, bytes) = try Arena.plan(members.map { (lowering.buffers[$0].first, lowering.buffers[$0].last, lowering.buffers[$0].bytes) })
            for (member, place) in zip(members, places) { offsets[member] = place }
            return bytes
        }
        wholeBytes = try planArena { switch $0 { case .whole, .blocks: true; default: false } }
        var blockBytes = 0
        for phase in phases.indices where phase % 2 == 1 {
            blockBytes = try max(blockBytes, planArena { if case .block(phase) = $0 { true } else { false } })
        }
        self.blockBytes = blockBytes
        // A region's sums are made before the next one begins.
        var partialBytesOf = [Int](repeating: 0, count: phases.count)
        var partialPieces: [[(offset: Int, count: Int, dtype: DType)]] = Array(repeating: [], count: phases.count)
        for (phase, buffers) in lowering.partials {
            for (buffer, dtype) in buffers {
                let offset = partialBytesOf[phase]
                let bytes = lowering.buffers[buffer].bytes
                offsets[buffer] = offset
                partialBytesOf[phase] += bytes
                if let last = partialPieces[phase].last, last.dtype == dtype {
                    partialPieces[phase][partialPieces[phase].count - 1].count = last.count + bytes / dtype.size
                } else {
                    partialPieces[phase].append((offset, bytes / dtype.size, dtype))
                }
            }
        }
        self.partialPieces = partialPieces
        let partial = partialBytesOf.max() ?? 0
        (partialBytes, self.partialBytesOf) = (partial, partialBytesOf)
        let blocks = (list.axes.samples + lanes - 1) / lanes
        let runs = groups == 0 ? 0 : ((blocks + groups - 1) / groups + Plan.blocksInOrder - 1) / Plan.blocksInOrder
        partialLevels = runs <= 1 ? 0 : runs.bitWidth - runs.leadingZeroBitCount + 1
        for instruction in phases.joined() {
            if let sum = instruction as? SumLanesInstruction { sum.groupStride = partial / sum.elementSize }
        }
        for (index, buffer) in buffers.enumerated() {
            if case .constant(let offset) = buffer.place { offsets[index] = offset }
        }
        self.offsets = offsets
        // Last, since memory of our own would stay behind an interrupt.
        programs = phases.map { FixedRow($0.map(Unmanaged.passUnretained)) }
    }

    deinit { for program in programs { program.deallocate() } }

    /// Bytes of working memory that one execution with this many threads holds.
    public func memory(threads: Int) -> Int {
        wholeBytes + partialBytes * groups + (blockBytes + partialLevels * partialBytes) * max(1, min(threads, groups)) + constants.count
    }
    public var instructionCount: Int { phases.reduce(0) { $0 + $1.count } }

    /// What the plan does, an instruction a line: for profiling and for tests of the compiler.
    public var listing: String {
        phases.enumerated().map { phase, list in
            "phase \(phase)\(phase % 2 == 1 ? " (blocks)" : "")\n" + list.map { "  " + String(describing: type(of: $0)) }.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
