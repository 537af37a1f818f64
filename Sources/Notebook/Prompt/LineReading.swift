// What the prompt asks of whoever reads cells, and what a line editor asks of the session behind it. Neither knows the other.

/// Reads cells: the line editor on a terminal, a plain reader elsewhere.
public protocol LineReading: AnyObject {
    /// The next cell, shown after `prompt` (its further lines after `continuation`).
    func readCell(prompt: String, continuation: String) throws -> LineResult
}

/// What reading a cell came to.
public enum LineResult: Equatable, Sendable {
    /// A whole cell, of one or more lines, without the newline at its end.
    case cell(String)
    /// Ctrl-C on an empty cell. On one with text the text is abandoned, and the reader begins the cell anew without returning.
    case interrupted
    /// Ctrl-D on an empty cell, or the end of the file.
    case endOfInput
}

/// The session's answers to the editor's questions. Offsets count UTF-8 bytes.
public struct EditorHooks {
    /// Whether Enter runs the text or adds a line to it.
    public var isComplete: (String) -> CellCompleteness
    /// What could stand at the offset.
    public var complete: (String, Int) -> CompletionAnswer
    /// Colours; without it the editor colours Lua itself.
    public var highlight: ((String) -> [HighlightSpan])?
    /// Help on what stands at the offset, or nil.
    public var inspect: (String, Int) -> String?

    public init(
        isComplete: @escaping (String) -> CellCompleteness, complete: @escaping (String, Int) -> CompletionAnswer,
        highlight: ((String) -> [HighlightSpan])? = nil, inspect: @escaping (String, Int) -> String?
    ) {
        (self.isComplete, self.complete, self.highlight, self.inspect) = (isComplete, complete, highlight, inspect)
    }
}

/// Whether a text is a cell.
public enum CellCompleteness: Equatable, Sendable {
    case complete
    /// A block, string or comment is still open; a front end that does not indent by itself would start the next line with `indent` spaces.
    case incomplete(indent: Int)
    /// More text cannot mend it: it is submitted, and the error is shown at once.
    case invalid
}

/// The text from `start` to `end` (UTF-8 offsets) may be replaced by any of the candidates.
public struct CompletionAnswer: Equatable, Sendable {
    public var start: Int, end: Int
    public var candidates: [Candidate]
    public init(start: Int, end: Int, candidates: [Candidate]) { (self.start, self.end, self.candidates) = (start, end, candidates) }
}

/// One completion, with a few words on what it is.
public struct Candidate: Equatable, Sendable {
    public var text: String
    public var detail: String
    public init(text: String, detail: String = "") { (self.text, self.detail) = (text, detail) }
}

/// A part of a text, by UTF-8 offsets, and what it is to the eye.
public struct HighlightSpan: Equatable, Sendable {
    public enum Kind: Sendable { case keyword, string, number, comment }
    public var start: Int, end: Int
    public var kind: Kind
    public init(start: Int, end: Int, kind: Kind) { (self.start, self.end, self.kind) = (start, end, kind) }
}
