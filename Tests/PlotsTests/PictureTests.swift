import Foundation
#if canImport(FoundationXML)
import FoundationXML
#endif
import XCTest
@testable import Plots

/// Pictures: Vega-Lite and gnuplot's script hold the data and every text as text; characters by snapshot; errors.
final class PictureTests: XCTestCase {
    private let hostile = "<script>alert('x')</script> \"q\" `touch pwned` $(id)\n; system('id') %d a_b^c@{d} & \\n ]]> é"

    private func hostileFigures() throws -> [Figure] {
        var options = FigureOptions()
        (options.title, options.xLabel, options.yLabel, options.notes) = (hostile, hostile, hostile, [hostile])
        options.size = .double
        var scatter = Scatter(x: [1, 2, 3, 4, 5], y: [1, 2.2, 2.9, 4.1, 5])
        (scatter.groups, scatter.hasFit) = ([hostile, hostile, "b", "b", "b"], true)
        var map = HeatMap(values: [1, 2, 3, 4], rows: 2, columns: 2)
        (map.rowNames, map.columnNames, map.valueLabel) = ([hostile, "b"], ["a", hostile], hostile)
        return [try scatter.figure(options), try Boxes([(hostile, [1, 2, 3]), ("plain", [2, 3, 4])]).figure(options), try map.figure(options),
                try Lines([.init(name: hostile, runs: [[1, 2, .nan, 4]]), .init(name: "b", runs: [[1, 2, 3, 4], [2, 3, 4, 5]])]).figure(options),
                try Histogram([(hostile, [1, 2, 2, 3])]).figure(options), try Signals([.init(name: hostile, signals: [[1, 2, 3]])], shown: [1]).figure(options)]
    }

    func testVegaLiteHoldsTheDataAndTextStaysText() throws {
        for figure in try hostileFigures() {
            let text = figure.vegaLite
            XCTAssertFalse(text.contains("<"), "may end a page's script")
            let object = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let title = try XCTUnwrap(object["title"] as? [String: Any])
            XCTAssertEqual(title["text"] as? [String], PlainText.lines(hostile))
            XCTAssertEqual(text, figure.vegaLite)
        }
        let object = try JSONSerialization.jsonObject(with: Data(Scatter(x: [1, 2.5, .nan], y: [3, -4, 1]).figure().vegaLite.utf8)) as? [String: Any]
        let layers = try XCTUnwrap(object?["layer"] as? [[String: Any]])
        let rows = try XCTUnwrap((layers[0]["data"] as? [String: Any])?["values"] as? [[String: Any]])
        XCTAssertEqual(rows.map { $0["x"] as? Double }, [1, 2.5])
        XCTAssertEqual(rows.map { $0["y"] as? Double }, [3, -4])
    }

    func testVegaExpressionsEscape() {
        XCTAssertEqual(VegaLite.literal("a'b\\"), "'a\\u0027b\\u005c'")
    }

    func testGnuplotStringsHoldOnlyLettersSpacesAndEscapes() throws {
        XCTAssertEqual(GnuplotScript.quoted("a 0`\"é"), #""a \060\140\042\303\251""#)
        for figure in try hostileFigures() {
            for format in [GnuplotScript.Format.svg, .pdf, .png(300)] {
                let script = try GnuplotScript(figure, format).text
                for forbidden in ["`", "$(", "<script", "a_b", "system(", "%d"] { XCTAssertFalse(script.contains(forbidden), forbidden) }
                XCTAssertTrue(script.contains(GnuplotScript.quoted("<script>").dropLast()))
            }
        }
    }

    func testSVGIsWellFormedAndTheSameEachTime() throws {
        guard let gnuplot = try? Gnuplot.find() else { throw XCTSkip("no gnuplot") }
        for figure in try hostileFigures() {
            let bytes = try figure.bytes(.svg, gnuplot: gnuplot)
            XCTAssertEqual(bytes, try figure.bytes(.svg, gnuplot: gnuplot))
            let document = try XMLDocument(data: Data(bytes), options: [])
            let root = try XCTUnwrap(document.rootElement())
            XCTAssertTrue(String(decoding: bytes, as: UTF8.self).contains("width=\"\(Int(figure.size.width))pt\""))
            XCTAssertEqual(try root.nodes(forXPath: "//*[local-name()='script']").count, 0)
            let text = try root.nodes(forXPath: "//*[local-name()='text']").compactMap(\.stringValue).joined(separator: "\n")
            XCTAssertTrue(text.contains("<script>alert('x')</script> \"q\" `touch pwned` $(id)"), text)
            XCTAssertTrue(text.contains("; system('id') %d a_b^c@{d} & \\n ]]> é"), text)
        }
        XCTAssertFalse(FileManager.default.fileExists(atPath: "pwned"))
    }

    func testPNGAndPDF() throws {
        guard let gnuplot = try? Gnuplot.find() else { throw XCTSkip("no gnuplot") }
        let figure = try Lines([.init(runs: [[1, 4, 9]])]).figure()
        let png = try figure.bytes(.png, dpi: 100, gnuplot: gnuplot)
        XCTAssertEqual(Array(png.prefix(8)), [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        // Width and height of the header: 3.5 x 2.625 inch.
        XCTAssertEqual(png[16..<24].reduce(0) { $0 << 8 | UInt64($1) }, 350 << 32 | 263)
        XCTAssertEqual(String(decoding: try figure.bytes(.pdf, gnuplot: gnuplot).prefix(5), as: UTF8.self), "%PDF-")
    }

    func testMillionPointsMakeSmallFiles() throws {
        var state: UInt64 = 1
        func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / 9_007_199_254_740_992
        }
        let x = (0..<1_000_000).map { _ in next() }, y = (0..<1_000_000).map { _ in next() }
        let figure = try Scatter(x: x, y: y).figure()
        XCTAssertLessThan(try GnuplotScript(figure, .svg).text.utf8.count, 2_000_000)
        XCTAssertTrue(figure.notes.contains { $0.hasPrefix("1000000 points, ") }, "\(figure.notes)")
        XCTAssertLessThan(try GnuplotScript(try Lines([.init(runs: [y])]).figure(), .svg).text.utf8.count, 1_000_000)
    }

    func testGnuplotThatFailsHangsOrIsMissing() throws {
        XCTAssertThrowsError(try Gnuplot.find(["PATH": "/nonexistent"])) { XCTAssertTrue("\($0)".contains("gnuplot-nox") && "\($0)".contains(".vl.json")) }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func program(_ text: String) throws -> Gnuplot {
            let path = folder.appendingPathComponent(UUID().uuidString).path
            try "#!/bin/sh\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            return Gnuplot(path: path)
        }
        let figure = try Lines([.init(runs: [[1, 4, 9]])]).figure()
        XCTAssertThrowsError(try figure.bytes(.svg, gnuplot: program("echo 'no such terminal' >&2; exit 3"))) { XCTAssertEqual("\($0)", "gnuplot failed (status 3): no such terminal") }
        XCTAssertThrowsError(try figure.bytes(.svg, gnuplot: program("cat > /dev/null"))) { XCTAssertTrue("\($0)".contains("no message")) }
        var hanging = try program("exec sleep 1000")
        hanging.timeLimit = 0.2
        XCTAssertThrowsError(try figure.bytes(.svg, gnuplot: hanging)) { XCTAssertTrue("\($0)".contains("was stopped")) }
        XCTAssertThrowsError(try figure.bytes(.svg, gnuplot: Gnuplot(path: "/nonexistent/gnuplot")))
    }

    func testBadInput() {
        func message(_ body: @autoclosure () throws -> Any) -> String {
            do { _ = try body(); return "no error" } catch { return "\(error)" }
        }
        XCTAssertEqual(message(try Scatter(x: [1, 2], y: [1]).figure()), "scatter: x has 2 values, y has 1")
        XCTAssertEqual(message(try Scatter(x: [], y: []).figure()), "scatter: no points")
        XCTAssertTrue(message(try Scatter(x: [.nan], y: [1]).figure()).contains("not finite"))
        XCTAssertTrue(message(try Boxes([("a", [])]).figure()).contains("none of the 0 values"))
        XCTAssertTrue(message(try FigureFormat(path: "f.jpg")).contains(".svg"))
        XCTAssertTrue(message(try FigureFormat(path: "f.json")).contains("Vega-Lite"))
        XCTAssertEqual(try Scatter(x: [1, .infinity, 3], y: [1, 2, 3]).figure().notes, ["1 of 3 points left out: not finite"])
    }

    func testOnePointConstantAndExtremeValuesAreDrawn() throws {
        let tiny = Double.leastNonzeroMagnitude
        for y: [Double] in [[5], [2, 2, 2], [0, 0], [1e299, -1e299], [tiny, 0], [tiny * 9, Double.leastNormalMagnitude / 2]] {
            let figure = try Lines([.init(runs: [y])]).figure()
            XCTAssertFalse(figure.text(width: 40).isEmpty)
            XCTAssertFalse(try GnuplotScript(figure, .svg).text.contains("nan"))
            if let gnuplot = try? Gnuplot.find() { XCTAssertNoThrow(try figure.bytes(.svg, gnuplot: gnuplot), "\(y)") }
        }
    }

    func testTextPictures() throws {
        var options = FigureOptions()
        (options.title, options.xLabel) = ("Loss", "step")
        XCTAssertEqual(try Lines([.init(runs: [[0, 1, 2, 3, 4, 5, 6, 7]])]).figure(options).text(width: 32), """
                          Loss
              │                          ⢀⡠⠒
              │                      ⢀⡠⠔⠊⠁
            5 ┤                  ⢀⡠⠔⠊⠁
              │              ⡀⡠⠔⠊⠁
              │          ⢀⡠⠔⠊
              │      ⢀⡠⠔⠊⠁
              │  ⢀⡠⠔⠊⠁
            0 ┤⠤⠊⠁
              └────┬───────┬───────┬───────┬
                   2       4       6       8
                           step

            """)
        XCTAssertEqual(try HeatMap(values: [0, 0.5, 1, .nan], rows: 2, columns: 2).figure().text(width: 30), """
              │    0.00     ▒▒▒▒▒0.50▒▒▒▒▒
            1 ┤             ▒▒▒▒▒▒▒▒▒▒▒▒▒▒
              │████1.00█████··············
            2 ┤█████████████··············
              └──────┬─────────────┬──────
                     1             2
            0     ░░░░▒▒▒▒▓▓▓▓████ 1.00
            1 of 4 values are not finite:
            grey

            """)
        for figure in try hostileFigures() {
            for width in [24, 40, 80, 200] {
                for line in figure.text(width: width).split(separator: "\n") { XCTAssertLessThanOrEqual(String(line).count, width, String(line)) }
            }
            XCTAssertFalse(figure.text(width: 80).contains("\u{1B}"))
        }
    }

    /// Points are the marks that the legend shows, over lines, and lines over bands, which are quiet.
    func testPointsAreSeenOverLinesAndBands() throws {
        func bits(_ character: Character) -> UInt32 { character.unicodeScalars.first.map { (0x2800...0x28FF).contains($0.value) ? $0.value - 0x2800 : 0 } ?? 0 }
        // On their own line, so that each lies on it: far enough from each other that none shares a character.
        var scatter = Scatter(x: [1, 2, 3, 4, 5, 6, 7, 8], y: [1, 2.2, 2.8, 4.2, 4.8, 6.2, 6.8, 8])
        scatter.hasFit = true
        let plain = try scatter.figure().text(width: 60)
        XCTAssertEqual(plain.filter { $0 == "•" }.count, 8, plain)
        let coloured = try scatter.figure().text(width: 60, isColoured: true)
        let runs = coloured.components(separatedBy: "\u{1B}[").dropFirst().filter { !$0.hasPrefix("0m") }
        let quiet = runs.filter { $0.hasPrefix("2;38;5;") }, rest = runs.filter { $0.hasPrefix("38;5;") }
        XCTAssertTrue(!quiet.isEmpty && quiet.allSatisfy { !$0.contains("•") } && rest.contains { $0.contains("•") }, coloured)
        XCTAssertEqual(rest.joined().filter { $0 == "•" }.count, 8)
        // The bands are two lines of a dot in three: at most two dots in three of a character's rows.
        XCTAssertLessThan(quiet.joined().reduce(0) { $0 + bits($1).nonzeroBitCount }, 2 * 2 * 60 / 3)

        // Boxes keep their lines whatever lies on them.
        var boxes = Boxes([("a", (0..<60).map { sin(Double($0) * 1.7) }), ("b", (0..<60).map { cos(Double($0) * 2.3) })])
        let strip = try boxes.figure().text(width: 60).split(separator: "\n")
        boxes.hasStrip = false
        let bare = try boxes.figure().text(width: 60).split(separator: "\n")
        XCTAssertEqual(strip.count, bare.count)
        for (with, without) in zip(strip, bare) {
            for (a, b) in zip(with, without) where bits(b) != 0 { XCTAssertEqual(bits(a) & bits(b), bits(b), strip.joined(separator: "\n")) }
        }
        XCTAssertGreaterThan(strip.joined().filter { $0 == "•" }.count, 20)

        // In a crowd the dots say how dense it is; one alone is a mark.
        var (x, y): ([Double], [Double]) = ([4], [4])
        for i in 0..<1000 {
            let angle = Double(i), radius = Double(i % 37) / 37
            x.append(radius * cos(angle))
            y.append(radius * sin(angle))
        }
        let crowd = try Scatter(x: x, y: y).figure().text(width: 80).split(separator: "\n")
        XCTAssertTrue(crowd[1].contains("•") || crowd[0].contains("•"), crowd.joined(separator: "\n"))
        XCTAssertGreaterThan(crowd.joined().filter { bits($0).nonzeroBitCount >= 6 }.count, 20)
    }

    /// The raster of a sixel picture holds its words: without a font that gd finds it would be lines alone.
    func testSixelHasWords() throws {
        guard let gnuplot = try? Gnuplot.find() else { throw XCTSkip("no gnuplot") }
        func size(_ label: String) throws -> Int {
            var options = FigureOptions()
            options.xLabel = label
            return try TerminalGraphics.sixel.bytes(Lines([.init(runs: [[1, 2, 3]])]).figure(options), gnuplot: gnuplot).count
        }
        XCTAssertGreaterThan(try size("a label of several words"), try size(".") + 200)
    }

    /// A large matrix is one raster in SVG, a small one rectangles.
    func testLargeHeatMapsAreRasters() throws {
        guard let gnuplot = try? Gnuplot.find() else { throw XCTSkip("no gnuplot") }
        func svg(_ side: Int) throws -> String {
            let values = (0..<side * side).map { Double($0 % side) }
            return String(decoding: try HeatMap(values: values, rows: side, columns: side).figure().bytes(.svg, gnuplot: gnuplot), as: UTF8.self)
        }
        let (large, small) = (try svg(60), try svg(10))
        XCTAssert(large.contains("<image image-rendering=\"pixelated\""))
        XCTAssertLessThan(large.utf8.count, 100_000)
        XCTAssertFalse(small.contains("<image"))
    }

    func testHeatMapCellsHaveTheSameDecimals() {
        XCTAssertEqual(NumberText.cells([0.594, 0.0612, 1, .nan]), ["0.59", "0.06", "1.00", "–"])
        XCTAssertEqual(NumberText.cells([0.0512, -0.9]), ["0.05", "−0.90"])
        XCTAssertEqual(NumberText.cells([23.44, 0.5]), ["23.4", "0.5"])
        XCTAssertEqual(NumberText.cells([1234.4, .infinity]), ["1234", "∞"])
        XCTAssertEqual(NumberText.cells([0.0123, 0.002]), ["0.012", "0.002"])
        XCTAssertEqual(NumberText.cells([2e7, 1]), ["2.0·10⁷", "1.00"])
    }

    /// Every colour of values can be told from the ground it is drawn on (a contrast of 1.5, in relative luminance).
    func testColoursOfValuesAreSeenOnTheirGround() {
        func luminance(_ c: Colour) -> Double {
            func linear(_ v: UInt8) -> Double { let s = Double(v) / 255; return s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4) }
            return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue)
        }
        let ground = luminance(Theme.dark.background)
        for share in stride(from: 0.0, through: 1, by: 0.05) {
            XCTAssertGreaterThan((luminance(ColourMap.sequential.colour(share, .dark)) + 0.05) / (ground + 0.05), 1.5, "\(share)")
        }
    }

    func testTerminalGraphics() {
        XCTAssertEqual(TerminalGraphics.detect(["TERM": "xterm-kitty"]), .kitty)
        XCTAssertEqual(TerminalGraphics.detect(["TERM": "foot"]), .sixel)
        XCTAssertNil(TerminalGraphics.detect(["TERM": "xterm-256color"]))
        XCTAssertNil(TerminalGraphics.detect(["TERM": "xterm-kitty", "TMUX": "/tmp/x"]))
        XCTAssertNil(TerminalGraphics.detect(["TERM": "foot", "OCHE_GRAPHICS": "none"]))
        let bytes = String(decoding: TerminalGraphics.kitty(png: [UInt8](repeating: 7, count: 5000)), as: UTF8.self)
        XCTAssertTrue(bytes.hasPrefix("\u{1B}_Ga=T,f=100,q=2,m=1;BwcH"))
        XCTAssertTrue(bytes.contains("\u{1B}\\\u{1B}_Gm=0;"))
        XCTAssertEqual(bytes.components(separatedBy: "\u{1B}\\").count, 3)
    }
}
