// Markdown to HTML by cmark-gfm, GitHub's reference implementation of CommonMark with tables. HTML in the Markdown is shown as the text
// it is, and links lead to pages only: a document must not run what somebody wrote into it.

import CMarkdown

enum MarkdownText {
    static func html(_ markdown: String) -> String {
        cmark_gfm_core_extensions_ensure_registered()
        let options = CMARK_OPT_DEFAULT
        guard let parser = cmark_parser_new(options) else { return "" }
        defer { cmark_parser_free(parser) }
        for name in ["table", "strikethrough", "autolink", "tasklist"] {
            if let found = cmark_find_syntax_extension(name) { cmark_parser_attach_syntax_extension(parser, found) }
        }
        var text = markdown
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
        }
        guard let root = cmark_parser_finish(parser) else { return "" }
        defer { cmark_node_free(root) }
        disarm(root)
        // Without CMARK_OPT_UNSAFE links to scripts and files inside the page are dropped.
        guard let out = cmark_render_html(root, options, cmark_parser_get_syntax_extensions(parser)) else { return "" }
        defer { cmark_get_default_mem_allocator().pointee.free(out) }
        return String(cString: out)
    }

    /// HTML becomes text.
    private static func disarm(_ root: OpaquePointer) {
        var found: [(OpaquePointer, isBlock: Bool)] = []
        let iterator = cmark_iter_new(root)
        while case let event = cmark_iter_next(iterator), event != CMARK_EVENT_DONE {
            guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) else { continue }
            let kind = cmark_node_get_type(node)
            if kind == CMARK_NODE_HTML_BLOCK { found.append((node, true)) } else if kind == CMARK_NODE_HTML_INLINE { found.append((node, false)) }
        }
        cmark_iter_free(iterator)
        for (node, isBlock) in found {
            let text = cmark_node_new(CMARK_NODE_TEXT)!
            cmark_node_set_literal(text, cmark_node_get_literal(node))
            if isBlock {
                let paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH)!
                cmark_node_append_child(paragraph, text)
                cmark_node_replace(node, paragraph)
            } else {
                cmark_node_replace(node, text)
            }
            cmark_node_free(node)
        }
    }
}
