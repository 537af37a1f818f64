import Synchronization

/// Functions whose calls are being recorded, one inside another. Each call has a number, greater than those of all
/// calls that began before it, and a tensor has the number of the call that it was made in. So a tensor comes from
/// outside the call under way exactly when its number is smaller: such a tensor is captured, and can't be assigned to.
public enum TracedFunction {
    /// Calls that have begun.
    private static let begun = Atomic<Int>(0)
    private static let innermost = Atomic<Int>(0)

    /// The innermost call under way; 0 outside of all.
    @inline(__always) static var current: Int { innermost.load(ordering: .relaxed) }

    /// Runs `body` as a call: what it makes is its own, arguments are to be made in it.
    public static func call<Result>(_ body: () throws -> Result) rethrows -> Result {
        let outer = current
        let number = begun.wrappingAdd(1, ordering: .relaxed).newValue
        innermost.store(number, ordering: .relaxed)
        defer { innermost.store(outer, ordering: .relaxed) }
        return try body()
    }
}

extension Tensor {
    /// What values are part of, where they are handed out to be looked at.
    public enum Owner: Sendable {
        case dataset
        case network
        case search

        /// "a data set"
        public var name: String {
            switch self {
            case .dataset: "a data set"
            case .network: "a trained network"
            case .search: "the result of a search"
            }
        }
    }

    /// Throws `RefusedAssignment` where this tensor can't be assigned to now.
    @inline(__always) func checkAssignable() throws {
        if owner != nil || function < TracedFunction.current { throw RefusedAssignment(tensor: self, owner: owner) }
    }
}

/// An assignment to values that belong to something else, or that come from outside the function that is being traced.
public struct RefusedAssignment: Error, CustomStringConvertible {
    let tensor: Tensor
    let owner: Tensor.Owner?

    public var description: String { text(name: nil) }

    /// What to say of a tensor that is called `name`, or without, by its shape.
    public func text(name: String?) -> String {
        let called = name.map { "'\($0)'" } ?? "a tensor of shape \(tensor.shape.braces)"
        if let owner { return "\(called) belongs to \(owner.name) and can't be changed: copy it with :clone()" }
        return "assignment to \(called), which comes from outside the function that is being traced: only the "
            + "function's "
            + "arguments and what it makes itself can change; copy it with :clone() inside"
    }
}
