import KernelInterface
import Kernels

/// A reduction over strided axes, as a loop nest around one of two kernels: *columns* when the unit-stride axis of x is
/// kept (always so in packed blocks), *rows* when it is reduced. The lowering copies x first when neither fits.
///
/// Sums over further axes than the kernel's take the kernel's sums in pairs, pairs of pairs and so on (of fewer than 64 rows as
/// many as make 64 one after another), so that their error does not grow with the number of these either.
final class ReductionInstruction: Instruction {
    enum Kind {
        case code(ReductionCode)
        case spread(SpreadCode, divisor: Double)
    }
    let kind: Kind
    let x: Address, y: Address
    /// Partial sums of columns that wait for one another.
    private(set) var waiting: Address?
    /// Bytes from one of them to the next.
    private var rowBytes = 0
    /// Positions of the further reduced axes, and how many of them are added in order.
    private let outerCount: Int
    private let outerRun: Int
    let columns: Bool
    let rows: Int, rowStride: Int, count: Int
    /// Outer loops: sizes with the strides of x and y; stride 0 in y is a further reduced axis (columns only).
    let kept: [(size: Int, x: Int, y: Int)]
    let reduced: [(size: Int, x: Int)]
    let kernels: UnsafePointer<KernelTable>
    let elementSize: Int

    private typealias Axis = (size: Int, x: Int, y: Int)

    /// Nil when the strides fit neither kernel.
    init?(_ kind: Kind, x: Operand, axes: [Int], y: Operand, dtype: DType, scratch lowering: Lowering) {
        (self.kind, self.x, self.y, kernels, elementSize) = (kind, x.address, y.address, Kernels.table(dtype), dtype.size)
        func merged(_ list: [Axis]) -> [Axis] {
            var result: [Axis] = []
            for axis in list.sorted(by: { $0.x > $1.x }) {
                if let last = result.last, last.x == axis.x * axis.size, last.y == axis.y * axis.size {
                    result[result.count - 1] = (last.size * axis.size, axis.x, axis.y)
                } else {
                    result.append(axis)
                }
            }
            return result
        }
        var kept = merged(x.shape.indices.filter { !axes.contains($0) && x.shape[$0] != 1 }.map { (x.shape[$0], x.strides[$0], y.strides[$0]) })
        var reduced = merged(axes.filter { x.shape[$0] != 1 }.map { (x.shape[$0], x.strides[$0], 0) })
        if x.shape.contains(0) {
            // Nothing to add up: y, whose memory has no gaps, is filled with what the empty reduction gives.
            columns = true
            (rows, rowStride, count) = (0, 0, y.shape.elements)
            (self.kept, self.reduced) = ([], [])
            (outerCount, outerRun) = (1, 1)
            return
        }
        if let vector = kept.last, vector.x == 1, vector.y == 1 {
            kept.removeLast()
            let rowAxis = reduced.popLast() ?? (1, 0, 0)
            columns = true
            (rows, rowStride, count) = (rowAxis.size, rowAxis.x, vector.size)
        } else if reduced.count <= 1, reduced.first?.x ?? 1 == 1 {
            let row = reduced.popLast() ?? (1, 1, 0)
            let rowAxis: Axis
            if let last = kept.last, last.y == 1 { rowAxis = kept.removeLast() } else { rowAxis = (1, 0, 0) }
            columns = false
            (rows, rowStride, count) = (rowAxis.size, rowAxis.x, row.size)
        } else {
            return nil
        }
        self.kept = kept
        self.reduced = reduced.map { ($0.size, $0.x) }
        outerCount = reduced.reduce(1) { $0 * $1.size }
        outerRun = max(1, 64 / rows)
        switch kind {
        case .code(.sum):
            let runs = (outerCount + outerRun - 1) / outerRun
            rowBytes = (count * dtype.size + 63) / 64 * 64
            if runs > 1 { waiting = lowering.scratch(bytes: ReductionInstruction.levels(runs) * rowBytes) }
        case .code: break
        case .spread: if !reduced.isEmpty { return nil }
        }
    }

    /// Partial sums that wait at most when so many are added in pairs, with the one that is made.
    private static func levels(_ runs: Int) -> Int { runs.bitWidth - runs.leadingZeroBitCount + 1 }

    override func forEachBuffer(_ body: (Int) -> Void) {
        body(x.buffer)
        body(y.buffer)
        if let waiting { body(waiting.buffer) }
    }

    override func run(_ memory: UnsafePointer<Memory>) {
        let x = UnsafeRawPointer(memory.pointee.pointer(self.x)), y = memory.pointee.pointer(self.y)
        overKept(0, x, y, waiting.map { memory.pointee.pointer($0) })
    }

    private func overKept(_ level: Int, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ waiting: UnsafeMutableRawPointer?) {
        guard level < kept.count else { return columns ? reduceColumns(x, y, waiting) : reduceRows(x, y) }
        let axis = kept[level]
        for i in 0..<axis.size where !Interruption.isRequested {
            overKept(level + 1, x + i * axis.x * elementSize, y + i * axis.y * elementSize, waiting)
        }
    }

    private func reduceRows(_ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer) {
        Interruption.pieces(rows, of: max(1, Interruption.pieceOfElements / max(count, 1))) { start, rows in
            let y = y + start * elementSize
            let x = x + start * rowStride * elementSize
            switch kind {
            case .code(let code): kernels.pointee.reduceRows[code.rawValue](y, x, rows, rowStride, count)
            case .spread(let code, let divisor): kernels.pointee.spreadRows(y, x, rows, rowStride, count, code.rawValue, divisor)
            }
        }
    }

    private func reduceColumns(_ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ waiting: UnsafeMutableRawPointer?) {
        switch kind {
        case .code(.sum):
            // (The kernel looks at the flag of an interrupt itself: its tree is over all rows.)
            let sum = kernels.pointee.reduceColumns[ReductionCode.sum.rawValue]
            if let waiting { return sumInPairs(x, y, waiting) }
            if reduced.isEmpty { return sum(y, x, rows, rowStride, count, 0) }
            var first = true
            overOuter(0, x) { x in
                sum(y, x, rows, rowStride, count, first ? 0 : 1)
                first = false
            }
        case .code(let code):
            var first = true
            overReduced(code, 0, x, y, &first)
        case .spread(let code, let divisor):
            kernels.pointee.spreadColumns(y, x, rows, rowStride, count, code.rawValue, divisor)
        }
    }

    /// Sums of the kernel in pairs: those that wait are the largest first, and the last is the one that is made.
    private func sumInPairs(_ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ waiting: UnsafeMutableRawPointer) {
        let sum = kernels.pointee.reduceColumns[ReductionCode.sum.rawValue]
        let add = kernels.pointee.binary[BinaryCode.add.rawValue]
        let rowBytes = rowBytes
        var size = 0
        var runs = 0
        var inRun = 0
        func merge() {
            size -= 1
            let before = waiting + (size - 1) * rowBytes
            add(before, before, 1, waiting + size * rowBytes, 1, count)
        }
        func endRun() {
            size += 1
            runs += 1
            inRun = 0
            var whole = runs
            while whole & 1 == 0 {
                merge()
                whole >>= 1
            }
        }
        overOuter(0, x) { x in
            sum(waiting + size * rowBytes, x, rows, rowStride, count, inRun == 0 ? 0 : 1)
            inRun += 1
            if inRun == outerRun { endRun() }
        }
        if Interruption.isRequested { return }
        if inRun > 0 { endRun() }
        while size > 1 { merge() }
        y.copyMemory(from: waiting, byteCount: count * elementSize)
    }

    /// Calls the body with x at every position of the further reduced axes, in order.
    private func overOuter(_ level: Int, _ x: UnsafeRawPointer, _ body: (UnsafeRawPointer) -> Void) {
        guard level < reduced.count else { return body(x) }
        for i in 0..<reduced[level].size where !Interruption.isRequested { overOuter(level + 1, x + i * reduced[level].x * elementSize, body) }
    }

    private func overReduced(_ code: ReductionCode, _ level: Int, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ first: inout Bool) {
        guard level < reduced.count else {
            // In pieces of rows: what was added up so far comes first, and the sums are in the same order.
            Interruption.pieces(rows, of: max(64, Interruption.pieceOfElements / max(count, 1))) { start, rows in
                kernels.pointee.reduceColumns[code.rawValue](y, x + start * rowStride * elementSize, rows, rowStride, count, first ? 0 : 1)
                first = false
            }
            return
        }
        for i in 0..<reduced[level].size where !Interruption.isRequested {
            overReduced(code, level + 1, x + i * reduced[level].x * elementSize, y, &first)
        }
    }
}

/// partial[e][lane] += x[e][lane], for the lanes that hold samples.
final class AddLanesInstruction: Instruction {
    let partial: Address, x: Address
    let elements: Int
    let kernels: UnsafePointer<KernelTable>
    init(partial: Address, x: Operand, dtype: DType) {
        (self.partial, self.x, elements, kernels) = (partial, x.address, x.shape.elements / lanes, Kernels.table(dtype))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(partial.buffer)
        body(x.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee
        kernels.pointee.addLanes(m.pointer(partial), m.pointer(x), elements, m.lanes)
    }
}

/// partial[lane] += sum over elements of a * b: the inner product of two packed values.
final class DotLanesInstruction: Instruction {
    let partial: Address, a: Address, b: Address
    let elements: Int
    let kernels: UnsafePointer<KernelTable>
    init(partial: Address, a: Operand, b: Operand, dtype: DType) {
        (self.partial, self.a, self.b, elements, kernels) = (partial, a.address, b.address, a.shape.elements / lanes, Kernels.table(dtype))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(partial.buffer)
        body(a.buffer)
        body(b.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee
        kernels.pointee.dotLanes(m.pointer(partial), m.pointer(a), m.pointer(b), elements, m.lanes)
    }
}

/// The end of a sum over samples: lanes by the fixed tree, groups of blocks in order.
final class SumLanesInstruction: Instruction {
    let y: Address, partial: Address
    var count: Int
    let groups: Int
    /// Elements from one group's sums to the next; known when memory is planned.
    var groupStride = 0
    let elementSize: Int
    let kernels: UnsafePointer<KernelTable>
    init(y: Address, partial: Address, count: Int, groups: Int, dtype: DType) {
        (self.y, self.partial, self.count, self.groups, elementSize, kernels) = (y, partial, count, groups, dtype.size, Kernels.table(dtype))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(y.buffer)
        body(partial.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee, y = m.pointer(self.y), partial = m.pointer(self.partial)
        Interruption.pieces(count, of: Interruption.pieceOfElements / lanes) { start, count in
            kernels.pointee.sumLanes(y + start * elementSize, partial + start * lanes * elementSize, count, groups, groupStride)
        }
    }
}
