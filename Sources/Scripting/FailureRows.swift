import CLua
import LuaHost
import Studies

/// What `s:failures` gives: an array of rows, plain tables, whose text is a table of all.
struct FailureRows: LuaConvertible {
    let table: FailureTable
    /// Asked when it is printed.
    let width: () -> Int

    static var luaTypeName: String { "array of counts" }
    static func read(_ L: LuaStack, _ index: Int32) -> FailureRows? { nil }

    func push(_ L: LuaStack) {
        table.counts.map { c -> [String: LuaValue] in
            ["data": .string(c.data), "method": .string(c.method), "collapsed": c.collapsed.map { .integer($0) } ?? .nil,
             "misled": c.misled.map { .integer($0) } ?? .nil, "dead": .integer(c.dead), "failed": .integer(c.failed), "finished": .integer(c.finished)]
        }.push(L)
        guard lua_checkstack(L, 6) != 0 else { return }
        let (table, width) = (table, width)
        ["__tostring": LuaNativeFunction("tostring") { call in call.push(table.text(width: width())) }].push(L)
        lua_setmetatable(L, -2)
    }
}
