import LuaHost
import Tensors

/// tensor.save and tensor.load.
func declareTensorFiles(_ module: LuaModule, _ environment: ScriptingEnvironment) {
    module.rawFunction(
        "save", "Writes a tensor to an .npy file, or a table of named tensors to .npz (stored) or .safetensors. Nested tables are flattened: {a = {b = t}} is saved as \"a.b\".",
        signature: "tensor.save(path, x)",
        arguments: [.init(name: "path", type: "string", shape: "", summary: "ends in .npy, .npz or .safetensors", defaultText: nil, isOptional: false),
                    .init(name: "x", type: "tensor or table", shape: "", summary: "what to write", defaultText: nil, isOptional: false)],
        errors: "when the file cannot be written, or the format does not fit the value",
        example: "local path = os.tmpname() .. \".npy\"\ntensor.save(path, tensor{{1, 2}, {3, 4}})\nprint(tensor.load(path))\nos.remove(path)"
    ) { [unowned environment] call in
        let path: String = try call.argument(1, "path")
        try environment.state.checkFileAccess("tensor.save")
        if let tensor: Tensor = call.read(2) { return try TensorFile.save(path, .single(tensor)) }
        guard let table: LuaTable = call.read(2) else { throw call.wrong(2, "x", "tensor or table of tensors expected, got \(call.describe(2))") }
        var tensors: [String: Tensor] = [:]
        try flatten(table, "", 0, &tensors)
        try TensorFile.save(path, .named(tensors))
    }
    let only = [
        LuaOption("only", .list(.string), default: .computed("all that can be loaded"), "names of the arrays to load")
    ]
    let path = Documentation.Argument(
        name: "path", type: "string", shape: "", summary: "ends in .npy, .npz or .safetensors", defaultText: nil,
        isOptional: false)
    module.rawFunction(
        "load",
        "Reads a tensor from an .npy file, a table of named tensors from .npz (stored or deflated) or .safetensors. "
            + "float32 stays; 4- and 8-byte integers become float64, smaller types float32. An array of text, "
            + "records or another type without tensors is left out of an .npz or .safetensors, and standard error "
            + "says so; it also says when integers beyond 2^53 were rounded.",
        signature: "tensor.load(path [, {only = {..}}])",
        arguments: [path, OptionsParam(only).documentation],
        returns: "tensor, or table of tensors",
        errors: "for files that are missing, truncated, damaged, or of another kind; for a name in only that is not "
            + "there or can't be loaded",
        example: "local path = os.tmpname() .. \".safetensors\"\ntensor.save(path, {w = tensor{1, 2}, b = tensor{3}})\n"
            + "print(tensor.load(path).w)\nprint(tensor.load(path, {only = {\"b\"}}).b)\nos.remove(path)"
    ) { [unowned environment] call in
        let path: String = try call.argument(1, "path")
        let options = try call.options(2, only)
        var names: [String]?
        if options.isGiven("only") {
            names = options.list("only").compactMap { if case .string(let name) = $0 { name } else { nil } }
        }
        try environment.state.checkFileAccess("tensor.load")
        let loaded = try TensorFile.load(path, only: names) { remark in environment.state.remark(remark) }
        switch loaded {
        case .single(let tensor): call.push(tensor)
        case .named(let tensors): call.push(tensors)
        }
    }
}

private func flatten(_ table: LuaTable, _ prefix: String, _ depth: Int, _ tensors: inout [String: Tensor]) throws {
    guard depth < 32 else { throw LuaError("save: tables nested deeper than 32 (or within themselves)") }
    for (key, value) in table.pairs {
        let name: String
        switch key {
        case .string(let text): name = prefix + text
        case .integer(let i): name = prefix + "\(i)"
        default: throw LuaError("save: names as keys expected in the table of tensors")
        }
        switch value {
        case .userdata(let data):
            guard let tensor = data.object(Tensor.self) else { throw LuaError("save: tensor expected at '\(name)', got \(data.typeName)") }
            guard tensors.updateValue(tensor, forKey: name) == nil else { throw LuaError("save: two tensors would have the name '\(name)'") }
        case .table(let inner): try flatten(inner, name + ".", depth + 1, &tensors)
        default: throw LuaError("save: tensor expected at '\(name)', got \(describe(value))")
        }
    }
}
