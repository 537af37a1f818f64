import LuaHost
import Scripting
import XCTest

/// Results of searches and trainings: a field that does not exist is an error, a score computed again is the same.
final class ResultFieldTests: XCTestCase {
    private func run(_ script: String) throws {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        try environment.state.run(script, name: "test", arguments: [])
    }

    func testMisspeltFieldsAreErrors() throws {
        try run("""
            local d = dataset.cosines{length = 16, train = 16, validation = 16, test = 16, seed = 1}
            local s = darts.search{space = darts.space{nodes = 2}, data = d, seed = 1, steps = 3}
            local t = darts.train{space = darts.space{nodes = 2}, architecture = {"grad", "net"}, data = d, seed = 1, steps = 3}
            local function fails(values, field, near)
              local ok, message = pcall(function() return values[field] end)
              assert(not ok and tostring(message):find(near, 1, true), ("%s: %s"):format(field, message))
            end
            fails(s.one_shot, "relaxd", "did you mean 'relaxed'?")
            fails(s.history, "trainin", "did you mean 'training'?")
            fails(t.psnr, "tset", "did you mean 'test'?")
            fails(t.history, "validation", "'training'")
            fails(t.parameters[2], "wieght1", "did you mean 'weight1'?")
            -- What is there, or may be, is no error.
            assert(s.one_shot.relaxed and s.history.score == nil and t.psnr.reason == nil and t.parameters[1].step and t.parameters[3] == nil)
            """)
    }

    /// With noise in the network too.
    func testScoresAreThoseOfTheReconstructions() throws {
        try run("""
            local d = dataset.cosines{length = 16, train = 40, validation = 24, test = 33, seed = 1}
            for _, architecture in ipairs{{"noise", "net"}, {"grad", "noise"}} do
              local t = darts.train{space = darts.space{nodes = 2}, architecture = architecture, data = d, seed = 1, steps = 5}
              for _, split in ipairs{"train", "validation", "test"} do
                local again = dataset.psnr(t:reconstruct(d[split].measured), d[split].clean, {peak = d.peak})
                assert(math.abs(again - t.psnr[split]) < 1e-4, ("%s: %.7f and %.7f"):format(split, again, t.psnr[split]))
              end
            end
            """)
    }
}
