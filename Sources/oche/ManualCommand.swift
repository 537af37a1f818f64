import ArgumentParser
import Scripting

/// `oche manual [--markdown | --luals]`: the reference on standard output, as Markdown or as a definition file for editors.
enum ManualCommand {
    static func run(_ arguments: [String]) throws {
        let format: Manual.Format
        switch arguments {
        case [], ["--markdown"]: format = .markdown
        case ["--luals"]: format = .luaLS
        case ["--help"], ["-h"]: throw CleanExit.message("USAGE: oche manual [--markdown | --luals]\n\n  --markdown  the reference manual as Markdown (default)\n  --luals     a definition file for the Lua language server")
        default: throw ValidationError("manual: --markdown or --luals expected, got '\(arguments.joined(separator: " "))'")
        }
        print(try Manual.text(format), terminator: "")
    }
}
