// The fused two-layer kernels for 3 taps, with Winograd's minimal filtering F(2,3) (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2016) wherever one channel meets many: two outputs cost 5 fused multiply-adds, not 6,
// because the transform of x (or gy) is shared by all hidden channels. With window x0...x3 and taps w0...w2:
//   v = (x0 - x2, x1 + x2, x2 - x1, x1 - x3)   u = (w0, (w0 + w1 + w2) / 2, (w0 - w1 + w2) / 2, w2)
//   y0 = v0 u0 + v1 u1 + v2 u2                  y1 = v1 u1 - v2 u2 - v3 u3
// Invariant: positions pair up as (0, 1), (2, 3), ...; an odd last one pairs with a hidden value of zero. Recomputing the
// hidden map is cheaper than reading it back, so the backward kernel never reads a stored one.
import CLanes
import KernelInterface

/// u of each channel's taps, four to a channel.
@inline(__always)
func twoLayerTransform(_ u: UnsafeMutablePointer<Real>, _ w: UnsafePointer<Real>, _ channels: Int, reversed: Bool) {
    let first = reversed ? 2 : 0
    for c in 0..<channels {
        let w0 = w[3 * c + first], w1 = w[3 * c + 1], w2 = w[3 * c + 2 - first], outer = w0 + w2
        u[4 * c] = w0
        u[4 * c + 1] = (outer + w1) * 0.5
        u[4 * c + 2] = (outer - w1) * 0.5
        u[4 * c + 3] = w2
    }
}

@_transparent
func twoLayerWinogradForwardBlock(_ f: TwoLayerForwardPass, _ u: UnsafePointer<Real>, _ start: Int, pairs: Int, half: Bool, edge: Bool) {
    let width = half ? 1 : 2 * pairs, count = 2 * pairs + 2
    var v = registers16(), sums = registers10()
    var h = registers8()
    let left = start - f.padLeft1
    var x = f.x + left
    if edge {
        twoLayerGather(f.copy, f.x, f.zero, left, count, f.length, f.circular)
        x = UnsafePointer(f.copy)
    }
    for j in 0..<pairs {
        v[4 * j] = lanes_sub(x[2 * j], x[2 * j + 2])
        v[4 * j + 1] = lanes_add(x[2 * j + 1], x[2 * j + 2])
        v[4 * j + 2] = lanes_sub(x[2 * j + 2], x[2 * j + 1])
        v[4 * j + 3] = lanes_sub(x[2 * j + 1], x[2 * j + 3])
    }
    sums[0] = f.carry[0]
    sums[1] = f.carry[1]
    var u = u, w2 = f.w2, b1 = f.b1
    var store = f.hidden.map { $0 + start }
    for _ in 0..<f.channels {
        for j in 0..<pairs {
            let m = lanes_fma(v[4 * j + 1], lanes_splat(u[1]), lanes_splat(b1[0]))
            let even = lanes_fma(v[4 * j + 2], lanes_splat(u[2]), m), odd = lanes_subtract_product(v[4 * j + 2], lanes_splat(u[2]), m)
            h[2 * j] = lanes_relu(lanes_fma(v[4 * j], lanes_splat(u[0]), even))
            h[2 * j + 1] = lanes_relu(lanes_subtract_product(v[4 * j + 3], lanes_splat(u[3]), odd))
        }
        if let s = store {
            for j in 0..<width { s[j] = h[j] }
            store = s + f.length
        }
        for t in 0..<3 {
            for j in 0..<width { sums[j + 2 - t] = lanes_fma(h[j], lanes_splat(w2[t]), sums[j + 2 - t]) }
        }
        u += 4
        w2 += 3
        b1 += 1
    }
    f.carry[0] = sums[width]
    f.carry[1] = sums[width + 1]
    let first = start - 2 + f.padLeft2
    if !edge {
        for i in 0..<width { f.y[first + i] = lanes_add(sums[i], lanes_splat(f.b2)) }
    } else {
        for i in 0..<width { f.copy[i] = sums[i] }
        twoLayerScatter(f.y, f.halo, f.copy, first, width, f.length, 3, f.b2)
    }
}

func twoLayerWinogradForward(_ f: TwoLayerForwardPass) {
    lanes_align_stack()
    let u = UnsafeMutableRawPointer(f.transformed).assumingMemoryBound(to: Real.self)
    twoLayerTransform(u, f.w1, f.channels, reversed: false)
    f.zero.pointee = lanes_splat(0)
    f.carry[0] = lanes_splat(0)
    f.carry[1] = lanes_splat(0)
    var start = 0
    while start < f.length {
        while start >= 2 && start + 10 <= f.length {
            twoLayerWinogradForwardBlock(f, u, start, pairs: 4, half: false, edge: false)
            start += 8
        }
        if start + 8 <= f.length {
            twoLayerWinogradForwardBlock(f, u, start, pairs: 4, half: false, edge: true)
            start += 8
        } else if start + 2 <= f.length {
            twoLayerWinogradForwardBlock(f, u, start, pairs: 1, half: false, edge: true)
            start += 2
        } else {
            twoLayerWinogradForwardBlock(f, u, start, pairs: 1, half: true, edge: true)
            start += 1
        }
    }
    twoLayerScatter(f.y, f.halo, f.carry, f.length - 2 + f.padLeft2, 2, f.length, 3, f.b2)
    if f.circular { twoLayerFold(f.y, f.halo, 2 - f.padLeft2, f.padLeft2, f.length, 3) }
}
