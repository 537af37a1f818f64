import Datasets
import Engine
import KernelInterface
import Kernels
import Operations

/// Where every weight lies in the one flat vector that optimisers see: node by node, operation by operation.
public struct ParameterLayout: Sendable {
    public struct Entry: Sendable {
        /// Row of alpha: of a chain the node.
        public let row: Int, operation: Int, index: Int
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
                for (index, parameter) in try space.operations[operation].parameters(signal: signal).enumerated() {
                    entries.append(Entry(row: row, operation: operation, index: index, parameter: parameter, offset: offset))
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

    /// The starting values: each parameter from a stream of its own, so that it does not depend on what else is there.
    public func initialValues(seed: UInt64) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        for entry in entries {
            switch entry.parameter.initial {
            case .constant(let value): for i in 0..<entry.count { values[entry.offset + i] = Float(value) }
            case .values(let given): for i in 0..<entry.count { values[entry.offset + i] = given[i] }
            case .uniform(let bound):
                let stream = UInt32((entry.row * 64 + entry.operation) * 16 + entry.index)
                var position = RandomPosition(seed: derivedSeed(seed, .parameters), step: 0, stream: stream)
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
