// A notebook as Markdown: Lua and output in fences, figures as files beside it.

import Foundation
import Scripting
import Studies

public enum MarkdownPage {
    /// - Parameter figures: the folder of the figures, as the text refers to it.
    /// - Returns: the text, and the figures by their name in the folder.
    public static func text(_ document: NotebookDocument, figures folder: String) -> (text: String, figures: [(name: String, bytes: [UInt8])]) {
        var parts: [String] = [], figures: [(name: String, bytes: [UInt8])] = []
        func shown(_ representations: [Representation]) -> String {
            guard let picture = representations.first(where: { $0.kind == "image/svg+xml" }) else { return fence(OutputText.plain(representations.plainText), "") }
            let name = "figure-\(figures.count + 1).svg"
            figures.append((name, picture.bytes))
            // Brackets and spaces would end the address.
            let place = "\(folder)/\(name)".addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._/"))) ?? name
            return "![figure \(figures.count)](\(place))"
        }
        if !document.cells.contains(where: { $0.kind == .markdown && $0.source.hasPrefix("# ") }) { parts.append("# " + plain(document.title)) }
        for cell in document.cells {
            if !cell.title.isEmpty { parts.append("## " + plain(cell.title)) }
            switch cell.kind {
            case .markdown: parts.append(cell.source)
            case .raw: parts.append(fence(cell.source, ""))
            case .code: if !cell.source.isEmpty { parts.append(fence(cell.source, "lua")) }
            }
            for output in cell.outputs {
                switch output {
                case .text(let text, _): parts.append(fence(OutputText.plain(text), ""))
                case .display(let representations, _), .result(let representations, _): parts.append(shown(representations))
                case .error(let error): parts.append(fence(error.text(), ""))
                }
            }
        }
        if let p = document.provenance {
            let words = ["Oche \(p.ocheVersion ?? "")", p.sessionSeed.map { "seed \($0)" }, p.scriptHash.map { "script \($0)" }, p.gitCommit.map { "commit \($0)" }, p.cpu.map(plain), document.seconds.map { "in " + TimeText.of($0) }]
            parts.append("---\n\n" + words.compactMap { $0 }.joined(separator: ", "))
        }
        return (parts.joined(separator: "\n\n") + "\n", figures)
    }

    /// Longer than any fence inside.
    private static func fence(_ text: String, _ language: String) -> String {
        var longest = 2, run = 0
        for character in text {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let mark = String(repeating: "`", count: longest + 1)
        return "\(mark)\(language)\n\(text)\(text.hasSuffix("\n") || text.isEmpty ? "" : "\n")\(mark)"
    }

    /// One line without Markdown's signs.
    private static func plain(_ text: String) -> String {
        var out = ""
        for character in text {
            if character.isNewline { out += " "; continue }
            if "\\`*_{}[]<>()#+!|~&".contains(character) { out += "\\" }
            out.append(character)
        }
        return out
    }
}
