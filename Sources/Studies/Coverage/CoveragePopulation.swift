// What scores may look like, for measuring how often intervals hold the truth: populations whose figures are known.

import Foundation

/// A population that scores are drawn from.
public enum CoveragePopulation: String, CaseIterable, Sendable {
    /// N(20, 1).
    case normal
    /// exp N(0, 1): skewed, with a long upper tail.
    case logNormal = "log-normal"
    /// Between 0 and 1.
    case uniform
    /// N(20, 1), but 5 % near 2.5: dead nets.
    case twoHumped = "two-humped"
    /// N(20.2, 1) rounded to whole numbers.
    case tied

    /// The share of dead nets.
    static let dead = 0.05

    /// A score from a normal number and a uniform one of 0..<1.
    func score(_ z: Double, _ u: Double) -> Double {
        switch self {
        case .normal: return 20 + z
        case .logNormal: return exp(z)
        case .uniform: return normalDistribution(z)
        case .twoHumped: return u < CoveragePopulation.dead ? 2.5 + z / 4 : 20 + z
        case .tied: return (20.2 + z).rounded()
        }
    }

    /// The population's quantile at p in 0...1.
    func quantile(_ p: Double) -> Double {
        guard self == .twoHumped else { return score(normalQuantile(p), 1) }
        if p < CoveragePopulation.dead { return 2.5 + normalQuantile(p / CoveragePopulation.dead) / 4 }
        return 20 + normalQuantile((p - CoveragePopulation.dead) / (1 - CoveragePopulation.dead))
    }

    /// ∫ f(quantile(p)) weight(p) dp by the midpoint rule.
    private func integral(_ weight: (Double) -> Double = { _ in 1 }, _ f: (Double) -> Double) -> Double {
        let steps = 400_000
        var sum = CompensatedSum()
        for i in 0..<steps {
            let p = (Double(i) + 0.5) / Double(steps)
            sum.add(weight(p) * f(quantile(p)))
        }
        return sum.total / Double(steps)
    }

    /// The statistic of the whole population; nil for its ends.
    func truth(_ statistic: Statistic) -> Double? {
        switch statistic {
        case .mean: return self == .logNormal ? exp(0.5) : integral { $0 }
        case .median: return quantile(0.5)
        case .lowerQuartile: return quantile(0.25)
        case .upperQuartile: return quantile(0.75)
        case .interquartileMean: return integral({ abs($0 - 0.5) <= 0.25 ? 2 : 0 }, { $0 })
        case .std:
            if self == .logNormal { return ((M_E - 1) * M_E).squareRoot() }
            let center = integral { $0 }
            return integral { ($0 - center) * ($0 - center) }.squareRoot()
        case .standardError, .max, .min: return nil
        }
    }

    /// The expected best of k draws.
    func truth(bestOf k: Int) -> Double { integral({ Double(k) * pow($0, Double(k - 1)) }, { $0 }) }
}
