// The trials themselves for other programs, a line each in the order given but for what CSVText says. Infinite scores are "inf" and
// "-inf", NaN is "NaN" (CSV) or "nan" (JSON), a score that a trial does not have is empty or null: what pandas.read_csv and
// read_json(lines=True) take as they are. Seeds are whole numbers of 64 bits, which R reads as doubles (exact to 2^53).

import Foundation

/// Records as files for pandas, R and spreadsheets.
public enum TrialExport {
    /// Comma-separated values with a heading (RFC 4180, lines end in CRLF). Architectures are "grad > net > …".
    public static func csv(_ records: [TrialRecord]) -> String {
        CSVText.of(names, records.map(values))
    }

    /// A flat JSON object per line, with the fields of the CSV; the architecture is a list.
    public static func jsonLines(_ records: [TrialRecord]) -> String {
        var out = ""
        for record in records {
            out += "{" + zip(names, values(record)).map { "\"\($0)\":\($1.json)" }.joined(separator: ",") + "}\n"
        }
        return out
    }

    private static let names = ["data", "method", "trial", "seed", "status"] + Score.recorded.map { $0.rawValue.replacingOccurrences(of: ".", with: "_") }
        + ["zero_psnr", "output_energy", "architecture", "error", "digest", "numeric_version", "finished", "identity"]

    private static func values(_ record: TrialRecord) -> [ExportValue] {
        [.text(record.data), .text(record.method), .integer(record.trial), .integer(record.seed), .text(record.status.rawValue)]
            + Score.recorded.map { ExportValue($0.of(record)) }
            + [ExportValue(record.zeroPSNR), ExportValue(record.outputEnergy), .list(record.architecture), ExportValue(record.error),
               ExportValue(record.digest), .text(record.numericVersion), ExportValue(record.finished), .text(record.identity.hexadecimal)]
    }
}
