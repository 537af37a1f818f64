import Datasets
import Engine
import KernelInterface
import Kernels
import Operations

/// The sequential meta-architecture: N nodes, each one of the operations, x(j+1) = o_j(x(j), theta_j), x(0) = A'y.
public struct Space: Sendable {
    public let nodes: Int
    public let operations: [any Operation]

    /// Throws for fewer than one node or operation, or two operations of one name.
    public init(nodes: Int, operations: [any Operation]) throws {
        guard nodes >= 1 else { throw EngineError("space: at least one node expected, got \(nodes)") }
        guard !operations.isEmpty else { throw EngineError("space: at least one operation expected, got none") }
        var names: Set<String> = []
        for operation in operations where !names.insert(operation.name).inserted {
            throw EngineError("space: two operations are named '\(operation.name)'; give one another name with name = ")
        }
        (self.nodes, self.operations) = (nodes, operations)
    }

    public var names: [String] { operations.map(\.name) }
    public var description: String { "space{nodes = \(nodes), operations = {" + operations.map { "\($0.name): \($0.description)" }.joined(separator: ", ") + "}}" }

    /// The number of architectures, as a floating-point number since it outgrows integers.
    public var size: Double {
        (0..<nodes).reduce(1.0) { product, _ in product * Double(operations.count) }
    }

    /// A uniformly random architecture.
    public func random(seed: UInt64) -> Architecture {
        let seed = derivedSeed(seed, .architecture)
        var choices: [Int] = []
        for node in 0..<nodes {
            let words = philox4x32(counter: (UInt32(node), 0, 0, 0), key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
            choices.append(Int((UInt64(words.0) * UInt64(operations.count)) >> 32))
        }
        return Architecture(choices: choices, names: names)
    }

    public func index(of name: String) throws -> Int {
        let aliases = ["gradient_descent": "grad", "cnn": "net"]
        guard let index = names.firstIndex(of: name) ?? names.firstIndex(of: aliases[name] ?? name) else {
            throw EngineError("architecture: no operation '\(name)' in this space (it has \(names.joined(separator: ", ")))")
        }
        return index
    }

    /// One name for all nodes, or one for each.
    public func architecture(_ chosen: [String]) throws -> Architecture {
        guard chosen.count == 1 || chosen.count == nodes else {
            throw EngineError("architecture: \(nodes) operation names expected (or one for all nodes), got \(chosen.count)")
        }
        let choices = try chosen.map(index(of:))
        return Architecture(choices: choices.count == 1 ? Array(repeating: choices[0], count: nodes) : choices, names: names)
    }
}

/// One operation per node.
public struct Architecture: Sendable, Hashable, CustomStringConvertible {
    /// Indices into the space's operations.
    public let choices: [Int]
    public let names: [String]
    public init(choices: [Int], names: [String]) { (self.choices, self.names) = (choices, names) }
    public var chosen: [String] { choices.map { names[$0] } }
    public var description: String { chosen.joined(separator: " > ") }
}
