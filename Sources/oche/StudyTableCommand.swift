import ArgumentParser
import Foundation
import Scripting
import Studies

struct StudyTableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "table", abstract: "The table of the studies of a store.")
    @OptionGroup var place: StoreArguments
    @OptionGroup var score: ScoreOption
    @Flag(help: "For LaTeX with booktabs.") var latex = false
    @Flag(help: "Maximum, mean and median alone.") var narrow = false

    func run() throws {
        let store = try Store(path: place.store, readOnly: true), names = try place.studies(in: store), score = try score.value()
        for name in names {
            let (plan, records) = try place.records(store, name)
            let table = StudyTable(records, plan: plan, score: score, wide: !narrow)
            if names.count > 1 { print(latex ? "% \(name.split(whereSeparator: \.isNewline).joined(separator: " "))" : name) }
            print(latex ? table.latex : table.text(width: ScriptingEnvironment.widthOfTables))
        }
    }
}
