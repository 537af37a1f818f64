import ArgumentParser
import Foundation
import Jupyter
import Scripting

/// `oche kernel install` makes Oche known to Jupyter; `oche kernel --connection-file f` is what Jupyter starts.
struct KernelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oche kernel", abstract: "Oche as a Jupyter kernel.", usage: "oche [options] kernel install [--user | --prefix path]",
        subcommands: [Install.self, Run.self], defaultSubcommand: Run.self)

    struct Install: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make it known to Jupyter.", discussion: "Options of the session before the word 'kernel', such as --threads 2 or --sandbox, hold for every kernel that Jupyter starts.")

        @Flag(help: "For this user (default).") var user = false
        @Option(help: ArgumentHelp("Under share/jupyter of this prefix, such as that of a virtual environment.", valueName: "path")) var prefix: String?

        func validate() throws {
            if user, prefix != nil { throw ValidationError("--user or --prefix expected, not both") }
        }

        func run() throws {
            guard let program = Bundle.main.executablePath.map({ URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }) else { throw JupyterError("the path of this program is not known") }
            let folder = try KernelSpecification(program: program, options: KernelCommand.options).install(in: prefix.map { .prefix($0) } ?? .user)
            print("Oche is installed as a kernel in \(folder)")
        }
    }

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What Jupyter starts.", shouldDisplay: false)

        @Option(name: [.customShort("f"), .long], help: ArgumentHelp("The connection file.", valueName: "path")) var connectionFile: String

        func run() throws {
            let connection = try ConnectionFile(path: connectionFile)
            let environment = try ScriptingEnvironment(SubCommand.session)
            let kernel = try Kernel(connection, environment)
            Interrupts.install(for: environment.state)
            throw ExitCode(kernel.run())
        }
    }

    /// The session's options as they were given.
    private static var options: [String] {
        let given = CommandLine.arguments.dropFirst()
        return Array(given.prefix { $0 != "kernel" })
    }
}
