import Engine
import KernelInterface

/// A convolution of few, long signals. A packed block holds 16 samples, and most of it would be empty: so each signal is cut
/// into segments along its first spatial axis, overlapping by what the taps reach, which are convolved as samples.
/// Invariant: every output is the sum over the same taps in the same order as without segments.
extension Tensor {
    /// Nil where segments would not pay: while tracing, for many or short signals, for little work.
    static func convolveSegments(_ name: String, _ tensors: [Tensor], _ attributes: ConvolutionAttributes, _ sides: [(before: Int, after: Int)],
                                 _ target: Shape) throws -> Tensor? {
        let x = tensors[0], w = tensors[1], samples = x.shape[0]
        guard samples > 0, samples <= lanes / 2, !tensors.contains(where: \.isTraced) else { return nil }
        let count = lanes / samples, outputs = target[2], length = (outputs + count - 1) / count
        let isPlane = sides.count == 2
        let (stride, dilation) = isPlane ? (attributes.strideHeight, attributes.dilationHeight) : (attributes.stride, attributes.dilation)
        let reach = dilation * (w.shape[2] - 1)
        let work = target.elements &* w.shape[1...].reduce(1, &*)
        guard length >= 8, length * stride >= reach, work >= 1 << 17 else { return nil }
        // Every tap of the last segment, which may end behind the last output.
        let needed = (count * length - 1) * stride + reach + 1
        var padded = try x.pad(2, before: sides[0].before, after: sides[0].after, mode: attributes.mode)
        if padded.shape[2] < needed { padded = try padded.pad(2, before: 0, after: needed - padded.shape[2], mode: .zeros) }
        padded = try padded.contiguous()
        let rows = padded.strides
        let segments = Tensor(padded.memory, offset: padded.offset,
                              shape: [samples, count, x.shape[1], (length - 1) * stride + reach + 1] + x.shape[3...],
                              strides: [rows[0], length * stride * rows[2], rows[1], rows[2]] + rows[3...], dtype: x.dtype)
        var inner = attributes
        if isPlane { (inner.padTop, inner.padBottom) = (0, 0) } else { (inner.padLeft, inner.padRight) = (0, 0) }
        let together = try segments.reshape([samples * count] + segments.shape[2...])
        let result = try Tensor.compute(Convolve(attributes: inner), [together] + tensors[1...])
        // {sample, segment, channel, position, ..} to {sample, channel, segment, position, ..}
        let turned = try result.reshape([samples, count] + result.shape[1...]).permute([0, 2, 1, 3] + (isPlane ? [4] : []))
        let whole = try turned.reshape([samples, target[1], count * length] + target[3...])
        return try whole.slice(axis: 2, start: 0, count: outputs).contiguous()
    }
}
