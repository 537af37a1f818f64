import CLua
import LuaHost
import Studies

/// What `s:failures` gives: an array of rows, plain tables, whose text is a table of all.
struct FailureRows: LuaConvertible {
    let table: FailureTable
    let fields: ResultFields
    /// Asked when it is printed.
    let width: () -> Int

    static var luaTypeName: String { "array of counts" }
    static func read(_ L: LuaStack, _ index: Int32) -> FailureRows? { nil }

    func push(_ L: LuaStack) {
        table.counts.map(row).push(L)
        guard lua_checkstack(L, 6) != 0 else { return }
        let (table, width) = (table, width)
        ["__tostring": LuaNativeFunction("tostring") { call in call.push(table.text(width: width())) }].push(L)
        lua_setmetatable(L, -2)
    }

    private func row(_ c: FailureCounts) -> LuaTable {
        let row = fields.table("a row of failures", optional: ["collapsed", "misled"])
        let share = fields.table("the shares of failures", optional: ["collapsed", "misled"])
        row["data"] = .string(c.data)
        row["method"] = .string(c.method)
        row["finished"] = .integer(c.finished)
        row["failed"] = .integer(c.failed)
        share["failed"] = StudyStatistics.figure(fields, shareEstimate(c.failed, of: c.failed + c.finished))
        for (name, count) in [("dead", c.dead), ("collapsed", c.collapsed), ("misled", c.misled)] {
            guard let count else { continue }
            row[name] = .integer(count)
            share[name] = StudyStatistics.figure(fields, shareEstimate(count, of: c.finished))
        }
        row["share"] = .table(share)
        return row
    }
}
