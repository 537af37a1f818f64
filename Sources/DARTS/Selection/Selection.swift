import Datasets
import Engine
import Operations

/// How an architecture is read off a trained relaxation.
public enum Selection: Hashable, Sendable {
    /// The operation with the largest alpha of every row; of a cell's node the edges whose operation has the largest weight.
    case argmax
    /// Perturbation (`PerturbationSelection`), with this many steps of fine-tuning after each decision; nil: a fifth of the search's.
    case perturbation(tuning: Int?)
}

extension Space {
    /// The architecture with the largest score of every row, {rows, operations}; the first of equals. Of a cell's node the
    /// rows are kept whose choice has the largest `weights`, and "zero" is chosen only where there is nothing else
    /// (Liu, Simonyan and Yang 2019, section 2.4).
    func best(scores: [Float], weights: [Float]) -> Architecture {
        let count = operations.count
        let usual = topology == .chain ? Array(operations.indices) : operations.indices.filter { !(operations[$0] is ZeroOperation) }
        let candidates = usual.isEmpty ? Array(operations.indices) : usual
        let choices = (0..<rows).map { row in candidates.reduce(candidates[0]) { scores[row * count + $1] > scores[row * count + $0] ? $1 : $0 } }
        let kept = (1...nodes).flatMap { node in
            rows(into: node).sorted { a, b in
                let (x, y) = (weights[a * count + choices[a]], weights[b * count + choices[b]])
                return x == y ? a < b : x > y
            }.prefix(keptCount(node)).sorted()
        }
        return architecture(rows: kept, choices: kept.map { choices[$0] })
    }

    /// `weights` where the architecture is, 0 elsewhere; of a cell times what makes the mean over all edges one over those kept.
    func masked(_ weights: [Float], to architecture: Architecture) -> [Float] {
        var masked = [Float](repeating: 0, count: rows * operations.count)
        for (row, choice) in zip(architecture.rows, architecture.choices) {
            let node = edges[row].to
            masked[row * operations.count + choice] = weights[row * operations.count + choice] * Float(rows(into: node).count) / Float(keptCount(node))
        }
        return masked
    }
}
