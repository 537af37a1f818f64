// The seeds of a trial. As a rule one number is the seed of everything; to tell where the spread of scores comes from, the three kinds are
// nested instead: data seeds, several searches on each, several retrainings of what each search found.

/// What a trial's data, search and retraining draw from.
public struct TrialSeeds: Sendable, Equatable {
    public var data: Int
    public var search: Int
    public var retrain: Int
    public init(data: Int, search: Int, retrain: Int) { (self.data, self.search, self.retrain) = (data, search, retrain) }
}

/// How many data seeds a row has, searches on each, and retrainings of each search.
public struct NestedSeeds: Sendable, Equatable {
    public var data: Int
    public var search: Int
    public var retrain: Int
    public init(data: Int, search: Int, retrain: Int) { (self.data, self.search, self.retrain) = (data, search, retrain) }

    public var trials: Int { data * search * retrain }

    /// The seeds of trial `trial` (from 1), counted up from `first`; no two searches and no two retrainings share one.
    public func seeds(trial: Int, first: Int) -> TrialSeeds {
        let place = trial - 1
        return TrialSeeds(data: first + place / (search * retrain), search: first + place / retrain, retrain: first + place)
    }
}
