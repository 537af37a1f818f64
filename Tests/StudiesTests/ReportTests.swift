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
}
