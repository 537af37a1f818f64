import Datasets
import Engine
import Tensors

/// How good a network is on a whole split: the mean squared error over all samples, and of each signal.
struct Evaluation {
    let meanSquaredError: Double
    let perSignal: [Double]
    /// The energy of the network's output over that of the clean signals: near 0 for a dead network.
    let outputEnergy: Double

    /// PSNR of the whole split in dB.
    func psnr(peak: Double) -> Double { Datasets.psnr(meanSquaredError: meanSquaredError, peak: peak) }
    /// The mean over signals of each one's PSNR, in dB.
    func meanSignalPSNR(peak: Double) -> Double {
        perSignal.map { Datasets.psnr(meanSquaredError: $0, peak: peak) }.reduce(0, +) / Double(perSignal.count)
    }

    /// Runs `network(measured, parameter inputs)` on the split. `key` names the network among plans.
    static func run(key: some Hashable, split: Split, inputs: [StateVector], seed: UInt64,
                    network: (Expression, [Expression]) throws -> Expression) throws -> Evaluation {
        try SplitEvaluation(key: key, split: split, sizes: inputs.map(\.count), network: network).run(inputs: inputs, seed: seed)
    }
}

/// A network and the split that it is evaluated on.
struct SplitEvaluation {
    private let clean: Tensor, measured: Tensor
    private let plan: Plan

    /// For `network(measured, parameter inputs)` with inputs of these sizes. `key` names the network among plans.
    init(key: some Hashable, split: Split, sizes: [Int], network: (Expression, [Expression]) throws -> Expression) throws {
        let (clean, measured) = (try split.clean.contiguous(), try split.measured.contiguous())
        (self.clean, self.measured) = (clean, measured)
        let key = EvaluationKey(network: AnyHashable(key), clean: clean.shape, measured: measured.shape)
        plan = try PlanCache.shared.plan(key) {
            let graph = Graph()
            let (c, m) = (graph.input(clean.shape), graph.input(measured.shape))
            let output = try network(m, sizes.map { graph.input([$0]) })
            let difference = output - c
            let perSignal = try (difference * difference).sum([1, 2]) * (1 / Double(clean.shape.dropFirst().reduce(1, *)))
            return try Plan(graph, outputs: [perSignal, (output * output).sum([1, 2]), (c * c).sum([1, 2])])
        }
    }

    func run(inputs: [StateVector], seed: UInt64) throws -> Evaluation {
        try PlanCache.shared.withExecution(plan) { execution in
            execution.bind(0, to: clean.pointer)
            execution.bind(1, to: measured.pointer)
            for (i, input) in inputs.enumerated() { execution.bind(i + 2, to: input.current) }
            try execution.run(seed: seed)
            func column(_ index: Int) -> [Double] {
                let values = execution.output(index).assumingMemoryBound(to: Float.self)
                return (0..<clean.shape[0]).map { Double(values[$0]) }
            }
            let perSignal = column(0)
            return Evaluation(meanSquaredError: perSignal.reduce(0, +) / Double(perSignal.count), perSignal: perSignal,
                              outputEnergy: column(1).reduce(0, +) / column(2).reduce(0, +))
        }
    }
}

/// A loss or parameter that left the numbers.
public struct DivergenceError: Error, CustomStringConvertible {
    public let description: String
    init(_ what: String, step: Int) { description = "\(what) became non-finite at step \(step + 1); a smaller rate or clip may help" }
}

/// Wall-clock seconds since an instant.
func secondsSince(_ began: ContinuousClock.Instant) -> Double {
    let elapsed = ContinuousClock.now - began
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
}
