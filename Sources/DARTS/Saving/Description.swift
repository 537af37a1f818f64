import Engine

/// A description `kind{name = value, .., kind{..}, ..}` taken apart: what operations and measurements say of themselves.
/// A strict grammar; nothing is evaluated, and whatever is left over or missing is an error.
struct Description {
    let kind: String
    let values: [String: String]
    let parts: [Description]

    init(_ text: String) throws {
        var parser = Parser(text: Array(text.unicodeScalars))
        self = try parser.description(depth: 0)
        guard parser.isAtEnd else { throw parser.wrong("its end") }
    }
    private init(kind: String, values: [String: String], parts: [Description]) { (self.kind, self.values, self.parts) = (kind, values, parts) }

    private struct Parser {
        let text: [Unicode.Scalar]
        var position = 0
        var isAtEnd: Bool { position == text.count }
        init(text: [Unicode.Scalar]) { self.text = text }

        func wrong(_ expected: String) -> EngineError {
            EngineError("load: description '\(String(String.UnicodeScalarView(text.prefix(200))))' is damaged: \(expected) expected at character \(position + 1)")
        }
        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard position < text.count, text[position] == scalar else { return false }
            position += 1
            return true
        }
        mutating func spaces() { while take(" ") {} }
        mutating func word() throws -> String {
            let start = position
            while position < text.count, text[position].properties.isAlphabetic || ("0"..."9").contains(text[position]) || "_-+.".unicodeScalars.contains(text[position]) { position += 1 }
            guard position > start else { throw wrong("a word") }
            return String(String.UnicodeScalarView(text[start..<position]))
        }
        mutating func description(depth: Int) throws -> Description {
            guard depth < 16 else { throw wrong("no deeper nesting") }
            let kind = try word()
            guard take("{") else { throw wrong("'{'") }
            return try contents(kind, depth)
        }
        private mutating func contents(_ kind: String, _ depth: Int) throws -> Description {
            var values: [String: String] = [:], parts: [Description] = []
            spaces()
            if take("}") { return Description(kind: kind, values: values, parts: parts) }
            while true {
                spaces()
                let name = try word()
                if take("{") {
                    parts.append(try contents(name, depth + 1))
                } else {
                    spaces()
                    guard take("=") else { throw wrong("'='") }
                    spaces()
                    guard values.updateValue(try word(), forKey: name) == nil else { throw wrong("another name than '\(name)'") }
                }
                spaces()
                if take("}") { return Description(kind: kind, values: values, parts: parts) }
                guard take(",") else { throw wrong("',' or '}'") }
            }
        }
    }

    /// Reads the values by name; all of them have to be asked for.
    func read<Result>(_ body: (inout Reader) throws -> Result) throws -> Result {
        var reader = Reader(description: self, left: Set(values.keys))
        let result = try body(&reader)
        if let unknown = reader.left.sorted().first { throw EngineError("load: '\(kind)' has an unknown setting '\(unknown)'") }
        return result
    }

    struct Reader {
        let description: Description
        var left: Set<String>
        mutating func value<Value>(_ name: String, _ expectation: String, _ convert: (String) -> Value?) throws -> Value {
            left.remove(name)
            guard let text = description.values[name], let value = convert(text) else {
                throw EngineError("load: '\(description.kind)': \(expectation) expected for '\(name)', got \(description.values[name].map { "'\($0)'" } ?? "nothing")")
            }
            return value
        }
        mutating func number(_ name: String) throws -> Double { try value(name, "a finite number") { Double($0).flatMap { $0.isFinite ? $0 : nil } } }
        mutating func integer(_ name: String, _ range: ClosedRange<Int>) throws -> Int {
            try value(name, "an integer from \(range.lowerBound) to \(range.upperBound)") { Int($0).flatMap { range.contains($0) ? $0 : nil } }
        }
        mutating func optionalInteger(_ name: String, _ range: ClosedRange<Int>) throws -> Int? { description.values[name] == nil ? nil : try integer(name, range) }
        mutating func optional<Value>(_ name: String, _ expectation: String, _ convert: (String) -> Value?) throws -> Value? {
            description.values[name] == nil ? nil : try value(name, expectation, convert)
        }
        mutating func boolean(_ name: String) throws -> Bool { try value(name, "true or false") { Bool($0) } }
    }
}
