// A notebook: cells in order, with what running them gave. Scripts in the percent format and .ipynb files are read into it; HTML,
// Markdown, .ipynb and scripts are written from it.

import Basics
import Scripting
import Studies

/// A cell of a notebook.
public struct NotebookCell {
    public enum Kind: String {
        case code, markdown
        /// For another program; shown as it is.
        case raw
    }

    public var kind: Kind
    /// Lua, Markdown or other text; lines end in \n, none at the end.
    public var source: String
    /// What stands behind `-- %%`.
    public var title = ""
    /// Further words of that line, `key="value"`, kept as they are.
    public var options = ""
    /// Number of the source's first line in its script.
    public var firstLine = 1
    /// The lines it was read from, with the marker and the blank lines around it; nil when it was made otherwise.
    public var script: String?
    /// By which an .ipynb file knows it.
    public var identifier: String?
    /// What an .ipynb file has said of it besides.
    public var metadata: [String: JSONValue] = [:]

    public var outputs: [CellOutput] = []
    /// Nil until it has run.
    public var run: CellRun?

    public init(_ kind: Kind, _ source: String) { (self.kind, self.source) = (kind, source) }
}

/// When a cell ran, and how long.
public struct CellRun {
    public var number: Int?
    /// Seconds since 1970.
    public var began: Double
    public var seconds: Double
    public var failed = false
}

/// What a cell showed.
public enum CellOutput {
    /// Text as it was printed; `isError` for io.stderr.
    case text(String, isError: Bool)
    /// Shown by display(), perhaps under a name.
    case display([Representation], id: String?)
    /// The cell's value.
    case result([Representation], number: Int)
    case error(CellError)
}

public struct NotebookDocument {
    public var cells: [NotebookCell]
    /// What heads the document unless a cell does.
    public var name: String
    /// Of the last run.
    public var provenance: Provenance?
    /// Wall-clock of the last run.
    public var seconds: Double?

    public init(cells: [NotebookCell], name: String) { (self.cells, self.name) = (cells, name) }

    /// The first heading of its Markdown, else its name.
    public var title: String {
        for cell in cells where cell.kind == .markdown {
            for line in cell.source.split(separator: "\n") where line.hasPrefix("# ") { return line.dropFirst(2).trimmingSpace }
        }
        return name
    }
}
