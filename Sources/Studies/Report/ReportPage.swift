// A study as one page that needs nothing else: table, figures, correlation, failures, trials, provenance, script. Every text that comes
// from outside passes through `escaped`; figures are pictures of their own, so nothing in them can act on the page.

import Foundation
import Basics

public struct ReportPage {
    public struct Drawing {
        var caption: String
        /// SVG for a light and a dark page.
        var light: [UInt8] = [], dark: [UInt8] = []
        /// In characters, where there is no SVG.
        var text: String?
        public init(caption: String, light: [UInt8], dark: [UInt8]) { (self.caption, self.light, self.dark) = (caption, light, dark) }
        public init(caption: String, text: String) { (self.caption, self.text) = (caption, text) }
    }

    public var title: String
    public var table: StudyTable
    public var records: [TrialRecord]
    public var correlation: CorrelationTable?
    public var failures: [FailureCounts] = []
    /// By what the failures were told apart.
    public var thresholds = FailureThresholds()
    /// Further tables in characters.
    public var statistics: [(title: String, text: String)] = []
    public var provenances: [Provenance] = []
    public var script: String?
    public var figures: [Drawing] = []
    public var note: String?

    public init(title: String, table: StudyTable, records: [TrialRecord]) { (self.title, self.table, self.records) = (title, table, records) }

    public var html: String { ReportPage.html([self]) }

    /// Several studies on one page, below each other.
    public static func html(_ pages: [ReportPage]) -> String {
        let title = HTMLText.escaped(pages.map(\.title).joined(separator: ", "))
        var out = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        out += "<title>\(title)</title><style>\(style)</style></head><body>\n"
        for (place, page) in pages.enumerated() { out += page.body(place == 0 ? "" : "-\(place + 1)") }
        return out + "<script>\(sorting)</script>\n</body></html>\n"
    }

    /// - Parameter suffix: of the ids, which are of one study's each.
    private func body(_ suffix: String) -> String {
        var out = "<h1>\(HTMLText.escaped(title))</h1>\n"
        let failed = records.filter { $0.status == .failed }
        let planned = table.data.flatMap { data in table.methods.compactMap { table[data: data, method: $0]?.planned } }.reduce(0, +)
        out += "<p>\(records.count) of \(planned) trials\(failed.isEmpty ? "" : ", \(failed.count) failed").</p>\n"
        if let note { out += "<p class=\"note\">\(HTMLText.escaped(note))</p>\n" }
        out += "<h2>Results</h2>\n" + results
        if !figures.isEmpty { out += "<h2>Figures</h2>\n" + figures.map(figure).joined() }
        if let correlation { out += "<h2>Correlation</h2>\n<pre>\(HTMLText.escaped(correlation.text(width: 120)))</pre>\n" }
        for (title, text) in statistics { out += "<h2>\(HTMLText.escaped(title))</h2>\n<pre>\(HTMLText.escaped(text))</pre>\n" }
        if !failures.isEmpty { out += "<h2>Failures</h2>\n" + failureTable(failed) }
        out += "<h2>Trials</h2>\n<p class=\"note\">A click on a heading sorts.</p>\n" + trials(id: "trials\(suffix)")
        out += "<h2>Provenance</h2>\n" + origin
        if let script { out += "<h2>Script</h2>\n<pre id=\"script\(suffix)\">\(HTMLText.escaped(script))</pre>\n" }
        return out
    }

    private var results: String {
        var rows: [[Field]] = []
        for data in table.data {
            for method in table.methods {
                guard let cell = table[data: data, method: method] else { continue }
                let s = cell.summary, interval = s[.mean].interval
                rows.append([.text(data), .text(method), .number(Double(s.count), 0), .number(s[.max].value, 2), .number(s[.mean].value, 2), .number(s[.standardError].value, 2),
                             .text(interval.map { "[\(readable($0.lower, 2)), \(readable($0.upper, 2))]" } ?? "–"), .number(s[.median].value, 2), .number(s[.std].value, 2),
                             .number(Double(cell.failed), 0), .number(Double(cell.missing), 0)])
            }
        }
        return "<p class=\"note\">\(HTMLText.escaped(table.score.rawValue)), in dB; the interval is that of the mean. \(HTMLText.escaped(table.foot.joined(separator: " ")))</p>\n"
            + ReportPage.table(["data", "method", "n", "max", "mean", "s.e.", "interval", "median", "std", "failed", "not run"], rows)
    }

    private func figure(_ drawing: Drawing) -> String {
        if let text = drawing.text { return "<figure><pre>\(HTMLText.escaped(text))</pre><figcaption>\(HTMLText.escaped(drawing.caption))</figcaption></figure>\n" }
        func source(_ bytes: [UInt8]) -> String { "data:image/svg+xml;base64," + Data(bytes).base64EncodedString() }
        return "<figure><picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"\(source(drawing.dark))\">"
            + "<img alt=\"\(HTMLText.escaped(drawing.caption))\" src=\"\(source(drawing.light))\"></picture><figcaption>\(HTMLText.escaped(drawing.caption))</figcaption></figure>\n"
    }

    private func failureTable(_ failed: [TrialRecord]) -> String {
        func count(_ value: Int?) -> Field { .number(value.map(Double.init), 0) }
        var out = ReportPage.table(["data", "method", "finished", "dead", "misled", "collapsed", "failed"], failures.map {
            [.text($0.data), .text($0.method), count($0.finished), count($0.dead), count($0.misled), count($0.collapsed), count($0.failed)]
        })
        let t = thresholds
        out += "<p class=\"note\">Dead: the output's energy is at most \(t.deadEnergy) of the clean signals'. Misled: \(HTMLText.escaped(t.oneShot.rawValue)) within \(readable(t.highOneShot, 1)) dB of the upper quartile "
            + "over all methods, the final score more than \(readable(t.farBelow, 1)) dB below its own. Collapsed: both far below. A trial is of one kind at most, dead before the others.</p>\n"
        if !failed.isEmpty {
            out += ReportPage.table(["data", "method", "trial", "error"], failed.prefix(200).map { [.text($0.data), .text($0.method), .number(Double($0.trial), 0), .text($0.error ?? "")] })
            if failed.count > 200 { out += "<p class=\"note\">and \(failed.count - 200) more; all are among the trials.</p>\n" }
        }
        return out
    }

    private func trials(id: String) -> String {
        ReportPage.table(["data", "method", "trial", "seed", "status", "one-shot", "argmax", "train", "validation", "test", "seconds", "architecture", "error", "digest"], records.map {
            [.text($0.data), .text($0.method), .number(Double($0.trial), 0), .integer($0.seed), .text($0.status.rawValue), .number($0.oneShot.relaxed, 2), .number($0.oneShot.argmax, 2),
             .number($0.psnr.train, 2), .number($0.psnr.validation, 2), .number($0.psnr.test, 2), .number($0.seconds, 2), .text($0.architecture.joined(separator: " > ")),
             .text($0.error ?? ""), .text($0.digest.map { String($0.prefix(12)) } ?? "")]
        }, id: id)
    }

    private var origin: String {
        var counts: [Provenance: Int] = [:], order: [Provenance] = []
        for provenance in provenances {
            if counts.updateValue((counts[provenance] ?? 0) + 1, forKey: provenance) == nil { order.append(provenance) }
        }
        if order.isEmpty { return "<p>Not recorded.</p>\n" }
        let time = ISO8601DateFormatter()
        return ReportPage.table(["trials", "started", "host", "processor", "instructions", "threads", "Oche", "commit", "script", "SHA-256 of the script"], order.map { p in
            [.number(Double(counts[p] ?? 0), 0), .text(p.started.map { time.string(from: Date(timeIntervalSince1970: $0)) } ?? ""), .text(p.host ?? ""), .text(p.cpu ?? ""),
             .text(p.instructionSet ?? ""), .text(p.threads.map(String.init) ?? ""), .text(p.ocheVersion ?? ""),
             .text((p.gitCommit.map { String($0.prefix(12)) } ?? "") + (p.gitDirty == true ? " with changes" : "")),
             .text(([p.scriptPath ?? ""] + (p.arguments ?? [])).joined(separator: " ")), .text(p.scriptHash.map { String($0.prefix(12)) } ?? "")]
        })
    }

    private enum Field {
        case text(String), integer(Int), number(Double?, Int)
    }

    /// A table; numbers carry their full value for sorting.
    private static func table(_ heads: [String], _ rows: [[Field]], id: String? = nil) -> String {
        var out = "<div class=\"wide\"><table\(id.map { " id=\"\($0)\"" } ?? "")><thead><tr>" + heads.map { "<th tabindex=\"0\">\(HTMLText.escaped($0))</th>" }.joined() + "</tr></thead><tbody>\n"
        for row in rows {
            out += "<tr>"
            for field in row {
                switch field {
                case .text(let text): out += "<td>\(HTMLText.escaped(text))</td>"
                case .integer(let value): out += "<td class=\"n\" data-v=\"\(value)\">\(value)</td>"
                case .number(nil, _): out += "<td class=\"n\">–</td>"
                case .number(let value?, let digits):
                    out += value.isFinite ? "<td class=\"n\" data-v=\"\(value)\">\(readable(value, digits))</td>"
                        : "<td class=\"n\" data-v=\"\(value.isNaN ? "" : value > 0 ? "1e999" : "-1e999")\">\(JSONNumber.text(value))</td>"
                }
            }
            out += "</tr>\n"
        }
        return out + "</tbody></table></div>\n"
    }

    private static let style = """
        :root{color-scheme:light dark;--g:#fff;--t:#1b1b1b;--l:#d5d5d5;--m:#666;--s:#f4f4f4}
        @media(prefers-color-scheme:dark){:root{--g:#161616;--t:#e4e4e4;--l:#3c3c3c;--m:#a0a0a0;--s:#222}}
        body{background:var(--g);color:var(--t);font:15px/1.45 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid var(--l)}
        .wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;margin:.6rem 0}td,th{padding:.2rem .6rem;border-bottom:1px solid var(--l);text-align:left;white-space:nowrap;max-width:40rem;overflow:hidden;text-overflow:ellipsis}
        th{cursor:pointer;user-select:none}th[aria-sort=ascending]::after{content:" ▲"}th[aria-sort=descending]::after{content:" ▼"}.n{text-align:right;font-variant-numeric:tabular-nums}
        pre{background:var(--s);padding:.8rem;overflow-x:auto;font-size:12.5px}.note,figcaption{color:var(--m);font-size:13px}figure{margin:1rem 0}img{max-width:100%}
        """

    /// Sorts stably; cells without a number come last whichever way.
    private static let sorting = """
        for(const t of document.querySelectorAll('table'))t.tHead.rows[0].querySelectorAll('th').forEach((h,c)=>{const go=()=>{const up=h.getAttribute('aria-sort')!=='ascending';
        t.querySelectorAll('th').forEach(o=>o.removeAttribute('aria-sort'));h.setAttribute('aria-sort',up?'ascending':'descending');
        const b=t.tBodies[0],v=r=>{const d=r.cells[c];return d.classList.contains('n')?(d.dataset.v?Number(d.dataset.v):null):d.textContent};
        const rows=[...b.rows].map(r=>[v(r),r]).sort(([x],[y])=>{if(x===null||y===null)return (x===null)-(y===null);const o=typeof x==='number'?(x<y?-1:x>y?1:0):x.localeCompare(y);return up?o:-o});
        b.append(...rows.map(r=>r[1]))};h.addEventListener('click',go);h.addEventListener('keydown',e=>{if(e.key==='Enter')go()})});
        """
}
