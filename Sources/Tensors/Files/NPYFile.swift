import Engine

/// NumPy's .npy: magic, version, a Python dictionary {descr, fortran_order, shape} as text, the numbers.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
enum NPYFile {
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    static func read(_ file: FileBytes) throws -> Tensor {
        guard file.bytes.starts(with: magic) else { throw file.wrong("is not an .npy file") }
        let version: UInt8 = try file.integer(at: 6)
        guard (1...3).contains(version) else { throw file.wrong("has .npy version \(version); 1 to 3 are known") }
        let length = version == 1 ? Int(try file.integer(at: 8, UInt16.self)) : Int(try file.integer(at: 8, UInt32.self))
        let start = version == 1 ? 10 : 12
        let header = PythonDictionary(text: String(decoding: try file.slice(start, length), as: UTF8.self))
        guard let order = header.word("fortran_order"), order == "True" || order == "False",
              let shape = header.tuple("shape")
        else {
            throw file.wrong("has a header without fortran_order or shape")
        }
        if let fields = header.fields("descr") { throw structured(fields) }
        guard let descr = header.string("descr") else { throw file.wrong("has a header without descr") }
        guard let type = elementType(descr) else { throw unloadable(descr) }
        let data = start + length
        return try file.tensor(type, shape, at: data, bytes: file.count - data, columnMajor: order == "True")
    }

    static func content(_ tensor: Tensor) -> FileContent {
        let shape = tensor.shape.count == 1 ? "(\(tensor.shape[0]),)" : "(" + tensor.shape.map(String.init).joined(separator: ", ") + ")"
        var header = "{'descr': '<f\(tensor.dtype.size)', 'fortran_order': False, 'shape': \(shape), }"
        // The numbers begin at a multiple of 64.
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var content = FileContent()
        content.append(magic + [1, 0, UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)] + Array(header.utf8))
        content.append(numbersOf: tensor)
        return content
    }

    /// An array of records, as NumPy's structured types are.
    private static func structured(_ fields: [(name: String, type: String)]) -> UnloadableArray {
        let first = fields.prefix(6).map { "'\($0.name)' \($0.type)" }.joined(separator: ", ")
        let shown = (fields.count == 1 ? "field " : "fields ") + first + (fields.count > 6 ? ", .." : "")
        return UnloadableArray(problem: "is a structured array with the \(shown); arrays of one type can be loaded",
                               python: "np.savez(\"fields.npz\", **{n: a[n] for n in a.dtype.names})")
    }

    /// Elements that are no numbers, or numbers that a tensor does not hold.
    private static func unloadable(_ descr: String) -> UnloadableArray {
        let kind = descr.drop { "<>|=".contains($0) }.first
        let (what, python): (String, String?) = switch kind {
        case "U", "S", "a": ("text", nil)
        case "c": ("complex numbers", "np.stack([a.real, a.imag])")
        case "O": ("Python objects", "a.astype(\"f8\"), if they are numbers")
        case "M", "m": ("times", "a.astype(\"i8\").astype(\"f8\")")
        case "f": ("floats of an unusual width", "a.astype(\"f8\")")
        default: ("elements of another type", nil)
        }
        let given = "\(what) ('\(descr.prefix(20))')"
        return UnloadableArray(problem: "holds \(given); floats, integers and booleans can be loaded", python: python)
    }

    private static func elementType(_ descr: String) -> ElementType? {
        let text = Array(descr)
        guard text.count == 3, let size = text[2].wholeNumberValue, "<>|=".contains(text[0]) else { return nil }
        let isBig = text[0] == ">"
        switch (text[1], size) {
        case ("f", 2), ("f", 4), ("f", 8): return ElementType(kind: .float, size: size, isBigEndian: isBig)
        case ("i", 1), ("i", 2), ("i", 4), ("i", 8): return ElementType(kind: .signed, size: size, isBigEndian: isBig)
        case ("u", 1), ("u", 2), ("u", 4), ("u", 8): return ElementType(kind: .unsigned, size: size, isBigEndian: isBig)
        case ("b", 1): return ElementType(kind: .boolean, size: 1)
        default: return nil
        }
    }
}

/// What an .npy header needs of Python's syntax.
private struct PythonDictionary {
    let text: String

    /// What follows 'key':
    private func value(_ key: String) -> Substring? {
        for quote in ["'", "\""] {
            guard let start = text.range(of: quote + key + quote) else { continue }
            let rest = text[start.upperBound...].drop { $0 == " " }
            if rest.first == ":" { return rest.dropFirst().drop { $0 == " " } }
        }
        return nil
    }
    func string(_ key: String) -> String? {
        guard let value = value(key), let quote = value.first, quote == "'" || quote == "\"" else { return nil }
        let rest = value.dropFirst()
        return rest.firstIndex(of: quote).map { String(rest[..<$0]) }
    }
    /// The fields of a structured type, [('name', 'type'), ('name', 'type', (2,)), ..]; nil for anything but a list.
    func fields(_ key: String) -> [(name: String, type: String)]? {
        guard let value = value(key), value.first == "[" else { return nil }
        var fields: [(name: String, type: String)] = []
        var texts: [String] = []
        var rest = value.dropFirst()
        var depth = 0
        while let character = rest.first, !(character == "]" && depth == 0) {
            rest = rest.dropFirst()
            switch character {
            case "(", "[": depth += 1
            case ")", "]":
                depth -= 1
                if depth == 0 {
                    // A field of fields has no type of its own.
                    if let name = texts.first { fields.append((name, texts.count == 2 ? texts[1] : "of fields")) }
                    texts = []
                }
            case "'", "\"":
                guard let end = rest.firstIndex(of: character) else { return fields }
                texts.append(String(rest[..<end]))
                rest = rest[rest.index(after: end)...]
            default: break
            }
        }
        return fields
    }
    func word(_ key: String) -> String? { value(key).map { String($0.prefix { $0.isLetter }) } }
    func tuple(_ key: String) -> [Int]? {
        guard let value = value(key), value.first == "(", let end = value.firstIndex(of: ")") else { return nil }
        let parts = value[value.index(after: value.startIndex)..<end].split(separator: ",", omittingEmptySubsequences: true)
            .map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
        let sizes = parts.compactMap { part in Int(part.hasSuffix("L") ? part.dropLast() : part) }
        return sizes.count == parts.count ? sizes : nil
    }
}
