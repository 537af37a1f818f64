/// The functions that every compiled variant of the loops offers, as plain C function pointers: no generics and no
/// Swift containers cross this line. Pointers are raw; the element type is the variant's precision (Float or Double).
///
/// *Packed* means `[element][16 lanes]`: a lane is a sample, an element is one position of one sample, buffers are
/// 64-byte aligned. *Rows* means ordinary row-major memory. Every function writes only what it says, reads nothing
/// past what it needs, allocates nothing and gives the same bits on every instruction set.

/// y[i] = f(x[i * step]) for i < count; step is 0 (one value for all) or 1. y may equal x.
public typealias UnaryKernel = @convention(c) (_ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ step: Int, _ count: Int) -> Void
/// y[i] = f(a[i * aStep], b[i * bStep]) for i < count; steps are 0 or 1. y may equal a or b.
public typealias BinaryKernel = @convention(c) (
    _ y: UnsafeMutableRawPointer, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int, _ count: Int) -> Void
/// y[i] = f(a[i * aStep], b[i * bStep], c[i * cStep]).
public typealias TernaryKernel = @convention(c) (
    _ y: UnsafeMutableRawPointer, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ c: UnsafeRawPointer, _ cStep: Int, _ count: Int) -> Void
/// y[r] = reduction of x[r * rowStride + i] over i < count, for r < rows. 16 virtual lanes, fixed tree.
public typealias RowReduction = @convention(c) (
    _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ rows: Int, _ rowStride: Int, _ count: Int) -> Void
/// y[i] = reduction of x[r * rowStride + i] over r < rows in order, for i < count; with `accumulate` != 0 the old y[i] comes first.
/// Sums go in blocks of 64 rows, whose sums are added in pairs.
public typealias ColumnReduction = @convention(c) (
    _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ rows: Int, _ rowStride: Int, _ count: Int, _ accumulate: Int) -> Void
/// `code` of SpreadCode over rows, as a RowReduction is, or over columns, as a ColumnReduction is. `divisor` is for squares
/// of deviations: the number of values less one, say.
public typealias SpreadReduction = @convention(c) (
    _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ rows: Int, _ rowStride: Int, _ count: Int, _ code: Int, _ divisor: Double) -> Void

/// Running sums of `count` columns of row-major rows: along each row, or (down columns) each column, from the first element or
/// (reverse not 0) from the last.
public typealias CumulativeSumKernel = @convention(c) (
    _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ rows: Int, _ count: Int, _ reverse: Int) -> Void

/// y[i * yStride] = x[i * xStride] for i < count, any strides.
public typealias StridedCopyKernel = @convention(c) (
    _ y: UnsafeMutableRawPointer, _ yStride: Int, _ x: UnsafeRawPointer, _ xStride: Int, _ count: Int) -> Void
/// y[i] = sum over t < terms of coefficients[t][0] * x[t][i] for i < count: first product, then fused multiply-adds in order.
/// `coefficients` and `x` point to arrays of pointers; a nil coefficient is 1.
public typealias LinearCombinationKernel = @convention(c) (
    _ y: UnsafeMutableRawPointer, _ coefficients: UnsafePointer<UnsafeRawPointer?>, _ x: UnsafePointer<UnsafeRawPointer>,
    _ terms: Int, _ count: Int) -> Void

public enum UnaryCode: Int, CaseIterable, Sendable {
    case copy, negate, absolute, sign, squareRoot, reciprocal, exponential, logarithm, sine, cosine, tangentHyperbolic, sigmoid, relu, floor
}

/// Comparisons give 1 or 0; any comparison with NaN but `notEqual` gives 0. maximum and minimum give NaN when either side is NaN.
public enum BinaryCode: Int, CaseIterable, Sendable {
    case add, subtract, multiply, divide, power, maximum, minimum, greater, greaterEqual, less, lessEqual, equal, notEqual
    /// The exact remainder of b's sign (fmod, plus b where the signs differ); a zero has a's sign. NaN for b = 0 and infinite a.
    case remainder
}

public enum TernaryCode: Int, CaseIterable, Sendable {
    /// b where a is not zero, else c.
    case select
    /// a * b + c, rounded once.
    case multiplyAdd
}

public enum ReductionCode: Int, CaseIterable, Sendable { case sum, maximum, minimum, product }

/// sqrt(sum x^2); sum (x - mean)^2 / divisor; the root of that.
public enum SpreadCode: Int, CaseIterable, Sendable { case norm, variance, deviation }

public enum PaddingMode: Int, Sendable { case zeros, circular, reflect }

/// A cross-correlation over one or two axes, x [inChannels][inHeight][inLength] -> y [outChannels][outHeight][outLength],
/// w [outChannels][inChannels / groups][tapHeight][taps]:
/// y[o][i][p] = sum over c, s, t of w[o][c][s][t] * x[c][i * strideHeight + s * dilationHeight - padTop][p * stride + t * dilation - padLeft].
/// A position outside x counts as zero, wraps round (circular, any distance), or is mirrored without repeating the edge (reflect).
public struct ConvolutionGeometry: Hashable, Sendable {
    public var inChannels = 1, outChannels = 1, groups = 1
    public var inHeight = 1, inLength = 1, outHeight = 1, outLength = 1
    public var tapHeight = 1, taps = 1
    public var strideHeight = 1, stride = 1
    public var dilationHeight = 1, dilation = 1
    public var padTop = 0, padLeft = 0
    public var mode = PaddingMode.zeros
    /// One channel in and out, stride and dilation 1, and w[t] = w[taps - 1 - t] with an odd number of taps: the sums
    /// x[p - d] + x[p + d] are then multiplied once, from the middle outwards.
    public var isSymmetric = false
    public init() {}
    public var weightCount: Int { outChannels * (inChannels / groups) * tapHeight * taps }
    public var inCount: Int { inChannels * inHeight * inLength }
    public var outCount: Int { outChannels * outHeight * outLength }
}

/// conv (inChannels -> hidden, taps1) + bias, ReLU, conv (hidden -> outChannels, taps2) + bias over one axis, stride 1, zero or circular padding.
public struct TwoLayerGeometry: Hashable, Sendable {
    public var inChannels = 1, hidden = 1, outChannels = 1
    public var length = 1
    public var taps1 = 1, taps2 = 1
    public var padLeft1 = 0, padLeft2 = 0
    public var mode = PaddingMode.zeros
    public init() {}
    /// Of the mask that the tangents share: where p > 0, a bit for each lane.
    public var maskBytes: Int { 2 * hidden * (length + length % 2) }
}

/// The pointers of a two-layer network's backward kernel. x, gy, gx and hidden are packed; weights are rows; the weight
/// gradients are packed per-lane sums ([weight][16]) that the kernel adds to. A nil gradient is not computed.
public struct TwoLayerBackward {
    public var x: UnsafeRawPointer, gy: UnsafeRawPointer
    public var w1: UnsafeRawPointer, b1: UnsafeRawPointer, w2: UnsafeRawPointer
    /// What the forward kernel stored, or nil to recompute it.
    public var hidden: UnsafeRawPointer?
    public var gx: UnsafeMutableRawPointer?
    public var gw1: UnsafeMutableRawPointer?, gb1: UnsafeMutableRawPointer?, gw2: UnsafeMutableRawPointer?, gb2: UnsafeMutableRawPointer?
    /// Scratch of `scratchCount` elements of 16 lanes.
    public var scratch: UnsafeMutableRawPointer
    /// How many of the 16 lanes hold samples: the others add nothing to weight gradients.
    public var lanes: Int
    public init(x: UnsafeRawPointer, gy: UnsafeRawPointer, w1: UnsafeRawPointer, b1: UnsafeRawPointer, w2: UnsafeRawPointer,
                hidden: UnsafeRawPointer?, gx: UnsafeMutableRawPointer?, gw1: UnsafeMutableRawPointer?, gb1: UnsafeMutableRawPointer?,
                gw2: UnsafeMutableRawPointer?, gb2: UnsafeMutableRawPointer?, scratch: UnsafeMutableRawPointer, lanes: Int) {
        (self.x, self.gy, self.w1, self.b1, self.w2, self.hidden) = (x, gy, w1, b1, w2, hidden)
        (self.gx, self.gw1, self.gb1, self.gw2, self.gb2, self.scratch, self.lanes) = (gx, gw1, gb1, gw2, gb2, scratch, lanes)
    }
}

/// One step of Adam (Kingma and Ba 2015) or AdamW (Loshchilov and Hutter 2019) on vectors of rows. With g the gradient,
/// times `scale`, plus weightDecay p:
///   m' = meanDecay m + meanShare g   v' = squareDecay v + squareShare g g
///   p' = p - rate shrinkage p - rate (meanCorrection m') / (sqrt(squareCorrection v') + epsilon)
public struct AdamStep {
    public struct Constants: Hashable, Sendable {
        public var meanDecay = 0.9, meanShare = 0.1, squareDecay = 0.999, squareShare = 0.001, epsilon = 1e-8
        /// L2 decay, and AdamW's; 0 leaves the term out.
        public var weightDecay = 0.0, shrinkage = 0.0
        public init() {}
    }
    public var newParameters: UnsafeMutableRawPointer, newMean: UnsafeMutableRawPointer, newSquare: UnsafeMutableRawPointer
    public var parameters: UnsafeRawPointer, mean: UnsafeRawPointer, square: UnsafeRawPointer, gradient: UnsafeRawPointer
    /// One number each; a nil scale is 1.
    public var scale: UnsafeRawPointer?, rate: UnsafeRawPointer, meanCorrection: UnsafeRawPointer, squareCorrection: UnsafeRawPointer
    public var constants: Constants
    public init(newParameters: UnsafeMutableRawPointer, newMean: UnsafeMutableRawPointer, newSquare: UnsafeMutableRawPointer,
                parameters: UnsafeRawPointer, mean: UnsafeRawPointer, square: UnsafeRawPointer, gradient: UnsafeRawPointer,
                scale: UnsafeRawPointer?, rate: UnsafeRawPointer, meanCorrection: UnsafeRawPointer, squareCorrection: UnsafeRawPointer,
                constants: Constants) {
        (self.newParameters, self.newMean, self.newSquare) = (newParameters, newMean, newSquare)
        (self.parameters, self.mean, self.square, self.gradient) = (parameters, mean, square, gradient)
        (self.scale, self.rate, self.meanCorrection, self.squareCorrection, self.constants) = (scale, rate, meanCorrection, squareCorrection, constants)
    }
}

/// The pointers of the tangent of a two-layer network: how y moves when x and the weights move by dx, dw1, db1, dw2, db2.
/// dy = conv2(dh, w2) + conv2(h, dw2) + db2, with h = relu(p), dh = (conv1(dx, w1) + conv1(x, dw1) + db1 where p > 0),
/// p = conv1(x, w1) + b1. Signals are packed, weights rows. A nil dx is zero.
///
/// `mask`, if not nil, has `maskBytes` and is left for the backward tangent of the same x, w1 and b1.
public struct TwoLayerTangent {
    public var x: UnsafeRawPointer, dx: UnsafeRawPointer?
    public var w1: UnsafeRawPointer, b1: UnsafeRawPointer, w2: UnsafeRawPointer
    public var dw1: UnsafeRawPointer, db1: UnsafeRawPointer, dw2: UnsafeRawPointer, db2: UnsafeRawPointer
    public var dy: UnsafeMutableRawPointer, mask: UnsafeMutableRawPointer?, scratch: UnsafeMutableRawPointer
    public init(x: UnsafeRawPointer, dx: UnsafeRawPointer?, w1: UnsafeRawPointer, b1: UnsafeRawPointer, w2: UnsafeRawPointer, dw1: UnsafeRawPointer,
                db1: UnsafeRawPointer, dw2: UnsafeRawPointer, db2: UnsafeRawPointer, dy: UnsafeMutableRawPointer, mask: UnsafeMutableRawPointer? = nil,
                scratch: UnsafeMutableRawPointer) {
        (self.x, self.dx, self.w1, self.b1, self.w2) = (x, dx, w1, b1, w2)
        (self.dw1, self.db1, self.dw2, self.db2, self.dy, self.mask, self.scratch) = (dw1, db1, dw2, db2, dy, mask, scratch)
    }
}

/// The pointers of the tangent of a two-layer network's gradient in x: how gx moves when gy and the weights do and the mask
/// rests. dgx = conv1'(d, w1) + conv1'(m, dw1), with m = (conv2'(gy, w2) where p > 0), d = (conv2'(dgy, w2) + conv2'(gy, dw2)
/// where p > 0), ' for the adjoint. `mask` is what the tangent left, or nil to find it again from x.
public struct TwoLayerTangentBackward {
    public var x: UnsafeRawPointer, gy: UnsafeRawPointer, dgy: UnsafeRawPointer
    public var w1: UnsafeRawPointer, b1: UnsafeRawPointer, w2: UnsafeRawPointer, dw1: UnsafeRawPointer, dw2: UnsafeRawPointer
    public var dgx: UnsafeMutableRawPointer, mask: UnsafeRawPointer?, scratch: UnsafeMutableRawPointer
    public init(x: UnsafeRawPointer, gy: UnsafeRawPointer, dgy: UnsafeRawPointer, w1: UnsafeRawPointer, b1: UnsafeRawPointer, w2: UnsafeRawPointer,
                dw1: UnsafeRawPointer, dw2: UnsafeRawPointer, dgx: UnsafeMutableRawPointer, mask: UnsafeRawPointer? = nil, scratch: UnsafeMutableRawPointer) {
        (self.x, self.gy, self.dgy, self.w1, self.b1, self.w2) = (x, gy, dgy, w1, b1, w2)
        (self.dw1, self.dw2, self.dgx, self.mask, self.scratch) = (dw1, dw2, dgx, mask, scratch)
    }
}

/// Where a random draw starts. Element e of row r has counter (r * ceil(elements / 4) + e / 4, stream, step low, step high)
/// under the key `seed`, and word e % 4 of what Philox4x32-10 gives there, so a value depends on nothing else.
public struct RandomPosition: Hashable, Sendable {
    public var seed: UInt64, step: UInt64, stream: UInt32
    public init(seed: UInt64, step: UInt64, stream: UInt32) { (self.seed, self.step, self.stream) = (seed, step, stream) }
}

public struct KernelTable: @unchecked Sendable {
    /// Bytes of one element: 4 or 8.
    public var elementSize = 0
    public var unary: [UnaryKernel] = []            // by UnaryCode
    public var binary: [BinaryKernel] = []          // by BinaryCode
    public var ternary: [TernaryKernel] = []        // by TernaryCode
    public var reduceRows: [RowReduction] = []      // by ReductionCode
    public var reduceColumns: [ColumnReduction] = []
    public var spreadRows: SpreadReduction!
    public var spreadColumns: SpreadReduction!
    public var cumulativeRows: CumulativeSumKernel!
    public var cumulativeColumns: CumulativeSumKernel!

    public var copyStrided: StridedCopyKernel!
    /// y[c * yRow + r] = x[r * xRow + c] for r < rows, c < columns. y may not overlap x.
    public var transpose: (@convention(c) (
        _ y: UnsafeMutableRawPointer, _ yRow: Int, _ x: UnsafeRawPointer, _ xRow: Int, _ rows: Int, _ columns: Int) -> Void)!
    /// y[i] = value for i < count.
    public var fill: (@convention(c) (_ y: UnsafeMutableRawPointer, _ value: Double, _ count: Int) -> Void)!
    /// packed[e][l] = x[min(l, lanes - 1) * sampleStride + e * elementStride]: the last sample fills the lanes past `lanes`.
    public var pack: (@convention(c) (
        _ packed: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ sampleStride: Int, _ elementStride: Int, _ elements: Int, _ lanes: Int) -> Void)!
    /// x[l * sampleStride + e * elementStride] = packed[e][l] for l < lanes.
    public var unpack: (@convention(c) (
        _ x: UnsafeMutableRawPointer, _ sampleStride: Int, _ elementStride: Int, _ packed: UnsafeRawPointer, _ elements: Int, _ lanes: Int) -> Void)!
    /// y[i] = sum over g < groups, in order, of the lane tree of x[g * groupStride + i * 16 ...], for i < count.
    public var sumLanes: (@convention(c) (
        _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ count: Int, _ groups: Int, _ groupStride: Int) -> Void)!
    /// y[l] += sum over e < elements of a[e][l] * b[e][l] for l < lanes (packed): the per-lane part of an inner product.
    public var dotLanes: (@convention(c) (
        _ y: UnsafeMutableRawPointer, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ elements: Int, _ lanes: Int) -> Void)!
    /// y[e][l] += x[e][l] for e < elements, l < lanes (packed).
    public var addLanes: (@convention(c) (_ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ elements: Int, _ lanes: Int) -> Void)!
    public var linearCombination: LinearCombinationKernel!

    /// C[m][n] = sum over k of A[m * aRow + k * aColumn] * B[k * bRow + n], rows of C at cRow; with `accumulate` != 0 added to C.
    /// Sums over k go in blocks of 256: up to 16 of them in order, more in pairs of 16.
    /// B and C have unit stride in n, so packed values are n = 16 and stride 16.
    public var matmul: (@convention(c) (
        _ c: UnsafeMutableRawPointer, _ cRow: Int, _ a: UnsafeRawPointer, _ aRow: Int, _ aColumn: Int, _ b: UnsafeRawPointer, _ bRow: Int,
        _ m: Int, _ n: Int, _ k: Int, _ accumulate: Int) -> Void)!
    /// g[i][j][l] += a[i][l] * b[j][l] for i < m, j < n, l < lanes (packed): the per-lane part of a sum of outer products.
    public var outerLanes: (@convention(c) (
        _ g: UnsafeMutableRawPointer, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ m: Int, _ n: Int, _ lanes: Int) -> Void)!

    /// y = x cross-correlated with w (+ bias per output channel when not nil). x, y packed; w, bias rows.
    public var convolve: (@convention(c) (
        _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ w: UnsafeRawPointer, _ bias: UnsafeRawPointer?, _ geometry: UnsafeRawPointer) -> Void)!
    /// gx = the adjoint of `convolve` in x, applied to gy. Overwrites gx.
    public var convolveTransposed: (@convention(c) (
        _ gx: UnsafeMutableRawPointer, _ gy: UnsafeRawPointer, _ w: UnsafeRawPointer, _ geometry: UnsafeRawPointer) -> Void)!
    /// gw[weight][l] += the adjoint of `convolve` in w for each lane l < lanes. gw packed per-lane sums.
    public var convolveWeightGradient: (@convention(c) (
        _ gw: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ gy: UnsafeRawPointer, _ geometry: UnsafeRawPointer, _ lanes: Int) -> Void)!

    /// y = conv2(relu(conv1(x) + b1)) + b2. With `hidden` not nil the map after the ReLU is stored there, [hidden][length][16].
    /// `geometry` points to a TwoLayerGeometry.
    public var twoLayerForward: (@convention(c) (
        _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ w1: UnsafeRawPointer, _ b1: UnsafeRawPointer, _ w2: UnsafeRawPointer,
        _ b2: UnsafeRawPointer, _ hidden: UnsafeMutableRawPointer?, _ scratch: UnsafeMutableRawPointer, _ geometry: UnsafeRawPointer) -> Void)!
    /// The gradients of `twoLayerForward`; the first argument points to a TwoLayerBackward.
    public var twoLayerBackward: (@convention(c) (_ pointers: UnsafeRawPointer, _ geometry: UnsafeRawPointer) -> Void)!
    /// The first argument points to a TwoLayerTangent or a TwoLayerTangentBackward.
    public var twoLayerTangent: (@convention(c) (_ pointers: UnsafeRawPointer, _ geometry: UnsafeRawPointer) -> Void)!
    public var twoLayerTangentBackward: (@convention(c) (_ pointers: UnsafeRawPointer, _ geometry: UnsafeRawPointer) -> Void)!
    /// Elements of 16 lanes that every two-layer kernel needs as scratch.
    public var twoLayerScratch: (@convention(c) (_ geometry: UnsafeRawPointer) -> Int)!

    /// One optimiser step over `count` elements; `step` points to an AdamStep.
    public var adamStep: (@convention(c) (_ step: UnsafeRawPointer, _ count: Int) -> Void)!

    /// Standard normals (Box-Muller on word pairs 0, 1 and 2, 3) for one block of samples: packed[e][l] is element e < elements of
    /// row firstRow + l. `position` points to a RandomPosition.
    public var normalPacked: (@convention(c) (
        _ packed: UnsafeMutableRawPointer, _ elements: Int, _ firstRow: Int, _ position: UnsafeRawPointer) -> Void)!
    /// The same values in rows: y[r * elements + e], for r < rows.
    public var normalRows: (@convention(c) (_ y: UnsafeMutableRawPointer, _ rows: Int, _ elements: Int, _ position: UnsafeRawPointer) -> Void)!
    /// Uniform on [0, 1): (word >> 8) * 2^-24 in Float, (two words) 53 bits in Double from words 2e, 2e + 1 of the same scheme with `elements` doubled.
    public var uniformPacked: (@convention(c) (
        _ packed: UnsafeMutableRawPointer, _ elements: Int, _ firstRow: Int, _ position: UnsafeRawPointer) -> Void)!
    public var uniformRows: (@convention(c) (_ y: UnsafeMutableRawPointer, _ rows: Int, _ elements: Int, _ position: UnsafeRawPointer) -> Void)!

    /// Rounds of fused multiply-adds that never leave the registers; gives the flops done: what the core's peak is measured with.
    public var multiplyAddRounds: (@convention(c) (_ rounds: Int) -> Double)!

    public init() {}
}
