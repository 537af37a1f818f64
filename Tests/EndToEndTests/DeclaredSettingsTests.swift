import Foundation
import LuaHost
import Scripting
import XCTest

/// Searches and trainings with settings drawn at random from what `operation`, `measurement` and `darts` declare: every setting that a
/// declaration allows has its turn. A problem is searched, trained, reconstructed, saved and loaded; what was saved is what is
/// loaded, bit by bit; the PSNR is that of the reconstruction; histories are as long as the steps; the gradient in alpha is the
/// central difference of the loss in float64, and in second order that of the loss at weights moved by central differences.
///
/// OCHE_FUZZ_SETTINGS sets how many problems, OCHE_FUZZ_SEED the first of their seeds. A failure shows the problem as a script.
final class DeclaredSettingsTests: XCTestCase {
    func testRandomSettings() throws {
        let variables = ProcessInfo.processInfo.environment
        let count = variables["OCHE_FUZZ_SETTINGS"].flatMap { Int($0) } ?? 60, first = variables["OCHE_FUZZ_SEED"].flatMap { Int($0) } ?? 1
        print("\(count) random problems from seed \(first)")
        var diverged = 0
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        for seed in first..<first + count {
            var draw = SettingDraws(environment.state.documentation, seed: UInt64(seed))
            let problem = draw.problem()
            do {
                try environment.state.run(SettingDraws.checks + problem, name: "problem", arguments: [])
            } catch {
                // A rate that is too large is the problem's own fault, and said so.
                if "\(error)".contains("became non-finite") { diverged += 1 } else { XCTFail("seed \(seed): \(error)\n\(problem)") }
            }
        }
        XCTAssertTrue(diverged * 4 <= count, "\(diverged) of \(count) diverged")
    }
}

/// Draws settings for declared options, as Lua text.
private struct SettingDraws {
    let documentation: Documentation
    private var state: UInt64
    init(_ documentation: Documentation, seed: UInt64) {
        self.documentation = documentation
        state = seed &* 0x9e37_79b9_7f4a_7c15
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    mutating func integer(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(next() % UInt64(range.count)) }
    mutating func number(_ range: ClosedRange<Double>) -> Double {
        let share = Double(integer(0...4096)) / 4096
        return range.lowerBound + share * (range.upperBound - range.lowerBound)
    }
    mutating func pick<T>(_ values: [T]) -> T { values[integer(0...values.count - 1)] }
    mutating func chance(_ share: Double) -> Bool { number(0...1) < share }

    /// What would end in another fault than the one looked for: rates beyond what trains, sizes beyond a signal.
    private let sensible: [String: ClosedRange<Double>] = [
        "rate": 0...0.03, "weight_decay": 0...0.01, "clip": 0...1, "momentum": 0...0.9, "xi": 0...0.05, "init": 0...0.5, "entropy": -0.1...0.1, "noise": 0...0.3, "sigma": 0.1...2.5,
        "steps": 1...9, "tuning": 0...3, "evaluate": 0...5, "every": 0...4, "window": 1...3, "distance": 1...3, "factor": 0.5...3, "warmup": 0...11, "batch": 1...40, "width": 1...9,
        "kernel": 1...9, "channels": 1...6, "dilation": 1...4, "taps": 1...13, "shift": -40...40, "population": 2...4, "sample": 1...2, "cycles": 0...3, "samples": 1...5, "evaluations": 1...4,
        "limit": 1000...1000, "seed": 0...1000, "step": 0...1.5, "threshold": -0.1...0.3, "temperature": 0.1...10, "zero_one": 0...10, "regularizer_scale": 0...0.01, "ascent": 1...3,
    ]

    /// A value that an option takes, as Lua; nil for what is not drawn.
    private mutating func value(_ name: String, _ kind: LuaOptionKind) -> String? {
        func inside(_ range: ClosedRange<Double>) -> ClosedRange<Double> { sensible[name].map { $0.clamped(to: range) } ?? range }
        func whole(_ range: ClosedRange<Double>) -> ClosedRange<Int> { Int(range.lowerBound)...Int(range.upperBound) }
        switch kind {
        case .boolean: return pick(["true", "false"])
        case .choice(let names): return "\"\(pick(names))\""
        case .integerIn(let range): return "\(integer(sensible[name].map { whole($0.clamped(to: Double(range.lowerBound)...Double(range.upperBound))) } ?? range))"
        case .positiveInteger: return "\(integer(whole(inside(1...9))))"
        case .nonNegativeInteger: return "\(integer(whole(inside(0...9))))"
        case .integer: return "\(integer(whole(inside(-9...9))))"
        case .numberIn(let range): return "\(number(inside(range)))"
        case .positiveNumber: return "\(number(inside(0.01...1)))"
        case .nonNegativeNumber: return chance(0.2) ? "0" : "\(number(inside(0...1)))"
        case .number: return "\(number(inside(-1...1)))"
        case .numbers where name == "betas": return "{\(number(0...0.95)), \(number(0...0.999))}"
        case .either(let kinds):
            guard case .numberIn(let range)? = kinds.first else { return nil }
            return "{\(number(inside(range))), \(number(inside(range)))}"
        case .options(let options): return table(options.map { ($0.name, $0.kind) })
        default: return nil
        }
    }

    /// Some of the options, each with a value.
    private mutating func table(_ options: [(name: String, kind: LuaOptionKind)], always: Set<String> = [], more: [String] = []) -> String {
        var parts = more
        for option in options where always.contains(option.name) || chance(0.6) {
            if let value = value(option.name, option.kind) { parts.append("\(option.name) = \(value)") }
        }
        return "{" + parts.joined(separator: ", ") + "}"
    }

    private func options(_ path: String) -> [(name: String, kind: LuaOptionKind)] {
        guard let entry = documentation.entries.first(where: { $0.path == path }) else { return [] }
        let arguments = entry.arguments.contains { !$0.options.isEmpty && $0.kind == nil } ? entry.arguments.flatMap(\.options) : entry.arguments
        return arguments.compactMap { argument in argument.kind.map { (argument.name, $0) } }
    }

    private mutating func operation(_ number: Int) -> String {
        let kinds = documentation.members(of: "operation").filter { $0.kind == .function && $0.returns == "operation" && $0.name != "define" }.map(\.name)
        if chance(0.2) { return own(number) }
        // Networks have the most settings.
        let kind = chance(0.35) ? "cnn" : pick(kinds)
        return "operation.\(kind)" + table(options("operation.\(kind)").filter { $0.name != "name" }, always: ["layers", "activation", "shift", "width"], more: ["name = \"o\(number)\""])
    }

    /// Operations of a script's own, with numbers and tensors captured.
    private mutating func own(_ number: Int) -> String {
        let factor = self.number(0...1), taps = integer(1...5)
        return pick([
            "operation.define{name = \"o\(number)\", forward = function(p, x) return x * \(factor) end}",
            "operation.define{name = \"o\(number)\", parameters = function(shape, init) return {w = init(\(taps), {shape[1], shape[1], \(taps)}), b = tensor.zeros{shape[1]}} end,\n"
                + "    forward = function(p, x) return x + tensor.conv1d(x, p.w, {padding = \"same\", bias = p.b}):tanh() end}",
            "operation.define{name = \"o\(number)\", parameters = function() return {s = tensor.full({1}, \(factor))} end,\n"
                + "    forward = function(p, x, c) return x - p.s * c.measurement:adjoint(c.measurement:forward(x) - c.measured, {shape = {x.shape[2], x.shape[3]}}) * 0.3 end}",
            "(function() local t = tensor.full({1}, \(factor)) return operation.define{name = \"o\(number)\", forward = function(p, x, c) return x:roll(\(taps), -1) * t + c.initial * 0.1 end} end)()",
        ])
    }

    private mutating func measurement(_ length: Int, depth: Int = 0) -> String {
        let kind = pick(["identity", "blur", "downsample", "mask", "matrix"] + (depth == 0 ? ["compose"] : []))
        switch kind {
        case "compose": return "measurement.compose{\(measurement(length, depth: 1)), measurement.blur\(table(options("measurement.blur"), always: ["sigma"]))}"
        case "matrix": return "measurement.matrix{matrix = tensor.randn({\(integer(3...12)), \(length)}, {seed = \(integer(1...1000))}) / \(Double(length).squareRoot()), noise = \(number(0...0.2))}"
        default: return "measurement.\(kind)" + table(options("measurement.\(kind)").filter { $0.name != "exact" && $0.name != "per" }, always: ["keep", "sigma"])
        }
    }

    mutating func problem() -> String {
        let length = integer(13...24), seed = integer(0...1_000_000)
        let operations = (1...integer(2...4)).map { operation($0) }
        let isCell = chance(0.3), nodes = integer(1...3)
        let topology = isCell ? ", topology = \"cell\", edges = \(integer(1...3))" : ""
        let sizes = ["train", "validation", "test"].map { "\($0) = \(integer(3...40))" }.joined(separator: ", ")
        let all = options("darts.search").filter { !["space", "data", "seed", "strategy"].contains($0.name) }
        let summaries = Dictionary(uniqueKeysWithValues: documentation.entries.first { $0.path == "darts.search" }!.arguments.flatMap { [$0] + $0.options }.map { ($0.name, $0.summary) })
        guard case .either(let strategies)? = options("darts.search").isEmpty ? nil : kind(of: "strategy"), case .choice(let names)? = strategies.first else { return "error(\"darts.search declares no strategies\")" }
        let strategy = pick(names), isRelaxed = ["darts", "gdas", "fair", "sdarts", "pc", "drnas"].contains(strategy)
        // Every architecture is trained.
        let isSmall = strategy == "exhaustive"
        var order = 1, selection = "argmax"
        if isRelaxed {
            order = pick([1, 1, 2])
            selection = pick(["argmax", "argmax", "perturbation"])
        }
        let relaxed: Set = ["alpha", "entropy", "early_stop", "hessian"]
        let takes = all.filter { option in
            let summary = summaries[option.name] ?? ""
            if let owner = names.first(where: { summary.hasPrefix("of \($0): ") }) { return owner == strategy }
            switch option.name {
            case "order", "selection": return false
            case "hvp", "xi": return order == 2
            case "tuning": return selection == "perturbation"
            case "evaluate": return isRelaxed || strategy == "random_ws"
            default: return isRelaxed || !relaxed.contains(option.name)
            }
        }
        let mine = isRelaxed && chance(0.15) ? "{name = \"own\", weights = function(a, c) return (a * (1 + c.progress)):softmax(-1) end}" : "\"\(strategy)\""
        let isOwn = mine.hasPrefix("{")
        let search = table(takes.filter { !isOwn || !(summaries[$0.name] ?? "").hasPrefix("of ") }, always: ["steps", "population", "sample", "cycles", "samples", "evaluations", "tuning"],
                           more: ["strategy = \(mine)"] + (isRelaxed ? ["order = \(order)", "selection = \"\(selection)\""] : []))
        let train = table(options("darts.train").filter { !["space", "architecture", "data", "seed"].contains($0.name) }, always: ["steps"])
        return """
            local measurement_ = \(measurement(length))
            local space = darts.space{nodes = \(isSmall ? min(nodes, 2) : nodes), skip = \(chance(0.2) && !isSmall)\(isSmall ? "" : topology), operations = {
              \(operations.joined(separator: ",\n  "))}}
            local data = dataset.cosines{length = \(length), \(sizes), seed = \(seed), measurement = measurement_}
            check(space, data, measurement_, \(length), \(seed), \(operations.contains { $0.contains("operation.noise") }), \(search), \(train))

            """
    }

    private func kind(of option: String) -> LuaOptionKind? { options("darts.search").first { $0.name == option }?.kind }

    static let checks = """
        local function same(a, b, what)
          assert(table.concat(a.shape, " ") == table.concat(b.shape, " "), what .. ": shapes differ")
          assert(#a == 0 or (a:ne(b):sum():item() == 0), what .. " differs")
        end
        local function near(a, b, tolerance, what)
          assert(math.abs(a - b) <= tolerance, what .. ": " .. a .. " and " .. b .. ", tolerance " .. tolerance)
        end
        -- A gradient is the difference over some reach: a long one steps over kinks (of |x|, ReLU, a threshold), a short one is
        -- rounding where a deep network's loss is. A wrong gradient is none of them.
        local function near_one(a, difference, reaches, tolerance, what)
          local found = {}
          for _, reach in ipairs(reaches) do
            found[#found + 1] = difference(table.unpack(reach))
            if math.abs(a - found[#found]) <= tolerance then return end
          end
          error(what .. ": " .. a .. ", differences " .. table.concat(found, ", ") .. ", tolerance " .. tolerance)
        end
        local function copy(p)
          local c = {}
          for n, ops in ipairs(p) do
            c[n] = {}
            for o, tensors in pairs(ops) do c[n][o] = {} for name, t in pairs(tensors) do c[n][o][name] = t end end
          end
          return c
        end

        local function gradients(space, data, m, length, seed)
          local p = darts.parameters{space = space, seed = seed, shape = {1, length}, dtype = "float64"}
          local rows, count = space.rows, #space.operations
          local alpha = tensor.randn({rows, count}, {seed = seed + 1, dtype = "float64"}) * 0.5
          local function batch(split) return {clean = split.clean[{{1, 3}}], measured = split.measured[{{1, 3}}], measurement = m} end
          local function loss(a, q, b, draws) return darts.loss{space = space, alpha = a, parameters = q, batch = b, seed = seed, draws = draws} end
          local function moved(i, j, h) local a = alpha:clone() a[{i, j}] = alpha[{i, j}] + h return a end
          local on, train = batch(data.validation), batch(data.train)
          local g = darts.alpha_gradient{space = space, alpha = alpha, parameters = p, validation = on, seed = seed}
          local scale = g:abs():max():item() + 1e-3 * loss(alpha, p, on)
          for k = 0, math.min(rows * count, 4) - 1 do
            local cell = (k * 7 + seed) % (rows * count)
            local i, j = cell // count + 1, cell % count + 1
            local function difference(h) return (loss(moved(i, j, h), p, on) - loss(moved(i, j, -h), p, on)) / (2 * h) end
            near_one(g[{i, j}], difference, {{1e-5}, {1e-4}, {1e-6}, {1e-7}}, 3e-5 * scale + 1e-12, "alpha gradient " .. i .. ", " .. j)
          end
          -- Second order: the weights moved by a gradient of central differences, where there are few.
          local places = {}
          for n, ops in ipairs(p) do for o, tensors in pairs(ops) do for name, t in pairs(tensors) do places[#places + 1] = {n, o, name, t} end end end
          local numbers = 0
          for _, place in ipairs(places) do numbers = numbers + place[4].size end
          if numbers == 0 or numbers > 40 then return end
          local rate = 0.05
          local function step(a, h)
            local q = copy(p)
            for _, place in ipairs(places) do
              local n, o, name, t = table.unpack(place)
              local flat, moved = t:reshape{t.size}, {}
              for k = 1, t.size do
                local function at(d) local f = flat:clone() f[{k}] = flat[{k}] + d local r = copy(p) r[n][o][name] = f:reshape(t.shape) return loss(a, r, train, "inner") end
                -- Of fourth order.
                local slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
                moved[k] = flat[{k}] - rate * slope
              end
              q[n][o][name] = tensor(moved, {dtype = "float64"}):reshape(t.shape)
            end
            return q
          end
          local g2 = darts.alpha_gradient{space = space, alpha = alpha, parameters = p, validation = on, train = train, order = 2, rate = rate, seed = seed}
          local i, j = seed % rows + 1, seed % count + 1
          local function difference(h, reach)
            local up, down = moved(i, j, h), moved(i, j, -h)
            return (loss(up, step(up, reach), on) - loss(down, step(down, reach), on)) / (2 * h)
          end
          near_one(g2[{i, j}], difference, {{1e-3, 1e-4}, {1e-4, 1e-5}, {1e-5, 1e-5}}, 1e-3 * (g2:abs():max():item() + 1e-2 * loss(alpha, p, on)) + 1e-12,
                   "second order gradient " .. i .. ", " .. j)
        end

        -- `draws`: whether operations draw, each time anew.
        function check(space, data, m, length, seed, draws, search, train)
          search.space, search.data, search.seed = space, data, seed
          local s = darts.search(search)
          local found = tostring(s.architecture)
          if s.alpha then
            local ran = #s.history.training
            assert(ran == search.steps or s.stopped, "steps")
            assert(#s.history.validation == ran and #s.history.alpha == ran, "histories of different lengths")
            assert(s.alpha:isfinite():min():item() == 1, "alpha is not finite")
            local again = darts.search(search)
            same(s.alpha, again.alpha, "alpha of the same seed")
            assert(tostring(again.architecture) == found, "architecture of the same seed")
          end
          train.space, train.data, train.seed, train.architecture = space, data, seed, s.architecture
          local t = darts.train(train)
          assert(#t.history.training == (train.steps or 1000), "training losses")
          local y = data.test.measured
          local x = t:reconstruct(y)
          assert(table.concat(x.shape, " ") == table.concat(data.test.clean.shape, " "))
          local psnr = dataset.psnr(x, data.test.clean)
          if not draws and math.abs(psnr) < 1e3 then near(psnr, t.psnr.test, 1e-3, "PSNR") end
          local path = os.tmpname()
          t:save(path)
          local read = darts.load(path, {space = space, measurement = m})
          os.remove(path)
          same(x, read:reconstruct(y), "what the network that was saved reconstructs")
          for n, ops in ipairs(t.parameters) do for name, w in pairs(ops) do same(w, read.parameters[n][name], "weight " .. name) end end
          assert(read.psnr.test == t.psnr.test or t.psnr.test ~= t.psnr.test, "PSNR of what was saved")
          gradients(space, data, m, length, seed)
        end

        """
}
