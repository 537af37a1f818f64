import Engine
import XCTest

/// XCTest brings Foundation's type of this name.
typealias Expression = Engine.Expression

/// Runs a graph on arrays, in float64 unless it says otherwise.
func evaluate(_ graph: Graph, _ outputs: [Expression], _ inputs: [[Double]], seed: UInt64 = 0, step: UInt64 = 0, pool: ThreadPool? = nil) throws -> [[Double]] {
    let plan = try Plan(graph, outputs: outputs)
    return try evaluate(plan, inputs, seed: seed, step: step, pool: pool)
}

func evaluate(_ plan: Plan, _ inputs: [[Double]], seed: UInt64 = 0, step: UInt64 = 0, pool: ThreadPool? = nil) throws -> [[Double]] {
    let execution = Execution(plan, pool: pool)
    var held: [UnsafeMutableRawPointer] = []
    defer { for pointer in held { pointer.deallocate() } }
    for (i, values) in inputs.enumerated() {
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(64, values.count * 8), alignment: 64)
        held.append(pointer)
        for (j, value) in values.enumerated() {
            if plan.inputTypes[i] == .float32 { pointer.assumingMemoryBound(to: Float.self)[j] = Float(value) } else { pointer.assumingMemoryBound(to: Double.self)[j] = value }
        }
        execution.bind(i, to: pointer)
    }
    try execution.run(seed: seed, step: step)
    return plan.outputShapes.indices.map { o in
        let pointer = execution.output(o)
        return (0..<plan.outputShapes[o].elements).map {
            plan.outputTypes[o] == .float32 ? Double(pointer.assumingMemoryBound(to: Float.self)[$0]) : pointer.assumingMemoryBound(to: Double.self)[$0]
        }
    }
}

/// Numbers that look random and are the same every time.
struct Draws {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }
    mutating func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }
    mutating func values(_ count: Int, in range: ClosedRange<Double> = -1...1) -> [Double] {
        (0..<count).map { _ in range.lowerBound + (range.upperBound - range.lowerBound) * uniform() }
    }
}

/// The derivative of sum(f) by central differences, element by element.
func centralDifferences(_ inputs: [[Double]], of index: Int, step: Double = 1e-5, _ f: ([[Double]]) throws -> Double) rethrows -> [Double] {
    try inputs[index].indices.map { i in
        var up = inputs, down = inputs
        up[index][i] += step
        down[index][i] -= step
        return (try f(up) - f(down)) / (2 * step)
    }
}

func assertClose(_ a: [Double], _ b: [Double], _ tolerance: Double, _ message: String = "", file: StaticString = #filePath, line: UInt = #line) {
    XCTAssertEqual(a.count, b.count, message, file: file, line: line)
    for (i, (x, y)) in zip(a, b).enumerated() where !(abs(x - y) <= tolerance * max(1, abs(x), abs(y))) {
        return XCTFail("\(message) element \(i): \(x) against \(y)", file: file, line: line)
    }
}
