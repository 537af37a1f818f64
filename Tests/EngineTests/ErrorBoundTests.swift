import Engine
import Foundation
import KernelInterface
import Testing

/// The error of every reduction, product and convolution against sums of twice the precision, in every direction, in units of
/// u S: u is half the distance from 1 to the next number, S the sum of the magnitudes of what is added. Prints the largest of each
/// kind beside its bound, which are those that the operators state.
@Suite(.serialized)
struct ErrorBoundTests {
    /// A sum of two numbers' precision (Knuth's and Dekker's exact sums and products).
    struct Exact {
        var high = 0.0
        var low = 0.0
        /// The sum of magnitudes.
        var size = 0.0
        var value: Double { high + low }

        mutating func add(_ x: Double) {
            let sum = high + x
            let part = sum - high
            low += (high - (sum - part)) + (x - part)
            high = sum
            size += abs(x)
        }
        mutating func add(_ x: Double, times y: Double) {
            let product = x * y
            add(product)
            low += (-product).addingProduct(x, y)
        }
        /// What is left of a value when this is taken off.
        func difference(from x: Double) -> Double { abs((x - high) - low) }
    }

    /// The largest error of a kind, and where it was.
    struct Largest {
        var error = 0.0
        var share = 0.0
        var bound = 0.0
        var place = ""

        mutating func note(_ error: Double, bound: Double, _ place: @autoclosure () -> String) {
            guard error / bound > share || !(error <= bound) else { return }
            self.error = error
            self.bound = bound
            share = error / bound
            self.place = place()
        }
        func report(_ kind: String) {
            print("error of \(kind): \(String(format: "%.2f", error)) u S, bound \(String(format: "%.0f", bound)), at \(place)")
            #expect(error <= bound, "\(kind) at \(place)")
        }
    }

    static let types: [DType] = [.float32, .float64]
    private func unit(_ type: DType) -> Double { type == .float32 ? 0x1p-24 : 0x1p-53 }
    private func rounded(_ values: [Double], _ type: DType) -> [Double] { type == .float64 ? values : values.map { Double(Float($0)) } }
    private func log2(_ n: Int) -> Double { Foundation.log2(Double(max(n, 2))) }

    static let shapes: [Shape] = [
        [300_001], [70_000, 2], [2, 70_000], [9000, 33], [5000, 130], [40, 50, 60], [3000, 2, 3, 2], [7, 1, 4001], [2, 65, 3, 129], [16, 16],
    ]

    /// Every set of axes of a rank but the empty one.
    private func directions(_ rank: Int) -> [[Int]] {
        (1..<(1 << rank)).map { bits in (0..<rank).filter { bits >> $0 & 1 == 1 } }
    }

    /// The place in the result of every element, when axes are taken away.
    private func places(_ shape: Shape, _ axes: [Int]) -> (count: Int, of: [Int]) {
        let kept = shape.indices.filter { !axes.contains($0) }
        let strides = shape.rowMajorStrides
        let count = kept.reduce(1) { $0 * shape[$1] }
        let of = (0..<shape.elements).map { element in
            kept.reduce(0) { $0 * shape[$1] + element / strides[$1] % shape[$1] }
        }
        return (count, of)
    }

    /// Numbers of one sign, whose sum is as large as their magnitudes, and of both.
    private func samples(_ count: Int, _ type: DType, _ seed: UInt64) -> [[Double]] {
        var draws = Draws(seed)
        return [rounded(draws.values(count, in: 0...1), type), rounded(draws.values(count), type), [Double](repeating: rounded([0.1], type)[0], count: count)]
    }

    @Test(arguments: types)
    func sumsAndMeans(_ type: DType) throws {
        var sums = Largest()
        var means = Largest()
        for shape in Self.shapes {
            for axes in directions(shape.count) {
                let graph = Graph()
                let x = graph.input(shape, type)
                let plan = try Plan(graph, outputs: [x.sum(axes), x.mean(axes)])
                let (count, of) = places(shape, axes)
                let n = shape.elements / count
                for values in samples(shape.elements, type, 3) {
                    var exact = [Exact](repeating: Exact(), count: count)
                    for (element, value) in values.enumerated() { exact[of[element]].add(value) }
                    let results = try evaluate(plan, [values])
                    let bound = 140 + 2 * log2(n)
                    for i in 0..<count {
                        let size = exact[i].size * unit(type)
                        sums.note(exact[i].difference(from: results[0][i]) / size, bound: bound, "\(shape.braces) over \(axes)")
                        let mean = abs(results[1][i] * Double(n) - exact[i].value) / size
                        means.note(mean, bound: bound + 2, "\(shape.braces) over \(axes)")
                    }
                }
            }
        }
        sums.report("sum, \(type.name)")
        means.report("mean, \(type.name)")
    }

    @Test(arguments: types)
    func spreads(_ type: DType) throws {
        var worst = [Largest](repeating: Largest(), count: 3)
        for shape in Self.shapes {
            for axes in directions(shape.count) {
                let graph = Graph()
                let x = graph.input(shape, type)
                let outputs = try [SpreadCode.norm, .variance, .deviation].map { try graph.apply(Spread(code: $0, axes: axes), [x]) }
                let plan = try Plan(graph, outputs: outputs)
                let (count, of) = places(shape, axes)
                let n = shape.elements / count
                for offset in [0.0, 1000, -1e6] {
                    var draws = Draws(11)
                    let values = rounded(draws.values(shape.elements).map { $0 + offset }, type)
                    var sums = [Exact](repeating: Exact(), count: count)
                    var squares = sums
                    for (element, value) in values.enumerated() {
                        sums[of[element]].add(value)
                        squares[of[element]].add(value, times: value)
                    }
                    var centred = [Exact](repeating: Exact(), count: count)
                    for (element, value) in values.enumerated() {
                        let sum = sums[of[element]]
                        // The mean with what its rounding left, so that the deviation has all its digits.
                        let mean = sum.value / Double(n)
                        let left = (sum.high.addingProduct(-mean, Double(n)) + sum.low) / Double(n)
                        let deviation = (value - mean) - left
                        centred[of[element]].add(deviation, times: deviation)
                    }
                    let results = try evaluate(plan, [values])
                    for i in 0..<count {
                        let norm = squares[i].value.squareRoot()
                        let variance = centred[i].value / Double(n - 1)
                        let place = "\(shape.braces) over \(axes), offset \(offset)"
                        // float32 is added in double precision: what is left is one rounding.
                        let isSingle = type == .float32
                        worst[0].note(abs(results[0][i] - norm) / norm / unit(type), bound: isSingle ? 1.1 : 36 + log2(n), place)
                        guard n > 1, variance > 0 else { continue }
                        let condition = 2 * abs(offset) / variance.squareRoot()
                        let bound = isSingle ? 1.1 : 140 + 4 * log2(n) + condition
                        worst[1].note(abs(results[1][i] - variance) / variance / unit(type), bound: bound, place)
                        worst[2].note(abs(results[2][i] - variance.squareRoot()) / variance.squareRoot() / unit(type), bound: bound, place)
                    }
                }
            }
        }
        for (i, name) in ["norm", "var", "std"].enumerated() { worst[i].report("\(name) (of the result), \(type.name)") }
    }

    @Test(arguments: types)
    func runningSums(_ type: DType) throws {
        var worst = Largest()
        for shape in Self.shapes {
            for axis in shape.indices {
                for reverse in [false, true] {
                    let graph = Graph()
                    let x = graph.input(shape, type)
                    let plan = try Plan(graph, outputs: [graph.apply(CumulativeSum(axis: axis, reverse: reverse), [x])])
                    let strides = shape.rowMajorStrides
                    let (count, of) = places(shape, [axis])
                    for values in samples(shape.elements, type, 5) {
                        let result = try evaluate(plan, [values])[0]
                        var exact = [Exact](repeating: Exact(), count: count)
                        let order = reverse ? Array(values.indices.reversed()) : Array(values.indices)
                        for element in order {
                            exact[of[element]].add(values[element])
                            let n = Double(element / strides[axis] % shape[axis] + 1)
                            let size = exact[of[element]].size * unit(type)
                            guard size > 0 else { continue }
                            let bound = type == .float32 ? 1.1 : 2 + n * n * unit(type)
                            worst.note(exact[of[element]].difference(from: result[element]) / size, bound: bound, "\(shape.braces) along \(axis)")
                        }
                    }
                }
            }
        }
        worst.report("cumsum, \(type.name)")
    }

    @Test(arguments: types)
    func products(_ type: DType) throws {
        var worst = Largest()
        for shape in [[5000], [700, 33], [33, 700], [20, 30, 17]] as [Shape] {
            for axes in directions(shape.count) {
                let graph = Graph()
                let plan = try Plan(graph, outputs: [graph.input(shape, type).reduce(.product, axes)])
                let (count, of) = places(shape, axes)
                var draws = Draws(6)
                let values = rounded(draws.values(shape.elements, in: 0.98...1.02), type)
                // Logarithms would lose digits: products of twice the precision.
                var high = [Double](repeating: 1, count: count)
                var low = [Double](repeating: 0, count: count)
                for (element, value) in values.enumerated() {
                    let at = of[element]
                    let product = high[at] * value
                    low[at] = low[at] * value + (-product).addingProduct(high[at], value)
                    high[at] = product
                }
                let result = try evaluate(plan, [values])[0]
                for i in 0..<count {
                    let error = abs((result[i] - high[i]) - low[i]) / abs(high[i]) / unit(type)
                    worst.note(error, bound: Double(shape.elements / count) + 1, "\(shape.braces) over \(axes)")
                }
            }
        }
        worst.report("prod (of the result), \(type.name)")
    }

    @Test(arguments: types)
    func logarithmsOfSumsOfExponentials(_ type: DType) throws {
        var worst = Largest()
        for shape in Self.shapes {
            for axis in shape.indices where shape[axis] > 1 {
                let graph = Graph()
                let x = graph.input(shape, type)
                let plan = try Plan(graph, outputs: [x.logSoftmax(axis)])
                var draws = Draws(8)
                let values = rounded(draws.values(shape.elements, in: -3...3), type)
                let (count, of) = places(shape, [axis])
                var exact = [Exact](repeating: Exact(), count: count)
                for (element, value) in values.enumerated() { exact[of[element]].add(exp(value)) }
                let result = try evaluate(plan, [values])[0]
                for (element, value) in values.enumerated() {
                    let wanted = value - log(exact[of[element]].value)
                    // The sum's relative error, and a few roundings of numbers below 16.
                    let bound = 140 + 2 * log2(shape[axis]) + 4 * 16
                    worst.note(abs(result[element] - wanted) / unit(type), bound: bound, "\(shape.braces) along \(axis)")
                }
            }
        }
        worst.report("log_softmax (absolute), \(type.name)")
    }

    @Test(arguments: types)
    func matrixProducts(_ type: DType) throws {
        var worst = Largest()
        var dots = Largest()
        let sizes = [
            (1, 300_000, 1), (1, 255, 1), (3, 30_000, 5), (20, 5000, 40), (64, 300, 64), (1, 20_000, 33), (33, 20_000, 1), (40, 4097, 1), (130, 4200, 70),
            (16, 16, 16), (2, 70_000, 2),
        ]
        for (m, k, n) in sizes {
            for isTurned in [false, true] {
                let graph = Graph()
                let a = graph.input(isTurned ? [k, m] : [m, k], type)
                let b = graph.input(isTurned ? [n, k] : [k, n], type)
                let product = isTurned ? try a.transpose(0, 1).matmul(b.transpose(0, 1)) : try a.matmul(b)
                let plan = try Plan(graph, outputs: [product])
                for range in [0.0...1, -1...1] {
                    var draws = Draws(UInt64(k))
                    let x = rounded(draws.values(m * k, in: range), type)
                    let y = rounded(draws.values(k * n, in: range), type)
                    let result = try evaluate(plan, [x, y])[0]
                    // All of a few rows and columns.
                    for i in Set([0, m / 2, m - 1]) {
                        for j in Set([0, n / 3, n - 1]) {
                            var exact = Exact()
                            for l in 0..<k { exact.add(x[isTurned ? l * m + i : i * k + l], times: y[isTurned ? j * k + l : l * n + j]) }
                            let error = exact.difference(from: result[i * n + j]) / exact.size / unit(type)
                            let place = "{\(m), \(k)} x {\(k), \(n)}\(isTurned ? ", turned" : "")"
                            if m == 1 && n == 1 {
                                dots.note(error, bound: 96 + log2(k), place)
                            } else {
                                worst.note(error, bound: 272 + log2(k), place)
                            }
                        }
                    }
                }
            }
        }
        worst.report("matmul, \(type.name)")
        dots.report("dot, \(type.name)")
    }

    /// y, the adjoint in the signal and the adjoint in the weights of correlations with zeros outside, by the definition.
    @Test(arguments: types)
    func convolutions(_ type: DType) throws {
        var forward = Largest()
        var adjoint = Largest()
        var weights = Largest()
        for (samples, inner, outer, length, taps) in [(3, 1, 1, 20_000, 9), (5000, 1, 2, 7, 3), (40, 16, 5, 33, 5), (2, 4, 4, 3000, 3), (33_000, 1, 1, 2, 1)] {
            let graph = Graph()
            let x = graph.input([samples, inner, length], type)
            let w = graph.input([outer, inner, taps], type)
            let g = graph.input([samples, outer, length], type)
            var attributes = ConvolutionAttributes()
            attributes.padLeft = taps / 2
            attributes.padRight = taps - 1 - taps / 2
            let y = try x.convolve(w, attributes)
            let slopes = try gradients(of: y, seed: g, withRespectTo: [x, w])
            let plan = try Plan(graph, outputs: [y] + slopes)
            var draws = Draws(UInt64(length))
            let values = [x, w, g].map { rounded(draws.values($0.shape.elements, in: 0...1), type) }
            let results = try evaluate(plan, values)
            let place = "{\(samples), \(inner), \(length)} to \(outer), \(taps) taps"
            func signal(_ s: Int, _ c: Int, _ p: Int) -> Double { (0..<length).contains(p) ? values[0][(s * inner + c) * length + p] : 0 }
            func upstream(_ s: Int, _ o: Int, _ p: Int) -> Double { (0..<length).contains(p) ? values[2][(s * outer + o) * length + p] : 0 }
            func weight(_ o: Int, _ c: Int, _ t: Int) -> Double { values[1][(o * inner + c) * taps + t] }
            for s in Set([0, samples / 2, samples - 1]) {
                for p in Set([0, 1, length / 2, length - 1]) {
                    for o in 0..<outer {
                        var exact = Exact()
                        for c in 0..<inner { for t in 0..<taps { exact.add(signal(s, c, p + t - taps / 2), times: weight(o, c, t)) } }
                        let error = exact.difference(from: results[0][(s * outer + o) * length + p]) / exact.size / unit(type)
                        forward.note(error, bound: Double(inner * taps + 1), place)
                    }
                    for c in 0..<inner {
                        var exact = Exact()
                        for o in 0..<outer { for t in 0..<taps { exact.add(upstream(s, o, p - t + taps / 2), times: weight(o, c, t)) } }
                        let error = exact.difference(from: results[1][(s * inner + c) * length + p]) / exact.size / unit(type)
                        adjoint.note(error, bound: Double(outer * taps + 1), place)
                    }
                }
            }
            for o in Set([0, outer - 1]) {
                for c in Set([0, inner - 1]) {
                    for t in 0..<taps {
                        var exact = Exact()
                        for s in 0..<samples { for p in 0..<length { exact.add(signal(s, c, p + t - taps / 2), times: upstream(s, o, p)) } }
                        let error = exact.difference(from: results[2][(o * inner + c) * taps + t]) / exact.size / unit(type)
                        weights.note(error, bound: 610 + log2(length) + log2(samples), place)
                    }
                }
            }
        }
        forward.report("conv, \(type.name)")
        adjoint.report("conv_transpose, \(type.name)")
        weights.report("gradient by conv's weights, \(type.name)")
    }

    /// Gradients by what is repeated along leading, middle and last axes are sums over these.
    @Test(arguments: types)
    func gradientsByBroadcastOperands(_ type: DType) throws {
        var worst = Largest()
        for (shape, small) in [([200_000, 3], [1, 3]), ([200_000, 3], [3]), ([50, 400, 30], [50, 1, 30]), ([3, 60_000], [3, 1]), ([70, 50, 60], [1, 50, 1])] as [(Shape, Shape)] {
            let graph = Graph()
            let x = graph.input(shape, type)
            let b = graph.input(small, type)
            let slope = try gradients(of: (x * b).sum(), withRespectTo: [b])
            let plan = try Plan(graph, outputs: slope)
            var draws = Draws(4)
            let values = rounded(draws.values(shape.elements, in: 0...1), type)
            let shift = shape.count - small.count
            let (count, of) = places(shape, shape.indices.filter { $0 < shift || small[$0 - shift] == 1 })
            var exact = [Exact](repeating: Exact(), count: count)
            for (element, value) in values.enumerated() { exact[of[element]].add(value) }
            let result = try evaluate(plan, [values, draws.values(small.elements)])[0]
            for i in 0..<count {
                let error = exact[i].difference(from: result[i]) / exact[i].size / unit(type)
                worst.note(error, bound: 140 + 2 * log2(shape.elements / count), "\(small.braces) in \(shape.braces)")
            }
        }
        worst.report("gradient by a broadcast operand, \(type.name)")
    }

    /// Sums over samples of what a convolution has in blocks: groups of blocks, blocks in pairs.
    @Test(arguments: types)
    func sumsOverBlocks(_ type: DType) throws {
        var worst = Largest()
        for samples in [5, 500, 40_000] {
            let graph = Graph()
            let x = graph.input([samples, 1, 3], type)
            let w = graph.input([1, 1, 1], type)
            let y = try x.convolve(w, ConvolutionAttributes())
            let plan = try Plan(graph, outputs: [y.sum([0]), y.sum(), (y * y).sum()])
            let values = rounded([Double](repeating: 0.1, count: 3 * samples), type)
            let results = try evaluate(plan, [values, [1]])
            var column = Exact()
            var whole = Exact()
            var squares = Exact()
            for _ in 0..<samples { column.add(values[0]) }
            for value in values {
                whole.add(value)
                squares.add(value, times: value)
            }
            let bound = 100 + 2 * log2(samples)
            for i in 0..<3 { worst.note(column.difference(from: results[0][i]) / column.size / unit(type), bound: bound, "\(samples) samples") }
            worst.note(whole.difference(from: results[1][0]) / whole.size / unit(type), bound: bound, "\(samples) samples, all")
            worst.note(squares.difference(from: results[2][0]) / squares.size / unit(type), bound: bound, "\(samples) samples, squares")
        }
        worst.report("sum over samples in blocks, \(type.name)")
    }

    /// Deviations and norms whose squares overflow or vanish, and the variance of numbers that are all the same.
    @Test func squaresThatOverflowOrVanish() throws {
        for (type, sizes) in [(DType.float32, [1e19, 1e38, 1e-30, 1e-44]), (.float64, [1e160, 1e307, 1e-170, 1e-310])] {
            for size in sizes {
                for shape in [[1000, 3], [3, 1000]] as [Shape] {
                    let axis = shape[0] == 1000 ? 0 : 1
                    let graph = Graph()
                    let x = graph.input(shape, type)
                    let plan = try Plan(graph, outputs: [graph.apply(Spread(code: .deviation, axes: [axis]), [x]), graph.apply(Spread(code: .norm, axes: [axis]), [x])])
                    var draws = Draws(2)
                    let plain = draws.values(3000)
                    let values = rounded(plain.map { $0 * size }, type)
                    let results = try evaluate(plan, [values])
                    for i in 0..<3 {
                        let own = (0..<1000).map { values[axis == 0 ? $0 * 3 + i : i * 1000 + $0] / size }
                        let mean = own.reduce(0, +) / 1000
                        let deviation = (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 999).squareRoot()
                        let norm = own.reduce(0) { $0 + $1 * $1 }.squareRoot()
                        // A subnormal result has fewer digits.
                        let least = type == .float32 ? 0x1p-149 : 0x1p-1074
                        let tolerance = max(1e-6, least / size)
                        #expect(abs(results[0][i] / size - deviation) <= tolerance * deviation, "\(type.name) std at \(size)")
                        if norm * size < (type == .float32 ? 3e38 : 1e308) {
                            #expect(abs(results[1][i] / size - norm) <= tolerance * norm, "\(type.name) norm at \(size)")
                        }
                    }
                }
            }
            let graph = Graph()
            let x = graph.input([7001], type)
            let plan = try Plan(graph, outputs: [graph.apply(Spread(code: .variance, axes: [0]), [x])])
            #expect(try evaluate(plan, [[Double](repeating: 0.1, count: 7001)])[0][0] < 1e-30)
        }
    }
}
