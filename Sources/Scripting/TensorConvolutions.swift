import Engine
import LuaHost
import Tensors

/// conv1d, conv2d and conv_transpose1d: cross-correlations with PyTorch's conventions.
func declareConvolutions(_ module: LuaModule) {
    let oneOrPair = LuaOptionKind.either([.integer, .integers])
    let added = "positions added at both ends; \"same\" keeps the length (an odd one goes to the right), \"valid\" adds none"
    func options(padding: LuaOptionKind, _ summary: String, pairs: Bool) -> [LuaOption] {
        let size: LuaOptionKind = pairs ? oneOrPair : .integer
        return [
            .init("bias", .value(Tensor.self), default: nil, "tensor {out}, added to every position"),
            .init("stride", size, default: 1, pairs ? "step between outputs: n or {rows, columns}" : "step between outputs"),
            .init("dilation", size, default: 1, pairs ? "distance of taps: n or {rows, columns}" : "distance of taps"),
            .init("groups", .positiveInteger, default: 1, "parts of the channels that do not mix"),
            .init("padding", padding, default: 0, summary),
        ]
    }
    let mode = LuaOption("mode", .choice(["zeros", "circular", "reflect"]), default: "zeros", "what lies outside the signal")

    for axes in [1, 2] {
        let space = axes == 1 ? "length" : "height, width", taps = axes == 1 ? "taps" : "rows, taps"
        let padding: LuaOptionKind = .either([.choice(["same", "valid"]), .integer] + (axes == 2 ? [.integers] : []))
        module.function(
            "conv\(axes)d", "Cross-correlation over the last \(axes == 1 ? "dimension" : "two dimensions"), as PyTorch's conv\(axes)d.",
            Param<Tensor>("x", "signals", shape: "{batch, in, \(space)} or {in, \(space)}"), Param<Tensor>("w", "weights", shape: "{out, in / groups, \(taps)}"),
            OptionsParam(options(padding: padding, added, pairs: axes == 2) + [mode]), returns: "tensor {batch, out, ..}",
            errors: "when channels do not fit, taps reach over the padded signal, or a circular or reflect padding can't be filled",
            example: axes == 1
                ? "local x = tensor{{{1, 2, 3, 4}}}\nprint(tensor.conv1d(x, tensor{{{1, 0, -1}}}, {padding = \"same\", mode = \"circular\"}))"
                : "print(tensor.conv2d(tensor.ones{1, 1, 3, 3}, tensor.ones{1, 1, 2, 2}))"
        ) { x, w, o in
            let settings = try readSettings(o, axes: axes, function: "conv\(axes)d")
            return try x.convolve(w, bias: o.optionalValue("bias"), settings)
        }
    }
    module.function(
        "conv_transpose1d", "The adjoint of conv1d, as PyTorch's conv_transpose1d: output length (length - 1) stride - 2 padding + dilation (taps - 1) + output_padding + 1.",
        Param<Tensor>("x", "signals", shape: "{batch, in, length} or {in, length}"), Param<Tensor>("w", "weights", shape: "{in, out / groups, taps}"),
        OptionsParam(options(padding: .integer, "positions taken away from both ends of the output", pairs: false) + [.init("output_padding", .nonNegativeInteger, default: 0, "positions added at the end of the output")]),
        returns: "tensor {batch, out, ..}", errors: "when channels do not fit, or padding leaves nothing of the output",
        example: "print(tensor.conv_transpose1d(tensor{{{1, 2}}}, tensor{{{1, 1, 1}}}, {stride = 2}))"
    ) { x, w, o in
        var settings = try readSettings(o, axes: 1, function: "conv_transpose1d")
        settings.outputPadding = [o.integer("output_padding")]
        return try x.convolveTransposed(w, bias: o.optionalValue("bias"), settings)
    }
}

private func readSettings(_ o: LuaOptions, axes: Int, function: String) throws -> ConvolutionSettings {
    func sizes(_ name: String, least: Int) throws -> [Int] {
        let values = o.optionalInteger(name).map { Array(repeating: $0, count: axes) } ?? o.integers(name)
        guard values.count == axes, values.allSatisfy({ $0 >= least }) else {
            let expected = least == 0 ? "integer of at least 0" : "positive integer"
            throw LuaArgumentError.option(name, "\(expected)\(axes == 2 ? " or {rows, columns}" : "") expected, got \(values.count == 1 ? "\(values[0])" : values.braces)")
        }
        return values
    }
    var settings = ConvolutionSettings(axes: axes)
    settings.stride = try sizes("stride", least: 1)
    settings.dilation = try sizes("dilation", least: 1)
    settings.groups = o.integer("groups")
    switch o.optionalString("padding") {
    case "same": settings.padding = .same
    case "valid": settings.padding = .valid
    default: settings.padding = .amount(try sizes("padding", least: 0))
    }
    if function != "conv_transpose1d" { settings.mode = paddingMode(o) }
    return settings
}
