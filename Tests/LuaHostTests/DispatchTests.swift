// What a call costs; printed, not asserted. The figures of DESIGN.md come from `swift test -c release --filter DispatchTests`.

import XCTest
import LuaHost

final class DispatchTests: XCTestCase {
    func testCosts() throws {
        let host = try Host()
        #if DEBUG
        host.state.setGlobal("n", 10_000)
        #else
        host.state.setGlobal("n", 200_000)
        #endif
        try host.run("""
            a, b = vector{1}, vector{2}
            f = vector.nothing
            local function time(name, body)
              local text = 'local a, b, f, power, blur, map = a, b, vector.nothing, vector.power, vector.blur, vector.map local function g(x) return x end ' ..
                'local t = os.clock() for i = 1, ' .. n .. ' do ' .. body .. ' end return os.clock() - t'
              local run = load(text)
              local best = math.huge
              for i = 1, 5 do best = math.min(best, run()) end
              print(string.format('%-28s %6.1f ns', name, best / n * 1e9))
              return best / n * 1e9
            end
            time('empty loop', '')
            time('f() no parameters', 'f()')
            time('power(2) two parameters', 'power(2)')
            time('a:exp() returns a', 'a:exp()')
            time('a:sum() with options', 'a:sum()')
            time('a.size property', 'local s = a.size')
            time('a[1] index fallback', 'local s = a[1]')
            time('a + b allocates', 'local c = a + b')
            time('#a', 'local c = #a')
            time('a == b', 'local c = a == b')
            time('callback map(g, a)', 'map(g, a)')
            time('math.abs (Lua itself)', 'math.abs(1)')
            time('pairs of 3 strings', 'for k in pairs{x = 1, y = 2, z = 3} do end')
            """)
        print(host.printed)
    }
}
