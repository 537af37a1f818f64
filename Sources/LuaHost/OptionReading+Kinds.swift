// One value against its declared kind. Throws "bad argument 'sigma' to 'blur' (positive number expected, got -1)".

import CLua
import CLuaBridge

extension OptionReading {
    func value(_ kind: LuaOptionKind, _ index: Int32, _ place: String) throws -> LuaOptions.Value {
        let index = lua_absindex(L, index)
        func wrong() -> LuaArgumentError {
            .option(place, "\(kind.expectation)\(kind.form) expected, got \(LuaDescription.of(L, index, expecting: kind.expectation))")
        }
        func number(_ test: (Double) -> Bool) throws -> LuaOptions.Value {
            guard let value = Double.read(L, index), test(value) else { throw wrong() }
            return .number(value)
        }
        func integer(_ test: (Int) -> Bool) throws -> LuaOptions.Value {
            guard let value = Int.read(L, index), test(value) else { throw wrong() }
            return .integer(value)
        }
        switch kind {
        case .any: return .any(LuaValue.at(L, index))
        case .number: return try number { _ in true }
        case .positiveNumber: return try number { $0 > 0 }
        case .nonNegativeNumber: return try number { $0 >= 0 }
        case .numberIn(let range): return try number { range.contains($0) }
        case .integer: return try integer { _ in true }
        case .positiveInteger: return try integer { $0 > 0 }
        case .nonNegativeInteger: return try integer { $0 >= 0 }
        case .integerIn(let range): return try integer { range.contains($0) }
        case .boolean:
            guard let value = Bool.read(L, index) else { throw wrong() }
            return .boolean(value)
        case .string:
            guard let value = String.read(L, index) else { throw wrong() }
            return .string(value)
        case .choice(let names):
            guard let value = String.read(L, index) else { throw wrong() }
            guard names.contains(value) else {
                let near = NearestName.of(value, among: names).map { "; did you mean '\($0)'?" } ?? ""
                throw LuaArgumentError.option(place, "\(kind.expectation) expected, got '\(value)'\(near)")
            }
            return .string(value)
        case .range:
            guard let pair = [Double].read(L, index), pair.count == 2 else { throw wrong() }
            guard pair[0] <= pair[1] else {
                throw LuaArgumentError.option(place, "range {low, high} expected, got \(LuaLiteral.text(pair))")
            }
            return .numbers(pair)
        case .numbers:
            guard let values = [Double].read(L, index) else { throw LuaArgumentError.option(place, [Double].mismatch(L, index)) }
            return .numbers(values)
        case .integers, .shape:
            guard let values = [Int].read(L, index) else { throw LuaArgumentError.option(place, [Int].mismatch(L, index)) }
            if case .shape = kind, let bad = values.first(where: { $0 <= 0 }) {
                throw LuaArgumentError.option(place, "\(kind.expectation) expected, got \(bad) in \(LuaLiteral.text(values))")
            }
            return .integers(values)
        case .function:
            guard let value = LuaFunction.read(L, index) else { throw wrong() }
            return .function(value)
        case .table:
            guard let value = LuaTable.read(L, index) else { throw wrong() }
            return .table(value)
        case .options(let nested):
            guard lua_type(L, index) == LUA_TTABLE else { throw wrong() }
            return .options(try read(nested, index, path: place))
        case .records(let nested): return .list(try elements(.options(nested), index, place, wrong))
        case .list(let element): return .list(try elements(element, index, place, wrong))
        case .either(let kinds):
            var errors: [any Error] = []
            for kind in kinds {
                do { return try value(kind, index, place) } catch { errors.append(error) }
            }
            // A table meant for one of several kinds of table fails for a reason of its own: say that one.
            let tables = zip(kinds, errors).filter { $0.0.isTable }
            if lua_type(L, index) == LUA_TTABLE, tables.count == 1 { throw tables[0].1 }
            let names = kinds.flatMap { kind -> [String] in if case .choice(let names) = kind { return names } else { return [] } }
            if let text = String.read(L, index), let near = NearestName.of(text, among: names) {
                throw LuaArgumentError.option(place, "\(kind.expectation) expected, got '\(text)'; did you mean '\(near)'?")
            }
            throw wrong()
        case .custom(_, let read, let mismatch):
            guard let value = read(L, index) else { throw LuaArgumentError.option(place, mismatch(L, index)) }
            return .custom(value)
        }
    }

    private func elements(_ kind: LuaOptionKind, _ table: Int32, _ place: String,
                          _ wrong: () -> LuaArgumentError) throws -> [LuaOptions.Value] {
        guard lua_type(L, table) == LUA_TTABLE, lua_checkstack(L, 8) != 0 else { throw wrong() }
        return try (0..<Int(lua_rawlen(L, table))).map { i in
            lua_rawgeti(L, table, lua_Integer(i + 1))
            defer { oche_pop(L, 1) }
            return try value(kind, -1, "\(place)[\(i + 1)]")
        }
    }
}

extension LuaOptionKind {
    /// " {name = .., dataset}", what a table must have; "" where nothing is required.
    var form: String {
        guard case .options(let options) = self else {
            if case .records(let options) = self, case let form = LuaOptionKind.options(options).form, !form.isEmpty { return " {\(form.dropFirst()), ..}" }
            return ""
        }
        let required = options.compactMap { option -> String? in
            guard case .required = option.defaultValue else { return nil }
            return option.isNamed ? "\(option.name) = .." : option.name
        }
        return required.isEmpty ? "" : " {\(required.joined(separator: ", "))}"
    }

    var isTable: Bool {
        switch self {
        case .range, .numbers, .integers, .shape, .table, .options, .records, .list: return true
        default: return false
        }
    }
}
