// Why a statistic has no value, or no interval. A statistic of a study is a number or one of these reasons, never NaN:
// a reader of the table learns that one trial has no spread, instead of seeing "nan" and guessing.

/// The reason why a statistic of some scores, or its interval, does not exist.
public enum Undefined: Error, Equatable, Hashable, Sendable, CustomStringConvertible {
    /// There are no scores: no trial has run, or all failed.
    case noScores
    /// There are `count` scores and the statistic needs at least `needed`.
    case tooFew(count: Int, needed: Int)
    /// All scores (or all of one side of the pairs) are equal, so there is nothing to correlate or to judge a spread from.
    case constant
    /// A score is infinite (the PSNR of an exact reconstruction), and the statistic needs differences of scores.
    case infinite
    /// `count` of the scores are not numbers.
    case notANumber(count: Int)
    /// What the named thing would tell apart does not vary within anything: a study with one trial of each search, say.
    case notRepeated(String)
    /// There are `count` groups of trials (data seeds, say) and the statistic needs at least `needed`.
    case tooFewGroups(String, count: Int, needed: Int)
    /// The pairs lie on a line, or nearly: nothing scatters around it.
    case perfect
    /// The largest or smallest score: a sample does not tell how far beyond it others lie.
    case end
    /// Some scores lie so far from the rest that the spread rests on a few of them.
    case heavyTails
    /// Equal scores lie on both sides of where the middle half begins or ends.
    case tiedQuartile
    /// Trials on the same data are alike, and the statistic has no interval that takes it into account.
    case sharedData(dataSets: Int)
    /// Groups of unequal sizes, for a method that needs equal ones.
    case unbalanced
    /// Of a sum's parts: no method is known here that covers for a share near 0 or 1.
    case share
    /// Too few resamples had a value of their own to make an interval of.
    case degenerate

    /// The reason in words, as tables and errors print it.
    public var description: String {
        switch self {
        case .noScores: return "no scores"
        case .tooFew(let count, let needed):
            return "\(count) \(count == 1 ? "score" : "scores"), at least \(needed) needed"
        case .tooFewGroups(let what, let count, let needed):
            return "\(count) \(what)\(count == 1 ? "" : "s"), at least \(needed) needed"
        case .perfect: return "all pairs lie on a line"
        case .constant: return "all scores are equal"
        case .infinite: return "a score is infinite"
        case .notANumber(let count): return "\(count) \(count == 1 ? "score is" : "scores are") not a number"
        case .notRepeated(let what): return "\(what) does not vary"
        case .end: return "the largest and smallest of a sample do not tell how far others lie"
        case .heavyTails: return "a few scores lie so far out that the spread rests on them"
        case .tiedQuartile: return "equal scores lie across a quartile"
        case .sharedData(let dataSets): return "the trials share \(dataSets) data sets, so they are not independent"
        case .unbalanced: return "groups of equal sizes needed"
        case .share: return "a share of variances has no interval that covers; those of the variances themselves have"
        case .degenerate: return "too few resamples have a value"
        }
    }
}
