import Foundation
#if canImport(FoundationXML)
import FoundationXML
#endif
import Terminal
import Testing
@testable import Studies

@Suite struct TableTests {
    private func records() -> [TrialRecord] {
        var records: [TrialRecord] = []
        for data in ["Blur", "Downsampling"] {
            for (method, scores) in [("DARTS (good ops.)", [22.27, 20.0, 21.0, 19.5]), ("Nets only", [21.0])] {
                for (i, score) in scores.enumerated() { records.append(finished(spec(i + 1, data: data, method: method), test: score)) }
            }
        }
        var failure = TrialRecord(failed: spec(5, method: "DARTS (good ops.)"), error: "non-finite loss\nat step 3", seconds: 1, numericVersion: "1")
        records.append(failure)
        failure = TrialRecord(failed: spec(6, method: "DARTS (good ops.)"), error: "other", seconds: 1, numericVersion: "1")
        records.append(failure)
        return records
    }

    private let reference = TableReference(title: "poster", figures: [
        "Blur": ["DARTS (good ops.)": .init(max: 23.46, mean: 21.56, median: 21.6)],
        "Downsampling": ["Nets only": .init(max: 16.92, mean: 13.13, standardError: 0.2, median: 14.05)],
    ])

    @Test func laysOutTableOne() {
        let text = StudyTable(records(), references: [reference]).text()
        #expect(text == """
                                                         Blur                                                   Downsampling
            Method                max   mean ± s.e.  median  poster max / mean / median     max   mean ± s.e.  median    poster max / mean / median
            ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            DARTS (good ops.)   22.27  20.69 ± 0.61   20.50       23.46 / 21.56 / 21.60   22.27  20.69 ± 0.61   20.50                             –
              Blur: 2 of 6 failed: non-finite loss at step 3
            Nets only           21.00     21.00 ± –   21.00                           –   21.00     21.00 ± –   21.00  16.92 / 13.13 ± 0.20 / 14.05
              Blur, Downsampling: no standard error: 1 score, at least 2 needed

            """, "\(text)")
    }

    /// Read back by an XML parser: the same cells as the text, a note once, names as text.
    @Test func htmlHasTheSameCells() throws {
        let table = StudyTable(records() + [finished(spec(9, method: "<b>\"a\" & 'b'</b>"), test: 1)], references: [reference])
        let reader = XMLText(), parser = XMLParser(data: Data(table.html.utf8))
        parser.delegate = reader
        #expect(parser.parse())
        let rows = reader.rows
        #expect(rows[0] == ["", "Blur", "Downsampling"])
        #expect(rows[1] == ["Method", "max", "mean ± s.e.", "median", "poster max / mean / median", "max", "mean ± s.e.", "median", "poster max / mean / median"])
        #expect(rows[2] == ["DARTS (good ops.)", "22.27", "20.69 ± 0.61", "20.50", "23.46 / 21.56 / 21.60", "22.27", "20.69 ± 0.61", "20.50", "–"])
        #expect(rows[3] == ["Blur: 2 of 6 failed: non-finite loss at step 3"])
        #expect(rows[5] == ["Blur, Downsampling: no standard error: 1 score, at least 2 needed"])
        #expect(rows[6].first == "<b>\"a\" & 'b'</b>")
        #expect(reader.elements == ["table", "thead", "tbody", "tr", "th", "td", "small"])
    }

    private final class XMLText: NSObject, XMLParserDelegate {
        var rows: [[String]] = [], elements: Set<String> = []
        func parser(_ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String] = [:]) {
            elements.insert(name)
            if name == "tr" { rows.append([]) } else if name == "td" || name == "th" { rows[rows.count - 1].append("") }
        }
        func parser(_ parser: XMLParser, foundCharacters text: String) {
            guard let row = rows.indices.last, let cell = rows[row].indices.last, text != "\n" else { return }
            rows[row][cell] += text
        }
    }

    @Test func stacksWhereTheTerminalIsNarrow() {
        let text = StudyTable(records(), wide: true).text(width: 90)
        #expect(text.components(separatedBy: "Method").count == 3)
        #expect(text.contains("  2 of 6 failed: non-finite loss at step 3\n"))
        #expect(text.split(separator: "\n").allSatisfy { String($0).displayWidth <= 90 })
        #expect(text.contains("95 % interval"))
    }

    @Test func tellsWhatIsMissing() {
        let plan = (1...10).map { spec($0, method: "DARTS (good ops.)") } + [spec(1, method: "Random")]
        let text = StudyTable(records(), plan: plan).text()
        #expect(text.contains("Blur: 4 of 10 not run"))
        #expect(text.contains("Blur: 1 of 1 not run"))
        #expect(StudyTable(records(), plan: plan).methods == ["DARTS (good ops.)", "Random", "Nets only"])
        #expect(StudyTable([]).text() == "\n" || !StudyTable([]).text().isEmpty)
    }

    @Test func representsInfinityHonestly() {
        var exact = [finished(spec(1), test: .infinity), finished(spec(2), test: 20), finished(spec(3), test: .nan)]
        exact[0].oneShot.relaxed = .infinity
        let table = StudyTable(exact, wide: true)
        let text = table.text()
        #expect(text.contains("∞") && text.contains("no standard error: a score is infinite") && text.contains("1 of 3 without a score"))
        #expect(!text.contains("nan"))
        #expect(table.csv.contains(",1e999,1e999,NaN,1e999,NaN,20.0,1e999,1e999,1e999,"))
        #expect(table.jsonLines.contains(#""mean":"inf","standard_error":null"#))
        #expect(table.latex.contains("$\\infty$"))
        #expect(TrialExport.csv(exact).contains(",inf,"))
    }

    @Test func latexIsBalanced() {
        let latex = StudyTable(records(), references: [reference]).latex
        #expect(latex.contains("DARTS (good ops.) & 22.27 & 20.69 $\\pm$ 0.61 & 20.50 & 23.46 / 21.56 / 21.60"))
        #expect(latex.contains("\\multicolumn{4}{c}{Blur}"))
        #expect(latex.contains("2 of 6 failed: non-finite loss at step 3"))
        let rows = latex.split(separator: "\n").filter { $0.hasSuffix("\\\\") }
        #expect(rows.dropFirst().allSatisfy { $0.split(separator: "&", omittingEmptySubsequences: false).count == 9 })
        #expect(latexEscaped("50% & a_b {x} ~^\\") == "50\\% \\& a\\_b \\{x\\} \\textasciitilde{}\\textasciicircum{}\\textbackslash{}")
    }

    @Test func exportsReadBack() throws {
        let lines = StudyTable(records(), wide: true, references: [reference]).jsonLines.split(separator: "\n")
        #expect(lines.count == 4)
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["data"] is String && object["mean"] is Double)
        }
        let csv = StudyTable(records()).csv.components(separatedBy: "\r\n")
        #expect(csv[0].hasPrefix("data,method,score,planned,trials,failed"))
        #expect(csv[1].hasPrefix("Blur,DARTS (good ops.),psnr.test,6,4,2,0,0,22.27,20.6925,"))
        #expect(csvField("a\nb") == "\"a\nb\"" && csvField("a\r\nb") == "\"a\r\nb\"" && csvField("say \"x\", y") == "\"say \"\"x\"\", y\"")
    }

    @Test func trialsReadBack() throws {
        var trial = finished(spec(1))
        trial.error = "comma, quote \" and\nline"
        let csv = TrialExport.csv([trial])
        #expect(csv.contains("grad > net > roll") && csv.contains("\"comma, quote \"\" and\nline\""))
        let object = try JSONSerialization.jsonObject(with: Data(TrialExport.jsonLines([trial]).utf8)) as? [String: Any]
        #expect(object?["architecture"] as? [String] == ["grad", "net", "roll"])
        #expect(object?["psnr_test"] as? Double == trial.psnr.test)
        #expect(object?["per_signal_test"] is NSNull)
    }

    @Test func correlations() {
        var trials: [TrialRecord] = []
        let pairs = Reference.values.pairs["weak 24"]!
        for (i, (x, y)) in zip(pairs.x, pairs.y).enumerated() {
            var record = finished(spec(i + 1))
            (record.oneShot.relaxed, record.psnr.validation) = (x, y)
            trials.append(record)
            record = finished(spec(i + 1, method: "fixed"))
            record.oneShot = OneShot()
            trials.append(record)
        }
        trials.append(TrialRecord(failed: spec(99), error: "x", seconds: 0, numericVersion: "1"))
        var short = finished(spec(1, method: "two trials"))
        trials.append(short)
        short.oneShot.relaxed = 3
        trials.append(short)
        let table = CorrelationTable(trials)
        #expect(table.cells.map(\.method) == ["DARTS", "two trials"])
        #expect(close(table[data: "Blur", method: "DARTS"]![.pearson].value!, pairs.pearson))
        let text = table.text()
        #expect(text.contains("Pearson") && text.contains("1 failed, left out") && text.contains("no correlation: 2 scores, at least 3 needed"))
        #expect(text.contains(signed(pairs.spearman)))
        #expect(table.csv.split(separator: "\r\n").count == 3)
        #expect(CorrelationTable([]).text().contains("no trial has both"))
    }

    @Test func signedNumbers() {
        #expect([0.184, -0.056, 1, -1, 0, -0.001].map { signed($0) } == ["+.18", "−.06", "+1.00", "−1.00", "+.00", "+.00"])
        #expect(readable(-3.104, 2) == "−3.10" && readable(-0.001, 2) == "0.00" && readable(-.infinity, 2) == "−∞")
    }

    /// The foot names what made the intervals.
    @Test func footNamesTheMethods() {
        let text = StudyTable(records(), wide: true).text()
        #expect(text.contains("95 % intervals: mean by Student's t. Trials are taken as independent;"))
        #expect(!StudyTable(records()).text().contains("95 %"))
        let html = StudyTable(records(), wide: true).html
        #expect(html.contains("mean by Student&#39;s t"))
        let distribution = DistributionTable((1...12).map { finished(spec($0), test: Double($0 * $0)) }).text()
        #expect(distribution.contains("mean by the wider of Student's t and the bootstrap-t") && distribution.contains("order statistics (binomial)"))
    }

    /// What polars and DuckDB look at first has a number in every column that has one, and NaN in a column that has none.
    @Test func numbersAreReadAsNumbers() throws {
        var trials = (1...150).map { finished(spec($0), test: 20 + Double($0)) }
        for i in trials.indices {
            trials[i].oneShot = OneShot(argmax: i == 120 ? 3.5 : nil, scaled: i == 0 ? -.infinity : i == 1 ? 2 : nil)
            trials[i].psnr.train = .infinity
        }
        trials[0].psnr.validation = -0.0
        let lines = TrialExport.csv(trials).components(separatedBy: "\r\n").dropLast().map { $0.components(separatedBy: ",") }
        let column = Dictionary(uniqueKeysWithValues: lines[0].enumerated().map { ($1, $0) })
        #expect(lines.count == 151 && column["per_signal_train"] == nil)
        #expect(lines[1][column["trial"]!] == "2" || lines[1][column["trial"]!] == "121")
        let front = lines[1...2].map { $0[column["trial"]!] }
        #expect(Set(front) == ["2", "121"])
        #expect(lines[1...100].contains { $0[column["one_shot_argmax"]!] == "3.5" })
        let scaled = lines.dropFirst().map { $0[column["one_shot_scaled"]!] }
        #expect(scaled.first { !$0.isEmpty } == "2.0" && scaled.contains("-inf"))
        #expect(lines[1][column["one_shot_relaxed"]!] == "NaN" && lines[2][column["one_shot_relaxed"]!].isEmpty)
        #expect(lines[1][column["psnr_train"]!] == "1e999")
        #expect(lines.contains { $0[column["psnr_validation"]!] == "0.0" } && !lines.contains { $0[column["psnr_validation"]!] == "-0.0" })
    }

    @Test func widths() {
        #expect("αβ ±".displayWidth == 4)
        #expect("净化".displayWidth == 4)
        #expect("e\u{301}".displayWidth == 1)
        #expect("🎯".displayWidth == 2 && "👩‍🔬".displayWidth == 2 && "⚙️".displayWidth == 2)
        #expect("净化".padded(to: 3) == "净…" && "abcdef".padded(to: 4) == "abc…" && "净".padded(to: 4, .right) == "  净")
    }
}
