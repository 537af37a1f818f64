// The edges of a fused two-layer network: every block of positions reads a window without edge cases and leaves sums of
// which some may lie outside the signal.
// Invariant: 0 <= padding < taps <= length, so a window wraps round at most once and the two halos do not meet.
import CLanes
import KernelInterface

/// Fills `copy` with the window x[start ..< start + width], the outside wrapped round or, where not circular, `zero`.
@_transparent
func twoLayerGather(
    _ copy: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Lanes>, _ zero: UnsafePointer<Lanes>, _ start: Int, _ width: Int,
    _ length: Int, _ circular: Bool
) {
    // Selected pointers rather than branches: no geometry is predictable enough here.
    if !circular {
        for i in 0..<width {
            let p = start + i
            copy[i] = (UInt(bitPattern: p) < UInt(bitPattern: length) ? x + p : zero).pointee
        }
    } else if start >= 0 || start + width <= length {
        // The signal ends on one side at most: one comparison an entry.
        let end = start < 0 ? 0 : length
        let before = x + (length - end), after = x - end
        for i in 0..<width {
            let p = start + i
            copy[i] = (p < end ? before : after)[p]
        }
    } else {
        for i in 0..<width {
            let p = start + i
            copy[i] = x[p < 0 ? p + length : p < length ? p : p - length]
        }
    }
}

/// Moves finished sums, plus the bias, to y[start ..< start + width]; those outside the signal go without it to a halo of `taps` entries before and after it.
@inline(never)
func twoLayerScatter(
    _ y: UnsafeMutablePointer<Lanes>, _ halo: UnsafeMutablePointer<Lanes>, _ sums: UnsafePointer<Lanes>, _ start: Int, _ width: Int,
    _ length: Int, _ taps: Int, _ bias: Real
) {
    for i in 0..<width {
        let p = start + i
        if p < 0 { halo[p + taps] = sums[i] } else if p < length { y[p] = lanes_add(sums[i], lanes_splat(bias)) } else { halo[p - length + taps] = sums[i] }
    }
}

/// Adds the halos to the other end of a circular signal: `before` entries before it, `after` behind it.
@inline(never)
func twoLayerFold(
    _ y: UnsafeMutablePointer<Lanes>, _ halo: UnsafePointer<Lanes>, _ before: Int, _ after: Int, _ length: Int, _ taps: Int
) {
    for i in 0..<before { y[length - before + i] = lanes_add(y[length - before + i], halo[taps - before + i]) }
    for i in 0..<after { y[i] = lanes_add(y[i], halo[taps + i]) }
}
