import LuaHost

/// Tables of results, in which a name that is not there is an error that names the nearest, instead of a nil that fails further on.
/// Integers that are not there stay nil, so that ipairs ends.
final class ResultFields {
    private let state: LuaState
    private var metatables: [String: LuaTable] = [:]

    init(_ state: LuaState) { self.state = state }

    /// A new, empty table.
    /// - Parameters:
    ///   - what: the table in an error, as "a figure"; the names it may have are the same wherever this is.
    ///   - optional: fields that may be nil.
    func table(_ what: String, optional: [String] = []) -> LuaTable {
        let table = state.makeTable()
        table.setMetatable(metatables[what] ?? metatable(what, optional))
        return table
    }

    /// A table of these fields.
    func table(_ what: String, _ values: [String: some LuaConvertible], optional: [String] = []) -> LuaTable {
        let table = table(what, optional: optional)
        for name in values.keys.sorted() { table.set(name, to: values[name]) }
        return table
    }

    private func metatable(_ what: String, _ optional: [String]) -> LuaTable {
        let metatable = state.makeTable()
        metatable.set("__index", to: LuaNativeFunction("index") { call in
            guard let key: LuaValue = call.read(2), case .string(let name) = key, !optional.contains(name) else {
                return call.push(LuaValue.nil)
            }
            var names = optional
            if let table: LuaTable = call.read(1) {
                for pair in table.pairs { if case .string(let name) = pair.key { names.append(name) } }
            }
            throw ResultFields.unknown(name, of: what, among: names)
        })
        metatables[what] = metatable
        return metatable
    }

    /// "no field 'spearmann' of a correlation (did you mean 'spearman'?)"
    static func unknown(_ name: String, of what: String, among names: [String]) -> LuaError {
        var known: [String] = []
        for name in names where !known.contains(name) { known.append(name) }
        let near = NearestName.suggestion(for: name, among: known)
        let all = known.count > 12 || known.isEmpty ? "" : " (there are \(known.map { "'\($0)'" }.joined(separator: ", ")))"
        return LuaError("\(what) has no '\(name)'\(near.isEmpty ? all : near)")
    }
}
