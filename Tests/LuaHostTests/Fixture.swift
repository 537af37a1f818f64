// A small module with everything the host can declare: the subject of the other tests, and the worked example.

import CLua
import CLuaBridge
import XCTest
import LuaHost

final class Vector {
    var values: [Double]
    var cost: Int
    nonisolated(unsafe) static var alive = 0
    init(_ values: [Double], cost: Int = 0) {
        self.values = values
        self.cost = cost
        Vector.alive += 1
    }
    deinit { Vector.alive -= 1 }
}

extension Vector: LuaObject {
    static let luaType = LuaTypeIdentity("vector")
    var nativeBytes: Int { cost }
}

/// What stands beside a vector in an operator.
enum Operand: LuaConvertible {
    case vector(Vector), number(Double)
    static var luaTypeName: String { "vector or number" }
    static func read(_ L: LuaStack, _ index: Int32) -> Operand? {
        if let vector = Vector.read(L, index) { return .vector(vector) }
        return Double.read(L, index).map { .number($0) }
    }
    func push(_ L: LuaStack) {
        switch self {
        case .vector(let value): value.push(L)
        case .number(let value): value.push(L)
        }
    }
}

func combine(_ a: Operand, _ b: Operand, _ f: (Double, Double) -> Double) throws -> Vector {
    switch (a, b) {
    case (.vector(let a), .vector(let b)):
        guard a.values.count == b.values.count else {
            throw LuaError("vectors differ in length: \(a.values.count) and \(b.values.count)")
        }
        return Vector(zip(a.values, b.values).map(f))
    case (.vector(let a), .number(let b)): return Vector(a.values.map { f($0, b) })
    case (.number(let a), .vector(let b)): return Vector(b.values.map { f(a, $0) })
    case (.number(let a), .number(let b)): return Vector([f(a, b)])
    }
}

func declareVector(_ state: LuaState) {
    let module = state.module("vector", "Vectors of numbers. A second sentence.")
    module.call("A vector of numbers.", signature: "vector{1, 2}", returns: "vector", example: "vector{1, 2}") { call in
        call.push(Vector(try call.argument(1, "values", as: [Double].self)))
    }
    module.function("relu", "Rectified linear unit.", Param<Vector>("x", "input"), returns: "vector",
                    example: "vector.relu(vector{-1, 1})") { x in
        Vector(x.values.map { max($0, 0) })
    }
    module.function("scale", "Scaled copy.", Param<Vector>("x", "input"), Param<Int>("times", "factor", default: 2),
                    returns: "vector") { x, times in
        Vector(x.values.map { $0 * Double(times) })
    }
    module.function("power", "Power.", Param<Double>.positive("base", "of the power"), Param<Int?>("exponent", "2 when absent")) {
        base, exponent in (0..<(exponent ?? 2)).reduce(1.0) { p, _ in p * base }
    }
    module.function("nothing", "No parameters, no results.") { LuaResults.none }
    module.function("two", "Two results.") { LuaResults(1, "b") }
    module.function("fail", "Throws.", Param<String>("message", "text")) { message -> LuaResults in throw LuaError(message) }
    module.function("six", "Six parameters.", Param<Int>("a", ""), Param<Int>("b", ""), Param<Int>("c", ""), Param<Int>("d", ""),
                    Param<Int>("e", ""), Param<Int>("f", "")) { a, b, c, d, e, f in [a, b, c, d, e, f] }
    module.function("total", "Sum of all arguments.", Rest<Double>("values", "numbers")) { $0.reduce(0, +) }
    module.options("blur", "Blur with a Gaussian.", [
        .init("sigma", .positiveNumber, default: 1.0, "width"),
        .init("taps", .integerIn(1...99), default: 9, "length of the kernel"),
        .init("channels", .integer, default: nil, "number of channels"),
        .init("mode", .choice(["zeros", "circular", "reflect"]), default: "circular", "padding"),
        .init("magnitude", .range, default: [0.5, 1], "range"),
        .init("shape", .shape, default: [2, 3], "shape"),
        .init("theta", .options([
            .init("rate", .positiveNumber, default: 0.1, "step"),
            .init("optimizer", .choice(["adam", "sgd"]), default: "adam", "method"),
        ]), default: .empty, "weights"),
        .init("start", .value(Vector.self), default: nil, "first value"),
        .init("callback", .function, default: nil, "called back"),
        .init("data", .records([.init("name", .string, "label"), .positional(1, "set", .value(Vector.self), "set")]), default: nil, "sets"),
        .init("padding", .either([.choice(["same", "valid"]), .integer]), default: "same", "padding"),
        .init("seed", .integer, default: .computed("the session's stream"), "seed"),
    ], returns: "table") { o in
        LuaResults(o.number("sigma"), o.integer("taps"), o.string("mode"), o.range("magnitude").upperBound,
                   o.integers("shape"), o.options("theta").number("rate"), o.records("data").map { $0.string("name") })
    }
    module.options("sum_of", "The sum.", [.first("values", .numbers, "what"), .init("times", .number, default: 1, "factor"), .options(of: "vector.blur", "blur", [.init("sigma", .number, default: 1, "width")])],
                   returns: "number") { o in o.numbers("values").reduce(0, +) * o.number("times") }
    module.options("compose", "Parts in order.", [.rest("parts", .value(Vector.self), "parts"), .init("name", .string, "label")]) { o in
        LuaResults(o.string("name"), o.values("parts", as: Vector.self).count)
    }
    module.rawFunction("map", "Applies f to each value.", signature: "vector.map(f, x)") { call in
        let f: LuaFunction = try call.argument(1, "f")
        let x: Vector = try call.argument(2, "x")
        call.push(Vector(try x.values.map { try f.call($0, as: Double.self) }))
    }
    module.rawFunction("each", "A function that calls f.", signature: "vector.each(f)") { call in
        let f: LuaFunction = try call.argument(1, "f")
        call.push(LuaNativeFunction("each of f") { inner in
            for result in try f.call((0..<inner.count).map { inner.read($0 + 1, as: LuaValue.self)! }) { inner.push(result) }
        })
    }
    module.rawFunction("heavy", "A vector that costs n bytes.", signature: "vector.heavy(n)") { call in
        call.push(Vector([], cost: try call.argument(1, "n")))
    }
    module.rawFunction("spin", "Loops until interrupted.", signature: "vector.spin()") { call in
        while true { try call.state.checkInterrupt() }
    }
    module.constant("pi", "Half of tau.", 3.14)
    module.alias("rectify", of: "relu")

    let type = module.type(Vector.self, "A vector.")
    type.property("size", "Number of values.", type: "integer") { $0.values.count }
    type.property("shape", "Its shape.", type: "table") { [$0.values.count] }
    type.method("exp", "Elementwise exponential.", returns: "vector") { $0 }
    type.method("sum", "Sum.", Param<Int?>("dim", "dimension"), OptionsParam([.init("keepdim", .boolean, default: false, "keep")])) {
        x, dim, o in o.boolean("keepdim") ? -1 : x.values.reduce(0, +)
    }
    type.operation(.add, "Elementwise sum.", Param<Operand>("a", ""), Param<Operand>("b", "")) { try combine($0, $1, +) }
    type.operation(.multiply, "Elementwise product.", Param<Operand>("a", ""), Param<Operand>("b", "")) { try combine($0, $1, *) }
    type.operation(.negate, "Negation.") { Vector($0.values.map { -$0 }) }
    type.operation(.concatenate, "Concatenation.", Param<Vector>("a", ""), Param<Vector>("b", "")) { Vector($0.values + $1.values) }
    type.length("Number of values.") { $0.values.count }
    type.describe { "vector\($0.values)" }
    type.call("Value at i.", signature: "a(i)") { a, call in call.push(a.values[try call.argument(1, "i", as: Int.self) - 1]) }
    type.index("The value at i.", signature: "a[i]") { a, call in
        let i: Int = try call.argument(1, "index")
        guard a.values.indices.contains(i - 1) else { throw LuaError("index \(i) is outside 1..\(a.values.count)") }
        call.push(a.values[i - 1])
    }
    type.assign("Sets the value at i.", signature: "a[i] = v") { a, call in
        let i: Int = try call.argument(1, "index")
        guard a.values.indices.contains(i - 1) else { throw LuaError("index \(i) is outside 1..\(a.values.count)") }
        a.values[i - 1] = try call.argument(2, "value")
    }
    type.shareMethods(with: module)
}

/// A state with the fixture; what it prints is collected in `printed`.
final class Host {
    let state: LuaState
    var printed = ""

    init(_ configuration: LuaState.Configuration = .init()) throws {
        state = try LuaState(configuration)
        declareVector(state)
        state.output = { [unowned self] in printed += String(decoding: $0, as: UTF8.self) }
    }

    @discardableResult
    func run(_ text: String) throws -> [LuaValue] { try state.run(text, name: "test.lua") }

    func string(_ text: String) throws -> String { try XCTUnwrap(try run(text).first?.as(String.self)) }
    func number(_ text: String) throws -> Double { try XCTUnwrap(try run(text).first?.as(Double.self)) }

    /// The description of the error that `text` raises.
    func error(_ text: String, file: StaticString = #filePath, line: UInt = #line) -> String {
        do {
            try run(text)
            XCTFail("no error", file: file, line: line)
            return ""
        } catch {
            return "\(error)"
        }
    }
}
