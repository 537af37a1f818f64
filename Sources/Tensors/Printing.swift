import Engine
import Foundation

/// A tensor as text: columns aligned, one format for all numbers, shape and type in the last line (of no dimensions: the only). Beyond a thousand
/// numbers every long axis shows its ends; NaN and infinities appear as what they are.
public struct TensorText {
    /// Characters in a line; longer rows are broken.
    public var width: Int
    /// Numbers shown in full, and how many at each end of an axis otherwise.
    public var summaryAbove = 1000, ends = 3

    public init(width: Int = 80) { self.width = max(width, 20) }

    public func text(of tensor: Tensor) -> String {
        let title = "tensor \(tensor.shape.braces) \(tensor.dtype.name)"
        if let node = tensor.node, node.trace.mode == .compile { return title + " (being compiled)" }
        guard let values = try? tensor.concrete() else { return title + " (no longer known)" }
        if values.count == 0 { return "{}\n" + title }
        if values.rank == 0 { return NumberFormat([values.load(0)]).text(values.load(0)) + "  " + title }
        let shown = values.shape.map { size in
            values.count <= summaryAbove || size <= 2 * ends + 1 ? Array(0..<size) : Array(0..<ends) + [-1] + Array((size - ends)..<size)
        }
        let format = NumberFormat(numbers(values, shown, axis: 0, element: 0))
        return body(values, shown, format, axis: 0, element: 0, indent: 1).joined(separator: "\n") + "\n" + title
    }

    private func numbers(_ tensor: Tensor, _ shown: [[Int]], axis: Int, element: Int) -> [Double] {
        if axis == tensor.rank { return [tensor.load(element)] }
        let stride = tensor.strides[axis]
        return shown[axis].flatMap { $0 < 0 ? [] : numbers(tensor, shown, axis: axis + 1, element: element + $0 * stride) }
    }

    /// The lines of the part under one index: `{` and `}` around rows, as a Lua table would be written.
    private func body(_ tensor: Tensor, _ shown: [[Int]], _ format: NumberFormat, axis: Int, element: Int, indent: Int) -> [String] {
        let stride = tensor.strides[axis]
        if axis == tensor.rank - 1 {
            let cells = shown[axis].map { $0 < 0 ? "..." : format.text(tensor.load(element + $0 * stride)) }
            return broken(cells, indent: indent)
        }
        var lines: [String] = []
        for (position, index) in shown[axis].enumerated() {
            var part = index < 0 ? [String(repeating: " ", count: indent) + "..."]
                : body(tensor, shown, format, axis: axis + 1, element: element + index * stride, indent: indent + 1)
            if position < shown[axis].count - 1 {
                part[part.count - 1] += index < 0 ? "" : ","
                // A blank line between matrices.
                if tensor.rank - axis > 2 { part.append("") }
            }
            lines += part
        }
        // The opening brace takes the last column of the first line's indent.
        lines[0] = String(repeating: " ", count: indent - 1) + "{" + lines[0].dropFirst(indent)
        lines[lines.count - 1] += "}"
        return lines
    }

    private func broken(_ cells: [String], indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = [], line = ""
        for (i, cell) in cells.enumerated() {
            let next = cell + (i < cells.count - 1 ? "," : "")
            // Behind the last number there can be as many braces as there are dimensions, and a comma.
            let closing = i < cells.count - 1 ? 0 : indent + 1
            if !line.isEmpty, indent + line.count + 1 + next.count + closing > width {
                lines.append(margin + line)
                line = next
            } else {
                line += (line.isEmpty ? "" : " ") + next
            }
        }
        lines.append(margin + line)
        lines[0] = String(repeating: " ", count: indent - 1) + "{" + lines[0].dropFirst(indent)
        lines[lines.count - 1] += "}"
        return lines
    }
}

/// One way of writing for all numbers shown: integers as such, else a fixed number of decimals, else scientific.
struct NumberFormat {
    private let decimals: Int, isScientific: Bool
    private let width: Int

    init(_ numbers: [Double]) {
        let finite = numbers.filter(\.isFinite).map(abs)
        let largest = finite.max() ?? 0, smallest = finite.filter { $0 > 0 }.min() ?? 1
        let isIntegral = finite.allSatisfy { $0 == $0.rounded() }
        if isIntegral && largest < 1e9 {
            (decimals, isScientific) = (0, false)
        } else {
            isScientific = largest >= 1e6 || largest > 0 && largest < 1e-3 || smallest < 1e-5 && largest / smallest > 1e4
            decimals = 4
        }
        let format = NumberFormat(decimals: decimals, isScientific: isScientific, width: 0)
        width = numbers.map { format.text($0).count }.max() ?? 1
    }

    private init(decimals: Int, isScientific: Bool, width: Int) { (self.decimals, self.isScientific, self.width) = (decimals, isScientific, width) }

    func text(_ value: Double) -> String {
        let plain: String
        if value.isNaN { plain = "nan" }
        else if value.isInfinite { plain = value < 0 ? "-inf" : "inf" }
        else { plain = String(format: isScientific ? "%.\(decimals)e" : "%.\(decimals)f", value) }
        return String(repeating: " ", count: max(0, width - plain.count)) + plain
    }
}
