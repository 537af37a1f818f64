import Engine
import Foundation
import LuaHost
import Scripting
import Tensors
import XCTest

/// Every program of Fixtures/programs.json, 500 random ones over all tensor functions with PyTorch's values in float64:
/// value, gradient of <cotangent, value> and its derivative along directions, eager and compiled, each within the error
/// that its conditioning allows in the program's precision. Made by
/// `scripts/parity --seed 17 --programs 500 --record Tests/EndToEndTests/Fixtures/programs.json`.
final class RandomProgramReferenceTests: XCTestCase {
    struct Values: Decodable {
        var shape: [Int]
        var data: [Double]
        /// The largest error allowed; absent of inputs.
        var error: Double?
    }

    struct Program: Decodable {
        var name: String
        var dtype: String
        var lua: String
        var inputs: [Values]
        var cotangent: Values
        var directions: [Values]
        var value: Values
        var gradients: [Values]
        var second: [Values]
    }

    private struct File: Decodable {
        var cases: [Program]
    }

    /// Returns value, compiled value, gradients, compiled gradients and second derivatives. An assignment of the
    /// function may change the tensors that it is called with, so it gets copies where nothing traces it.
    private static let replay = """
        local f, inputs, cotangent, directions = ...
        local copies = {}
        for i, x in ipairs(inputs) do copies[i] = x:clone() end
        local function loss(p) return (cotangent * f(table.unpack(p))):sum() end
        return f(table.unpack(copies)), tensor.compile(f)(table.unpack(inputs)), tensor.grad(loss)(inputs),
          tensor.compile(tensor.grad(loss))(inputs), tensor.hvp(loss, inputs, directions)
        """

    func testProgramsGiveWhatPyTorchGives() throws {
        let url = try XCTUnwrap(Bundle.module.url(forResource: "Fixtures/programs", withExtension: "json"))
        let programs = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
        XCTAssertEqual(programs.count, 500)
        let environment = try ScriptingEnvironment()
        let replay = try environment.state.compile(RandomProgramReferenceTests.replay, name: "replay")
        for program in programs {
            do {
                try check(program, replay, environment)
            } catch {
                XCTFail("\(program.name): \(error)\n\(program.lua)")
            }
        }
    }

    private func check(_ program: Program, _ replay: LuaFunction, _ environment: ScriptingEnvironment) throws {
        let dtype = program.dtype == "float64" ? DType.float64 : DType.float32
        func tensors(_ list: [Values]) -> [Tensor] {
            list.map { Tensor($0.data, shape: $0.shape, dtype) }
        }
        let function = try environment.state.run("return " + program.lua, name: program.name)[0]
        let arguments: [any LuaConvertible] = [
            function, tensors(program.inputs), tensors([program.cotangent])[0], tensors(program.directions),
        ]
        let results = try replay.call(arguments)
        compare([results[0].as(Tensor.self)], [program.value], "value", program, dtype)
        compare([results[1].as(Tensor.self)], [program.value], "compiled value", program, dtype)
        compare(results[2].as([Tensor].self) ?? [], program.gradients, "gradient", program, dtype)
        compare(results[3].as([Tensor].self) ?? [], program.gradients, "compiled gradient", program, dtype)
        compare(results[4].as([Tensor].self) ?? [], program.second, "second derivative", program, dtype)
    }

    private func compare(_ got: [Tensor?], _ expected: [Values], _ what: String, _ program: Program, _ dtype: DType) {
        let title = "\(program.name), \(what)"
        XCTAssertTrue(got.count == expected.count, "\(title): number of results\n\(program.lua)")
        for (tensor, right) in zip(got, expected) {
            guard let tensor, let values = try? tensor.values() else {
                XCTFail("\(title): not a tensor\n\(program.lua)")
                continue
            }
            XCTAssertTrue(tensor.dtype == dtype, "\(title)\n\(program.lua)")
            XCTAssertTrue(tensor.shape == right.shape, "\(title): shape\n\(program.lua)")
            let allowed = right.error ?? 0
            for (a, b) in zip(values, right.data) where !(abs(a - b) <= allowed) {
                XCTFail("\(title): \(a), expected \(b) within \(allowed)\n\(program.lua)")
                break
            }
        }
    }
}
