import KernelInterface
import Kernels

/// Turns the list of work into instructions over planned memory, phase by phase. Operators call it to ask where their
/// inputs are, to get room for their output and to emit instructions.
public final class Lowering {
    /// A piece of memory with a life: planned into one of the arenas, or given from outside.
    struct Buffer {
        /// `blocks`: packed values of every block, kept from one region to another.
        enum Place { case whole, blocks(bytesPerBlock: Int), block(phase: Int), partial, constant(offset: Int), input(Int), output(Int) }
        var place: Place
        var bytes: Int
        /// First and last instruction that touches it.
        var first = Int.max, last = -1
    }

    let graph: Graph
    let list: LoweredList
    private let nodes: [LoweredNode]
    let packedInputs: Set<Int>
    private(set) var buffers: [Buffer]
    /// By phase.
    private(set) var instructions: [[Instruction]] = []
    private(set) var constants: [UInt8] = []
    /// Sums over samples waiting for the end of their region.
    private(set) var sums: [(node: LoweredNode, partial: Int, elements: Int, phase: Int, id: Int)]

    /// Where each value is: row-major or strided in whole memory, and packed in the region of a phase.
    private var whole: OperandTable
    private var packed: OperandTable
    private var phase = 0
    private var position = 0
    private var regionStart = 0
    /// Values that go straight into a place in a concatenation's result.
    private var placedConcatenations: [Int: Operand] = [:]
    /// Values that another phase or the caller needs in rows, and values that another region needs packed.
    private var isUnpacked: [Bool], isKept: [Bool]
    private var keptOperands: [Int: Operand] = [:]
    private let blocks: Int
    let groups: Int

    var isPacked: Bool { phase % 2 == 1 }
    var samples: Int { list.axes.samples }

    init(_ list: LoweredList, packedInputs: Set<Int>) {
        (graph, self.list, self.packedInputs) = (list.graph, list, packedInputs)
        let values = list.graph.nodes.count
        (whole, packed) = (OperandTable(values: values), OperandTable(values: values))
        (isUnpacked, isKept) = (Array(repeating: false, count: values), Array(repeating: false, count: values))
        (buffers, sums, pendingPlacement) = ([], [], Array(repeating: -1, count: values))
        nodes = list.nodes
        buffers.reserveCapacity(2 * nodes.count)
        blocks = (list.axes.samples + lanes - 1) / lanes
        groups = min(blocks, max(2, min(64, blocks / 8)))
    }

    // MARK: What operators ask

    /// The shape of a value in the graph.
    func graphShape(_ id: Int) -> Shape { graph.nodes[id].shape }
    /// The shape of a node's value here: inside a region the sample axis has 16 lanes.
    func shape(_ node: LoweredNode) -> Shape { localShape(node.id) }
    private func localShape(_ id: Int) -> Shape {
        var shape = graph.nodes[id].shape
        if isPacked, let axis = list.axes.axis[id], shape[axis] != lanes { shape[axis] = lanes }
        return shape
    }
    func sampleAxis(of id: Int) -> Int? { list.axes.axis[id] }

    /// Where a value is.
    func operand(_ id: Int) -> Operand {
        guard isPacked, let axis = list.axes.axis[id] else { return wholeOperand(id) }
        if let operand = packed[id] ?? keptOperands[id] { return operand }
        let shape = localShape(id)
        if let constant = graph.nodes[id].op(Constant.self) { return constantOperand(constant, shape: shape) }
        if let input = graph.nodes[id].op(Input.self), packedInputs.contains(input.index) {
            let operand = Operand(address: Address(buffer: inputBuffer(input.index), offset: 0), shape: shape, sampleAxis: axis)
            packed[id] = operand
            return operand
        }
        // From outside the region: packed once per block.
        let source = wholeOperand(id)
        precondition(source.isContiguous(sampleAxis: nil), "a value that enters a region is row-major")
        let operand = newOperand(shape: shape, sampleAxis: axis, dtype: graph.nodes[id].dtype, place: .block(phase: phase))
        emit(PackInstruction(packed: operand.address, rows: source.address, shape: graphShape(id), sampleAxis: axis, unpacks: false, dtype: graph.nodes[id].dtype))
        packed[id] = operand
        return operand
    }

    private func wholeOperand(_ id: Int) -> Operand {
        if let operand = whole[id] { return operand }
        let node = graph.nodes[id]
        let operand: Operand
        if let constant = node.op(Constant.self) {
            operand = constantOperand(constant, shape: node.shape)
        } else if let constant = node.op(ConstantTensor.self) {
            operand = Operand(address: constantAddress(constant.contents, node.dtype), shape: node.shape)
        } else if let input = node.op(Input.self) {
            operand = Operand(address: Address(buffer: inputBuffer(input.index), offset: 0), shape: node.shape)
        } else {
            preconditionFailure("value \(id) (\(node.op.name)) used before it is computed")
        }
        whole[id] = operand
        return operand
    }

    /// Room for a node's output, contiguous (or at its place in a concatenation).
    func allocate(_ node: LoweredNode) -> Operand { allocate(value: node.id, dtype: node.dtype) }

    func allocate(value id: Int, dtype: DType) -> Operand {
        let axis = isPacked ? list.axes.axis[id] : nil
        if !isPacked, let place = placement(id) {
            whole[id] = place
            return place
        }
        let shape = localShape(id)
        let place: Buffer.Place = axis == nil ? .whole : isKept[id] ? .blocks(bytesPerBlock: shape.elements * dtype.size) : .block(phase: phase)
        let operand = newOperand(shape: shape, sampleAxis: axis, dtype: dtype, place: place)
        set(id, operand)
        return operand
    }

    /// Room in a region for an output of a node that is no array of numbers; whoever reads it finds it as an operand.
    func allocate(value id: Int, bytes: Int) -> Address {
        precondition(isPacked && !isUnpacked[id])
        let isKept = isKept[id]
        let buffer = newBuffer(isKept ? .blocks(bytesPerBlock: bytes) : .block(phase: phase), bytes: isKept ? blocks * bytes : bytes)
        let address = Address(buffer: buffer, offset: 0)
        packed[id] = Operand(address: address, shape: [])
        return address
    }

    private func set(_ id: Int, _ operand: Operand) {
        if isPacked, list.axes.axis[id] != nil { packed[id] = operand } else { whole[id] = operand }
    }

    /// The node's value is a view of another.
    func alias(_ node: LoweredNode, to operand: Operand) {
        if !isPacked, let place = placement(node.id) {
            whole[node.id] = place
            return emitElementwise(.unary(.copy), output: place, inputs: [operand])
        }
        // A region packs from row-major memory.
        let entersRegion = !isPacked && list.axes.axis[node.id] != nil && list.users(of: node.id).contains { $0.isPacked }
        set(node.id, entersRegion ? contiguous(operand) : operand)
    }

    /// Per-lane sums of a node that sums over samples; zero at the start of every group of blocks. The node's value
    /// itself is there after the region.
    func allocatePartial(_ node: LoweredNode) -> Address { allocatePartial(value: node.id, node) }

    func allocatePartial(value id: Int, _ node: LoweredNode) -> Address {
        let elements = graph.nodes[id].shape.elements
        let buffer = newBuffer(.partial, bytes: elements * lanes * node.dtype.size)
        sums.append((node, buffer, elements, phase, id))
        return Address(buffer: buffer, offset: 0)
    }

    /// Memory for the time of the next instruction.
    func scratch(bytes: Int) -> Address {
        Address(buffer: newBuffer(isPacked ? .block(phase: phase) : .whole, bytes: bytes), offset: 0)
    }
    func scratch(packedShape: Shape, sampleAxis: Int, dtype: DType) -> Operand {
        newOperand(shape: packedShape, sampleAxis: sampleAxis, dtype: dtype, place: .block(phase: phase))
    }

    /// The operand itself when it is contiguous (with this sample axis packed), else a copy that is.
    func contiguous(_ operand: Operand, sampleAxis: Int? = nil, dtype: DType? = nil) -> Operand {
        if operand.isContiguous(sampleAxis: sampleAxis) { return operand }
        let isBlock = isPacked && sampleAxis != nil
        let copy = newOperand(shape: operand.shape, sampleAxis: sampleAxis, dtype: dtype ?? currentType, place: isBlock ? .block(phase: phase) : (isPacked ? .block(phase: phase) : .whole))
        emitElementwise(.unary(.copy), output: copy, inputs: [operand])
        return copy
    }
    private var currentType: DType = .float32

    func emit(_ instruction: Instruction) {
        instruction.forEachBuffer { touch($0) }
        instructions[phase].append(instruction)
        position += 1
    }

    func emitElementwise(_ kernel: ElementwiseKernel, output: Operand, inputs: [Operand]) {
        let sources: [ElementwiseProgram.Source] = switch inputs.count {
        case 1: [.input(0)]
        case 2: [.input(0), .input(1)]
        default: inputs.indices.map { .input($0) }
        }
        emitElementwise(ElementwiseProgram(steps: [.init(kernel: kernel, sources: sources)]), output: output, inputs: inputs)
    }
    func emitElementwise(_ program: ElementwiseProgram, output: Operand, inputs: [Operand]) {
        guard !output.shape.contains(0) else { return }
        let nest = ElementwiseInstruction.nest(output: output, inputs: inputs)
        let scratch = scratch(bytes: ElementwiseInstruction.scratchBytes(program, nest, inputs: inputs, dtype: currentType))
        emit(ElementwiseInstruction(program: program, nest: nest, output: output, inputs: inputs, scratch: scratch, dtype: currentType))
    }

    func emitReduction(_ kind: ReductionInstruction.Kind, x: Operand, axes: [Int], y: Operand) {
        guard !y.shape.contains(0) else { return }
        if let instruction = ReductionInstruction(kind, x: x, axes: axes, y: y, dtype: currentType, scratch: self) { return emit(instruction) }
        // Copy with the reduced axes last, then reduce rows.
        let kept = x.shape.indices.filter { !axes.contains($0) }
        let order = kept + axes
        var view = x
        (view.shape, view.strides) = (order.map { x.shape[$0] }, Strides(order.map { x.strides[$0] }))
        let copy = newOperand(shape: view.shape, sampleAxis: nil, dtype: currentType, place: isPacked ? .block(phase: phase) : .whole)
        emitElementwise(.unary(.copy), output: copy, inputs: [view])
        var target = y
        (target.shape, target.strides) = (order.map { y.shape[$0] }, Strides(order.map { y.strides[$0] }))
        emit(ReductionInstruction(kind, x: copy, axes: Array(kept.count..<order.count), y: target, dtype: currentType, scratch: self)!)
    }

    // MARK: Buffers

    private func newBuffer(_ place: Buffer.Place, bytes: Int) -> Int {
        buffers.append(Buffer(place: place, bytes: bytes))
        return buffers.count - 1
    }
    private func newOperand(shape: Shape, sampleAxis: Int?, dtype: DType, place: Buffer.Place) -> Operand {
        let copies = if case .blocks = place { blocks } else { 1 }
        return Operand(address: Address(buffer: newBuffer(place, bytes: copies * shape.elements * dtype.size), offset: 0), shape: shape, sampleAxis: sampleAxis)
    }
    private func touch(_ buffer: Int) {
        // A buffer for all samples that a region touches stays for all its blocks.
        let isWhole = switch buffers[buffer].place { case .whole, .blocks: true; default: false }
        if isPacked && isWhole {
            buffers[buffer].first = min(buffers[buffer].first, regionStart)
            buffers[buffer].last = Int.max
        } else {
            buffers[buffer].first = min(buffers[buffer].first, position)
            buffers[buffer].last = max(buffers[buffer].last, position)
        }
    }
    private var inputBuffers: [Int: Int] = [:]
    private func inputBuffer(_ index: Int) -> Int {
        if let buffer = inputBuffers[index] { return buffer }
        let buffer = newBuffer(.input(index), bytes: 0)
        inputBuffers[index] = buffer
        return buffer
    }
    private var constantAddresses: [ConstantKey: Address] = [:], numberAddresses: [NumberKey: Address] = [:]
    private struct ConstantKey: Hashable { var contents: ConstantContents; var dtype: DType }
    private struct NumberKey: Hashable { var bits: UInt64; var dtype: DType }
    private func constantAddress(_ contents: ConstantContents, _ dtype: DType) -> Address {
        let key = ConstantKey(contents: contents, dtype: dtype)
        if let address = constantAddresses[key] { return address }
        let address = place(contents.values, dtype)
        constantAddresses[key] = address
        return address
    }
    private func constantAddress(_ value: Double, _ dtype: DType) -> Address {
        let key = NumberKey(bits: value.bitPattern, dtype: dtype)
        if let address = numberAddresses[key] { return address }
        let address = place([value], dtype)
        numberAddresses[key] = address
        return address
    }
    private func place(_ values: [Double], _ dtype: DType) -> Address {
        constants.append(contentsOf: repeatElement(0, count: (64 - constants.count % 64) % 64))
        let offset = constants.count
        for value in values {
            if dtype == .float32 {
                withUnsafeBytes(of: Float(value)) { constants.append(contentsOf: $0) }
            } else {
                withUnsafeBytes(of: value) { constants.append(contentsOf: $0) }
            }
        }
        return Address(buffer: newBuffer(.constant(offset: offset), bytes: values.count * dtype.size), offset: 0)
    }
    private func constantOperand(_ constant: Constant, shape: Shape) -> Operand {
        Operand(repeating: constantAddress(constant.value, constant.dtype), shape: shape)
    }

    // MARK: The walk

    func run() throws {
        findPlacements()
        let lastPhase = nodes.reduce(0) { max($0, $1.phase) }
        instructions = Array(repeating: [], count: lastPhase + 3)
        var byPhase: [[LoweredNode]] = Array(repeating: [], count: lastPhase + 1)
        for node in nodes { byPhase[node.phase].append(node) }
        markCrossing()
        for phase in 0...max(lastPhase + 1, 0) {
            self.phase = phase
            regionStart = position
            if !isPacked { packed.removeAll() }
            if !isPacked { endRegion() }
            guard phase <= lastPhase else { break }
            for node in byPhase[phase] {
                currentType = node.dtype
                try Interruption.check()
                if node.inputs.isEmpty, list.isLeaf(node.id) { continue }
                try node.lower(self)
                if isPacked {
                    for id in node.outputs where isKept[id] { keep(id) }
                    for id in node.outputs where isUnpacked[id] { unpack(id) }
                }
            }
        }
        phase = lastPhase + (lastPhase % 2 == 0 ? 2 : 1)
        prepareOutputs()
    }

    private func markCrossing() {
        for node in nodes where node.isPacked {
            for id in node.outputs where list.axes.axis[id] != nil {
                isUnpacked[id] = list.isOutput(id)
                for user in list.users(of: id) where user.phase != node.phase {
                    if user.isPacked { isKept[id] = true } else { isUnpacked[id] = true }
                }
            }
        }
    }

    /// What another region will find: a view of what stays, or a copy of what belongs to this region.
    private func keep(_ id: Int) {
        var operand = packed[id]!
        if case .block = buffers[operand.address.buffer].place {
            let dtype = graph.nodes[id].dtype
            let copy = newOperand(shape: operand.shape, sampleAxis: list.axes.axis[id], dtype: dtype, place: .blocks(bytesPerBlock: operand.shape.elements * dtype.size))
            emitElementwise(.unary(.copy), output: copy, inputs: [operand])
            operand = copy
        }
        keptOperands[id] = operand
    }

    private func unpack(_ id: Int) {
        let axis = list.axes.axis[id]!, node = graph.nodes[id]
        let block = contiguous(packed[id]!, sampleAxis: axis, dtype: node.dtype)
        let target = newOperand(shape: node.shape, sampleAxis: nil, dtype: node.dtype, place: .whole)
        emit(PackInstruction(packed: block.address, rows: target.address, shape: node.shape, sampleAxis: axis, unpacks: true, dtype: node.dtype))
        whole[id] = target
    }

    /// The sums of the region that just ended, now without lanes. Neighbours in both memories become one instruction.
    private func endRegion() {
        let ended = sums.indices.filter { sums[$0].phase == phase - 1 }
        var places: [(sum: Int, target: Operand)] = []
        for i in ended { places.append((i, allocate(value: sums[i].id, dtype: sums[i].node.dtype))) }
        places.sort { ($0.target.address.buffer, $0.target.address.offset) < ($1.target.address.buffer, $1.target.address.offset) }
        if !places.isEmpty { partials.append((phase - 1, [])) }
        for (sum, target) in places {
            let s = sums[sum], size = s.node.dtype.size
            currentType = s.node.dtype
            partials[partials.count - 1].buffers.append((s.partial, s.node.dtype))
            if let last = instructions[phase].last as? SumLanesInstruction, last.elementSize == size,
               last.y.buffer == target.address.buffer, last.y.offset + last.count * size == target.address.offset {
                last.count += s.elements
                touch(s.partial)
                touch(target.address.buffer)
            } else {
                emit(SumLanesInstruction(y: target.address, partial: Address(buffer: s.partial, offset: 0), count: s.elements, groups: groups, dtype: s.node.dtype))
            }
        }
    }
    /// Each region's partial buffers in the order of their places in memory: that of their results, so that neighbours are
    /// summed together.
    private(set) var partials: [(phase: Int, buffers: [(buffer: Int, dtype: DType)])] = []

    // MARK: Concatenations in place

    /// The parts of a concatenation along the first axis that are computed outside regions (or are sums over samples)
    /// are written where they belong at once.
    private func findPlacements() {
        for node in nodes {
            guard !node.isPacked, let concatenate = node.op(Concatenate.self),
                  graphShape(node.id)[..<concatenate.axis].reduce(1, *) == 1 else { continue }
            var start = 0
            for input in node.inputs {
                defer { start += graphShape(input).elements }
                guard let base = placeable(input) else { continue }
                pendingPlacement[base] = Int32(pendingPlacements.count)
                pendingPlacements.append((node.id, start))
            }
        }
    }
    private var pendingPlacements: [(concatenation: Int, start: Int)] = []
    /// By value: which of them is its, -1 for none.
    private var pendingPlacement: [Int32]

    /// Through reshapes to a value that gets memory of its own, once.
    private func placeable(_ id: Int) -> Int? {
        var id = id
        while let producer = list.producer[id], producer.isOp(Reshape.self), !producer.isPacked { id = producer.inputs[0] }
        guard let producer = list.producer[id], !list.isLeaf(id), list.axes.axis[id] == nil, pendingPlacement[id] < 0 else { return nil }
        if producer.isOp(Permute.self) || producer.isOp(Expand.self) || producer.isOp(Slice.self) || producer.isOp(StopGradient.self) || producer.isOp(Reshape.self) { return nil }
        // Inside a region only sums get whole memory, and fused work names its sums itself.
        return id
    }

    private func placement(_ id: Int) -> Operand? {
        guard pendingPlacement[id] >= 0 else { return nil }
        let (concatenation, start) = pendingPlacements[Int(pendingPlacement[id])]
        let node = graph.nodes[concatenation]
        let parent: Operand
        if let known = placedConcatenations[concatenation] {
            parent = known
        } else {
            parent = newOperand(shape: node.shape, sampleAxis: nil, dtype: node.dtype, place: .whole)
            placedConcatenations[concatenation] = parent
        }
        return Operand(address: Address(buffer: parent.address.buffer, offset: start * node.dtype.size), shape: graphShape(id))
    }

    /// For `Concatenate`: its result if parts were placed there already.
    func concatenationTarget(_ node: LoweredNode) -> Operand {
        if !isPacked, let parent = placedConcatenations[node.id] {
            whole[node.id] = parent
            return parent
        }
        return allocate(node)
    }

    // MARK: Outputs

    private(set) var outputOperands: [Operand] = []

    private func prepareOutputs() {
        for id in list.outputs {
            currentType = graph.nodes[id].dtype
            var operand = wholeOperand(id)
            if case .whole = buffers[operand.address.buffer].place, operand.isContiguous(sampleAxis: nil), operand.address.offset == 0,
               buffers[operand.address.buffer].bytes == operand.shape.elements * currentType.size {
            } else {
                // A view, an input, a constant, or another output already: a copy of its own.
                let copy = newOperand(shape: operand.shape, sampleAxis: nil, dtype: currentType, place: .whole)
                emitElementwise(.unary(.copy), output: copy, inputs: [operand])
                operand = copy
            }
            buffers[operand.address.buffer].place = .output(outputOperands.count)
            outputOperands.append(operand)
        }
    }
}
