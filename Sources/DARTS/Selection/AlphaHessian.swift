import Datasets
import Engine
import KernelInterface
import Kernels
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The dominant eigenvalue of the Hessian of the validation loss in alpha, by Lanczos on exact Hessian-vector products
/// (Zela et al., "Understanding and Robustifying Differentiable Architecture Search", ICLR 2020).
final class AlphaHessian {
    private let run: SearchRun
    private let plan: Plan

    init(_ run: SearchRun) throws {
        self.run = run
        plan = try PlanCache.shared.plan(HessianProductKey(relaxed: run.key, batch: run.settings.batch)) {
            let graph = Graph()
            let (clean, measured) = run.batchInputs(graph)
            let theta = graph.input([run.layout.count]), alpha = graph.input([run.alpha.count]), v = graph.input([run.alpha.count])
            // The loss without what is added to it.
            let loss = run.loss(clean, measured, .outer, RelaxationContext(.inner, numbers: run.numbersInput(graph)))
            let gradient = try gradients(of: loss(theta: theta, alpha: alpha), withRespectTo: [alpha])[0]
            return try Plan(graph, outputs: [gradients(of: (gradient * v).sum(), withRespectTo: [alpha])[0]], packedInputs: [0, 1])
        }
    }

    func product(_ v: [Double], _ feed: SearchRun.Feed, step: Int) throws -> [Double] {
        let direction = StateVector(v.map { Float($0) }), numbers = run.numbers(step: step)
        return try PlanCache.shared.withExecution(plan) { execution in
            execution.bind(0, to: feed.clean.pointer(step: step))
            execution.bind(1, to: feed.measured.pointer(step: step))
            for (i, vector) in [run.theta, run.alpha, direction].enumerated() { execution.bind(2 + i, to: vector.current) }
            if let numbers { execution.bind(5, to: numbers.current) }
            try execution.run(seed: derivedSeed(run.seed, .validationSteps), step: UInt64(step))
            let result = execution.output(0).assumingMemoryBound(to: Float.self)
            return (0..<v.count).map { Double(result[$0]) }
        }
    }

    /// On the validation batch of a step.
    func dominantEigenvalue(_ feed: SearchRun.Feed, step: Int) throws -> Double {
        try Lanczos.dominantEigenvalue(size: run.alpha.count) { try product($0, feed, step: step) }
    }
}

/// Lanczos' method with full reorthogonalisation.
enum Lanczos {
    /// The eigenvalue of largest magnitude of a symmetric matrix that is known by its products.
    static func dominantEigenvalue(size n: Int, steps: Int = 30, product: ([Double]) throws -> [Double]) rethrows -> Double {
        var start = [Float](repeating: 0, count: n)
        var position = RandomPosition(seed: 0, step: 0, stream: 0)
        start.withUnsafeMutableBufferPointer { Kernels.float.normalRows($0.baseAddress!, 1, n, &position) }
        var v = unit(start.map(Double.init)), basis: [[Double]] = []
        var diagonal: [Double] = [], beside: [Double] = []
        for step in 0..<min(n, steps) {
            basis.append(v)
            var w = try product(v)
            diagonal.append(dot(w, v))
            // Twice, so that rounding leaves nothing of the earlier ones.
            for _ in 0..<2 {
                for u in basis {
                    let along = dot(w, u)
                    for i in 0..<n { w[i] -= along * u[i] }
                }
            }
            let length = dot(w, w).squareRoot()
            guard length > 1e-10 * diagonal.reduce(1e-30, { max($0, abs($1)) }), step + 1 < min(n, steps) else { break }
            beside.append(length)
            v = w.map { $0 / length }
        }
        return dominant(diagonal, beside)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    private static func unit(_ v: [Double]) -> [Double] {
        let length = dot(v, v).squareRoot()
        return v.map { $0 / length }
    }

    /// Of a symmetric tridiagonal matrix, by bisection on the number of eigenvalues below (Sturm).
    static func dominant(_ diagonal: [Double], _ beside: [Double]) -> Double {
        let n = diagonal.count
        guard diagonal.allSatisfy(\.isFinite), beside.allSatisfy(\.isFinite) else { return .nan }
        // Gershgorin: no eigenvalue is further from 0.
        var reach = 0.0
        for i in 0..<n {
            let (left, right) = (i > 0 ? beside[i - 1] : 0, i < n - 1 ? beside[i] : 0)
            reach = max(reach, abs(diagonal[i]) + left + right)
        }
        func below(_ x: Double) -> Int {
            var count = 0, q = 1.0
            for i in 0..<n {
                let before: Double = i > 0 ? beside[i - 1] * beside[i - 1] : 0
                q = diagonal[i] - x - before / (q == 0 ? 1e-300 : q)
                if q < 0 { count += 1 }
            }
            return count
        }
        func eigenvalue(_ index: Int) -> Double {
            var (low, high) = (-reach, reach)
            for _ in 0..<100 {
                let middle = (low + high) / 2
                if below(middle) > index { high = middle } else { low = middle }
            }
            return (low + high) / 2
        }
        let (smallest, largest) = (eigenvalue(0), eigenvalue(n - 1))
        return abs(smallest) > abs(largest) ? smallest : largest
    }
}

/// When the eigenvalue is computed, and when its rise ends a search. The defaults are those of the reference
/// implementation, whose 50 epochs have 25 values.
public struct HessianSettings: Hashable, Sendable {
    /// Steps from one value to the next; 0: none, or where a rise ends the search a 25th of its steps.
    public var every = 0
    /// Values that are averaged, and how many values apart the averages are that are compared.
    public var window = 5, distance = 4
    public var factor = 1.3
    /// The share of the steps before which a search is not ended.
    public var start = 0.2
    public init() {}
    public func interval(steps: Int, stops: Bool) -> Int { every > 0 || !stops ? every : max(1, steps / 25) }
}

/// Watches the eigenvalue: when its average over a window is `factor` times that of `distance` values before, the search
/// has gone too far, and the state in the middle of the earlier window is the one to keep.
struct RiseDetector<State> {
    let settings: HessianSettings
    /// The first step whose state may be returned.
    let first: Int
    private(set) var averages: [Double] = []
    private var values: [Double] = []
    /// The latest, as many as one can go back to.
    private var states: [(step: Int, state: State)] = []

    init(_ settings: HessianSettings, steps: Int) { (self.settings, first) = (settings, Int(settings.start * Double(steps))) }

    /// The state to go back to, when the rise is there.
    mutating func add(_ eigenvalue: Double, step: Int, state: State) -> (step: Int, state: State)? {
        values.append(abs(eigenvalue))
        states.append((step, state))
        let reach = settings.window / 2 + settings.distance
        if states.count > reach + 1 { states.removeFirst() }
        guard values.count >= settings.window else { return nil }
        averages.append(values.suffix(settings.window).reduce(0, +) / Double(settings.window))
        guard averages.count > settings.distance else { return nil }
        // The middle of the earlier window.
        let before = states[states.count - 1 - reach]
        let earlier = averages[averages.count - 1 - settings.distance]
        return before.step >= first && averages.last! > settings.factor * earlier ? before : nil
    }
}
