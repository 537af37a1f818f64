import Datasets
import Engine
import KernelInterface
import Kernels
import Operations

/// Where every weight lies in the one flat vector that optimisers see: node by node, operation by operation.
public struct ParameterLayout: Sendable {
    public struct Entry: Sendable {
        /// Row of alpha: of a chain the node.
        public let row: Int, operation: Int
        /// What names its draws, beside the parameter's own name: the edge of its row, and the operation's name.
        let edge: Space.Edge, operationName: String
        public let parameter: Parameter
        public let offset: Int
        public var count: Int { parameter.shape.elements }
    }
    public let entries: [Entry]
    public let count: Int

    /// `present[row]` are the operations of a row.
    public init(_ space: Space, signal: Shape, present: [[Int]]) throws {
        var entries: [Entry] = [], offset = 0
        for (row, operations) in present.enumerated() {
            for operation in operations {
                for parameter in try space.operations[operation].parameters(signal: signal) {
                    entries.append(Entry(row: row, operation: operation, edge: space.edges[row], operationName: space.names[operation],
                                         parameter: parameter, offset: offset))
                    offset += parameter.shape.elements
                }
            }
        }
        (self.entries, count) = (entries, offset)
    }

    /// Of the relaxed network, every edge of which has all operations.
    public init(relaxing space: Space, signal: Shape) throws {
        try self.init(space, signal: signal, present: Array(repeating: Array(space.operations.indices), count: space.rows))
    }

    /// The parameters of one operation of one row, as views of the flat vector.
    func views(of theta: Expression, row: Int, operation: Int) throws -> [Expression] {
        // Entries lie by row, then operation.
        guard let first = entries.firstIndex(where: { $0.row == row && $0.operation == operation }) else { return [] }
        return try entries[first...].prefix { $0.row == row && $0.operation == operation }.map {
            try theta.slice(axis: 0, start: $0.offset, count: $0.count).reshape($0.parameter.shape)
        }
    }

    /// The starting values. The draws of a parameter begin where the seed, `Purpose.parameters`, the two states that its edge
    /// joins (of a chain's node j: j - 1 and j), its operation's name and its own name say (`RandomPosition`): no two
    /// parameters share any, and those of one do not change when the space gets another operation, node or order.
    public func initialValues(seed: UInt64) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        for entry in entries {
            switch entry.parameter.initial {
            case .constant(let value): for i in 0..<entry.count { values[entry.offset + i] = Float(value) }
            case .values(let given): for i in 0..<entry.count { values[entry.offset + i] = given[i] }
            case .uniform(let bound):
                var position = RandomPosition(seed: seed, .parameters, numbers: [entry.edge.from, entry.edge.to],
                                              names: [entry.operationName, entry.parameter.name])
                values.withUnsafeMutableBufferPointer { buffer in
                    let start = buffer.baseAddress! + entry.offset
                    Kernels.float.uniformRows(start, 1, entry.count, &position)
                    for i in 0..<entry.count { start[i] = (2 * start[i] - 1) * Float(bound) }
                }
            }
        }
        return values
    }
}
