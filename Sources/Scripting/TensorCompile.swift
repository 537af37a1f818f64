import CLua
import Engine
import LuaHost
import Tensors

/// tensor.compile: a Lua function traced once for each structure, shapes and types of its arguments, and then replayed
/// as compiled code without Lua.
func declareCompile(_ module: LuaModule, _ environment: ScriptingEnvironment) {
    module.rawFunction(
        "compile",
        "f as compiled code. The first call with arguments of new structure, shapes or types runs f once, on tensors "
            + "without values, and records what it computes; later calls replay that without Lua. Numbers among the "
            + "arguments may change from call to call; what else f uses from outside is taken as it is at the "
            + "recording. f may assign to its arguments: the caller's tensors keep their values. Random draws are "
            + "other ones in every call.",
        signature: "tensor.compile(f)",
        arguments: [.init(name: "f", type: "function", shape: "", summary: "of tensors, numbers, tables of them, and fixed values", defaultText: nil, isOptional: false)],
        returns: "function with f's results; numbers among them become tensors of no dimensions",
        errors: "when Lua's control flow depends on a tensor's value, as in if x:item() > 0",
        example: "local step = tensor.compile(function(p, x, rate)\n  local loss, g = tensor.value_and_grad(function(w) return ((w * x) ^ 2):mean() end)(p)\n  return p - rate * g, loss\nend)\nlocal w = tensor{1, 2}\nfor i = 1, 3 do w = step(w, tensor{1, 1}, 0.1) end\nprint(w)"
    ) { [unowned environment] call in
        let compiled = CompiledLuaFunction(try call.argument(1, "f"), environment)
        call.push(LuaNativeFunction("compiled function") { call in try compiled.call(&call) })
    }
}

final class CompiledLuaFunction {
    private let function: LuaFunction
    private unowned let environment: ScriptingEnvironment
    private var recordings: [Signature: Recording] = [:]
    /// Of different signatures; beyond it the recordings start afresh.
    private static let mostRecordings = 256

    private struct Signature: Hashable {
        var parts: [SignaturePart] = []
        var shapes: [Shape]
        var types: [UInt8]
    }

    private final class Recording {
        let compiled: CompiledFunction?
        /// One per result of the Lua function.
        let results: [ValueTree]
        /// Holds the objects that the signature names by address.
        let arguments: [ValueTree]
        /// How its calls look on the stack.
        let call: CompiledCall?

        init(_ compiled: CompiledFunction?, _ arguments: [ValueTree], _ leaves: [Tensor], _ results: [ValueTree], _ state: LuaState) {
            (self.compiled, self.arguments, self.results) = (compiled, arguments, results)
            call = compiled.map { CompiledCall($0, arguments, leaves, results, state) }
        }
    }

    /// The recordings that were used last, which are tried before a signature is made.
    private var recent: [Recording] = []
    private static let mostRecent = 4

    init(_ function: LuaFunction, _ environment: ScriptingEnvironment) { (self.function, self.environment) = (function, environment) }

    func call(_ call: inout LuaCall) throws {
        if Trace.active.isEmpty {
            for i in recent.indices {
                guard let outputs = try recent[i].call?.replay(call.L, call.count, base: call.base, session: environment.stream) else { continue }
                if i > 0 { recent.swapAt(0, i) }
                return call.pushed(outputs)
            }
        }
        // Inside another recording this function is part of it, with arguments of its own as outside.
        if Trace.current != nil {
            let results = try TracedFunction.call {
                var leaves: [Tensor] = []
                let arguments = try (0..<call.count).map {
                    let path = "argument \($0 + 1) of a compiled function"
                    return try ValueTree.read(call.L, call.slot($0 + 1), .keptWithNumbers, &leaves, path: path)
                }
                leaves = leaves.map { $0.argument() }
                return try function.call(arguments.map { FilledTree(tree: $0, leaves: leaves) })
            }
            for result in results { call.push(result) }
            return
        }
        var leaves: [Tensor] = []
        let arguments = try (0..<call.count).map {
            try ValueTree.read(call.L, call.slot($0 + 1), .kept, &leaves, path: "argument \($0 + 1) of a compiled function")
        }
        for leaf in leaves { _ = try leaf.concrete() }
        var signature = Signature(shapes: leaves.map(\.shape), types: leaves.map { $0.dtype.rawValue + ($0.isWeak ? 2 : 0) })
        for argument in arguments { argument.appendSignature(&signature.parts) }
        let recording: Recording
        if let known = recordings[signature] {
            recording = known
        } else {
            recording = try record(arguments, leaves)
            if recordings.count >= CompiledLuaFunction.mostRecordings { recordings = [:] }
            recordings[signature] = recording
        }
        if !recent.contains(where: { $0 === recording }) { recent = [recording] + recent.prefix(CompiledLuaFunction.mostRecent - 1) }
        let outputs = try recording.compiled?.run(leaves, session: environment.stream) ?? []
        for result in recording.results { call.push(FilledTree(tree: result, leaves: outputs)) }
    }

    private func record(_ arguments: [ValueTree], _ leaves: [Tensor]) throws -> Recording {
        let trace = Trace(.compile)
        var outputs: [Tensor] = []
        let results: [ValueTree] = try trace.record {
            let parameters = leaves.map { trace.parameter($0.shape, $0.dtype, isWeak: $0.isWeak) }
            let results = try function.call(arguments.map { FilledTree(tree: $0, leaves: parameters) })
            let L = environment.state.running
            let trees = try results.enumerated().map { i, result in
                guard lua_checkstack(L, 4) != 0 else { throw EngineError("stack overflow") }
                result.push(L)
                defer { lua_settop(L, -2) }
                return try ValueTree.read(L, -1, .kept, &outputs, path: "result \(i + 1) of a compiled function")
            }
            // Numbers come out in the default type.
            outputs = try outputs.map { $0.isWeak ? try $0.convert(to: .float32) : $0 }
            for output in outputs { _ = try trace.expression(output) }
            return trees
        }
        let compiled = outputs.isEmpty ? nil : try CompiledFunction(trace, outputs: outputs, pool: environment.pool)
        return Recording(compiled, arguments, leaves, results, environment.state)
    }
}
