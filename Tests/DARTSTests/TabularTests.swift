import Datasets
import Engine
import Operations
import XCTest
@testable import DARTS

/// A table against the definitions written out, its file, and searches on it.
final class TabularTests: XCTestCase {
    private let space = try! Space(nodes: 3, operations: [GradientDescent(), ConvolutionalNetwork(), RollOperation(), NoiseOperation()])

    /// Scores that depend on the architecture, with a few equal ones, one training that failed and one architecture that never finished.
    private func table(seeds: [Int] = [7, 8, 9]) throws -> TabularBenchmark {
        let count = Int(space.size)
        func score(_ a: Int, _ seed: Int, _ shift: Double) -> Double {
            if a == 5 { return .nan }
            if a == 9, seed == 8 { return .nan }
            return Double((a * 37 + 11) % 53) / 4 + Double(seed % 3) / 8 + shift
        }
        func column(_ name: String, _ shift: Double) -> TabularBenchmark.Column {
            .init(name: name, description: "cosines{\(name)}", scores: [
                .validation: seeds.map { seed in (0..<count).map { score($0, seed, shift) } }, .test: seeds.map { seed in (0..<count).map { score($0, seed, shift - 0.5) } }])
        }
        return try TabularBenchmark(space: space, seeds: seeds, training: "steps = 1000", columns: [column("Blur", 0), column("Down sampled", 1)], provenance: [("made by", "a test")])
    }

    func testStandingsByDefinition() throws {
        let table = try table(), column = table.columns[1]
        let means = table.architectures.indices.map { a -> Double in
            let scores = column.scores[.test]!.map { $0[a] }.filter { !$0.isNaN }
            return scores.isEmpty ? .nan : scores.reduce(0, +) / Double(scores.count)
        }
        let best = means.filter { !$0.isNaN }.max()!
        for (place, mean) in means.enumerated() where !mean.isNaN {
            let standing = column.standing(place, .test)
            XCTAssertEqual(standing.rank, 1 + means.filter { $0 > mean }.count)
            XCTAssertEqual(standing.mean, mean)
            XCTAssertEqual(standing.regret, best - mean)
            XCTAssertEqual(standing.percentile, 100 * Double(64 - standing.rank) / 63, accuracy: 1e-12)
        }
        let never = column.standing(5, .test)
        XCTAssertEqual(never.rank, 64)
        XCTAssertEqual(never.percentile, 0)
        XCTAssertEqual(never.regret, .infinity)
        let order = column.best(64, .test)
        XCTAssertEqual(order.count, 63)
        XCTAssertTrue(zip(order, order.dropFirst()).allSatisfy { means[$0] > means[$1] || (means[$0] == means[$1] && $0 < $1) })
        XCTAssertEqual(column.standing(order[0], .test).regret, 0)
        XCTAssertEqual(table.failures, 2 * 2 * 4)
    }

    func testFileRoundTrip() throws {
        let table = try table(), text = table.text
        let read = try TabularBenchmark(text: text, name: "t.csv")
        XCTAssertEqual(read.text, text)
        XCTAssertEqual(read.space.description, space.description)
        XCTAssertEqual(read.seeds, [7, 8, 9])
        XCTAssertEqual(read.columns.map(\.name), ["Blur", "Down sampled"])
        XCTAssertEqual(read.columns.map(\.description), ["cosines{Blur}", "cosines{Down sampled}"])
        for (a, b) in zip(table.columns, read.columns) {
            for split in TabularBenchmark.Split.allCases {
                for (x, y) in zip(a.scores[split]!.joined(), b.scores[split]!.joined()) { XCTAssertTrue(x.isNaN && y.isNaN || abs(x - y) <= 0.0005 + 1e-9) }
            }
        }
        // Rows may stand in any order, and lines may end as on Windows.
        var lines = text.split(separator: "\n").map(String.init)
        let first = lines.firstIndex { $0.hasPrefix("architecture") }! + 1
        lines[first...].reverse()
        XCTAssertEqual(try TabularBenchmark(text: lines.joined(separator: "\r\n"), name: "t.csv").text, text)
    }

    func testDamagedFiles() throws {
        let text = try table().text
        func fails(_ expected: String, _ damage: (String) -> String, line: UInt = #line) {
            XCTAssertThrowsError(try TabularBenchmark(text: damage(text), name: "t.csv"), line: line) { XCTAssertTrue("\($0)".contains(expected), "\($0)", line: line) }
        }
        func replacing(_ a: String, _ b: String) -> (String) -> String { { $0.replacingOccurrences(of: a, with: b) } }
        fails("t.csv is no tabular benchmark") { _ in "a,b\n1,2\n" }
        fails("t.csv is no tabular benchmark") { _ in "" }
        fails("of another format than 1", replacing("format 1", "format 2"))
        fails("one line '# seeds: ..' expected, got 0", replacing("# seeds", "# seats"))
        fails("seeds: whole numbers expected, got ' x'", replacing("7, 8, 9", "7, x"))
        fails("the heading 'architecture,Blur/validation/7..' of 12 columns", replacing("Blur/test/8", "Blur/test/9"))
        fails("a number of nodes from 1 to 64 expected, got 'three'", replacing("# nodes: 3", "# nodes: three"))
        fails("is incomplete: 1 of 64 architectures are missing") { $0.split(separator: "\n").dropLast().joined(separator: "\n") }
        fails("is there a second time") { $0 + $0.split(separator: "\n").last! + "\n" }
        fails("13 fields expected, got 12") { text in text.lastIndex(of: ",").map { String(text[..<$0]) } ?? "" }
        fails("a number expected, got 'zero'") { text in text.lastIndex(of: ",").map { text[..<$0] + ",zero\n" } ?? "" }
        fails("an architecture of the space expected, got 'grad>grad>gray'", replacing("grad>grad>grad,", "grad>grad>gray,"))
        fails("operation 'roll' is not built in", replacing("roll{shift = 8}", "mine{x = 1}"))
        XCTAssertThrowsError(try TabularBenchmark(text: text, name: "t.csv", space: Space(nodes: 2, operations: space.operations))) { XCTAssertTrue("\($0)".contains("the space given is space{nodes = 2"), "\($0)") }
    }

    /// Strategies that know only fitness find the best of a table; what they evaluated is what they say.
    func testSearches() throws {
        let table = try table(), scores = table.columns[0].scores[.validation]![2]
        let best = scores.filter { !$0.isNaN }.max()!
        let exhaustive = try table.search(Exhaustive(), data: nil, seed: 1, seedIndex: 2)
        XCTAssertEqual(scores[try table.place(exhaustive.architecture.chosen)], best)
        XCTAssertEqual(exhaustive.candidates.count, 64)
        let local = try table.search(LocalSearch(evaluations: 64), data: "Blur", seed: 1, seedIndex: 2)
        XCTAssertEqual(scores[try table.place(local.architecture.chosen)], best)
        let short = try table.search(LocalSearch(evaluations: 7), data: "Blur", seed: 1, seedIndex: 2)
        XCTAssertEqual(short.candidates.count, 7)
        XCTAssertThrowsError(try table.search(Exhaustive(limit: 63), data: nil, seed: 1, seedIndex: 0))
        XCTAssertThrowsError(try table.column("Mask")) { XCTAssertTrue("\($0)".contains("no data 'Mask' (there are 'Blur', 'Down sampled')"), "\($0)") }
        XCTAssertThrowsError(try table.place(["grad", "grad"]))
    }

    /// Local search goes from its start to the best neighbour until none is better, by the definition.
    func testLocalSearchClimbs() throws {
        func fitness(_ a: Architecture) -> Double { Double(a.choices.filter { $0 == 2 }.count) }
        let candidates = Candidates(space, seed: 3, progress: nil, train: fitness)
        // Nine neighbours a step and at most three steps.
        XCTAssertEqual(try LocalSearch(evaluations: 31).choose(candidates).choices, [2, 2, 2])
        let neighbours = space.neighbours(of: space.random(seed: 3))
        XCTAssertEqual(Set(neighbours).count, 9)
        XCTAssertTrue(neighbours.allSatisfy { n in zip(n.choices, space.random(seed: 3).choices).count { $0 != $1 } == 1 })
    }
}
