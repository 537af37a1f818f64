/// How a front end shows values.
public struct DisplayStyle: Sendable {
    /// Characters in a line.
    public var width: Int
    /// Whether escape sequences for colours are understood.
    public var isColoured: Bool
    /// Which pictures are wanted besides text. To draw one starts a gnuplot.
    public var pictures: Pictures
    public enum Pictures: Sendable {
        /// Both: a picture for a light ground, and the same for a dark one.
        case none, one, both
    }
    public init(width: Int = 80, isColoured: Bool = false, pictures: Pictures = .none) { (self.width, self.isColoured, self.pictures) = (width, isColoured, pictures) }
}

/// One way of showing a value: a media type ("text/plain", "image/svg+xml") and the content.
public struct Representation: Sendable {
    public var kind: String
    public var bytes: [UInt8]
    public init(kind: String, bytes: [UInt8]) { (self.kind, self.bytes) = (kind, bytes) }
    /// The kind of a picture for a dark ground, beside "image/svg+xml".
    public static let darkPicture = "image/svg+xml;theme=dark"
    public init(text: String) { self.init(kind: "text/plain", bytes: Array(text.utf8)) }
}

/// A Lua object whose text is of many lines and says little by its first.
public protocol Summarized: AnyObject {
    /// What it is in a few words, for a list of variables.
    var summary: String { get }
}

/// A Lua object that is shown by more than its `tostring`. Front ends pick the representation they can show.
public protocol Displayed: AnyObject {
    /// "text/plain" is always among them. Runs no Lua.
    func representations(_ style: DisplayStyle) -> [Representation]
}
