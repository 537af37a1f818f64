// All statistics of one list of scores together: what a row of a study's table is made of. Intervals are made on request only,
// since they cost thousands of times what the values do.

/// The distribution of a method's scores on one data set.
public struct Summary: Equatable, Sendable {
    /// The scores summarised.
    public let count: Int
    private let estimates: [Statistic: Estimate]

    /// - Parameters:
    ///   - scores: in any order; an empty list gives estimates that say so.
    ///   - intervals: the statistics that get a bootstrap interval.
    public init(_ scores: [Double], intervals: Set<Statistic> = [], bootstrap: Bootstrap = Bootstrap()) {
        count = scores.count
        do {
            let sample = try Sample(scores)
            estimates = Dictionary(uniqueKeysWithValues: Statistic.allCases.map {
                ($0, $0.estimate(sample, bootstrap: intervals.contains($0) ? bootstrap : nil))
            })
        } catch {
            estimates = Dictionary(uniqueKeysWithValues: Statistic.allCases.map { ($0, Estimate(undefined: error)) })
        }
    }

    public subscript(_ statistic: Statistic) -> Estimate { estimates[statistic]! }
}
