// The one place that words a wrong argument: "bad argument #2 'dim' to 'sum' (integer expected, got string 'x')".

/// Thrown by parameters and options; the function's name is added where the error leaves the native function.
public struct LuaArgumentError: Error, CustomStringConvertible {
    public enum Place {
        case position(Int32, name: String)   // index on the Lua stack, self included
        case option(String)                  // a path such as "alpha.rate"
        case whole                           // the problem speaks for itself
    }
    public var place: Place
    /// "integer expected, got string"
    public var problem: String

    /// In a problem: where the function's name goes.
    static let functionMark: Character = "\u{1}"

    public init(_ place: Place, _ problem: String) {
        self.place = place
        self.problem = problem
    }

    /// The value of the named option (or named argument) is wrong: "bad argument 'sigma' to 'blur' (…)".
    public static func option(_ name: String, _ problem: String) -> LuaArgumentError { .init(.option(name), problem) }

    /// Without the function's name, for an error that never left through a native function.
    public var description: String { message(function: "?", offset: 0) }

    func message(function: String, offset: Int32) -> String {
        // What is said of options does not know which function they belong to; a mark stands for it.
        let problem = problem.split(separator: Self.functionMark, omittingEmptySubsequences: false).joined(separator: function)
        switch place {
        case .position(let index, let name):
            let position = index - offset
            if position == 0 {
                return "bad self to '\(function)' (\(problem); methods are called with ':')"
            }
            let named = name.isEmpty ? "" : " '\(name)'"
            return "bad argument #\(position)\(named) to '\(function)' (\(problem))"
        case .option(let path):
            return "bad argument '\(path)' to '\(function)' (\(problem))"
        case .whole:
            return problem
        }
    }
}
