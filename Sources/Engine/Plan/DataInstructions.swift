import KernelInterface
import Kernels

/// Instructions that move or draw data.

/// Samples of a row-major tensor into the packed block at hand, or back.
final class PackInstruction: Instruction {
    let packed: Address, rows: Address
    let unpacks: Bool
    /// The plain tensor is outer x samples x inner.
    let outer: Int, samples: Int, inner: Int
    let kernels: UnsafePointer<KernelTable>
    let elementSize: Int

    init(packed: Address, rows: Address, shape: Shape, sampleAxis: Int, unpacks: Bool, dtype: DType) {
        (self.packed, self.rows, self.unpacks) = (packed, rows, unpacks)
        outer = shape[..<sampleAxis].reduce(1, *)
        samples = shape[sampleAxis]
        inner = shape[(sampleAxis + 1)...].reduce(1, *)
        (kernels, elementSize) = (Kernels.table(dtype), dtype.size)
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(packed.buffer)
        body(rows.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee
        for o in 0..<outer {
            let row = m.pointer(rows) + (o * samples + m.firstRow) * inner * elementSize
            let block = m.pointer(packed) + o * inner * lanes * elementSize
            if o > 0, Interruption.isRequested { return }
            Interruption.pieces(inner, of: Interruption.pieceOfElements / lanes) { start, count in
                let row = row + start * elementSize, block = block + start * lanes * elementSize
                if unpacks {
                    kernels.pointee.unpack(row, inner, 1, block, count, m.lanes)
                } else {
                    kernels.pointee.pack(block, row, inner, 1, count, m.lanes)
                }
            }
        }
    }
}

/// Counter-based random draws, for the block at hand or (rows) for a whole tensor.
final class RandomInstruction: Instruction {
    let y: Address
    let distribution: RandomDraw.Distribution
    let rows: Int?
    let elements: Int
    let stream: UInt32
    let seed: UInt64?
    let kernels: UnsafePointer<KernelTable>
    init(y: Operand, distribution: RandomDraw.Distribution, rows: Int?, elements: Int, stream: UInt32, seed: UInt64?, dtype: DType) {
        (self.y, self.distribution, self.rows, self.elements) = (y.address, distribution, rows, elements)
        (self.stream, self.seed, kernels) = (stream, seed, Kernels.table(dtype))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(y.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee
        var position = RandomPosition(seed: seed ?? m.seed, step: seed == nil ? m.step : 0, stream: stream)
        switch (distribution, rows) {
        case (.normal, nil): kernels.pointee.normalPacked(m.pointer(y), elements, m.firstRow, &position)
        case (.normal, let rows?): kernels.pointee.normalRows(m.pointer(y), rows, elements, &position)
        case (.uniform, nil): kernels.pointee.uniformPacked(m.pointer(y), elements, m.firstRow, &position)
        case (.uniform, let rows?): kernels.pointee.uniformRows(m.pointer(y), rows, elements, &position)
        }
    }
}

/// float32 to float64 or back.
final class ConvertInstruction: Instruction {
    let from: Operand, to: Operand
    private let widens: Bool
    init(from: Operand, to: Operand, widens: Bool) { (self.from, self.to, self.widens) = (from, to, widens) }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(from.address.buffer)
        body(to.address.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        convert(memory.pointee.pointer(from.address), to: memory.pointee.pointer(to.address), count: from.shape.elements, widens: widens)
    }
}

/// Converts `count` contiguous elements between float32 and float64, or a part of them where asked to stop.
public func convert(_ x: UnsafeRawPointer, to y: UnsafeMutableRawPointer, count: Int, widens: Bool) {
    let (floats, doubles) = widens ? (UnsafeMutableRawPointer(mutating: x), y) : (y, UnsafeMutableRawPointer(mutating: x))
    let f = floats.assumingMemoryBound(to: Float.self), d = doubles.assumingMemoryBound(to: Double.self)
    Interruption.pieces(count) { start, count in
        if widens { for i in start..<(start + count) { d[i] = Double(f[i]) } } else { for i in start..<(start + count) { f[i] = Float(d[i]) } }
    }
}

/// A row-major tensor seen as outer x size x inner around one axis; what the instructions along an axis share.
struct AxisWalk {
    let outer: Int, size: Int, inner: Int
    init(_ shape: Shape, axis: Int) {
        (outer, size, inner) = (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
    }
    /// Calls the body with the index of the first element of every line along the axis, until asked to stop; the stride of a
    /// line is `inner`.
    @inline(__always) func forEachLine(_ body: (_ line: Int, _ first: Int) -> Void) {
        for o in 0..<outer {
            for i in 0..<inner {
                if Interruption.isRequested { return }
                body(o * inner + i, o * size * inner + i)
            }
        }
    }
}

/// The position from 1 of the first extreme along an axis; NaN counts as extreme, as in NumPy.
final class ArgumentExtremeInstruction: Instruction {
    let x: Operand, y: Operand
    let walk: AxisWalk
    let largest: Bool
    let dtype: DType
    init(x: Operand, y: Operand, axis: Int, largest: Bool, dtype: DType) {
        (self.x, self.y, walk, self.largest, self.dtype) = (x, y, AxisWalk(x.shape, axis: axis), largest, dtype)
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(x.address.buffer)
        body(y.address.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        dtype == .float32 ? run(memory, Float.self) : run(memory, Double.self)
    }
    @inline(__always) private func run<Real: BinaryFloatingPoint>(_ memory: UnsafePointer<Memory>, _: Real.Type) {
        let x = memory.pointee.pointer(x.address).assumingMemoryBound(to: Real.self), y = memory.pointee.pointer(y.address).assumingMemoryBound(to: Real.self)
        if walk.inner == 1, walk.size > 0 {
            // The extreme first, then where it is.
            let kernels = Kernels.table(dtype), code = largest ? ReductionCode.maximum : .minimum
            for line in 0..<walk.outer {
                let row = x + line * walk.size
                if Interruption.isRequested { return }
                kernels.pointee.reduceRows[code.rawValue](y + line, row, 1, walk.size, walk.size)
                if Interruption.isRequested { return }  // what was reduced halfway need not be in the row
                let extreme = y[line]
                var i = 0
                if extreme.isNaN { while !row[i].isNaN { i += 1 } } else { while row[i] != extreme { i += 1 } }
                y[line] = Real(i + 1)
            }
            return
        }
        walk.forEachLine { line, first in
            var best = 0
            Interruption.pieces(walk.size) { start, count in
                for i in start..<(start + count) {
                    let (a, b) = (x[first + i * walk.inner], x[first + best * walk.inner])
                    if b.isNaN { break }
                    if a.isNaN || (largest ? a > b : a < b) { best = i }
                }
            }
            y[line] = Real(best + 1)
        }
    }
}

final class CumulativeSumInstruction: Instruction {
    let x: Operand, y: Operand
    let walk: AxisWalk
    let reverse: Int
    let kernels: UnsafePointer<KernelTable>
    let elementSize: Int
    init(x: Operand, y: Operand, axis: Int, reverse: Bool, dtype: DType) {
        (self.x, self.y, walk, self.reverse) = (x, y, AxisWalk(x.shape, axis: axis), reverse ? 1 : 0)
        (kernels, elementSize) = (Kernels.table(dtype), dtype.size)
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(x.address.buffer)
        body(y.address.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let x = memory.pointee.pointer(x.address)
        let y = memory.pointee.pointer(y.address)
        if walk.inner == 1 { return kernels.pointee.cumulativeRows(y, x, walk.outer, walk.size, reverse) }
        for o in 0..<walk.outer where !Interruption.isRequested {
            let place = o * walk.size * walk.inner * elementSize
            kernels.pointee.cumulativeColumns(y + place, x + place, walk.size, walk.inner, reverse)
        }
    }
}

/// y[i] = x[index[i]] along an axis, or (put) y[index[i]] += x[i] from zero.
final class TakeAlongInstruction: Instruction {
    let x: Operand, index: Operand, y: Operand
    let from: AxisWalk, to: AxisWalk
    let put: Bool
    let dtype: DType
    init(x: Operand, index: Operand, y: Operand, axis: Int, put: Bool, dtype: DType) {
        (self.x, self.index, self.y, self.put, self.dtype) = (x, index, y, put, dtype)
        (from, to) = (AxisWalk(x.shape, axis: axis), AxisWalk(y.shape, axis: axis))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(x.address.buffer)
        body(y.address.buffer)
        body(index.address.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        dtype == .float32 ? run(memory, Float.self) : run(memory, Double.self)
    }
    @inline(__always) private func run<Real: BinaryFloatingPoint>(_ memory: UnsafePointer<Memory>, _: Real.Type) {
        let x = memory.pointee.pointer(x.address).assumingMemoryBound(to: Real.self), y = memory.pointee.pointer(y.address).assumingMemoryBound(to: Real.self)
        let index = memory.pointee.pointer(index.address).assumingMemoryBound(to: Real.self)
        if put { Interruption.pieces(to.outer * to.size * to.inner) { start, count in (y + start).update(repeating: 0, count: count) } }
        let (indexed, walk) = put ? (to, from) : (from, to)
        walk.forEachLine { line, first in
            let (outer, inner) = (line / walk.inner, line % walk.inner)
            let base = outer * indexed.size * indexed.inner + inner
            Interruption.pieces(walk.size) { start, count in
                for i in start..<(start + count) {
                    let at = first + i * walk.inner, other = base + Int(index[at]) * indexed.inner
                    if put { y[other] += x[at] } else { y[at] = x[other] }
                }
            }
        }
    }
}
