import LuaHost

/// The documents that `oche manual` prints.
public enum Manual {
    public enum Format { case markdown, luaLS }

    public static func text(_ format: Format) throws -> String {
        let documentation = try ScriptingEnvironment(.init(isQuiet: true)).state.documentation
        switch format {
        case .markdown: return documentation.manual(title: "Oche reference manual", preface: preface, appendices: [
            ("How exact sums are", NumbersManual.exactness), ("Gradients where there are none", NumbersManual.gradientsAtKinks),
        ])
        case .luaLS: return documentation.luaLSDefinitions(module: "oche")
        }
    }

    private static let preface = """
    Oche runs Lua 5.4 scripts for differentiable architecture search on inverse problems. The namespaces below are globals;
    `require "oche"` returns one table that holds them all. `help(x)` prints what this manual says about a function, value
    or namespace, and `help.of(x)` returns it.

    - Indices and dimensions count from 1; -1 is the last. Shapes are Lua arrays such as `{batch, channels, length}`.
    - A function of named options takes one table: `measurement.blur{sigma = 2}`. An unknown option is an error that names the nearest.
    - Values are immutable but for index assignment to a tensor, `a[i] = v`, which never shows in another tensor.
    - Every error is a Lua error, with file and line, that says what was expected and what was given.
    - Whatever draws random numbers takes `seed=`, an integer or a stream; without one it draws from the session's stream, which
      starts at `--seed` (default 0). Same script, same seed, same numbers.
    - In signatures, square brackets enclose what can be left out, and `-->` comes before what is returned.
    """
}
