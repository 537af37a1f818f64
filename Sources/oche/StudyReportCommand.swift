import ArgumentParser
import Scripting
import Studies

struct StudyReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write the studies of a store as one page of HTML that needs nothing else.",
        discussion: "Table, figures, correlations, failures, trials to sort, provenance, the script: what study:report writes, but for the variance by seed of nested seeds, which a store does not know.")
    @OptionGroup var place: StoreArguments
    @Argument(help: ArgumentHelp("Ends in .html.", valueName: "page.html")) var path: String

    func run() throws {
        try StudyReport.check(path: path)
        let store = try Store(path: place.store, readOnly: true)
        try TextFile.write(StudyReport.html(store, studies: place.studies(in: store)), to: path)
    }
}
