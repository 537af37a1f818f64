// A study as a file, by the file's ending: its trials for programs, its table for a paper.

/// An ending that is not known; the message says which are.
public struct ExportError: Error, CustomStringConvertible {
    public let description: String
}

public enum StudyExport {
    /// The text of the file at `path`: .csv, .json and .jsonl have the trials, .tex has the table.
    public static func text(for path: String, records: [TrialRecord], table: () -> StudyTable) throws -> String {
        let name = path.lowercased()
        if name.hasSuffix(".csv") { return TrialExport.csv(records) }
        if name.hasSuffix(".json") || name.hasSuffix(".jsonl") { return TrialExport.jsonLines(records) }
        if name.hasSuffix(".tex") { return table().latex }
        if name.hasSuffix(".parquet") {
            throw ExportError(description: "export: Parquet is not written here (no maintained library for Swift); export .csv or .json, which "
                + "pandas.read_csv(path).to_parquet('\(path)') turns into it")
        }
        throw ExportError(description: "export: a path that ends in .csv, .json, .jsonl or .tex expected, got '\(path)'")
    }
}
