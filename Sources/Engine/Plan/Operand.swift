/// Where a value is while a plan runs: a buffer, an offset into it, and strides. Inside a block region the sample axis
/// has size 16 (the lanes) and stride 1; everything else is ordinary.
public struct Address {
    /// Index into the run's table of base pointers.
    public var buffer: Int
    /// In bytes.
    public var offset: Int
}

public struct Operand {
    var address: Address
    var shape: [Int]
    /// In elements; 0 along an axis that repeats.
    var strides: Strides

    var rank: Int { shape.count }

    /// A row-major tensor, or with a sample axis a packed one: that axis last in memory, 16 lanes.
    init(address: Address, shape: [Int], sampleAxis: Int? = nil) {
        self.address = address
        self.shape = shape
        strides = Strides(repeating: 1, count: shape.count)
        var next = 1
        if let sampleAxis {
            strides[sampleAxis] = 1
            next = lanes
        }
        for axis in shape.indices.reversed() where axis != sampleAxis {
            strides[axis] = next
            next *= shape[axis]
        }
    }

    /// The same number everywhere.
    init(repeating address: Address, shape: [Int]) {
        self.address = address
        self.shape = shape
        strides = Strides(repeating: 0, count: shape.count)
    }

    func isContiguous(sampleAxis: Int?) -> Bool {
        var isPlain = sampleAxis.map { shape[$0] == 1 || strides[$0] == 1 } ?? true, next = sampleAxis == nil ? 1 : lanes
        for axis in shape.indices.reversed() where axis != sampleAxis {
            isPlain = isPlain && (shape[axis] == 1 || strides[axis] == next)
            next *= shape[axis]
        }
        return isPlain || shape.contains(0)
    }

    func expanded(to target: [Int]) -> Operand {
        if target == shape { return self }
        var result = self
        let shift = target.count - rank
        result.shape = target
        result.strides = Strides(repeating: 0, count: target.count)
        for axis in shift..<target.count where shape[axis - shift] != 1 || target[axis] == 1 { result.strides[axis] = strides[axis - shift] }
        return result
    }

    /// The view of this operand under another shape, or nil where strides can't say it. Sample axes stay what they are.
    func reshaped(to target: [Int], sampleAxis: Int?, from source: Int?) -> Operand? {
        if sampleAxis == nil, source == nil, isContiguous(sampleAxis: nil) { return Operand(address: address, shape: target) }
        var old = shape.indices.filter { $0 != source && shape[$0] != 1 }.map { (shape[$0], strides[$0]) }
        var result = Operand(address: address, shape: target, sampleAxis: sampleAxis)
        let targetAxes = target.indices.filter { $0 != sampleAxis && target[$0] != 1 }
        if let sampleAxis { result.strides[sampleAxis] = source.map { strides[$0] } ?? 0 }
        if target.contains(0) { return result }
        // Match groups of axes with equal products; a group must be contiguous within itself.
        var j = 0
        while !old.isEmpty || j < targetAxes.count {
            guard !old.isEmpty, j < targetAxes.count else { return nil }
            var group = [old.removeFirst()]
            var newGroup = [targetAxes[j]]
            j += 1
            var (a, b) = (group[0].0, target[newGroup[0]])
            while a != b {
                if a < b {
                    guard !old.isEmpty else { return nil }
                    group.append(old.removeFirst())
                    a *= group.last!.0
                } else {
                    guard j < targetAxes.count else { return nil }
                    newGroup.append(targetAxes[j])
                    b *= target[targetAxes[j]]
                    j += 1
                }
            }
            for (outer, inner) in zip(group, group.dropFirst()) where outer.1 != inner.1 * inner.0 { return nil }
            var stride = group.last!.1
            for axis in newGroup.reversed() {
                result.strides[axis] = stride
                stride *= target[axis]
            }
        }
        return result
    }
}

/// A stride for every axis; those of the first four need no memory of their own.
struct Strides {
    private var first: (Int, Int, Int, Int)
    private var others: [Int]?

    init(repeating stride: Int, count: Int) {
        first = (stride, stride, stride, stride)
        others = count > 4 ? Array(repeating: stride, count: count - 4) : nil
    }
    init(_ strides: [Int]) {
        self.init(repeating: 0, count: strides.count)
        for (axis, stride) in strides.enumerated() { self[axis] = stride }
    }

    subscript(axis: Int) -> Int {
        get {
            switch axis {
            case 0: first.0
            case 1: first.1
            case 2: first.2
            case 3: first.3
            default: others![axis - 4]
            }
        }
        set {
            switch axis {
            case 0: first.0 = newValue
            case 1: first.1 = newValue
            case 2: first.2 = newValue
            case 3: first.3 = newValue
            default: others![axis - 4] = newValue
            }
        }
    }
}

/// Where values are, by number: those that are somewhere lie side by side.
struct OperandTable {
    private var places: [Int32]
    private var operands: [Operand] = []

    init(values: Int) { places = Array(repeating: -1, count: values) }

    subscript(id: Int) -> Operand? {
        get { places[id] < 0 ? nil : operands[Int(places[id])] }
        set {
            guard let newValue else { return places[id] = -1 }
            if places[id] >= 0 { return operands[Int(places[id])] = newValue }
            places[id] = Int32(operands.count)
            operands.append(newValue)
        }
    }

    mutating func removeAll() {
        if operands.isEmpty { return }
        for id in places.indices { places[id] = -1 }
        operands.removeAll(keepingCapacity: true)
    }
}

/// Samples in a block: the width of the kernels' virtual vector.
public let lanes = 16

/// The state of one thread while it runs a plan.
public struct Memory {
    var bases: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// Samples in the current block.
    var lanes: Int
    /// The first sample of the current block.
    var firstRow: Int
    var seed: UInt64
    var step: UInt64

    @inline(__always) func pointer(_ address: Address) -> UnsafeMutableRawPointer { bases[address.buffer] + address.offset }
}

/// Values that an instruction reads on every replay, without an array's reference counting. Whoever makes one deallocates it.
struct FixedRow<Element> {
    private let base: UnsafeMutablePointer<Element>
    let count: Int
    init(_ values: [Element]) {
        base = .allocate(capacity: max(1, values.count))
        count = values.count
        base.initialize(from: values, count: values.count)
    }
    init(count: Int, _ element: (Int) -> Element) {
        base = .allocate(capacity: max(1, count))
        self.count = count
        for i in 0..<count { (base + i).initialize(to: element(i)) }
    }
    func deallocate() {
        base.deinitialize(count: count)
        base.deallocate()
    }
    @inline(__always) subscript(i: Int) -> Element { base[i] }
}

/// One step of a plan. Immutable: threads share it and keep their state in `Memory`.
public class Instruction {
    /// Calls the body with every buffer that it reads or writes, some perhaps twice.
    func forEachBuffer(_ body: (Int) -> Void) {}
    func run(_ memory: UnsafePointer<Memory>) {}
}
