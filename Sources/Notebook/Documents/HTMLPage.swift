// A notebook as one page that needs nothing else: no script, no network, figures as SVG in the page, light or dark as the reader's
// system is. Everything that came from a script is text in it.

import Foundation
import Basics
import Scripting
import Studies

public enum HTMLPage {
    public static func text(_ document: NotebookDocument) -> String {
        var page = PageWriter()
        let title = HTMLText.escaped(document.title)
        var out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        // Whatever slips through is not run and asks nobody.
        out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        out += "<meta name=\"generator\" content=\"Oche\"><title>\(title)</title>\n<style>\n\(PageStyle.text)\n</style></head>\n<body>\n<main>\n"
        let hasHeading = document.cells.contains { $0.kind == .markdown && $0.source.split(separator: "\n").contains { $0.hasPrefix("# ") } }
        if !hasHeading { out += "<h1>\(title)</h1>\n" }
        for cell in document.cells { out += page.cell(cell) }
        return out + "</main>\n" + PageWriter.origin(document) + "</body></html>\n"
    }
}

private struct PageWriter {
    private var figures = 0

    mutating func cell(_ cell: NotebookCell) -> String {
        let heading = cell.title.isEmpty ? "" : "<h2>\(HTMLText.escaped(cell.title))</h2>\n"
        switch cell.kind {
        case .markdown: return "<section class=\"text\">\n\(heading)\(MarkdownText.html(cell.source))</section>\n"
        case .raw: return "<section>\n\(heading)<pre class=\"raw\">\(HTMLText.escaped(cell.source))</pre></section>\n"
        case .code: break
        }
        guard !cell.source.isEmpty || !cell.outputs.isEmpty else { return heading }
        var out = "<section class=\"code\(cell.run?.failed == true ? " failed" : "")\">\n\(heading)"
        let number = cell.run?.number.map { "\($0)" } ?? "&nbsp;"
        let time = cell.run.map { "<span class=\"time\">\(HTMLText.escaped(TimeText.of($0.seconds)))</span>" } ?? "<span class=\"time\">not run</span>"
        if !cell.source.isEmpty { out += "<div class=\"in\"><span class=\"count\">\(number)</span><pre><code>\(PageText.lua(cell.source))</code></pre>\(time)</div>\n" }
        if !cell.outputs.isEmpty { out += "<div class=\"out\">\n" + cell.outputs.map { output($0) }.joined() + "</div>\n" }
        return out + "</section>\n"
    }

    private mutating func output(_ output: CellOutput) -> String {
        switch output {
        case .text(let text, let isError): return "<pre\(isError ? " class=\"stderr\"" : "")>\(HTMLText.escaped(OutputText.plain(text)))</pre>\n"
        case .display(let representations, _): return shown(representations)
        case .result(let representations, _): return "<div class=\"value\">\(shown(representations))</div>\n"
        case .error(let error): return "<pre class=\"error\" role=\"alert\">\(HTMLText.escaped(error.text()))</pre>\n"
        }
    }

    /// The picture, the table, or the text.
    private mutating func shown(_ representations: [Representation]) -> String {
        func content(_ kind: String) -> String? { representations.first { $0.kind == kind }.map { String(decoding: $0.bytes, as: UTF8.self) } }
        if let light = content("image/svg+xml") {
            let text = HTMLText.escaped(representations.plainText.split(separator: "\n").first.map { $0.trimmingSpace } ?? "figure")
            guard let dark = content(Representation.darkPicture) else { return "<figure role=\"img\" aria-label=\"\(text)\">\(inline(light))</figure>\n" }
            return "<figure role=\"img\" aria-label=\"\(text)\"><div class=\"light\">\(inline(light))</div><div class=\"dark\">\(inline(dark))</div></figure>\n"
        }
        // Written by Oche itself, which has escaped what came from a script.
        if let table = content("text/html") { return "<div class=\"table\">\(table)</div>\n" }
        return "<pre>\(HTMLText.escaped(OutputText.plain(representations.plainText)))</pre>\n"
    }

    /// The element alone, its ids made its own: several drawings stand in one page.
    private mutating func inline(_ svg: String) -> String {
        figures += 1
        guard let start = svg.range(of: "<svg") else { return "" }
        var text = enlarged(String(svg[start.lowerBound...]))
        for (from, to) in [(" id=\"", " id=\"f\(figures)-"), (" id='", " id='f\(figures)-"), ("xlink:href=\"#", "xlink:href=\"#f\(figures)-"), ("xlink:href='#", "xlink:href='#f\(figures)-"), ("url(#", "url(#f\(figures)-")] {
            text = PageWriter.replacing(from, with: to, insideTags: text)
        }
        return text
    }

    /// Figures are made for print, with words of 7 points; on a screen they are read from further away.
    private func enlarged(_ svg: String) -> String {
        guard let end = svg.firstIndex(of: ">") else { return svg }
        let head = svg[..<end].replacing(#/ (width|height)="([0-9.]+)pt"/#) { match in
            Double(match.2).map { " \(match.1)=\"\(($0 * 1.25 * 100).rounded() / 100)pt\"" } ?? String(match.0)
        }
        return String(head) + svg[end...]
    }

    /// Between tags stands text, which is left as it is.
    private static func replacing(_ from: String, with to: String, insideTags text: String) -> String {
        text.split(separator: "<", omittingEmptySubsequences: false).map { part in
            guard let end = part.firstIndex(of: ">") else { return String(part) }
            return part[..<end].replacingOccurrences(of: from, with: to) + part[end...]
        }.joined(separator: "<")
    }

    static func origin(_ document: NotebookDocument) -> String {
        guard let p = document.provenance else { return "" }
        var rows: [(String, String)] = []
        func row(_ name: String, _ value: String?) { if let value, !value.isEmpty { rows.append((name, value)) } }
        row("Oche", p.ocheVersion)
        row("script", ([p.scriptPath.map { ($0 as NSString).lastPathComponent } ?? ""] + (p.arguments ?? [])).joined(separator: " "))
        row("SHA-256", p.scriptHash)
        row("commit", p.gitCommit.map { $0 + (p.gitDirty == true ? ", with changes" : "") })
        row("seed", p.sessionSeed.map(String.init))
        row("machine", [p.host, p.cpu, p.instructionSet, p.threads.map { "\($0) thread\($0 == 1 ? "" : "s")" }].compactMap { $0 }.joined(separator: ", "))
        row("run", [p.started.map { IpynbFile.time($0.rounded()).replacingOccurrences(of: ".000Z", with: "Z") }, document.seconds.map { "in " + TimeText.of($0) }].compactMap { $0 }.joined(separator: " "))
        return "<footer><h2>Provenance</h2>\n<dl>\n" + rows.map { "<dt>\(HTMLText.escaped($0.0))</dt><dd>\(HTMLText.escaped($0.1))</dd>\n" }.joined() + "</dl></footer>\n"
    }
}
