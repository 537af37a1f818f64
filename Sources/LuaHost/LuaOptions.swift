// The checked content of an options table. Accessors may be called only for declared options of that kind: anything
// else is a mistake in the declaration, found by the first call, and stops the program.

/// What a declared options table held, defaults filled in.
public struct LuaOptions {
    public indirect enum Value {
        case number(Double), integer(Int), boolean(Bool), string(String)
        case numbers([Double]), integers([Int])
        case function(LuaFunction), table(LuaTable), any(LuaValue)
        case options(LuaOptions), list([Value]), custom(Any)
    }

    /// By option name; options without a value are missing.
    public internal(set) var values: [String: Value] = [:]
    /// Names that the script gave, without defaults.
    public internal(set) var given: Set<String> = []
    let declared: Set<String>

    init(_ options: [LuaOption]) { declared = Set(options.map(\.name)) }

    /// Whether the script gave this option a value (as opposed to its default).
    public func isGiven(_ name: String) -> Bool { given.contains(name) }

    public subscript(_ name: String) -> Value? {
        precondition(declared.contains(name), "option '\(name)' is not declared")
        return values[name]
    }

    private func require<T>(_ name: String, _ value: T?) -> T {
        guard let value else { fatalError("option '\(name)' has no value of type \(T.self): check its declaration") }
        return value
    }

    public func number(_ name: String) -> Double { require(name, optionalNumber(name)) }
    public func optionalNumber(_ name: String) -> Double? {
        switch self[name] {
        case .number(let value): return value
        case .integer(let value): return Double(value)
        default: return nil
        }
    }

    public func integer(_ name: String) -> Int { require(name, optionalInteger(name)) }
    public func optionalInteger(_ name: String) -> Int? {
        if case .integer(let value) = self[name] { return value }
        return nil
    }

    public func boolean(_ name: String) -> Bool { require(name, optionalBoolean(name)) }
    public func optionalBoolean(_ name: String) -> Bool? {
        if case .boolean(let value) = self[name] { return value }
        return nil
    }

    /// A string or a choice.
    public func string(_ name: String) -> String { require(name, optionalString(name)) }
    public func optionalString(_ name: String) -> String? {
        if case .string(let value) = self[name] { return value }
        return nil
    }

    /// A choice among the names of an enumeration's cases.
    public func choice<Choice: RawRepresentable>(_ name: String, of type: Choice.Type = Choice.self) -> Choice
    where Choice.RawValue == String {
        require(name, Choice(rawValue: string(name)))
    }

    public func numbers(_ name: String) -> [Double] { require(name, optionalNumbers(name)) }
    public func optionalNumbers(_ name: String) -> [Double]? {
        if case .numbers(let values) = self[name] { return values }
        return nil
    }

    /// {low, high}
    public func range(_ name: String) -> ClosedRange<Double> { require(name, optionalRange(name)) }
    public func optionalRange(_ name: String) -> ClosedRange<Double>? {
        guard let ends = optionalNumbers(name), ends.count == 2, ends[0] <= ends[1] else { return nil }
        return ends[0]...ends[1]
    }

    /// An integer array or a shape.
    public func integers(_ name: String) -> [Int] { require(name, optionalIntegers(name)) }
    public func optionalIntegers(_ name: String) -> [Int]? {
        switch self[name] {
        case .integers(let values): return values
        case .numbers(let values): return values.map { Int($0) }  // a default written as a literal
        default: return nil
        }
    }

    public func function(_ name: String) -> LuaFunction { require(name, optionalFunction(name)) }
    public func optionalFunction(_ name: String) -> LuaFunction? {
        if case .function(let value) = self[name] { return value }
        return nil
    }

    public func table(_ name: String) -> LuaTable { require(name, optionalTable(name)) }
    public func optionalTable(_ name: String) -> LuaTable? {
        if case .table(let value) = self[name] { return value }
        return nil
    }

    public func any(_ name: String) -> LuaValue {
        if case .any(let value) = self[name] { return value }
        return .nil
    }

    public func options(_ name: String) -> LuaOptions { require(name, optionalOptions(name)) }
    public func optionalOptions(_ name: String) -> LuaOptions? {
        if case .options(let value) = self[name] { return value }
        return nil
    }

    /// Of an option of kind `.records`; empty when absent.
    public func records(_ name: String) -> [LuaOptions] {
        list(name).map { if case .options(let record) = $0 { return record } else { return require(name, nil) } }
    }

    /// Of an option of kind `.list`, `.rest` or `.records`; empty when absent.
    public func list(_ name: String) -> [Value] {
        if case .list(let values) = self[name] { return values }
        return []
    }

    /// Of an option of kind `.value(T.self)`.
    public func value<T>(_ name: String, as type: T.Type = T.self) -> T { require(name, optionalValue(name, as: type)) }
    public func optionalValue<T>(_ name: String, as type: T.Type = T.self) -> T? {
        if case .custom(let value) = self[name] { return value as? T }
        return nil
    }

    /// Of a list of `.value(T.self)`.
    public func values<T>(_ name: String, as type: T.Type = T.self) -> [T] {
        list(name).map { if case .custom(let value) = $0, let value = value as? T { return value } else { return require(name, nil) } }
    }
}
