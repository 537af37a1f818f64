import LuaHost
import Plots
import Tensors

/// Numbers for a figure as scripts give them: a list, a tensor, several of them under names. Errors name the option.
enum PlotValues {
    static func wrong(_ option: String, _ expected: String, _ given: LuaValue) -> LuaError { LuaError("\(option): \(expected) expected, got \(describe(given))") }

    /// One series of numbers; nil for no value.
    static func vector(_ value: LuaValue, _ option: String) throws -> [Double]? {
        if value.isNil { return nil }
        if let tensor = tensor(value) {
            guard tensor.rank <= 1 || tensor.count == tensor.shape.max() else { throw LuaError("\(option): one series expected, got a tensor of shape \(tensor.shape.braces)") }
            return try values(tensor, option)
        }
        guard let list: [Double] = value.as() else {
            if case .table(let table) = value, table.count > 0, let bad = (1...table.count).first(where: { table[$0].as(Double.self) == nil }) {
                throw LuaError("\(option): list of numbers or tensor expected, got a table whose element \(bad) is \(describe(table[bad]))")
            }
            throw wrong(option, "list of numbers or tensor", value)
        }
        // A table of names alone has no list.
        if list.isEmpty, case .table(let table) = value, !table.pairs.isEmpty { throw LuaError("\(option): list of numbers or tensor expected, got a table of names") }
        return list
    }

    /// Rows of equal length: a tensor {rows, n} (dimensions of size 1 between are ignored), or a list of lists or tensors.
    static func matrix(_ value: LuaValue, _ option: String) throws -> [[Double]] {
        if let tensor = tensor(value) {
            let sizes = tensor.shape.count <= 2 ? tensor.shape : [tensor.shape[0]] + tensor.shape.dropFirst().filter { $0 != 1 }
            let shape = sizes.count == 1 && tensor.rank > 1 ? sizes + [1] : sizes
            let all = try values(tensor, option)
            switch shape.count {
            case 1: return [all]
            case 2: return (0..<shape[0]).map { Array(all[($0 * shape[1])..<(($0 + 1) * shape[1])]) }
            default: throw LuaError("\(option): tensor of one or two dimensions expected, got shape \(tensor.shape.braces)")
            }
        }
        guard case .table(let table) = value, table.count > 0 else { throw wrong(option, "tensor {rows, n}, list of numbers or list of lists", value) }
        if table[1].as(Double.self) != nil { return [try vector(value, option) ?? []] }
        let rows = try (1...table.count).map { try vector(table[$0], "\(option)[\($0)]") ?? [] }
        if let other = rows.first(where: { $0.count != rows[0].count }) { throw LuaError("\(option): rows of one length expected, got \(rows[0].count) and \(other.count) values") }
        return rows
    }

    /// Values under names: {name = values, ..} by name, {{"name", values}, ..} in the order given, or values alone under "".
    static func named(_ value: LuaValue, _ option: String) throws -> [(name: String, value: LuaValue)] {
        guard case .table(let table) = value else { return [("", value)] }
        if table.count > 0 {
            guard case .table(let first) = table[1], case .string = first[1] else { return [("", value)] }
            return try (1...table.count).map { i in
                guard case .table(let pair) = table[i], pair.count == 2, case .string(let name) = pair[1] else { throw wrong("\(option)[\(i)]", "{name, values}", table[i]) }
                return (name, pair[2])
            }
        }
        let pairs = table.pairs
        guard !pairs.isEmpty else { throw LuaError("\(option): values expected, got an empty table") }
        return try pairs.map { key, value in
            guard case .string(let name) = key else { throw LuaError("\(option): names as keys expected") }
            return (name, value)
        }
    }

    /// Names, or numbers as names.
    static func names(_ value: LuaValue, _ option: String) throws -> [String]? {
        if value.isNil { return nil }
        if tensor(value) != nil { return try vector(value, option)?.map(name) }
        guard case .table(let table) = value, table.count > 0 else { throw wrong(option, "list of names", value) }
        return try (1...table.count).map { i in
            switch table[i] {
            case .string(let text): return text
            case .integer(let value): return "\(value)"
            case .number(let value): return name(value)
            case .boolean(let value): return "\(value)"
            case let other: throw wrong("\(option)[\(i)]", "name", other)
            }
        }
    }

    private static func name(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)" }

    static func tensor(_ value: LuaValue) -> Tensor? {
        if case .userdata(let data) = value { return data.object(Tensor.self) }
        return nil
    }

    private static func values(_ tensor: Tensor, _ option: String) throws -> [Double] { try tensor.concrete("\(option) is drawn").values() }
}
