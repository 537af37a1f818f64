import Engine
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// DrNAS: Chen et al., "DrNAS: Dirichlet Neural Architecture Search", ICLR 2021. The mix of a row is drawn every step
/// from the Dirichlet distribution of concentration elu(alpha) + 1, with pathwise gradients through the draw; scores use
/// its mean. The loss that alpha follows has a distance to the anchor, the uniform distribution, added: `l2` is
/// scale |alpha|^2 / 2, `kl` is scale KL(Dirichlet(elu(alpha) + 1) || Dirichlet(1)). The reference implementation's default is l2 of
/// 1e-3, as its optimiser's weight decay; here too alpha's weight decay is that by default, so nothing is added unless a
/// regularizer is asked for.
public struct Drnas: RelaxingStrategy, Hashable {
    public enum Regularizer: String, CaseIterable, Sendable { case none, l2, kl }
    public let regularizer: Regularizer
    public let scale: Double
    public init(_ regularizer: Regularizer = .none, scale: Double = 1e-3) { (self.regularizer, self.scale) = (regularizer, scale) }
    public var name: String { "drnas" }
    public var description: String { regularizer == .none ? "drnas" : "drnas{regularizer = \(regularizer.rawValue), scale = \(scale)}" }

    func concentration(_ alpha: Expression) -> Expression {
        let zero = alpha.graph.constant(0, alpha.dtype)
        return (alpha.maximum(zero) + alpha.minimum(zero).exp()).maximum(alpha.graph.constant(1e-2, alpha.dtype))
    }

    public func weights(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression {
        let concentration = concentration(alpha)
        let parts = context.use == .evaluation ? concentration : try gammaDraw(concentration)
        return parts / (try parts.sum([1]))
    }

    public func penalty(_ alpha: Expression, _ weights: Expression, _ context: RelaxationContext) throws -> Expression? {
        switch regularizer {
        case .none: return nil
        case .l2: return try 0.5 * scale * (alpha * alpha).sum()
        case .kl:
            let c = concentration(alpha), total = try c.sum([1])
            let logNormaliser = try logGamma(total) - logGamma(c).sum([1])
            let mean = try ((c - 1) * (digamma(c) - digamma(total))).sum([1])
            // The anchor's log normaliser, log Gamma(n): each of its n concentrations is 1.
            let anchor = (1..<alpha.shape[1]).reduce(0.0) { $0 + log(Double($1)) }
            return try scale * (logNormaliser + mean - anchor).sum()
        }
    }
}
