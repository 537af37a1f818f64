// A statistic as a study reports it: its value with its interval, or the reasons why either does not exist.
// Invariant: exactly one of value and reason is set; an interval is set or has its reason.

/// A confidence interval of a statistic, in the unit of the scores.
public struct Interval: Equatable, Hashable, Sendable {
    /// How the bounds were found; `description` is what the foot of a table says. How often each holds the truth is measured by
    /// scripts/coverage.
    public enum Method: String, CaseIterable, Sendable {
        /// x̄ ± t s/√n.
        case student
        /// The wider, at each end, of Student's t and the bootstrap of the studentised statistic.
        case bootstrapT = "bootstrap_t"
        /// Student's t over the sums of the data sets that trials share.
        case cluster
        /// The bootstrap of the studentised trimmed mean.
        case trimmed
        /// Order statistics whose chance is binomial, interpolated.
        case orderStatistics = "order_statistics"
        /// The logarithm of the variance with the scores' own kurtosis.
        case bonett
        /// Fisher's z with the variance that belongs to the coefficient.
        case fisher
        /// The differences that the sign-flip test does not reject.
        case signFlip = "sign_flip"
        /// The paired t test, for many pairs.
        case pairedT = "paired_t"
        /// The jackknife of the expected best of k.
        case jackknife
        /// Mean squares of a balanced nested design of normal effects.
        case meanSquares = "mean_squares"
        /// Clopper and Pearson's, of a share.
        case binomial
    }
    public var lower: Double
    public var upper: Double
    /// The confidence level, as 0.95.
    public var level: Double
    public var method: Method

    public init(lower: Double, upper: Double, level: Double, method: Method) {
        (self.lower, self.upper, self.level, self.method) = (lower, upper, level, method)
    }

    /// Whether `value` lies within the bounds, both included.
    public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}

/// A statistic of a study: value and interval, or why there is none.
public struct Estimate: Equatable, Sendable {
    /// The statistic; nil when it is not defined. It may be infinite (the mean of scores of which one is), never NaN.
    public let value: Double?
    /// Why there is no value.
    public let reason: Undefined?
    /// The interval; nil when it is not defined or was not asked for.
    public let interval: Interval?
    /// Why there is no interval; nil also when none was asked for.
    public let intervalReason: Undefined?

    public init(_ value: Double, interval: Result<Interval, Undefined>? = nil) {
        self.value = value
        reason = nil
        switch interval {
        case .success(let found): (self.interval, intervalReason) = (found, nil)
        case .failure(let why): (self.interval, intervalReason) = (nil, why)
        case nil: (self.interval, intervalReason) = (nil, nil)
        }
    }

    public init(undefined reason: Undefined) {
        (value, self.reason, interval, intervalReason) = (nil, reason, nil, reason)
    }

    /// A value with the interval that the body makes, or the reason it throws.
    init(_ value: Double, _ interval: () throws(Undefined) -> Interval) {
        do { self.init(value, interval: .success(try interval())) } catch { self.init(value, interval: .failure(error)) }
    }

    /// The value of `statistic`, or the reason it throws.
    init(_ statistic: () throws(Undefined) -> Double) {
        do { self.init(try statistic()) } catch { self.init(undefined: error) }
    }
}
