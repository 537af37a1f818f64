import Engine
import Tensors

/// A vector that a step reads and replaces: two buffers that change places, so that nothing is copied.
final class StateVector {
    private(set) var current: UnsafeMutablePointer<Float>
    private(set) var next: UnsafeMutablePointer<Float>
    let count: Int
    var bytes: Int { 2 * 4 * count }

    init(_ values: [Float]) {
        count = values.count
        func buffer() -> UnsafeMutablePointer<Float> {
            UnsafeMutableRawPointer.allocate(byteCount: max(64, values.count * 4), alignment: 64).bindMemory(to: Float.self, capacity: max(1, values.count))
        }
        (current, next) = (buffer(), buffer())
        for (i, value) in values.enumerated() { current[i] = value }
    }
    convenience init(zeros count: Int) { self.init([Float](repeating: 0, count: count)) }
    deinit {
        UnsafeMutableRawPointer(current).deallocate()
        UnsafeMutableRawPointer(next).deallocate()
    }
    /// Takes these values.
    func set(_ values: [Float]) { for (i, value) in values.enumerated() { current[i] = value } }
    func advance() { swap(&current, &next) }
    var values: [Float] { (0..<count).map { current[$0] } }
}

/// To be asked before a run of so many steps keeps so many numbers of each: a number of steps that no memory holds is an error at once.
func ensureHistory(steps: Int, numbers: Int) throws {
    let (bytes, overflow) = steps.multipliedReportingOverflow(by: 4 * numbers)
    try Storage.ensure(overflow ? .max / 2 : bytes, for: "the history of \(steps) steps")
}
