import Foundation
import LuaHost
import Scripting
import XCTest

/// Random calls with random types, shapes and values (Fixtures/tensor-fuzz.lua, which has the rules that results are held
/// to): an error or a result, never a crash or a hang, and never a shape that the rules do not give. OCHE_FUZZ_CALLS sets
/// how many, OCHE_FUZZ_SEED where it starts.
final class TensorFuzzTests: XCTestCase {
    func testRandomCalls() throws {
        let settings = ProcessInfo.processInfo.environment
        let calls = settings["OCHE_FUZZ_CALLS"].flatMap { Int($0) } ?? 100_000, seed = settings["OCHE_FUZZ_SEED"].flatMap { Int($0) } ?? 1
        print("\(calls) random calls from seed \(seed)")
        let url = Bundle.module.url(forResource: "Fixtures/tensor-fuzz", withExtension: "lua")!
        let environment = try ScriptingEnvironment(.init(memoryLimit: 400_000_000))
        let program = try environment.state.compile(String(contentsOf: url, encoding: .utf8), name: "tensor-fuzz.lua")
        let results = try environment.state.run(program, ["\(calls)", "\(seed)"])
        print("\(results[0].as(Int.self)!) gave a result, \(results[1].as(Int.self)!) different messages")
    }
}
