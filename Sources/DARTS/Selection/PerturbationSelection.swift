import Datasets
import Engine

/// Selection by perturbation: Wang et al., "Rethinking Architecture Selection in Differentiable NAS", ICLR 2021 (DARTS-PT).
/// Row by row, in random order, the operation is kept whose removal raises the validation loss most, the weights of the
/// mix being as searched and the rows decided before being their choice alone; then theta is fine-tuned, with its
/// optimiser started anew, once: its moments, its number of updates, and its schedule over all of that (as in the reference
/// implementation, `reset_optimizer` before the first decision). Of a cell's node the edges are then kept likewise.
extension SearchRun {
    func selectByPerturbation(tuning: Int, weights: [Float]) throws -> Architecture {
        let count = space.operations.count
        var mix = weights
        let tuner = try Tuner(self, decisions: space.rows, steps: tuning)
        for (decision, row) in order(space.rows, .selection).enumerated() {
            let cells = row * count..<(row + 1) * count
            let worst = try mostMissed(Array(cells), mix) { mix, cell in mix[cell] = 0 }
            for cell in cells { mix[cell] = cell == worst ? 1 : 0 }
            try tuner.run(decision, mix)
        }
        let choices = (0..<space.rows).map { row in (0..<count).first { mix[row * count + $0] == 1 }! }
        var kept: [Int] = []
        for node in 1...space.nodes {
            var rows = Array(space.rows(into: node))
            // The edge that is missed least goes first.
            while rows.count > space.keptCount(node) {
                let losses = try rows.map { row in try validationLoss(zeroing(row, mix)) }
                let least = losses.indices.reduce(0) { losses[$1] < losses[$0] ? $1 : $0 }
                mix = zeroing(rows.remove(at: least), mix)
            }
            kept += rows
        }
        return space.architecture(rows: kept, choices: kept.map { choices[$0] })
    }

    private func zeroing(_ row: Int, _ mix: [Float]) -> [Float] {
        var mix = mix
        for cell in row * space.operations.count..<(row + 1) * space.operations.count { mix[cell] = 0 }
        return mix
    }

    /// The candidate without which the loss is largest; the first of equals. A loss that is no number is the largest.
    private func mostMissed(_ candidates: [Int], _ mix: [Float], without: (inout [Float], Int) -> Void) throws -> Int {
        var best = candidates[0], largest = -Double.infinity
        for candidate in candidates {
            var perturbed = mix
            without(&perturbed, candidate)
            let loss = try validationLoss(perturbed)
            if (loss.isNaN ? .infinity : loss) > largest { (best, largest) = (candidate, loss.isNaN ? .infinity : loss) }
        }
        return best
    }

    private func validationLoss(_ mix: [Float]) throws -> Double { try relaxedScore(weights: mix).meanSquaredError }

    /// A random order of 0 ..< count.
    private func order(_ count: Int, _ purpose: Purpose) -> [Int] {
        var order = Array(0..<count)
        let draws = IndexDraws(seed: derivedSeed(seed, purpose))
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, draws.below(i + 1, at: i)) }
        return order
    }
}

/// Trains theta at fixed weights of the mix.
private struct Tuner {
    let run: SearchRun
    let steps: Int, total: Int
    let plan: Plan
    let state: OptimizerState

    init(_ run: SearchRun, decisions: Int, steps: Int) throws {
        (self.run, self.steps, total) = (run, steps, steps * decisions)
        let optimizer = run.settings.theta, layout = run.layout, space = run.space
        state = OptimizerState(optimizer, count: layout.count)
        let network = Network(space: space, measurement: run.data.measurement, signal: run.data.signalShape, training: true)
        plan = try PlanCache.shared.plan(TuningStepKey(relaxed: run.key, batch: run.settings.batch, optimizer: optimizer)) {
            let graph = Graph()
            let (clean, measured) = run.batchInputs(graph)
            let theta = graph.input([layout.count]), weights = graph.input([space.rows * space.operations.count])
            let state = (0..<optimizer.stateCount).map { _ in graph.input([layout.count]) }, scalars = graph.input([Optimizer.scalarCount])
            let output = try network.relaxed(measured, theta: theta, layout: layout, weights: weights) { try run.strategy.join($0, $1, RelaxationContext(.evaluation)) }
            let loss = try meanSquaredError(output, clean)
            let gradient = layout.count == 0 ? theta : try gradients(of: loss, withRespectTo: [theta])[0]
            let outputs = try optimizer.outputs(theta, loss: loss, gradient: gradient, state: state, scalars: scalars)
            return try Plan(graph, outputs: outputs, packedInputs: [0, 1])
        }
    }

    func run(_ decision: Int, _ mix: [Float]) throws {
        guard steps > 0, run.layout.count > 0 else { return }
        let weights = StateVector(mix), feed = try run.feed(run.data.train)
        try PlanCache.shared.withExecution(plan) { execution in
            for step in decision * steps..<(decision + 1) * steps {
                let loss = try run.move(run.theta, state, run.settings.theta, execution, feed, step: step, of: total,
                                        seed: derivedSeed(run.seed, .tuning), others: [(3, weights)])
                guard loss.isFinite else { throw DivergenceError("the training loss, while an architecture was selected,", step: step) }
            }
        }
    }
}
