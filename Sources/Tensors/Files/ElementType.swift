import Engine

/// How numbers are stored in files: kind, bytes and byte order; and their conversion to float32 or float64. What float32
/// does not hold exactly (integers of 4 and 8 bytes) becomes float64.
struct ElementType: Hashable {
    enum Kind { case float, signed, unsigned, boolean, brainFloat }
    var kind: Kind
    var size: Int
    var isBigEndian = false

    var dtype: DType {
        switch kind {
        case .float: size == 8 ? .float64 : .float32
        case .signed, .unsigned: size >= 4 ? .float64 : .float32
        case .boolean, .brainFloat: .float32
        }
    }

    /// The elements from `bytes` on, as tensor values. The result is how many of them float64 does not hold and were
    /// rounded: integers beyond 2^53.
    func read(_ bytes: UnsafeRawPointer, into tensor: Tensor) throws -> Int {
        let count = tensor.count
        var rounded = 0
        if kind == .float, size == tensor.dtype.size, !isBigEndian {
            let values = tensor.mutablePointer
            try Interruption.checkedPieces(count) { start, count in
                (values + start * size).copyMemory(from: bytes + start * size, byteCount: count * size)
            }
            return 0
        }
        func each(_ value: (Int) -> Double) throws {
            try Interruption.checkedPieces(count) { start, count in for i in start..<(start + count) { tensor.store(value(i), at: i) } }
        }
        func word<T: FixedWidthInteger>(_ i: Int, _: T.Type) -> T {
            let word = bytes.loadUnaligned(fromByteOffset: i * size, as: T.self)
            return isBigEndian ? T(bigEndian: word) : T(littleEndian: word)
        }
        func nearest<T: FixedWidthInteger>(_ i: Int, _: T.Type) -> Double {
            let integer = word(i, T.self)
            let value = Double(integer)
            if T(exactly: value) != integer { rounded += 1 }
            return value
        }
        switch (kind, size) {
        case (.float, 8): try each { Double(bitPattern: word($0, UInt64.self)) }
        case (.float, 4): try each { Double(Float(bitPattern: word($0, UInt32.self))) }
        case (.float, _): try each { ElementType.half(word($0, UInt16.self)) }
        case (.brainFloat, _): try each { Double(Float(bitPattern: UInt32(word($0, UInt16.self)) << 16)) }
        case (.boolean, _): try each { word($0, UInt8.self) == 0 ? 0 : 1 }
        case (.signed, 1): try each { Double(word($0, Int8.self)) }
        case (.signed, 2): try each { Double(word($0, Int16.self)) }
        case (.signed, 4): try each { Double(word($0, Int32.self)) }
        case (.signed, _): try each { nearest($0, Int64.self) }
        case (.unsigned, 1): try each { Double(word($0, UInt8.self)) }
        case (.unsigned, 2): try each { Double(word($0, UInt16.self)) }
        case (.unsigned, 4): try each { Double(word($0, UInt32.self)) }
        case (.unsigned, _): try each { nearest($0, UInt64.self) }
        }
        return rounded
    }

    /// IEEE 754 binary16.
    private static func half(_ bits: UInt16) -> Double {
        let sign = bits >> 15 == 0 ? 1.0 : -1.0, exponent = Int(bits >> 10 & 31), fraction = Double(bits & 1023)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
    }
}

/// An array of a file that is in order, but is no tensor: others beside it can be loaded.
struct UnloadableArray: Error {
    /// "holds text ('<U1'); floats, integers and booleans can be loaded"
    let problem: String
    /// A line of Python that makes something loadable of the array `a`, if there is one.
    let python: String?

    /// What to say of the array by its name.
    var text: String { problem + (python.map { ". In Python: \($0)" } ?? "") }
}

/// The bytes of a file, read with every offset checked.
struct FileBytes {
    let bytes: [UInt8]
    let name: String
    /// Told what is worth knowing about an array that was loaded.
    let remark: (String) -> Void

    var count: Int { bytes.count }

    func wrong(_ problem: String) -> EngineError { EngineError("load: '\(name)' \(problem)") }

    func integer<T: FixedWidthInteger & UnsignedInteger>(at offset: Int, _: T.Type = T.self) throws -> T {
        try T(littleEndian: slice(offset, MemoryLayout<T>.size).withUnsafeBytes { $0.loadUnaligned(as: T.self) })
    }

    func slice(_ offset: Int, _ count: Int) throws -> ArraySlice<UInt8> {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { throw wrong("is truncated") }
        return bytes[offset..<(offset + count)]
    }

    /// A tensor from its description: the sizes must be those of the bytes there are.
    func tensor(_ type: ElementType, _ shape: Shape, at offset: Int, bytes length: Int, array: String? = nil,
                columnMajor: Bool = false) throws -> Tensor {
        if shape.count > ShapeRules.maximalRank, shape.allSatisfy({ $0 >= 0 }) {
            let most = ShapeRules.maximalRank
            throw UnloadableArray(problem: "has \(shape.count) dimensions, \(shape.braces); a tensor has up to \(most)",
                                  python: "a.squeeze(), or a.reshape(..) to fewer")
        }
        do { try shape.checked("load") } catch { throw wrong("claims a shape that cannot be: \(shape.braces)") }
        guard shape.elements * type.size == length else {
            throw wrong("claims \(shape.elements * type.size) bytes for shape \(shape.braces), there are \(length)")
        }
        let data = try slice(offset, length)
        let stored = columnMajor ? shape.reversed() : shape
        let result = try Tensor.allocate(stored, type.dtype, "load")
        let rounded = try data.withUnsafeBytes { bytes in
            try bytes.baseAddress.map { try type.read($0, into: result) } ?? 0
        }
        if rounded > 0 {
            let place = (array.map { "'\($0)' of " } ?? "") + "'\(name)'"
            remark("load: \(rounded) \(rounded == 1 ? "integer" : "integers") beyond 2^53 in \(place) "
                + "\(rounded == 1 ? "was" : "were") rounded to what float64 holds")
        }
        return columnMajor ? try result.permute(stored.indices.reversed()) : result
    }
}
