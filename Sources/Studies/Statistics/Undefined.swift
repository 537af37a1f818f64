// Why a statistic has no value. A statistic of a study is a number or one of these reasons, never NaN:
// a reader of the table learns that one trial has no spread, instead of seeing "nan" and guessing.

/// The reason why a statistic of some scores does not exist.
public enum Undefined: Error, Equatable, Hashable, Sendable, CustomStringConvertible {
    /// There are no scores: no trial has run, or all failed.
    case noScores
    /// There are `count` scores and the statistic needs at least `needed`.
    case tooFew(count: Int, needed: Int)
    /// All scores (or all of one side of the pairs) are equal, so there is nothing to correlate.
    case constant
    /// A score is infinite (the PSNR of an exact reconstruction), and the statistic needs differences of scores.
    case infinite
    /// `count` of the scores are not numbers.
    case notANumber(count: Int)
    /// What the named thing would tell apart does not vary within anything: a study with one trial of each search, say.
    case notRepeated(String)
    /// Too few resamples had a value of their own to make an interval of.
    case degenerate

    /// The reason in words, as tables and errors print it.
    public var description: String {
        switch self {
        case .noScores: return "no scores"
        case .tooFew(let count, let needed):
            return "\(count) \(count == 1 ? "score" : "scores"), at least \(needed) needed"
        case .constant: return "all scores are equal"
        case .infinite: return "a score is infinite"
        case .notANumber(let count): return "\(count) \(count == 1 ? "score is" : "scores are") not a number"
        case .notRepeated(let what): return "\(what) does not vary"
        case .degenerate: return "too few resamples have a value"
        }
    }
}
