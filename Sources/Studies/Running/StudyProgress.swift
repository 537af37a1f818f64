// How far a run is: counts, rate, time left, and the running median of every row. The time left is work, not counts: a search takes
// many times what a fixed architecture does, so each remaining trial costs the mean seconds of its own row, and the rate at which such
// seconds have been worked off includes other processes on the same store.

/// A snapshot of a run.
public struct StudyProgress: Sendable {
    /// The median of one method's scores on one data set so far.
    public struct Row: Sendable {
        public let data: String
        public let method: String
        /// Trials of the row in the plan.
        public var planned = 0
        /// Trials with a record, of which `failed` have no score.
        public var done = 0
        public var failed = 0
        /// Ascending.
        var scores: [Double] = []
        /// Seconds of the trials recorded.
        var seconds = 0.0

        /// In the unit of the score; nil before the first score.
        public var median: Double? { scores.isEmpty ? nil : quantile(0.5, ofSorted: scores) }
    }

    /// Trials in the plan, and those with a record.
    public let total: Int
    public private(set) var done = 0
    /// Recorded trials that failed.
    public private(set) var failed = 0
    /// Trials being computed by this process.
    public private(set) var running = 0
    /// Seconds since the run began.
    public private(set) var elapsed = 0.0
    /// A row per data and method, in the order of the plan.
    public private(set) var rows: [Row] = []
    public let score: Score
    private let workers: Int
    private let start = monotonicSeconds()
    private var place: [RowKey: Int] = [:]
    /// Rows by identity: equal trials of several rows end together.
    private var owners: [TrialIdentity: [Int]] = [:]
    private var doneHere = 0
    private var worked = 0.0

    init(specs: [TrialSpec], recorded: [TrialRecord], score: Score, workers: Int) {
        (total, self.score, self.workers) = (specs.count, score, workers)
        for spec in specs {
            let key = RowKey(data: spec.data, method: spec.method)
            if place[key] == nil {
                place[key] = rows.count
                rows.append(Row(data: spec.data, method: spec.method))
            }
            rows[place[key]!].planned += 1
            owners[spec.identity, default: []].append(place[key]!)
        }
        for record in recorded { count(record, in: place[RowKey(data: record.data, method: record.method)]!) }
    }

    /// Trials ended per second of this run; nil before the first.
    public var rate: Double? { doneHere == 0 || elapsed <= 0 ? nil : Double(doneHere) / elapsed }

    /// Seconds until the run ends, if it goes on as it did; nil before any trial has ended.
    public var remaining: Double? {
        let known = rows.reduce(into: (seconds: 0.0, count: 0)) { $0.seconds += $1.seconds; $0.count += $1.done }
        guard known.count > 0 else { return nil }
        if done == total { return 0 }
        let average = known.seconds / Double(known.count)
        let left = rows.reduce(0.0) { sum, row in
            sum + Double(row.planned - row.done) * (row.done == 0 ? average : row.seconds / Double(row.done))
        }
        // Seconds of trials worked off per second; early on, one per worker is the better guess.
        let speed = doneHere >= 2 * workers && elapsed > 0 ? worked / elapsed : Double(workers)
        return speed > 0 ? left / speed : nil
    }

    mutating func add(_ event: TrialEvent) {
        elapsed = monotonicSeconds() - start
        worked += event.record.seconds
        for row in owners[event.record.identity] ?? [] {
            count(event.record, in: row)
            doneHere += 1
        }
    }

    mutating func tick(running: Int) {
        elapsed = monotonicSeconds() - start
        self.running = running
    }

    private mutating func count(_ record: TrialRecord, in row: Int) {
        done += 1
        rows[row].done += 1
        rows[row].seconds += record.seconds
        if record.status == .failed {
            failed += 1
            rows[row].failed += 1
        } else if let value = score.of(record), !value.isNaN {
            var (low, high) = (0, rows[row].scores.count)
            while low < high {
                let middle = (low + high) / 2
                if rows[row].scores[middle] < value { low = middle + 1 } else { high = middle }
            }
            rows[row].scores.insert(value, at: low)
        }
    }
}
