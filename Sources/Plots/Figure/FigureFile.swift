// A figure as the bytes of a file, by the file's ending. The same figure gives the same bytes of .svg, .vl.json and .txt.

import Foundation

public enum FigureFormat: String, Sendable, CaseIterable {
    case svg = ".svg", png = ".png", pdf = ".pdf", vegaLite = ".vl.json", text = ".txt"

    /// The format of a path.
    public init(path: String) throws {
        let name = path.lowercased()
        guard let format = FigureFormat.allCases.first(where: { name.hasSuffix($0.rawValue) }) else {
            let hint = name.hasSuffix(".json") ? "; Vega-Lite ends in .vl.json" : ""
            throw PlotError("save: a path that ends in .svg, .png, .pdf, .vl.json or .txt expected, got '\(path)'\(hint)")
        }
        self = format
    }
}

extension Figure {
    /// - Parameter dpi: dots per inch of .png.
    /// - Throws: when there is no gnuplot, or it fails.
    public func bytes(_ format: FigureFormat, dpi: Double = 300, gnuplot: Gnuplot? = nil) throws -> [UInt8] {
        switch format {
        case .vegaLite: return Array(vegaLite.utf8)
        case .text: return Array(TextPicture(self, width: 80, isColoured: false).text.utf8)
        case .svg: return try svg(gnuplot)
        case .pdf: return try run(.pdf, gnuplot)
        case .png:
            guard size.width * size.height * dpi * dpi / 5184 <= 1e8 else { throw PlotError("a picture of more than 100 million dots; give a smaller size or dpi") }
            return try run(.png(dpi), gnuplot)
        }
    }

    func run(_ format: GnuplotScript.Format, _ gnuplot: Gnuplot?) throws -> [UInt8] {
        try (gnuplot ?? Gnuplot.find()).run(GnuplotScript(self, format).text)
    }

    /// gnuplot draws in a view box in points; on the page they are to be points as well, not pixels. Bold is no part of a font's
    /// name in SVG, and not every system has Helvetica. Text of the user holds no "<", so these are attributes.
    private func svg(_ gnuplot: Gnuplot?) throws -> [UInt8] {
        var text = String(decoding: try run(.svg, gnuplot), as: UTF8.self)
        for (name, value) in [("width", size.width), ("height", size.height)] {
            if let range = text.range(of: "\(name)=\"\(Int(value))\"") { text.replaceSubrange(range, with: "\(name)=\"\(Int(value))pt\"") }
        }
        // Cells have edges, however large they are shown.
        text = text.replacingOccurrences(of: "<image ", with: "<image image-rendering=\"pixelated\" ")
        // gnuplot lets this through, which XML forbids in text; nothing of its own holds it.
        text = text.replacingOccurrences(of: "]]>", with: "]]&gt;")
        var out = "", rest = text[...]
        let family = " font-family=\"Helvetica"
        while let found = rest.range(of: family) {
            // From the "<" of its element on: nothing that stands between tags.
            let head = rest[..<found.lowerBound], isAttribute = (head.lastIndex(of: "<") ?? head.startIndex) >= (head.lastIndex(of: ">") ?? head.startIndex)
            out += head
            rest = rest[found.upperBound...]
            let isBold = rest.hasPrefix(":Bold\"")
            guard isAttribute, isBold || rest.hasPrefix("\"") else { out += family; continue }
            out += family + ", Arial, sans-serif\"" + (isBold ? " font-weight=\"bold\"" : "")
            rest = rest.dropFirst(isBold ? 6 : 1)
        }
        return Array((out + rest).utf8)
    }
}
