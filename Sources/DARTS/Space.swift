import Datasets
import Engine
import KernelInterface
import Kernels
import Operations

/// The architectures a search chooses from: nodes whose inputs are mixes of operations, x(0) = A'y.
///
/// Of a chain every node has one input, the node before: x(j+1) = o_j(x(j), theta_j). Of a cell a node has one from every
/// earlier state, and is their mean; an architecture keeps the best `kept` of them (Liu, Simonyan and Yang 2019, section
/// 2.1, who add: signals here have no normalisation that would undo it). The last node is the output.
public struct Space: Sendable {
    public enum Topology: String, CaseIterable, Sendable { case chain, cell }
    /// From a state (0: x(0), j: the output of node j) to a node (from 1).
    public struct Edge: Sendable, Hashable {
        public let from: Int, to: Int
        public init(from: Int, to: Int) { (self.from, self.to) = (from, to) }
    }

    public let nodes: Int
    public let operations: [any Operation]
    public let topology: Topology
    /// Edges that a node of a cell keeps, as far as it has them.
    public let kept: Int
    /// A row of alpha each, in the order of their nodes.
    public let edges: [Edge]
    /// What names plans with the space while the process lives.
    let identity: Identity
    public var rows: Int { edges.count }

    /// `skip`: every operation is there a second time with x(0) added to its output.
    /// Throws for fewer than one node or operation, or two operations of one name.
    public init(nodes: Int, operations: [any Operation], topology: Topology = .chain, kept: Int = 2, skip: Bool = false) throws {
        guard nodes >= 1 else { throw EngineError("space: at least one node expected, got \(nodes)") }
        guard !operations.isEmpty else { throw EngineError("space: at least one operation expected, got none") }
        guard kept >= 1 else { throw EngineError("space: at least one edge for every node expected, got \(kept)") }
        let operations = skip ? operations + operations.map { SkipOperation($0) } : operations
        var names: Set<String> = []
        for operation in operations where !names.insert(operation.name).inserted {
            throw EngineError("space: two operations are named '\(operation.name)'; give one another name with name = ")
        }
        (self.nodes, self.operations, self.topology, self.kept) = (nodes, operations, topology, kept)
        identity = Identity(nodes: nodes, topology: topology, kept: kept, names: operations.map(\.name),
                            operations: operations.map { $0.erasedIdentity })
        edges = topology == .chain ? (1...nodes).map { Edge(from: $0 - 1, to: $0) } : (1...nodes).flatMap { node in (0..<node).map { Edge(from: $0, to: node) } }
    }

    public var names: [String] { operations.map(\.name) }
    public var description: String {
        "space{nodes = \(nodes), operations = {" + operations.map { "\($0.name): \($0.description)" }.joined(separator: ", ") + "}"
            + (topology == .cell ? ", topology = cell, edges = \(kept)" : "") + "}"
    }

    /// The rows of the edges into a node (from 1).
    func rows(into node: Int) -> Range<Int> { topology == .chain ? node - 1..<node : node * (node - 1) / 2..<node * (node + 1) / 2 }
    /// How many edges an architecture keeps of a node's.
    func keptCount(_ node: Int) -> Int { min(kept, rows(into: node).count) }
    /// Where a row is, for messages.
    func place(row: Int) -> String { topology == .chain ? "node \(row + 1)" : "node \(edges[row].to), from \(edges[row].from)" }

    /// The number of architectures, as a floating-point number since it outgrows integers.
    public var size: Double { radices.reduce(1) { $0 * Double($1) } }

    /// An architecture as digits: for every node which edges it keeps, then the operation of each.
    private var radices: [Int] {
        (1...nodes).flatMap { node in
            let subsets = self.subsets(node).count
            return (subsets > 1 ? [subsets] : []) + Array(repeating: operations.count, count: keptCount(node))
        }
    }

    /// The sets of rows that a node may keep, in order.
    private func subsets(_ node: Int) -> [[Int]] {
        let rows = Array(self.rows(into: node)), count = keptCount(node)
        var result: [[Int]] = []
        func extend(_ chosen: [Int], from first: Int) {
            if chosen.count == count { return result.append(chosen) }
            for i in first..<rows.count { extend(chosen + [rows[i]], from: i + 1) }
        }
        extend([], from: 0)
        return result
    }

    private func architecture(digits: [Int]) -> Architecture {
        var position = 0, rows: [Int] = [], choices: [Int] = []
        for node in 1...nodes {
            let subsets = self.subsets(node)
            var subset = subsets[0]
            if subsets.count > 1 {
                subset = subsets[digits[position]]
                position += 1
            }
            rows += subset
            choices += digits[position..<position + subset.count]
            position += subset.count
        }
        return architecture(rows: rows, choices: choices)
    }

    /// Every architecture in order, the last digit running fastest.
    public func all() -> AnyIterator<Architecture> {
        let radices = radices
        var next: [Int]? = Array(repeating: 0, count: radices.count)
        return AnyIterator {
            guard let digits = next else { return nil }
            var following = digits
            var i = digits.count - 1
            while i >= 0, following[i] == radices[i] - 1 {
                following[i] = 0
                i -= 1
            }
            if i >= 0 { following[i] += 1 }
            next = i >= 0 ? following : nil
            return architecture(digits: digits)
        }
    }

    /// A uniformly random architecture; `index` tells those of one seed apart.
    public func random(seed: UInt64, index: UInt64 = 0) -> Architecture {
        let draws = IndexDraws(seed: derivedSeed(seed, .architecture, index))
        return architecture(digits: radices.enumerated().map { draws.below($1, at: $0) })
    }

    /// Another architecture that differs in one digit, drawn uniformly; the same where there is no other.
    func neighbour(of architecture: Architecture, seed: UInt64) -> Architecture {
        let radices = radices, draws = IndexDraws(seed: seed), free = radices.indices.filter { radices[$0] > 1 }
        guard !free.isEmpty else { return architecture }
        var digits = self.digits(architecture)
        let at = free[draws.below(free.count, at: 0)]
        digits[at] = (digits[at] + 1 + draws.below(radices[at] - 1, at: 1)) % radices[at]
        return self.architecture(digits: digits)
    }

    /// All architectures that differ in one digit, in order.
    func neighbours(of architecture: Architecture) -> [Architecture] {
        let digits = self.digits(architecture)
        return radices.enumerated().flatMap { place, radix in
            (0..<radix).filter { $0 != digits[place] }.map { choice in
                var changed = digits
                changed[place] = choice
                return self.architecture(digits: changed)
            }
        }
    }

    private func digits(_ architecture: Architecture) -> [Int] {
        var digits: [Int] = [], position = 0
        for node in 1...nodes {
            let subsets = self.subsets(node), count = keptCount(node)
            if subsets.count > 1 { digits.append(subsets.firstIndex(of: Array(architecture.rows[position..<position + count])) ?? 0) }
            digits += architecture.choices[position..<position + count]
            position += count
        }
        return digits
    }

    public func index(of name: String) throws -> Int {
        let aliases = ["gradient_descent": "grad", "cnn": "net"]
        guard let index = names.firstIndex(of: name) ?? names.firstIndex(of: aliases[name] ?? name) else {
            throw EngineError("architecture: no operation '\(name)' in this space (it has \(names.joined(separator: ", ")))")
        }
        return index
    }

    /// One name for all nodes, or one for each; of a cell's node the edges it keeps, as printed: `net(0) + grad(1)`. A text with all nodes
    /// is taken apart as it is printed: `grad > net`, `net(0) | grad(1)`.
    public func architecture(_ chosen: [String]) throws -> Architecture {
        let separator: Character = topology == .chain ? ">" : "|"
        if chosen.count == 1, chosen[0].contains(separator), !names.contains(chosen[0]) {
            return try architecture(chosen[0].split(separator: separator, omittingEmptySubsequences: false).map { node in
                String(node.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
            })
        }
        guard chosen.count == 1 || chosen.count == nodes else {
            throw EngineError("architecture: \(nodes) operation names expected (or one for all nodes), got \(chosen.count)")
        }
        if topology == .chain {
            let choices = try chosen.map(index(of:))
            return architecture(rows: Array(0..<rows), choices: choices.count == 1 ? Array(repeating: choices[0], count: nodes) : choices)
        }
        if chosen.count == 1, !chosen[0].contains("(") {
            // One operation everywhere, from the latest states.
            let choice = try index(of: chosen[0]), latest = (1...nodes).flatMap { self.rows(into: $0).suffix(keptCount($0)) }
            return architecture(rows: latest, choices: latest.map { _ in choice })
        }
        guard chosen.count == nodes else { throw EngineError("architecture: \(nodes) nodes expected, got \(chosen.count)") }
        var rows: [Int] = [], choices: [Int] = []
        for node in 1...nodes {
            let terms = try self.terms(chosen[node - 1], node: node).sorted { $0.row < $1.row }
            guard terms.count == keptCount(node), Set(terms.map(\.row)).count == terms.count else {
                throw EngineError("architecture: node \(node): \(keptCount(node)) edges from different states expected, got '\(chosen[node - 1])'")
            }
            rows += terms.map(\.row)
            choices += terms.map(\.choice)
        }
        return architecture(rows: rows, choices: choices)
    }

    private func terms(_ text: String, node: Int) throws -> [(row: Int, choice: Int)] {
        // A name may have a plus of its own, so terms end at their bracket.
        try text.split(separator: ")").map { part in
            let trimmed = part.drop { $0 == " " || $0 == "+" }
            guard let bracket = trimmed.lastIndex(of: "("), let from = Int(trimmed[trimmed.index(after: bracket)...]), (0..<node).contains(from) else {
                throw EngineError("architecture: node \(node): operation(state) with states from 0 to \(node - 1) expected, got '\(text)'")
            }
            return (rows(into: node).lowerBound + from, try index(of: String(trimmed[..<bracket])))
        }
    }

    /// With an operation for each kept row.
    func architecture(rows: [Int], choices: [Int]) -> Architecture {
        Architecture(choices: choices, names: names, rows: rows, edges: topology == .cell ? rows.map { edges[$0] } : nil)
    }

    /// The operations of every row that an architecture has there: one or none.
    func present(_ architecture: Architecture) -> [[Int]] {
        var present = [[Int]](repeating: [], count: rows)
        for (row, choice) in zip(architecture.rows, architecture.choices) { present[row] = [choice] }
        return present
    }
}

/// Uniform integers by position, counter-based.
struct IndexDraws {
    private let key: (UInt32, UInt32)
    init(seed: UInt64) { key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)) }
    func below(_ count: Int, at position: Int) -> Int {
        Int((UInt64(philox4x32(counter: (UInt32(position), 0, 0, 0), key: key).0) * UInt64(count)) >> 32)
    }
}

/// One operation for every node of a chain; for every edge kept in a cell.
public struct Architecture: Sendable, Hashable, CustomStringConvertible {
    /// Indices into the space's operations.
    public let choices: [Int]
    public let names: [String]
    /// The row of alpha of each choice.
    public let rows: [Int]
    /// Of a cell; nil for a chain.
    public let edges: [Space.Edge]?
    public init(choices: [Int], names: [String], rows: [Int]? = nil, edges: [Space.Edge]? = nil) {
        (self.choices, self.names, self.rows, self.edges) = (choices, names, rows ?? Array(choices.indices), edges)
    }
    /// What each node is: an operation's name, or of a cell `net(0) + grad(1)`, operations of the states in brackets.
    public var chosen: [String] {
        guard let edges else { return choices.map { names[$0] } }
        return (1...(edges.last?.to ?? 1)).map { node in
            edges.indices.filter { edges[$0].to == node }.map { "\(names[choices[$0]])(\(edges[$0].from))" }.joined(separator: " + ")
        }
    }
    public var description: String { chosen.joined(separator: edges == nil ? " > " : " | ") }
}
