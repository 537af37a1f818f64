import Engine
import LuaHost
import Scripting
import Tensors
import XCTest

/// Every expression of Fixtures/expressions.json (made by scripts/reference.py with PyTorch in float64): value, gradient
/// of <cotangent, value> and its derivative along directions, in float64 and in float32, eager and compiled.
final class ExpressionReferenceTests: XCTestCase {
    struct Values: Decodable {
        var shape: [Int], data: [Double]
    }
    struct Case: Decodable {
        var name: String, lua: String
        var inputs: [Values]
        var differentiable: Bool
        var value: Values
        var cotangent: Values?
        var gradients: [Values]?, directions: [Values]?, second: [Values]?
    }
    private struct File: Decodable { var cases: [Case] }

    static let cases: [Case] = {
        let url = Bundle.module.url(forResource: "Fixtures/expressions", withExtension: "json")!
        return try! JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
    }()

    /// Returns value, gradients, second derivatives and the compiled value.
    private static let program = """
    local f, inputs, cotangent, directions = ...
    local value = f(table.unpack(inputs))
    local compiled = tensor.compile(f)(table.unpack(inputs))
    if not cotangent then return value, compiled end
    local function loss(p) return (cotangent * f(table.unpack(p))):sum() end
    return value, compiled, tensor.grad(loss)(inputs), tensor.hvp(loss, inputs, directions)
    """

    func testFloat64() throws { try run(.float64, tolerance: 1e-9) }
    func testFloat32() throws { try run(.float32, tolerance: 1e-5) }

    private func run(_ dtype: DType, tolerance: Double) throws {
        let environment = try ScriptingEnvironment()
        let program = try environment.state.compile(ExpressionReferenceTests.program, name: "reference")
        var worst: (error: Double, name: String) = (0, "")
        for c in ExpressionReferenceTests.cases {
            let f = try environment.state.run("return " + text(c.lua, dtype), name: c.name)[0]
            func tensors(_ list: [Values]) -> [Tensor] { list.map { Tensor($0.data, shape: $0.shape, dtype) } }
            do {
                var arguments: [any LuaConvertible] = [f, tensors(c.inputs)]
                if c.differentiable { arguments += [tensors([c.cotangent!])[0], tensors(c.directions!)] as [any LuaConvertible] }
                let results = try program.call(arguments)
                var checks = [("value", results[0].as(Tensor.self), c.value), ("compiled", results[1].as(Tensor.self), c.value)]
                if c.differentiable {
                    let (first, second) = (results[2].as([Tensor].self)!, results[3].as([Tensor].self)!)
                    for i in c.inputs.indices {
                        checks.append(("gradient \(i + 1)", first[i], c.gradients![i]))
                        checks.append(("second \(i + 1)", second[i], c.second![i]))
                    }
                }
                for (what, tensor, expected) in checks {
                    guard let tensor else { XCTFail("\(c.name): \(what) is not a tensor"); continue }
                    XCTAssertEqual(tensor.shape, expected.shape, "\(c.name): shape of \(what)")
                    let scale = max(1, expected.data.map(abs).max() ?? 0)
                    for (a, b) in zip(try tensor.values(), expected.data) {
                        let error = abs(a - b) / scale
                        if !(error <= worst.error) { worst = (error, "\(c.name) \(what)") }
                        if !(error <= tolerance) { XCTFail("\(c.name): \(what) \(a), expected \(b)"); break }
                    }
                }
            } catch {
                XCTFail("\(c.name): \(error)")
            }
        }
        print("\(ExpressionReferenceTests.cases.count) expressions in \(dtype.name): largest error \(worst.error) in \(worst.name)")
        XCTAssertGreaterThanOrEqual(ExpressionReferenceTests.cases.count, 150)
    }

    /// The few cases that name a type mean that of the inputs.
    private func text(_ lua: String, _ dtype: DType) -> String {
        dtype == .float64 ? lua : lua.replacingOccurrences(of: "float64", with: "float32")
    }
}
