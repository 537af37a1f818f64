import Engine
import Tensors
import XCTest
@testable import DARTS

/// The compiled updates beside their definitions, written out number by number: Adam (Kingma and Ba 2015, algorithm 1),
/// AdamW (Loshchilov and Hutter 2019, algorithm 2), SGD with momentum, clipping to a global norm, cosine schedule.
final class OptimizerTests: XCTestCase {
    private let start = (0..<37).map { 2 * sin(Double($0 * $0) + 0.5) }, steps = 6
    private func gradient(_ x: [Double], _ step: Int) -> [Double] { x.enumerated().map { $1 * 3 - Double($0 % 3) + 0.25 * Double(step) } }

    private func definition(_ o: Optimizer) -> [Double] {
        var x = start, m = start.map { _ in 0.0 }, v = m
        for step in 0..<steps {
            var g = gradient(x, step)
            let norm = g.map { $0 * $0 }.reduce(0, +).squareRoot()
            if o.clip > 0, norm > o.clip { g = g.map { $0 * o.clip / norm } }
            let rate = o.schedule == .cosine ? o.rate * (1 + cos(Double.pi * Double(step) / Double(steps))) / 2 : o.rate
            for i in x.indices {
                if o.kind != .adamw { g[i] += o.weightDecay * x[i] }
                if o.kind == .sgd {
                    m[i] = o.momentum * m[i] + g[i]
                    x[i] -= rate * m[i]
                    continue
                }
                m[i] = o.betas.0 * m[i] + (1 - o.betas.0) * g[i]
                v[i] = o.betas.1 * v[i] + (1 - o.betas.1) * g[i] * g[i]
                let t = Double(step + 1)
                let direction = m[i] / (1 - pow(o.betas.0, t)) / ((v[i] / (1 - pow(o.betas.1, t))).squareRoot() + o.epsilon)
                x[i] -= rate * (direction + (o.kind == .adamw ? o.weightDecay * x[i] : 0))
            }
        }
        return x
    }

    private func compiled(_ o: Optimizer) throws -> [Double] {
        let graph = Graph()
        let (x, g, scalars) = (graph.input([start.count]), graph.input([start.count]), graph.input([Optimizer.scalarCount]))
        let state = (0..<o.stateCount).map { _ in graph.input([start.count]) }
        let update = try o.update(x, gradient: g, state: state, scalars: scalars)
        let plan = try Plan(graph, outputs: [update.parameters] + update.state)
        XCTAssertEqual(plan.listing.contains("AdamInstruction"), o.kind != .sgd, "\(o)")
        var values = [start] + Array(repeating: start.map { _ in 0 }, count: o.stateCount)
        let numbers = StateVector(zeros: Optimizer.scalarCount)
        for step in 0..<steps {
            o.writeScalars(step: step, of: steps, updates: step, to: numbers.current)
            let inputs = [values[0], gradient(values[0], step), numbers.values.map(Double.init)] + values.dropFirst()
            values = try Tensor.run(plan, inputs: inputs.map { try Tensor($0, shape: [$0.count]).convert(to: .float32) }).map { try $0.values() }
        }
        return values[0]
    }

    /// Steps in which a vector rests do not count for Adam's corrections, which are those of its own moments, and count for
    /// the schedule. The definition's updates are numbered from 1, its rates are those of the steps at which they are made.
    func testRestingStepsDoNotCount() throws {
        let moves = [3, 4, 9, 10, 11], all = 12
        for kind in Optimizer.Kind.allCases {
            for schedule in Optimizer.Schedule.allCases {
                var o = Optimizer(rate: 0.05)
                (o.kind, o.schedule, o.betas) = (kind, schedule, (0.5, 0.999))
                let state = OptimizerState(o, count: 1)
                for (t, step) in moves.enumerated() {
                    state.prepare(o, step: step, of: all)
                    let rate = schedule == .cosine ? 0.05 * (1 + cos(Double.pi * Double(step) / Double(all))) / 2 : 0.05
                    let expected = [rate, 1 / (1 - pow(0.5, Double(t + 1))), 1 / (1 - pow(0.999, Double(t + 1)))]
                    for (ours, value) in zip(state.scalars.values, expected) {
                        XCTAssertEqual(Double(ours), value, accuracy: 1e-6 * value, "\(kind) \(schedule), update \(t + 1) at step \(step)")
                    }
                    state.advance()
                }
                XCTAssertEqual(state.updates, moves.count)
            }
        }
    }

    func testUpdatesAreTheirDefinitions() throws {
        for kind in Optimizer.Kind.allCases {
            for schedule in Optimizer.Schedule.allCases {
                for (clip, decay) in [(0.0, 0.0), (0.5, 0.0), (0.0, 0.1), (0.5, 0.1)] {
                    var optimizer = Optimizer(rate: 0.05)
                    (optimizer.kind, optimizer.schedule, optimizer.clip, optimizer.weightDecay) = (kind, schedule, clip, decay)
                    for (ours, expected) in zip(try compiled(optimizer), definition(optimizer)) {
                        XCTAssertEqual(ours, expected, accuracy: 2e-5, "\(kind) \(schedule) clip \(clip) decay \(decay)")
                    }
                }
            }
        }
    }
}
