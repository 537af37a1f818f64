import Foundation
import LuaHost
import Scripting
import XCTest

/// Statistics and tables as scripts use them.
final class StatisticsScriptTests: XCTestCase {
    private func run(_ script: String) throws {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        try environment.state.run(StatisticsScriptTests.setUp + script, name: "test", arguments: [])
    }
    private static let setUp = """
        local blur = dataset.cosines{length = 16, train = 32, validation = 32, test = 32}
        local space = darts.space{nodes = 2}
        local training = {steps = 20, batch = 8}
        local function row(name, strategy, options)
          local method = {name = name, strategy = strategy, space = space, train = training}
          for k, v in pairs(options or {}) do method[k] = v end
          return method
        end
        local function fails(text, f, ...)
          local ok, message = pcall(f, ...)
          assert(not ok and tostring(message):find(text, 1, true), tostring(message) .. " -- expected: " .. text)
        end

        """

    /// The statistics of a study are those of its trials, computed here from the records.
    func testStatisticsAreThoseOfTheTrials() throws {
        try run("""
            local s = study.new{trials = 7, data = {{name = "Blur", blur}}, methods = {row("Random", "random"), row("Nets", "fixed", {architecture = "net"})}}:run{}
            local scores = {Random = {}, Nets = {}}
            for _, t in ipairs(s:trials()) do table.insert(scores[t.method], t.psnr.test) end
            local t = s:statistics{}
            for method, values in pairs(scores) do
              local sorted, sum = {table.unpack(values)}, 0
              table.sort(sorted)
              for _, v in ipairs(values) do sum = sum + v end
              local c = t.Blur[method]
              assert(c.n == 7 and math.abs(c.mean.value - sum / 7) < 1e-9 and c.median.value == sorted[4])
              assert(c.min.value == sorted[1] and c.max.value == sorted[7])
              assert(c.lower_quartile.value == (sorted[2] + sorted[3]) / 2 and c.upper_quartile.value == (sorted[5] + sorted[6]) / 2)
              assert(math.abs(c.interquartile_mean.value - (sum - sorted[1] - sorted[7]) / 5) < 1e-9)
              assert(c.mean.low < c.mean.value and c.mean.value < c.mean.high)
              local d = study.describe(values)
              assert(d.mean.value == c.mean.value and d.std.high == c.std.high)
            end
            -- With k = 1 it is the mean, with all trials the maximum.
            local b = s:best_of{k = {1, 7, 9}}
            assert(math.abs(b.Blur.Nets.chosen[1].value - t.Blur.Nets.mean.value) < 1e-9)
            assert(b.Blur.Nets.oracle[7].value == t.Blur.Nets.max.value and b.Blur.Nets.chosen[9].reason == "7 scores, at least 9 needed")
            local c = s:compare{baseline = "Nets"}.Blur.Random
            assert(math.abs(c.mean.value - (t.Blur.Random.mean.value - t.Blur.Nets.mean.value)) < 1e-9 and c.n == 7 and c.wins + c.ties + c.losses == 7)
            local same = study.paired(scores.Random, scores.Nets)
            assert(same.p.value == c.p.value and same.wilcoxon_p.value == c.wilcoxon_p.value and c.holm == c.p.value)
            assert(tostring(t):find("interquartile mean") and tostring(b):find("best of 7") and tostring(s:compare{baseline = "Nets"}):find("Holm"))
            fails("no method is named 'Net' (there are 'Random', 'Nets')", s.compare, s, {baseline = "Net"})
            fails("variance: a study with seeds", s.variance, s, {})
            fails("k: numbers of searches from 1", s.best_of, s, {k = {0}})
            fails("lists of one length expected, got 2 and 3", study.correlate, {1, 2}, {1, 2, 3})
            -- Thresholds are heeded: with a reference that nothing reaches, every search that is not dead is far below.
            local f = s:failures{dead_energy = 1e9}
            assert(f[1].dead == 7 and f[1].misled == nil)
            -- Rows to index, and a table to read.
            local methods = {}
            for i, row in ipairs(f) do methods[i] = row.method end
            assert(#f == 2 and table.concat(methods, " ") == "Random Nets" and next(f) == 1)
            assert(tostring(f):find("^ *Blur\\n"), tostring(f))
            assert(tostring(f):find("Method +finished +dead +misled +collapsed +failed\\n") and tostring(f):find("\\nRandom +7 +7 +– +– +0\\n"), tostring(f))
            assert(s:best_of{k = 7}.Blur.Nets.oracle[7].value == b.Blur.Nets.oracle[7].value)
            fails("bad argument 'k' to 'best_of' (integer or array of integers expected, got 2.5)", s.best_of, s, {k = 2.5})
            fails("k: numbers of searches from 1 to 100000 expected, got {0}", s.best_of, s, {k = 0})
            local clean = tensor.rand({3, 8}, {seed = 1})
            assert(plot.signals{clean = clean, which = 2}:text() == plot.signals{clean = clean, which = {2}}:text())
            """)
    }

    /// One trial, equal scores, infinite ones and failures have statistics that say why there are none.
    func testWhatDoesNotExistSaysWhy() throws {
        try run("""
            local one = study.new{trials = 1, data = {{name = "Blur", blur}}, methods = {row("Random", "random")}}:run{}
            local cell = {name = "Cell", strategy = "darts", space = darts.space{nodes = 3, topology = "cell"}, search = {steps = 3}, train = {steps = 3}}
            local edges = tostring(study.new{trials = 2, data = {{name = "Blur", blur}}, methods = {cell}}:run{}:alpha{})
            assert(edges:find("edge", 1, true) and edges:find("mean of 2 trials", 1, true), edges)
            fails("compare: another method beside 'Random' expected, the study has none", one.compare, one, {})
            local c = one:statistics{}.Blur.Random
            assert(c.mean.value and not c.mean.low and c.mean.reason == "1 score, at least 2 needed" and not c.std.value)
            assert(tostring(one:statistics{}):find("no std: 1 score, at least 2 needed", 1, true))
            local broken = operation.define{name = "broken", forward = function(p, x) return x * (0 / 0) end}
            local wrong = darts.space{nodes = 2, operations = {broken, operation.cnn{}}}
            local failed = study.new{trials = 3, data = {{name = "Blur", blur}}, methods = {
              {name = "Broken", strategy = "fixed", architecture = "broken", space = wrong, train = training}, row("Nets", "fixed", {architecture = "net"})}}:run{}
            assert(failed:statistics{}.Blur.Broken.mean.reason == "no scores", failed:statistics{}.Blur.Broken.mean.reason)
            local text = tostring(failed:statistics{})
            assert(text:find("3 failed, left out", 1, true) or text:find("3 without the score, left out", 1, true), text)
            assert(failed:compare{baseline = "Broken"}.Blur.Nets.mean.reason == "no scores")
            local d = study.describe{math.huge, 20, 21}
            assert(d.mean.value == math.huge and d.std.reason == "a score is infinite" and d.median.value == 21)
            assert(study.describe{}.mean.reason == "no scores" and study.describe{0 / 0}.mean.reason == "1 score is not a number")
            assert(study.correlate({1, 1, 1, 1}, {1, 2, 3, 4}).spearman.reason == "all scores are equal")
            assert(study.paired({1, 2}, {1, 2}).sign_p.reason == "all scores are equal")
            """)
    }

    /// Intervals hold the truth as often as they say, agree with the tests beside them, and have a width or a reason.
    func testIntervalsAtFewTrials() throws {
        try run("""
            for _, n in ipairs{3, 4, 6, 10} do
              local stream, hits = tensor.stream(7), 0
              for _ = 1, 300 do
                local m = study.describe(tensor.randn({n}, {seed = stream}):totable()).mean
                if m.low <= 0 and m.high >= 0 then hits = hits + 1 end
              end
              assert(hits >= 276, n .. ": " .. hits)
            end
            local three = study.paired({3, 5, 8}, {1, 4, 6})
            assert(three.p.value == 0.25 and not three.mean.low and three.mean.reason == "3 scores, at least 6 needed")
            local six = study.paired({3, 5, 8, 2, 9, 4}, {1, 4, 6, 3, 5, 3})
            assert(six.p.value > 0.05 and six.mean.low <= 0 and six.mean.high >= 0)
            assert(study.correlate({1, 2, 3, 4, 5}, {1, 4, 9, 16, 25}).spearman.reason == "5 scores, at least 6 needed")
            local ranks = study.correlate({1, 2, 3, 4, 5, 6}, {1, 4, 9, 16, 25, 36}).spearman
            assert(ranks.high == 1 and ranks.low < 0.95 and math.abs(ranks.p - 2 / 720) < 1e-12)
            assert(study.paired({1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}).wilcoxon_p.value == 0.0625)
            for _, unit in ipairs{1e200, 1e-200} do
              local c = study.correlate({1 * unit, 2 * unit, 3 * unit, 5 * unit}, {2 * unit, 1 * unit, 4 * unit, 6 * unit})
              assert(math.abs(c.pearson.value - study.correlate({1, 2, 3, 5}, {2, 1, 4, 6}).pearson.value) < 1e-12)
            end
            assert(tostring(dataset.psnr(tensor.ones{4}, tensor.zeros{4})) == "0.0")
            """)
    }

    /// A name that a result does not have is an error that says the nearest; what may be missing is nil.
    func testUnknownFieldsAreErrors() throws {
        try run("""
            local function get(t, ...)
              for _, name in ipairs{...} do t = t[name] end
              return t
            end
            local s = study.new{trials = 3, data = {{name = "Blur", blur}}, methods = {row("Random", "random"), row("Nets", "fixed", {architecture = "net"})}}:run{}
            local c = s:correlation{x = "psnr.validation", y = "psnr.test"}
            assert(c.Blur.Random.n == 3 and c.Blur.Random.pearson.n == 3 and c.Blur.Random.kendall.low == nil)
            fails("did you mean 'spearman'?", get, c, "Blur", "Random", "spearmann")
            fails("the correlation has no 'B'", get, c, "B", "Random")
            fails("did you mean 'Random'?", get, c, "Blur", "Randm")
            local t = s:statistics{}
            fails("did you mean 'median'?", get, t, "Blur", "Random", "meddian")
            fails("a figure has no 'hi'", get, t, "Blur", "Random", "mean", "hi")
            fails("the statistics has no 'Blurr'", get, t, "Blurr")
            fails("did you mean 'wilcoxon_p'?", get, s:compare{}, "Blur", "Nets", "wilcoxon")
            fails("did you mean 'oracle'?", get, s:best_of{}, "Blur", "Nets", "oracel")
            local trial = s:trials()[1]
            assert(trial.error == nil and trial.one_shot.relaxed == nil and trial.per_signal.test)
            fails("did you mean 'psnr'?", get, trial, "psrn")
            fails("did you mean 'test'?", get, trial, "psnr", "tset")
            local f = s:failures{}[1]
            assert(f.misled == nil and f.share.failed.value == 0 and f.share.failed.high > 0.5)
            fails("did you mean 'finished'?", get, f, "finnished")
            fails("did you mean 'std'?", get, study.describe{1, 2}, "sdt")
            fails("psnr.test", s.statistics, s, {score = "per_signal.train"})
            """)
    }

    /// Trials that share data sets have an interval over these, or say that they do.
    func testSharedDataIsClustered() throws {
        try run("""
            local s = study.new{seeds = {data = 4, search = 1, retrain = 3}, data = {{name = "Blur", blur}}, methods = {row("Nets", "fixed", {architecture = "net"}), row("Grad", "fixed", {architecture = "grad"})}}:run{}
            local t = s:statistics{}.Blur.Nets
            local means = {0, 0, 0, 0}
            for _, trial in ipairs(s:trials()) do
              if trial.method == "Nets" then means[trial.seeds.data + 1] = means[trial.seeds.data + 1] + trial.psnr.test / 3 end
            end
            local over = study.describe(means).mean
            assert(math.abs(t.mean.low - over.low) < 1e-9 and math.abs(t.mean.high - over.high) < 1e-9)
            assert(t.median.value and t.median.reason == "the trials share 4 data sets, so they are not independent")
            local c = s:compare{}.Blur.Grad
            assert(c.p.value >= 0.125 and c.mean.reason == "4 data sets, at least 6 needed" and c.wilcoxon_p.reason == t.median.reason)
            """)
    }

    /// Trials that share a data seed share the data, those that share a search seed what was found; the rest differs.
    func testNestedSeeds() throws {
        try run("""
            local options = {seeds = {data = 4, search = 2, retrain = 2}, seed = 50, data = {{name = "Blur", blur}}, methods = {
              row("DARTS", "darts", {search = {steps = 30, batch = 8}}), row("Random", "random"), row("Nets", "fixed", {architecture = "net"})}}
            local s = study.new(options):run{}
            local groups, count = {}, 0
            for _, t in ipairs(s:trials()) do
              local key = t.method .. t.seeds.search
              if t.method ~= "Nets" and groups[key] then
                assert(table.concat(groups[key].architecture, ">") == table.concat(t.architecture, ">"))
                assert(groups[key].one_shot.relaxed == t.one_shot.relaxed)
              end
              groups[key], count = t, count + 1
            end
            assert(count == 48)
            -- The last trial is a training with these seeds, whatever else the study did.
            local last = s:trials()[48]
            assert(last.seeds.data == 53 and last.seeds.search == 57 and last.seeds.retrain == 65)
            local v = s:variance{}
            local share = v.Blur.DARTS.share
            assert(math.abs(share.data.value + share.search.value + share.retrain.value - 1) < 1e-9 and v.Blur.Nets.share.search == nil)
            assert(v.Blur.Nets.n == 16 and v.Blur.DARTS.searches == 8 and v.Blur.DARTS.data_seeds == 4)
            assert(tostring(v):find("retrain share", 1, true))
            options.trials = 3
            fails("trials: not with seeds", study.new, options)
            options.trials, options.seeds = nil, {data = 1 << 40, search = 1 << 40}
            fails("seeds: a product of at most 10000000 trials", study.new, options)
            -- Seeds that do not differ are a plain trial.
            options.trials, options.seeds, options.seed = nil, {data = 3}, 7
            local plain = study.new{trials = 3, seed = 7, data = options.data, methods = options.methods}:run{}
            local nested = study.new(options):run{}
            for i, t in ipairs(nested:trials()) do assert(t.digest == plain:trials()[i].digest) end
            """)
    }

    /// What the table holds is what darts.train gives with its seeds; a study on it is the study that trains.
    func testATableIsTheTrainings() throws {
        let path = NSTemporaryDirectory() + "oche-table-\(UUID().uuidString).csv"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try run("""
            local path = "\(path)"
            local down = dataset.cosines{length = 16, train = 32, validation = 32, test = 32, measurement = measurement.downsample{}}
            local data = {{name = "Blur", blur}, {name = "Down", down}}
            local t = darts.tabulate{space = space, data = data, seeds = 2, seed = 30, train = training}
            assert(t.size == 16 and #t.seeds == 2 and t.seeds[2] == 31 and t.failures == 0)
            for _, a in ipairs{{"net", "grad"}, {"roll", "net"}} do
              local trained = darts.train{space = space, architecture = a, data = down, seed = 31, steps = 20, batch = 8}
              assert(t:scores(a, {data = "Down"}).test[2] == trained.psnr.test and t:scores(a, {data = "Down"}).validation[2] == trained.psnr.validation)
            end
            t:save(path)
            local read = darts.tabular(path)
            assert(tostring(read.space) == tostring(space) and math.abs(read:scores("net").test[1] - t:scores("net").test[1]) < 0.0006)
            local best = read:best{data = "Down", count = 16}
            for i = 2, 16 do assert(best[i - 1].mean >= best[i].mean) end
            assert(best[1].rank == 1 and best[1].regret == 0 and best[1].percentile == 100 and read:rank(best[16].architecture, {data = "Down"}).rank == best[16].rank)
            local found = darts.search{space = space, data = blur, seed = 1, steps = 20}
            assert(read:rank(found).of == 16 and read:rank("net > grad").mean == read:rank({"net", "grad"}).mean)
            local all = read:search{strategy = "exhaustive", data = "Blur", table_seed = 1, seed = 1}
            assert(all.evaluations == 16 and read:scores(all.architecture).validation[1] == math.max(table.unpack(read:distribution{split = "validation", seed = 1})))
            assert(read:search{strategy = "local_search", evaluations = 5, seed = 1}.evaluations == 5)
            -- The same methods with and without the table, on the table's seeds: the same architectures and scores, but for the file's rounding.
            local methods = {row("Random", "random"), row("DARTS", "darts", {search = {steps = 20, batch = 8}}), row("Nets", "fixed", {architecture = "net"})}
            local on_table = study.new{trials = 2, seed = 30, data = data, methods = methods, tabular = read}:run{}
            local trained = study.new{trials = 2, seed = 30, data = data, methods = methods}:run{}
            assert(#on_table:trials() == 12)
            for i, a in ipairs(on_table:trials()) do
              local b = trained:trials()[i]
              assert(table.concat(a.architecture) == table.concat(b.architecture) and math.abs(a.psnr.test - b.psnr.test) < 0.0006 and a.one_shot.relaxed == b.one_shot.relaxed)
            end
            fails("no operation 'neat' in this space", read.rank, read, {"neat", "net"})
            fails("operation names expected, got 7", read.rank, read, 7)
            fails("operation names expected, got dataset", read.rank, read, blur)
            fails("2 operation names expected", read.rank, read, {"net", "net", "net"})
            fails("no data 'Up' (there are 'Blur', 'Down')", read.best, read, {data = "Up"})
            fails("unknown option 'temperature'", read.search, read, {strategy = "random", temperature = 3})
            fails("evaluations: does not apply to strategy 'random'", read.search, read, {strategy = "random", evaluations = 3})
            fails("at most 15 architectures expected", darts.tabulate, {space = space, data = data, limit = 15})
            fails("has a seed of its own", darts.tabulate, {space = space, data = {{name = "x", dataset.cosines{seed = 1}}}})
            fails("cannot open", darts.tabular, path .. ".none")
            local other = {row("Nets", "fixed", {architecture = "net", train = {steps = 21, batch = 8}})}
            fails("another training than method 'Nets'", study.new, {data = data, methods = other, tabular = read})
            fails("another data set 'Blur'", study.new, {data = {{name = "Blur", down}}, methods = methods, tabular = read})
            fails("another space than method 'Wide'", study.new, {data = data, methods = {{name = "Wide", strategy = "random", space = darts.space{nodes = 3}, train = training}}, tabular = read})
            """)
    }
}
