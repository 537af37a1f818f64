// A statistic as a study reports it: its value with its interval, or the reasons why either does not exist.
// Invariant: exactly one of value and reason is set; an interval is set or has its reason.

/// A confidence interval of a statistic, in the unit of the scores.
public struct Interval: Equatable, Hashable, Sendable {
    /// How the bounds were found.
    public enum Method: String, Sendable {
        /// Quantiles of the resampled statistic.
        case percentile
        /// Quantiles corrected for bias and acceleration (Efron 1987).
        case bca
    }
    public var lower: Double
    public var upper: Double
    /// The confidence level, as 0.95.
    public var level: Double
    public var method: Method
    /// The number of bootstrap resamples behind the bounds.
    public var resamples: Int

    public init(lower: Double, upper: Double, level: Double, method: Method, resamples: Int) {
        (self.lower, self.upper, self.level) = (lower, upper, level)
        (self.method, self.resamples) = (method, resamples)
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
    /// The bootstrap interval; nil when it is not defined or was not asked for.
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

    /// The value of `statistic`, or the reason it throws.
    init(_ statistic: () throws(Undefined) -> Double) {
        do { self.init(try statistic()) } catch { self.init(undefined: error) }
    }
}
