import LuaHost

/// What a script asks the front end to show, in the middle of a cell.
public enum DisplayRequest {
    /// A value; with an id it can be replaced later.
    case show(LuaValue, id: String?)
    /// Another value in place of those shown under the id.
    case update(LuaValue, id: String)
    /// Away with what the cell has shown so far; when `waits`, only once there is something to take its place.
    case clear(waits: Bool)
}

/// The namespace `display`: values shown by a notebook as pictures and tables, elsewhere as text.
enum DisplayModule {
    static func declare(in environment: ScriptingEnvironment) {
        let module = environment.state.module("display", "Values shown in the middle of a cell. A notebook shows pictures and tables, a terminal text.")
        let id = LuaOption("id", .string, default: nil, "a name under which display.update replaces what is shown")
        module.call("Shows a value, as the last value of a cell is shown: a figure as a picture, a study as a table, everything else as text.",
                    signature: "display(x [, {id =}])",
                    arguments: [.init(name: "x", type: "any value", shape: "", summary: "what to show", defaultText: nil, isOptional: false), OptionsParam([id]).documentation],
                    example: "display(plot.line{y = {1, 4, 9}})\ndisplay({1, 2, 3})") { [unowned environment] call in
            guard call.count >= 1 else { throw call.wrong(1, "x", "any value expected, got no value") }
            let options = try call.options(2, [id])
            try environment.show(.show(call.read(1, as: LuaValue.self) ?? .nil, id: options.optionalString("id")))
        }
        module.function("update", "Shows a value in place of those shown under a name.", Param<String>("id", "the name"), Param<LuaValue>("x", "what to show"),
                        example: "display(\"step 1\", {id = \"progress\"})\ndisplay.update(\"progress\", \"step 2\")") { [unowned environment] id, value -> LuaResults in
            try environment.show(.update(value, id: id))
            return .none
        }
        module.options("clear", "Removes what the cell has shown so far, in a notebook; text that a terminal shows stays.", [
            LuaOption("wait", .boolean, default: false, "only when there is something to take its place"),
        ], example: "print(\"soon gone\")\ndisplay.clear{}") { [unowned environment] o -> LuaResults in
            try environment.show(.clear(waits: o.boolean("wait")))
            return .none
        }
    }
}

extension ScriptingEnvironment {
    /// To the front end; without one, as print shows it.
    func show(_ request: DisplayRequest) throws {
        if let onDisplay { return try onDisplay(request) }
        switch request {
        case .show(let value, _), .update(let value, _):
            guard case .function(let print) = state[global: "print"] else { return }
            _ = try print.call([value])
        case .clear: break
        }
    }
}
