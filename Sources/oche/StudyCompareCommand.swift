import ArgumentParser
import LuaHost
import Scripting
import Studies

struct StudyCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Two stores beside each other: which trials are the same bit for bit, and the difference of methods on the seeds they share.",
        discussion: "Exit status 1 when trials of one identity have other numbers.")
    @Argument(help: "The store whose methods are compared.") var firstStore: String
    @Argument(help: "The store they are compared with.") var secondStore: String
    @OptionGroup var score: ScoreOption

    func run() throws {
        let score = try score.value()
        let comparison = try StoreComparison(Store(path: firstStore, readOnly: true), Store(path: secondStore, readOnly: true), score: score)
        print(comparison.text(width: ScriptingEnvironment.widthOfTables), terminator: "")
        if !comparison.different.isEmpty { throw ExitCode(1) }
    }
}
