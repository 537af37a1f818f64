import Datasets
import Engine
import KernelInterface
import Operations
import Tensors
import Testing
@testable import DARTS

/// The draws of initial weights and of what else has many things to draw for: none shared, and none moved by its neighbours.
struct InitialDrawTests {
    private func correlation(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
        let n = Double(a.count), x = a.map(Double.init), y = b.map(Double.init)
        let mx = x.reduce(0, +) / n, my = y.reduce(0, +) / n
        var xy = 0.0, xx = 0.0, yy = 0.0
        for (p, q) in zip(x, y) {
            xy += (p - mx) * (q - my)
            xx += (p - mx) * (p - mx)
            yy += (q - my) * (q - my)
        }
        return xy / (xx * yy).squareRoot()
    }

    /// Values of every parameter in units of its bound, by node, operation and name.
    private func draws(_ space: Space, seed: UInt64) throws -> [String: ArraySlice<Float>] {
        let layout = try ParameterLayout(relaxing: space, signal: [1, 32]), values = layout.initialValues(seed: seed)
        var result: [String: ArraySlice<Float>] = [:]
        for entry in layout.entries {
            guard case .uniform = entry.parameter.initial else { continue }
            result["\(space.edges[entry.row]) \(space.names[entry.operation]) \(entry.parameter.name)"] = values[entry.offset..<entry.offset + entry.count]
        }
        return result
    }

    /// Spaces as large as made an arithmetic of places repeat itself: networks of sixteen layers, ninety operations, many
    /// nodes, cells. Of independent draws n numbers long a correlation is beyond 6.5 / sqrt(n) once in 10^10.
    @Test func noTwoParametersCorrelate() throws {
        let deep = (0..<4).map { ConvolutionalNetwork(name: "deep\($0)", layers: 16, channels: 6, kernel: 3) }
        let many = (0..<90).map { ConvolutionalNetwork(name: "n\($0)", channels: 6, kernel: 11) }
        let few = [ConvolutionalNetwork(name: "a", channels: 6, kernel: 11), ConvolutionalNetwork(name: "b", channels: 6, kernel: 11)]
        for space in try [Space(nodes: 2, operations: deep), Space(nodes: 2, operations: many), Space(nodes: 80, operations: few),
                          Space(nodes: 9, operations: few, topology: .cell, skip: true)] {
            var pieces = try draws(space, seed: 1).sorted { $0.key < $1.key }
            for (key, values) in try draws(space, seed: 2).sorted(by: { $0.key < $1.key }).prefix(40) { pieces.append((key + ", seed 2", values)) }
            pieces.removeAll { $0.value.count < 66 }
            #expect(pieces.count > 100)
            for i in pieces.indices {
                for j in 0..<i {
                    let n = min(pieces[i].value.count, pieces[j].value.count, 66)
                    let r = correlation(pieces[i].value.prefix(n), pieces[j].value.prefix(n))
                    #expect(abs(r) < 6.5 / Double(n).squareRoot(), "\(pieces[i].key) and \(pieces[j].key): \(r)")
                }
            }
            // The short ones too: no number is there twice more often than chance has it (24 bits, n^2 / 2^25 pairs).
            let values = try draws(space, seed: 1).values.flatMap { $0.map { v in v } }
            let pairs = values.count - Set(values).count, n = Double(values.count)
            #expect(Double(pairs) < 20 + 20 * n * n / 0x1p25, "\(pairs) of \(n)")
        }
    }

    /// What is added, left out or put elsewhere leaves the draws of the others, and alpha's start, as they are.
    @Test func neighboursDoNotMatter() throws {
        let a = ConvolutionalNetwork(name: "a", channels: 3), b = SeparableConvolution(name: "b"), c = ConvolutionOperation(name: "c")
        for topology in Space.Topology.allCases {
            let small = try Space(nodes: 3, operations: [a, b], topology: topology)
            let large = try Space(nodes: 5, operations: [c, b, NoiseOperation(), a], topology: topology)
            let (first, second) = (try draws(small, seed: 7), try draws(large, seed: 7))
            #expect(first.count > 10)
            for (key, values) in first { #expect(second[key].map(Array.init) == Array(values), "\(key)") }
            let (alpha, more) = (initialAlpha(small, scale: 1, seed: 7), initialAlpha(large, scale: 1, seed: 7))
            for row in 0..<small.rows {
                #expect(alpha[2 * row] == more[4 * row + 3])
                #expect(alpha[2 * row + 1] == more[4 * row + 1])
            }
            #expect(Set(more).count == more.count)
        }
        // An architecture trained alone, and its relaxed network, start alike.
        let space = try Space(nodes: 4, operations: [a, b, c])
        let chosen = try ParameterLayout(space, signal: [1, 32], present: [[2], [0], [1], [0]]), all = try ParameterLayout(relaxing: space, signal: [1, 32])
        let (some, every) = (chosen.initialValues(seed: 3), all.initialValues(seed: 3))
        for entry in chosen.entries {
            let other = all.entries.first { $0.row == entry.row && $0.operation == entry.operation && $0.parameter.name == entry.parameter.name }!
            #expect(some[entry.offset..<entry.offset + entry.count] == every[other.offset..<other.offset + other.count])
        }
    }

    /// Names that run into each other are different names.
    @Test func namesAreKeptApart() throws {
        let a = try draws(Space(nodes: 1, operations: [ConvolutionalNetwork(name: "n1", layers: 12, channels: 2)]), seed: 1)
        #expect(Set(a.values.map { $0.first! }).count == a.count)
        func first(_ numbers: [Int], _ names: [String]) -> (UInt64, UInt32) {
            let p = RandomPosition(seed: 1, .parameters, numbers: numbers, names: names)
            return (p.step, p.stream)
        }
        let keys: [([Int], [String])] = [([], ["ab", "c"]), ([], ["a", "bc"]), ([], ["abc"]), ([], ["abc", ""]), ([], ["", "abc"]), ([0], ["abc"]), ([0, 0], ["abc"]), ([], ["abc\0"]),
                                         ([], ["\0abc"]), ([1, 2], ["x"]), ([2, 1], ["x"]), ([12], ["x"])]
        for i in keys.indices { for j in 0..<i { #expect(first(keys[i].0, keys[i].1) != first(keys[j].0, keys[j].1), "\(keys[i]) \(keys[j])") } }
    }

    /// One seed for the signals, the noise, the order and the mask: their draws have nothing to do with each other.
    @Test func purposesDoNotShare() throws {
        let n = 4096
        func cosines(_ measurement: any Datasets.Measurement) throws -> Dataset {
            try Cosines(length: 4, counts: (n, 1, 1), magnitude: .init(1, 1), frequency: .init(0, 0), phase: .init(0, 0), offset: .init(0, 1), measurement: measurement, seed: 5).draw(seed: 5)
        }
        // The signals are their offset; the mask's draws stood beside the signals' parameters.
        let offsets = try cosines(IdentityMeasurement(noise: 0)).train.clean.values().enumerated().filter { $0.offset % 4 == 0 }.map { Float($0.element) }
        let kept = try MaskMeasurement(keep: 0.5, seed: 5, noise: 0).run(Tensor([Double](repeating: 1, count: 4 * n), shape: [1, 1, 4 * n])) { x in
            try MaskMeasurement(keep: 0.5, seed: 5, noise: 0).forward(x)
        }.values().map { Float($0) }
        let bound = 6.5 / Double(n).squareRoot()
        for at in 0..<4 {
            let r = correlation(offsets[...], stride(from: at, to: 4 * n, by: 4).map { kept[$0] }[...])
            #expect(abs(r) < bound, "the mask and the offsets, \(at): \(r)")
        }
        // Given signals that are their own number: their order beside the noise of each.
        let numbers = Tensor((0..<n).map { Double($0) / Double(n) }, shape: [n, 1, 1])
        let given = try GivenSignals(clean: numbers, measurement: IdentityMeasurement(noise: 1), fractions: [0.98, 0.01, 0.01], peak: 1, seed: 5).draw(seed: 5)
        let clean = try given.train.clean.values(), measured = try given.train.measured.values(), noise = zip(measured, clean).map { Float($0 - $1) }
        // The place of number i is the rank of its uniform draw. With one key the words of draw 2 r were those of the noise of
        // place r, whose size they say: correlation -0.64.
        var place: [Int: Float] = [:]
        for (i, value) in clean.enumerated() { place[Int((value * Double(n)).rounded())] = Float(i) }
        for (step, offset) in [(1, 0), (2, 0), (2, 1), (4, 0)] {
            let pairs = noise.indices.compactMap { r in place[step * r + offset].map { (place: $0, size: abs(noise[r])) } }
            let r = correlation(pairs.map(\.place)[...], pairs.map(\.size)[...])
            #expect(abs(r) < 6.5 / Double(pairs.count).squareRoot(), "the order and the noise, \(step) r + \(offset): \(r)")
        }
    }
}
