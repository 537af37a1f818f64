// All statistics of one list of scores together: what a row of a study's table is made of. Intervals are made on request only,
// since those of means cost thousands of times what the values do.

import Engine

/// The distribution of a method's scores on one data set.
public struct Summary: Equatable, Sendable {
    /// The scores summarised.
    public let count: Int
    private let estimates: [Statistic: Estimate]

    /// - Parameters:
    ///   - scores: in any order; an empty list gives estimates that say so.
    ///   - groups: of each score, where those of one group are not independent (trials on the same data). The mean's interval is then
    ///     over groups, the others have none.
    ///   - intervals: the statistics that get an interval.
    public init(_ scores: [Double], groups: [Int]? = nil, intervals: Set<Statistic> = [], bootstrap: Bootstrap = Bootstrap()) {
        count = scores.count
        do {
            let sample = try Sample(scores)
            var estimates: [Statistic: Estimate] = [:]
            for statistic in Statistic.allCases where !Interruption.isRequested {
                let isWanted = intervals.contains(statistic)
                var estimate = statistic.estimate(sample, bootstrap: isWanted && groups == nil ? bootstrap : nil)
                if let groups, isWanted, let value = estimate.value {
                    let shared = Undefined.sharedData(dataSets: Set(groups).count)
                    estimate = Estimate(value, interval: statistic == .mean
                        ? clusteredMeanInterval(scores, groups: groups, level: bootstrap.level)
                        : .failure(statistic == .max || statistic == .min ? .end : shared))
                }
                estimates[statistic] = estimate
            }
            self.estimates = estimates
        } catch {
            estimates = Dictionary(uniqueKeysWithValues: Statistic.allCases.map { ($0, Estimate(undefined: error)) })
        }
    }

    /// Work that was stopped (Interruption) has estimates missing; whoever began it looks at the flag.
    public subscript(_ statistic: Statistic) -> Estimate { estimates[statistic] ?? Estimate(undefined: .degenerate) }
}
