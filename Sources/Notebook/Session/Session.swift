import LuaHost
import Scripting
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a session's output goes. Called on the thread that evaluates.
public struct SessionSink {
    /// What a cell prints, as it does.
    public var text: (UnsafeRawBufferPointer) -> Void
    /// What a cell comes to.
    public var result: (CellResult) -> Void
    /// Asked for by io.flush.
    public var flush: () -> Void
    /// What `name?` explains; nil prints it.
    public var help: ((String) -> Void)?
    /// What display() shows; nil shows its text among what is printed.
    public var display: ((SessionDisplay) -> Void)?

    public init(text: @escaping (UnsafeRawBufferPointer) -> Void, result: @escaping (CellResult) -> Void, flush: @escaping () -> Void = {},
                display: ((SessionDisplay) -> Void)? = nil) {
        (self.text, self.result, self.flush, self.display) = (text, result, flush, display)
    }
}

/// What display() asks for, with values in every way they can be shown.
public enum SessionDisplay {
    case show([Representation], id: String?)
    case update([Representation], id: String)
    case clear(waits: Bool)
}

/// A value to be shown, in every way it can be.
public struct CellResult {
    public var number: Int
    public var representations: [Representation]

    public var text: String { representations.plainText }
}

extension [Representation] {
    /// The one that is always there.
    public var plainText: String { first { $0.kind == "text/plain" }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "" }
}

/// What evaluating a cell came to.
public struct CellOutcome {
    /// nil for an empty cell.
    public var number: Int?
    public var values: [LuaValue] = []
    public var error: CellError?
    /// Wall-clock.
    public var seconds = 0.0
}

/// A cell as it was given.
public struct Cell {
    public let number: Int
    public let text: String
    public internal(set) var failed = false
    /// Whether it came to a value that was shown.
    public internal(set) var showedValue = false
    public internal(set) var seconds = 0.0
}

/// The one thing behind the REPL, scripts, notebooks and kernels: it evaluates numbered cells, keeps their locals and
/// results, shows values, completes, explains, and can be interrupted. Used by one thread; only `interrupt` comes from others.
public final class Session {
    public let environment: ScriptingEnvironment
    public var sink: SessionSink
    public var style = DisplayStyle() { didSet { environment.displayWidth = style.width } }
    public private(set) var cells: [Cell] = []
    public private(set) var nextNumber = 1

    let locals: LiftedLocals
    /// The globals before the first cell.
    private let builtin: [String: LuaValue]
    /// The tour that is under way; set to nil to leave it.
    public var tour: Tour?
    private var sources: [String: [Substring]] = [:]
    private let describer: LuaFunction?

    var state: LuaState { environment.state }

    public init(_ environment: ScriptingEnvironment, sink: SessionSink? = nil) {
        self.environment = environment
        self.sink = sink ?? SessionSink(text: StandardOutput.write, result: { _ in }, flush: StandardOutput.flush)
        locals = LiftedLocals(environment.state)
        var known: [String: LuaValue] = [:]
        for (key, value) in environment.state.globals.pairs { if case .string(let name) = key { known[name] = value } }
        builtin = known
        if case .function(let tostring) = environment.state[global: "tostring"] { describer = tostring } else { describer = nil }
        environment.state.output = { [unowned self] in self.sink.text($0) }
        environment.state.flush = { [unowned self] in self.sink.flush() }
        environment.state.otherVariables = { [unowned self] in self.locals.names }
        environment.state.describeTables { [unowned self] in self.text(of: .table($0)) }
        environment.onDisplay = { [unowned self] in self.show($0) }
        clearResults()
    }

    // MARK: evaluating

    /// How cells are named and what counts as their value.
    public struct Reading {
        /// What positions show; nil: "In [n]".
        public var chunkName: String?
        /// Number of the cell's first line in positions.
        public var firstLine = 1
        /// Whether a call at the end of a cell shows its value.
        public var showsCalls = true
        /// Whether the cell is counted and kept, with its value, for `In`, `Out` and the history.
        public var isKept = true
        /// What `...` is.
        public var arguments: [String] = []
        public init(chunkName: String? = nil, firstLine: Int = 1, showsCalls: Bool = true, isKept: Bool = true, arguments: [String] = []) {
            (self.chunkName, self.firstLine, self.showsCalls, self.isKept, self.arguments) = (chunkName, firstLine, showsCalls, isKept, arguments)
        }
    }

    /// Evaluates a cell: Lua, `%magic`, `?name`, `!command`. Its output and value go to the sink; its value also becomes `_` and `Out[n]`.
    /// Never throws: what went wrong is in the outcome, for the caller to show.
    @discardableResult
    public func evaluate(_ text: String, _ reading: Reading = Reading()) -> CellOutcome {
        if text.allSatisfy(\.isWhitespace) { return tour.map { $0.advance(self) } ?? CellOutcome() }
        let number = nextNumber
        let place = cells.count
        if reading.isKept {
            nextNumber += 1
            cells.append(Cell(number: number, text: text))
            setInput(number, text)
        }
        state.clearInterrupt()
        let began = ContinuousClock.now
        var outcome = CellOutcome(number: number)
        do {
            switch CellInput(text) {
            case .lua(let text): outcome.values = try evaluate(lua: text, number: number, reading)
            case .help(let name):
                let text = state.documentation.layout(try explanation(of: name))
                if let help = sink.help { help(text) } else { print(text) }
            case .magic(let name, let argument): try Magic.run(name, argument, self)
            case .command(let command): try shell(command)
            }
        } catch {
            outcome.error = cellError(error)
        }
        outcome.seconds = seconds(since: began)
        guard reading.isKept else { return outcome }
        cells[place].failed = outcome.error != nil
        cells[place].seconds = outcome.seconds
        return outcome
    }

    /// Runs Lua as (part of) cell `number` and shows its value.
    @discardableResult
    func evaluate(lua text: String, number: Int, _ reading: Reading = Reading()) throws -> [LuaValue] {
        let name = reading.chunkName ?? "In [\(number)]"
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // Of a text that comes in several cells all lines are kept.
        let before = (sources[name] ?? []).prefix(reading.firstLine - 1)
        sources[name] = before + Array(repeating: "", count: max(0, reading.firstLine - 1 - before.count)) + lines
        let program = try locals.compile(text, name: name, firstLine: reading.firstLine, showsCalls: reading.showsCalls)
        var values = try state.run(program.function, reading.arguments)
        if program.hasMarker, !values.isEmpty { values.removeFirst() }
        if reading.isKept { keepResult(values, number) }
        if !program.isSilent, !isStandardOutput(values), let representations = representations(of: values) ?? (program.isExpression ? [Representation(text: "nil")] : nil) {
            sink.result(CellResult(number: number, representations: representations))
            if reading.isKept, cells.last?.number == number { cells[cells.count - 1].showedValue = true }
        }
        return values
    }

    /// Runs a script as a whole: not a cell, its locals stay its own.
    /// - Throws: `LuaError`.
    public func run(script path: String, arguments: [String]) throws {
        let outer = environment.script
        environment.script = (try? TextFile.read(path)).map { ScriptSource(text: $0, path: path, arguments: arguments) }
        defer { environment.script = outer }
        do { try state.run(file: path, arguments: arguments) } catch var error as LuaError where error.kind == .syntax {
            // In a script that was written as cells a value alone is no mistake of its writer's, and Lua stumbles only over what follows it.
            if let text = try? TextFile.read(path), let value = CellGrammar.loneValue(text), (try? state.compile("return \(value.text)", name: path)) != nil {
                error.line = text.utf8.prefix(value.start).reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
                let short = value.text.count <= 40 && !value.text.contains("\n") ? value.text : "x"
                error.message = "a value alone shows at the prompt and in a notebook; in a script it is: print(\(short))"
            }
            throw error
        }
    }

    /// Stops what runs, within 0.3 s; the evaluation's outcome is an error of kind `.interrupted`. From any thread.
    public func interrupt() { state.interrupt() }

    /// An error as cells have it.
    public func cellError(_ error: any Error) -> CellError {
        switch error {
        case let error as LuaError: return CellError(error, source: lines(of:))
        case let error as CellError: return error
        default: return CellError(message: "\(error)")
        }
    }

    /// The lines of a chunk: of a cell, or of a file that is still there.
    private func lines(of place: String) -> [Substring]? {
        if let lines = sources[place] { return lines }
        guard !state.configuration.isSandboxed, let text = try? TextFile.read(place) else { return nil }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    // MARK: values

    /// Every way to show values together; nil when there is nothing to show.
    public func representations(of values: [LuaValue]) -> [Representation]? {
        guard values.contains(where: { !$0.isNil }) else { return nil }
        if values.count == 1, case .userdata(let data) = values[0], let displayed = data.anyObject as? any Displayed {
            return displayed.representations(style)
        }
        let texts = values.map(text(of:))
        let separator = texts.contains { $0.contains("\n") } ? "\n" : ", "
        return [Representation(text: texts.joined(separator: separator))]
    }

    /// A value as a person reads it. Runs no user code but __tostring, protected and interruptible.
    public func text(of value: LuaValue) -> String { valueText.text(of: value) }

    var valueText: ValueText {
        ValueText(state: state, style: style) { [unowned self] value in
            guard let describer, case .string(let text)? = try state.run(describer, [value]).first else { throw CellError(message: "no text") }
            return text
        }
    }

    /// Whether a global or a local of a cell has the name and a value.
    public func hasVariable(_ name: String) -> Bool { !(locals.value(name) ?? state[global: name]).isNil }

    /// What io.write gives back, which is of no interest where it ends a cell.
    private func isStandardOutput(_ values: [LuaValue]) -> Bool {
        guard values.count == 1, case .userdata = values[0], case .table(let io) = state[global: "io"] else { return false }
        return values[0].address == io["stdout"].address
    }

    private func keepResult(_ values: [LuaValue], _ number: Int) {
        guard let value = values.first, !value.isNil else { return }
        state[global: "__"] = state[global: "_"]
        state[global: "_"] = value
        if case .table(let results) = state[global: "Out"] { results[number] = value }
    }

    private func setInput(_ number: Int, _ text: String) {
        if case .table(let inputs) = state[global: "In"] { inputs[number] = .string(text) }
    }

    /// What a script finds in `arg`.
    public func setArguments(_ arguments: [String], script: String = "oche") {
        let table = state.makeTable()
        table[0] = .string(script)
        for (i, argument) in arguments.enumerated() { table[i + 1] = .string(argument) }
        state.setGlobal("arg", table)
    }

    private func clearResults() {
        for name in ["In", "Out"] { state.setGlobal(name, state.makeTable()) }
        for name in ["_", "__"] { state[global: name] = .nil }
    }

    /// Names that the session itself sets.
    static let ownNames: Set<String> = ["In", "Out", "_", "__", "arg"]

    /// Variables of the user: locals of cells, and globals that were not there at the start or have changed.
    var variables: [(name: String, value: LuaValue, isLocal: Bool)] {
        var found = locals.names.map { (name: $0, value: locals.value($0) ?? .nil, isLocal: true) }
        for (key, value) in state.globals.pairs {
            guard case .string(let name) = key, !Session.ownNames.contains(name) else { continue }
            if let known = builtin[name], known.address == value.address { continue }
            found.append((name, value, false))
        }
        return found.sorted { $0.name < $1.name }
    }

    /// Removes all variables of the user and all results; what is built in comes back as it was.
    func reset() {
        locals.removeAll()
        for (key, _) in state.globals.pairs { if case .string(let name) = key { state[global: name] = builtin[name] ?? .nil } }
        clearResults()
        state.collectGarbage()
    }

    // MARK: output

    private func show(_ request: DisplayRequest) {
        func representations(_ value: LuaValue) -> [Representation] { self.representations(of: [value]) ?? [Representation(text: text(of: value))] }
        let shown: SessionDisplay
        switch request {
        case .show(let value, let id): shown = .show(representations(value), id: id)
        case .update(let value, let id): shown = .update(representations(value), id: id)
        case .clear(let waits): shown = .clear(waits: waits)
        }
        if let display = sink.display { return display(shown) }
        switch shown {
        case .show(let representations, _), .update(let representations, _): print(representations.plainText)
        case .clear: break
        }
    }

    func print(_ text: String) {
        var text = text.hasSuffix("\n") ? text : text + "\n"
        text.withUTF8 { sink.text(UnsafeRawBufferPointer($0)) }
    }

    func seconds(since began: ContinuousClock.Instant) -> Double {
        let (whole, rest) = (ContinuousClock.now - began).components
        return Double(whole) + Double(rest) * 1e-18
    }
}
