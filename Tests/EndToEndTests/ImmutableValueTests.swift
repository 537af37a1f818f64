import LuaHost
import Scripting
import Tensors
import XCTest

/// Values that a script is given to look at can't be changed through what it was given, nor by what it gave before.
final class ImmutableValueTests: XCTestCase {
    private func run(_ script: String) throws -> [LuaValue] {
        try ScriptingEnvironment(.init(isQuiet: true)).state.compile(script, name: "test").call([])
    }

    func testDataSetsStayAsTheyWere() throws {
        _ = try run("""
            local d = dataset.cosines{length = 16, train = 32, validation = 32, test = 32, seed = 1}
            local space = darts.space{nodes = 2, operations = {operation.gradient_descent{}}}
            local function score() return darts.train{space = space, architecture = "grad", data = d, seed = 1, steps
              = 10}.psnr.test end
            local before, clean, measured = score(), d.test.clean:clone(), d.test.measured:clone()
            for _, split in ipairs{"train", "validation", "test"} do
              for _, field in ipairs{"clean", "measured"} do
                local t = d[split][field]
                assert(not pcall(function() d[split][field][{{}, {}, {}}] = 0 end))
                assert(not pcall(function() t[1] = 0 end))
                local view = t[1]
                view[{{}}] = 0
                local copy = t:clone()
                copy[{{}}] = 0
                assert(copy:abs():max():item() == 0)
              end
            end
            assert(score() == before)
            assert((d.test.clean - clean):abs():max():item() == 0 and (d.test.measured - measured):abs():max():item()
              == 0)
            """)
    }

    func testSaysToWhomValuesBelong() throws {
        func message(_ script: String) throws -> String {
            let result = try run("""
                local d = dataset.cosines{length = 16, train = 8, validation = 8, test = 8, seed = 1}
                local space = darts.space{nodes = 2}
                local t = darts.train{space = space, architecture = "grad", data = d, seed = 1, steps = 2}
                local s = darts.search{space = space, data = d, seed = 1, steps = 2}
                return select(2, pcall(function() \(script) end))
                """)
            return result.first?.as(String.self) ?? "no error"
        }
        XCTAssertTrue(try message("d.test.clean[1] = 0").hasSuffix("a tensor of shape {8, 1, 16} belongs to a data "
            + "set and can't be changed: copy it with :clone()"))
        XCTAssertTrue(try message("local v = d.test.clean v[1] = 0").hasSuffix("'v' belongs to a data set and can't "
            + "be changed: copy it with :clone()"))
        XCTAssertTrue(try message("local p = t.parameters p[1].step[1] = 0").hasSuffix("belongs to a trained network "
            + "and can't be changed: copy it with :clone()"))
        XCTAssertTrue(try message("t.history.training[1] = 0").hasSuffix("belongs to a trained network and can't be "
            + "changed: copy it with :clone()"))
        for field in ["alpha", "weights", "history.alpha", "history.training"] {
            XCTAssertTrue(try message("s.\(field)[1] = 0").hasSuffix("belongs to the result of a search and can't be "
                + "changed: copy it with :clone()"), "\(field)")
        }
    }

    /// A data set, a matrix and a recording have the values that they were given, not what the caller's tensor becomes.
    func testWhatWasGivenIsKept() throws {
        _ = try run("""
            local x, m = tensor.randn({20, 16}, {seed = 1}), tensor.eye(16)
            local x3 = x:reshape{20, 1, 16}
            local measure = measurement.matrix{matrix = m}
            local a, b = dataset.from{clean = x, measurement = measure, seed = 1}, dataset.from{clean = x3,
              measurement = measure, seed = 1}
            local total = (x ^ 2):sum():item()
            m[{{}}] = 0 x[{{}}] = 0 x3[{{}}] = 0
            for _, d in ipairs{a, b} do
              local kept = (d.train.clean ^ 2):sum() + (d.validation.clean ^ 2):sum() + (d.test.clean ^ 2):sum()
              assert(math.abs(kept:item() - total) < 1e-3 * total)
              assert((d.test.clean - d.test.measured):abs():max():item() < 1)
            end
            assert((measure:forward(tensor.ones{16}) - 1):abs():max():item() == 0)
            """)
    }
}
