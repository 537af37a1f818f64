import ArgumentParser
import Scripting
import Studies

struct StudyExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the trials of a store to a file, or to standard output as CSV.",
        discussion: "pandas.read_csv('trials.csv') and pandas.read_json('trials.jsonl', lines=True) read what is written. Parquet is not written: to_parquet of pandas makes it.")
    @OptionGroup var place: StoreArguments
    @Argument(help: "Ends in .csv, .json or .jsonl (a line of JSON per trial), or .tex (the table).") var path: String?

    func run() throws {
        let store = try Store(path: place.store, readOnly: true)
        var plan: [TrialSpec] = [], records: [TrialRecord] = []
        for name in try place.studies(in: store) {
            let (more, found) = try place.records(store, name)
            plan += more
            records += found
        }
        let text = try StudyExport.text(for: path ?? "-.csv", records: records) { StudyTable(records, plan: plan, wide: true) }
        if let path { try TextFile.write(text, to: path) } else { print(text, terminator: "") }
    }
}
