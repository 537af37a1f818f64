@testable import Engine
import XCTest

/// Nodes are the same where they compute the same, however many there are, and lists of any length hold what they are given.
final class GraphTests: XCTestCase {
    func testEqualNodesAreOneInALargeGraph() throws {
        let graph = Graph(), x = graph.input([4, 6])
        func build() throws -> [Int] {
            var ids: [Int] = [], y = x
            for i in 0..<3000 {
                y = try (y + Double(i) * 0.5).roll(axis: i % 2, by: 1 + i % 3).slice(axis: 1, start: i % 5, count: 1).expand([4, 6])
                ids.append(y.id)
            }
            return ids
        }
        let first = try build(), count = graph.nodes.count
        XCTAssertEqual(Set(first).count, 3000)
        XCTAssertEqual(try build(), first)
        XCTAssertEqual(graph.nodes.count, count)
    }

    /// What differs in one thing alone is another node.
    func testOtherNodesAreOthers() throws {
        let graph = Graph(), x = graph.input([6, 6]), y = graph.input([6, 6]), z = graph.input([6, 6], .float64)
        func kernel(_ last: Double) -> Expression { graph.constant(ConstantContents(shape: [70], dtype: .float32, values: Array(repeating: 1, count: 69) + [last])) }
        let nodes = try [
            x + y, y + x, x - y, x.exp(), x.sin(), z.exp(), x.sum([0]), x.sum([1]), x.sum([0, 1]), x.reduce(.maximum, [0]),
            x.slice(axis: 0, start: 1, count: 2), x.slice(axis: 1, start: 1, count: 2), x.slice(axis: 0, start: 2, count: 2),
            x.slice(axis: 0, start: 1, count: 3), x.slice(axis: 0, start: 1, count: 2, step: 2), x.roll(axis: 0, by: 1), x.roll(axis: 1, by: 1), x.roll(axis: 0, by: 2),
            x.reshape([36]), x.reshape([4, 9]), x.reshape([9, 4]), x.permute([1, 0]), x.expand([2, 6, 6]), x.expand([3, 6, 6]),
            graph.constant(1, .float32), graph.constant(1, .float64), graph.constant(-0.0, .float32), graph.constant(0, .float32), graph.filled(1, [2], .float32), graph.filled(1, [3], .float32),
            kernel(1), kernel(2), concatenate([x, y], axis: 0), concatenate([x, y], axis: 1), concatenate([x, x], axis: 0), x.matmul(y), y.matmul(x),
        ].map(\.id)
        XCTAssertEqual(Set(nodes).count, nodes.count)
        XCTAssertEqual(kernel(2).id, kernel(2).id)
    }

    func testListsOfValues() {
        for count in 0...9 {
            let values = (0..<count).map { 100 - 7 * $0 }
            var grown = ValueList()
            for value in values { grown.append(value) }
            XCTAssertEqual(Array(grown), values)
            XCTAssertEqual(grown, ValueList(values))
            XCTAssertEqual("\(grown)", "\(values)")
            for i in 0..<count {
                var other = values
                other[i] += 1
                XCTAssertNotEqual(ValueList(other), grown)
            }
            XCTAssertNotEqual(ValueList(values + [1]), grown)
        }
    }

    /// Seven parts, and six axes in another order, cut and added to what is broadcast: against loops.
    func testMoreInputsAndAxesThanMostHave() throws {
        let shape = [2, 3, 2, 3, 2, 4], count = shape.elements
        var draws = Draws(5)
        let parts = (0..<7).map { _ in draws.values(count) }, row = draws.values(3)
        let graph = Graph()
        let inputs = parts.map { _ in graph.input(shape, .float64) }, added = graph.input([3, 1, 1, 1], .float64)
        let y = try concatenate(inputs, axis: 0).permute([5, 0, 1, 3, 2, 4]).slice(axis: 0, start: 3, count: 2, step: -2) + added
        let found = try evaluate(graph, [y], parts + [row])[0]
        var expected: [Double] = []
        for f in [3, 1] { for a in 0..<14 { for b in 0..<3 { for d in 0..<3 { for c in 0..<2 { for e in 0..<2 {
            let at = ((((a % 2 * 3 + b) * 2 + c) * 3 + d) * 2 + e) * 4 + f
            expected.append(parts[a / 2][at] + row[b])
        } } } } } }
        XCTAssertEqual(found, expected)
    }
}
