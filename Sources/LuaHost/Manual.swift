// The reference manual as Markdown, from the declarations: namespaces in the order they were declared, each with its
// functions and types. A function that is a method too is described once, with the type.

extension Documentation {
    /// - Parameters:
    ///   - title: of the document.
    ///   - preface: Markdown between the title and the table of contents.
    ///   - appendices: chapters of Markdown after the namespaces.
    public func manual(title: String, preface: String, appendices: [(title: String, text: String)] = []) -> String {
        var manual = ManualText()
        manual.lines = ["# \(title)", ""]
        if !preface.isEmpty { manual.lines += [preface, ""] }
        let chapters = chapters
        // The headings are known before their links are written: the text is laid out first, the contents put before it.
        var body = ManualText(slugs: manual.slugs)
        _ = body.slugs.slug("Contents")
        var contents: [String] = []
        for chapter in chapters {
            let link = body.heading(2, chapter.namespace.name)
            contents.append("- [\(chapter.namespace.name)](#\(link)): \(ManualText.escaped(chapter.namespace.summary.firstSentence))")
            body.paragraph(chapter.namespace.summary)
            let links = chapter.functions.map { "[\($0.kind == .call ? "\($0.name)(..)" : $0.name)](#\(body.describe($0, self)))" }
            if !links.isEmpty { contents.append("  - functions: " + links.joined(separator: ", ")) }
            if !chapter.constants.isEmpty { body.table(["Constant", "Meaning"], chapter.constants.map { ["`\($0.path)`", $0.summary] }) }
            for type in chapter.types {
                let link = body.heading(3, "type \(type.name)")
                body.paragraph(type.summary)
                body.code(type.example)
                let members = members(of: type.name)
                let properties = members.filter { $0.kind == .property }
                if !properties.isEmpty {
                    body.table(["Property", "Type", "Meaning"], properties.map { ["`\($0.name)`", $0.returns, $0.summary] })
                    for property in properties where !property.example.isEmpty { body.code(property.example) }
                }
                let operators = members.filter { $0.kind == .index || $0.kind == .operation }
                if !operators.isEmpty {
                    body.table(["Operator", "Meaning"], operators.map { ["`\($0.signature)`", $0.summary] })
                    body.code(operators.filter { !$0.example.isEmpty }.map { "-- \($0.signature)\n\($0.example)" }.joined(separator: "\n"))
                }
                let methods = members.filter { $0.kind == .method }.map { "[\($0.name)](#\(body.describe($0, self)))" }
                contents.append("  - type [\(type.name)](#\(link))" + (methods.isEmpty ? "" : ": " + methods.joined(separator: ", ")))
            }
        }
        for appendix in appendices {
            contents.append("- [\(appendix.title)](#\(body.heading(2, appendix.title)))")
            body.lines += [appendix.text, ""]
        }
        return (manual.lines + ["## Contents", ""] + contents + [""] + body.lines).joined(separator: "\n") + "\n"
    }

    struct Chapter {
        var namespace: Entry
        var functions: [Entry] = [], constants: [Entry] = [], types: [Entry] = []
    }

    /// Namespaces with what belongs to them. A type belongs to the namespace it was declared after; those of the host
    /// itself come last.
    var chapters: [Chapter] {
        var chapters: [Chapter] = []
        for entry in entries {
            switch entry.kind {
            case .namespace: chapters.append(Chapter(namespace: entry))
            case .type: if !chapters.isEmpty { chapters[chapters.count - 1].types.append(entry) }
            default: break
            }
        }
        for i in chapters.indices {
            let members = members(of: chapters[i].namespace.name)
            let methods = Set(members.filter { $0.kind == .method }.map(\.name))
            chapters[i].functions = members.filter { $0.kind == .call || $0.kind == .function && !methods.contains($0.name) }
            chapters[i].constants = members.filter { $0.kind == .constant }
        }
        let ofHost = ["help", "oche"]
        return chapters.filter { !ofHost.contains($0.namespace.name) } + ofHost.flatMap { name in chapters.filter { $0.namespace.name == name } }
    }
}

/// Markdown under way.
private struct ManualText {
    var lines: [String] = []
    var slugs = Slugs()

    mutating func heading(_ level: Int, _ text: String) -> String {
        lines += [String(repeating: "#", count: level) + " " + text, ""]
        return slugs.slug(text)
    }

    mutating func paragraph(_ text: String) {
        if !text.isEmpty { lines += [ManualText.escaped(text), ""] }
    }

    mutating func code(_ text: String) {
        if !text.isEmpty { lines += ["```lua", text, "```", ""] }
    }

    mutating func table(_ head: [String], _ rows: [[String]]) {
        func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        lines += [row(head), row(head.map { _ in "---" })]
        lines += rows.map { row($0.map { ManualText.escaped($0).replacing("|", with: "\\|") }) } + [""]
    }

    /// A function or method: what is written, what it means, what it takes, when it fails, how it is used.
    mutating func describe(_ entry: Documentation.Entry, _ documentation: Documentation) -> String {
        let link = heading(4, entry.kind == .call ? "\(entry.name)(..)" : entry.path)
        let names = documentation.aliases(of: entry)
        code(entry.signature + (entry.returns.isEmpty ? "" : "  --> \(entry.returns)"))
        paragraph(entry.summary + (names.isEmpty ? "" : " Also under the name " + names.map { "`\(entry.owner).\($0)`" }.joined(separator: ", ") + "."))
        let plain = entry.arguments.filter(\.options.isEmpty)
        if !plain.isEmpty { table(["Argument", "Type", "Meaning"], plain.map { ["`\($0.name)`", ManualText.type($0), ManualText.meaning($0)] }) }
        for argument in entry.arguments where !argument.options.isEmpty {
            table(["Option", "Type", "Default", "Meaning"], ManualText.rows(argument.options, path: ""))
        }
        if !entry.errors.isEmpty { paragraph("Errors: \(entry.errors).") }
        code(entry.example)
        return link
    }

    private static func type(_ argument: Documentation.Argument) -> String { argument.shape.isEmpty ? argument.type : "\(argument.type) \(argument.shape)" }

    private static func meaning(_ argument: Documentation.Argument) -> String {
        let rest = argument.defaultText.map { "default \($0)" } ?? (argument.isOptional ? "optional" : "")
        return rest.isEmpty ? argument.summary : argument.summary.isEmpty ? rest : "\(argument.summary) (\(rest))"
    }

    /// Options of options under their paths: `alpha.rate`.
    private static func rows(_ options: [Documentation.Argument], path: String) -> [[String]] {
        options.flatMap { option -> [[String]] in
            let name = path.isEmpty ? option.name : "\(path).\(option.name)"
            let standard = option.defaultText ?? (option.isOptional ? "none" : "required")
            return [["`\(name)`", type(option), standard, option.summary + (option.mayBeFirst ? "; also first, without its name" : "")]] + (option.optionsOf == nil ? rows(option.options, path: name) : [])
        }
    }

    /// Text whose characters stand for themselves; what is between backquotes does anyway.
    static func escaped(_ text: String) -> String {
        var result = "", isCode = false
        for character in text {
            if character == "`" { isCode.toggle() }
            if !isCode, "<*".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}

/// The names that headings get as targets of links, as GitHub and most others make them.
private struct Slugs {
    private var counts: [String: Int] = [:]

    mutating func slug(_ heading: String) -> String {
        let base = String(heading.lowercased().compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : nil })
        defer { counts[base, default: 0] += 1 }
        return counts[base].map { "\(base)-\($0)" } ?? base
    }
}

extension String {
    fileprivate func replacing(_ character: Character, with text: String) -> String {
        reduce(into: "") { $1 == character ? $0.append(text) : $0.append($1) }
    }
}
