import Foundation
import Testing
@testable import Studies

@Suite struct ReportTests {
    /// Nothing that comes from outside can be markup or reach the network.
    @Test func hostileNamesAreText() {
        let evil = "<script>alert(1)</script>\"'&\u{1}<img src=http://x onerror=y>"
        var records = [finished(spec(1, data: evil, method: evil)), TrialRecord(failed: spec(2, data: evil, method: evil), error: evil, seconds: 1, numericVersion: "1")]
        records[0].psnr.test = .infinity
        records[0].architecture = [evil]
        var page = ReportPage(title: evil, table: StudyTable(records, wide: true), records: records)
        page.correlation = CorrelationTable(records, x: .relaxed, y: .validation)
        page.failures = FailureThresholds().count(records)
        page.statistics = [(evil, evil)]
        page.script = evil + "</pre>"
        page.note = evil
        page.figures = [.init(caption: evil, text: evil), .init(caption: evil, light: Array(evil.utf8), dark: Array(evil.utf8))]
        var origin = Provenance(script: evil)
        (origin.host, origin.cpu, origin.scriptPath, origin.arguments) = (evil, evil, evil, [evil])
        page.provenances = [origin, origin]
        let html = page.html
        #expect(!html.contains("<script>alert") && !html.contains("<img src=http") && !html.contains("\u{1}"))
        #expect(html.components(separatedBy: "<script>").count == 2 && html.components(separatedBy: "</script>").count == 2)
        #expect(!html.contains("src=\"http") && !html.contains("href="))
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\u{FFFD}"))
        for part in ["Results", "Figures", "Correlation", "Failures", "Trials", "Provenance", "Script"] { #expect(html.contains("<h2>\(part)</h2>")) }
    }

    @Test func thresholdsAndStatisticsAreSaid() {
        let records = (1...6).flatMap { [finished(spec($0)), finished(spec($0, method: "Random"))] }
        var page = ReportPage(title: "s", table: StudyTable(records), records: records)
        page.thresholds.farBelow = 4.5
        page.failures = page.thresholds.count(records)
        page.statistics = [("Against Random", ComparisonTable(records, baseline: "Random").text())]
        let html = page.html
        #expect(html.contains("more than 4.5 dB below its own") && html.contains("<h2>Against Random</h2>"))
        // The scores of both are the same, so nothing is higher and no signed rank is left.
        #expect(html.contains("0/6/0") && html.contains("no p (signs), p (ranks): all scores are equal"))
    }

    /// One document, whose ids are each one study's.
    @Test func severalStudiesAreOnePage() {
        let pages = ["a & b", "c"].map { ReportPage(title: $0, table: StudyTable([finished(spec(1))]), records: [finished(spec(1))]) }
        let html = ReportPage.html(pages)
        #expect(html.components(separatedBy: "<!DOCTYPE html>").count == 2 && html.components(separatedBy: "<title>").count == 2 && html.contains("<title>a &amp; b, c</title>"))
        #expect(html.contains("<h1>a &amp; b</h1>") && html.contains("<h1>c</h1>"))
        let ids = html.components(separatedBy: " id=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
        #expect(ids == ["trials", "trials-2"])
        #expect(ReportPage.html([pages[0]]) == pages[0].html)
    }

    /// What cannot be judged has a dash or a note; text and counts are the same.
    @Test func failuresAreATableByDataAndMethod() {
        var records = (1...4).flatMap { [finished(spec($0)), finished(spec($0, data: "Down", method: "Random"))] }
        for i in records.indices where records[i].data == "Down" { records[i].oneShot = OneShot() }
        for i in records.indices { records[i].outputEnergy = records[i].data == "Down" ? 0 : 1 }
        records.append(TrialRecord(failed: spec(5), error: "e", seconds: 1, numericVersion: "1"))
        let counts = FailureThresholds().count(records)
        let lines = FailureTable(counts).text().split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines[0] == ["Blur", "Down"] && lines[1] == ["Method"] + ["finished", "dead", "misled", "collapsed", "failed"] + ["finished", "dead", "misled", "collapsed", "failed"])
        #expect(lines[3] == ["DARTS", "4", "0", "0", "0", "1"] && lines[4] == ["Random", "4", "4", "–", "–", "0"])
        #expect(FailureTable([]).text() == "no trials yet\n")
        for line in FailureTable(counts).text(width: 60).split(separator: "\n") { #expect(line.count <= 60) }
    }
}
