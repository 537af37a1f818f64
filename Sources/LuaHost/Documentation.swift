// Everything that has been declared in a state, in order of declaration: what help, completion, the manual and the
// LuaLS definitions are made from. A path is what a user writes: "tensor", "tensor.relu", "tensor:exp", "tensor.shape".

public final class Documentation {
    public struct Argument {
        public var name: String
        public var type: String
        public var shape: String
        public var summary: String
        /// As a Lua literal; nil when there is none.
        public var defaultText: String?
        public var isOptional: Bool
        /// What an option takes, for completion and type definitions; nil for plain arguments.
        public var kind: LuaOptionKind?
        /// The declared options, when the argument is a table of them.
        public var options: [Argument] = []
        /// The function that lists the same options.
        public var optionsOf: String?
        /// Whether the option may stand first in its table without its name.
        public var mayBeFirst = false

        public init(name: String, type: String, shape: String, summary: String, defaultText: String?, isOptional: Bool) {
            self.name = name
            self.type = type
            self.shape = shape
            self.summary = summary
            self.defaultText = defaultText
            self.isOptional = isOptional
        }

        init(_ option: LuaOption) {
            var isOptional = true
            if case .required = option.defaultValue { isOptional = false }
            var name = option.name
            if case .at(let i) = option.position { name = "[\(i)] \(name)" }
            if case .rest = option.position { name = "[..] \(name)" }
            self.init(name: name, type: option.kind.expectation, shape: "", summary: option.summary,
                      defaultText: option.defaultValue.text, isOptional: isOptional)
            kind = option.kind
            optionsOf = option.optionsOf
            if case .namedOrFirst = option.position { mayBeFirst = true }
            options = option.kind.nestedOptions.map { Argument($0) }
        }
    }

    public enum Kind: String { case namespace, function, call, type, method, property, index, operation, constant }

    public struct Entry {
        public var kind: Kind
        /// The namespace or type it belongs to; "" for namespaces and types of their own.
        public var owner: String
        public var name: String
        public var summary: String
        /// What is written before "->": "tensor.relu(x)".
        public var signature: String
        public var arguments: [Argument] = []
        public var returns = ""
        public var errors = ""
        /// Runnable Lua.
        public var example = ""

        public var path: String {
            switch kind {
            case .namespace, .type: return name
            case .method: return "\(owner):\(name)"
            default: return "\(owner).\(name)"
            }
        }
    }

    /// Paragraphs that `help()` ends with.
    public var notes: [String] = []
    /// How help is laid out for whoever reads it: folded to a terminal's width.
    public var layout: (String) -> String = { $0 }
    public private(set) var entries: [Entry] = []
    /// Second names of functions: path to names.
    private var otherNames: [String: [String]] = [:]
    private var positions: [String: Int] = [:]
    /// Function values and namespace tables by address; they live as long as the state.
    private var values: [UnsafeRawPointer: Int] = [:]

    /// Adds an entry; a later one of the same path and kind replaces it.
    @discardableResult
    public func add(_ entry: Entry, value: UnsafeRawPointer? = nil) -> Int {
        let key = "\(entry.kind.rawValue) \(entry.path)"
        let position = positions[key] ?? entries.count
        if position == entries.count { entries.append(entry) } else { entries[position] = entry }
        positions[key] = position
        if let value { values[value] = position }
        return position
    }

    func addAlias(_ alias: String, of path: String) { otherNames[path, default: []].append(alias) }

    /// Second names of a function, without the namespace.
    public func aliases(of entry: Entry) -> [String] { entry.kind == .function ? otherNames[entry.path] ?? [] : [] }

    public func entry(at value: UnsafeRawPointer) -> Entry? { values[value].map { entries[$0] } }

    /// By what a user would write; a namespace wins over the type of the same name.
    public func entry(named path: String) -> Entry? {
        let same = entries.filter { $0.path == path }
        if let found = same.first(where: { $0.kind == .namespace }) ?? same.first { return found }
        if let found = entries.first(where: { entry in aliases(of: entry).contains { "\(entry.owner).\($0)" == path } }) { return found }
        // "tensor.exp" for a method and the bare name of a member are understood as well.
        let dotted = entries.filter { "\($0.owner).\($0.name)" == path }
        let bare = entries.filter { $0.name == path }, functions = bare.filter { $0.kind == .function }
        return dotted.first ?? (bare.count == 1 ? bare[0] : functions.count == 1 ? functions[0] : nil)
    }

    /// Of a name that nothing is found under: " (did you mean 'tensor.sum'?)", or who has members of it.
    public func suggestion(forUnknown name: String, and others: [String] = []) -> String {
        let owners = entries.filter { $0.name == name }.map(\.path)
        guard owners.isEmpty else { return " (there are \(owners.joined(separator: ", ")))" }
        // Of "plot.lines" only what is behind the point is wrong.
        if let point = name.lastIndex(where: { $0 == "." || $0 == ":" }), case let owner = String(name[..<point]), case let members = members(of: owner), !members.isEmpty {
            let near = NearestName.of(String(name[name.index(after: point)...]), among: members.map(\.name)).flatMap { near in members.first { $0.name == near } }
            return near.map { " (did you mean '\($0.path)'?)" } ?? "; \(owner)? lists what it has"
        }
        return NearestName.suggestion(for: name, among: entries.map(\.path) + entries.map(\.name) + others)
    }

    /// Members of a namespace or type, in order of declaration.
    public func members(of owner: String) -> [Entry] { entries.filter { $0.owner == owner } }

    public var namespaces: [Entry] { entries.filter { $0.kind == .namespace } }
    public var types: [Entry] { entries.filter { $0.kind == .type } }

    /// Paths that begin with `prefix`, for completion, sorted.
    public func paths(startingWith prefix: String) -> [String] {
        Set(entries.map(\.path).filter { $0.hasPrefix(prefix) }).sorted()
    }
}

extension LuaOptionKind {
    var nestedOptions: [LuaOption] {
        switch self {
        case .options(let options), .records(let options): return options
        case .list(let kind): return kind.nestedOptions
        case .either(let kinds): return kinds.flatMap(\.nestedOptions)
        default: return []
        }
    }
}
