/// What the manual says of numbers: how exact sums are, and what gradients are where there is none.
public enum NumbersManual {
    /// The bounds that the operators of Engine state (and its tests measure), as a chapter of the manual.
    static let exactness = """
    Numbers are float32 unless they are asked for as float64. Below, `u` is half the distance from 1 to the next number (2^-24; of
    float64 2^-53), `n` how many numbers are added, `S` the sum of their magnitudes (of products: of |a| |b|). An error is
    at most the bound, and of the order of its square root as a rule. The order of additions depends on the shape alone: the
    same bits on every processor and any number of threads.

    | Function | Direction | Bound | How |
    | --- | --- | --- | --- |
    | `sum` | last dimensions, or all | (140 + log2 n) u S | 64 chains in blocks of 4096, the sums of 64 blocks in pairs |
    | `sum` | leading or middle dimensions | (64 + 2 log2 n) u S | 64 rows one after another, the sums of 64 in pairs |
    | `mean` | any | that of `sum`, and 2 u S | the sum divided by n |
    | `var`, `std`, `norm`, float32 | any | 1.1 u of the result | added in double precision, from the true mean |
    | `norm`, float64 | any | (36 + log2 n) u of the result | blocks in pairs; scaled where squares overflow or vanish |
    | `var`, `std`, float64 | any | (140 + 4 log2 n + 2 mean / std) u of the result | the same, from the mean and what it lost by rounding |
    | `norm` of another p | any | that of `sum`, and of two powers | |
    | `prod` | any | n u of the result | |
    | `cumsum` | any | 1.1 u S; of float64 (2 + n^2 u) u S | in double precision; of float64, what an addition rounds away is kept and added in |
    | `softmax`, `log_softmax` | any | that of `sum` over the exponentials | |
    | `matmul` | | (272 + log2 n) u S | chains of 256, 16 of them in order, their sums in pairs |
    | `matmul` of two vectors, `dot` | | (96 + log2 n) u S | 64 chains of 64, in pairs |
    | `conv1d`, `conv2d`, and by the signal | | (n + 1) u S, n = taps * channels / groups | one chain |
    | gradient by the weights of a convolution | | (610 + log2 positions + log2 samples) u S | 512 positions in order, their sums in pairs; samples as below |
    | gradient by a broadcast operand | any | that of `sum` | |
    | sum over samples while a network is trained | | (100 + 2 log2 n) u S | 16 lanes, blocks of them in pairs, up to 64 groups |

    Two layers of a network with a ReLU between them that are computed in one go add the gradient of their weights position after
    position: there the bound is (100 + positions + log2 samples) u S. `a % b` is exact; where the signs of a and b differ it
    is rounded once. `exp`, `log`, `sin`, `cos`, `tanh`, `sigmoid` and powers are within 1.5 units of the last place.
    """

    /// A point where a function has no derivative.
    public struct Kink: Sendable {
        /// As the manual shows it, and where.
        public var function: String
        public var point: String
        /// Of `x` and `y`, in Lua.
        public var expression: String
        public var x: [Double]
        public var y: [Double]?
        /// The gradient of the sum of the result by x (and y) here, in PyTorch and in JAX.
        public var gradient: [[Double]]
        public var pytorch: String
        public var jax: String

        init(
            _ function: String, at point: String, _ expression: String, x: [Double], y: [Double]? = nil, gradient: [[Double]],
            pytorch: String, jax: String
        ) {
            self.function = function
            self.point = point
            self.expression = expression
            self.x = x
            self.y = y
            self.gradient = gradient
            self.pytorch = pytorch
            self.jax = jax
        }
    }

    /// The values of PyTorch 2.15.0 and JAX 0.10.2, measured in float64.
    public static let kinks = [
        Kink("`x:clamp(lo, hi)`", at: "x = lo or hi", "x:clamp(-1, 1)", x: [-1, 1], gradient: [[1, 1]], pytorch: "0 (1 before 2.15)", jax: "0.5"),
        Kink("`tensor.maximum(x, y)`", at: "x = y", "tensor.maximum(x, y)", x: [2], y: [2], gradient: [[0.5], [0.5]], pytorch: "0.5 each", jax: "0.5 each"),
        Kink("`tensor.minimum(x, y)`", at: "x = y", "tensor.minimum(x, y)", x: [2], y: [2], gradient: [[0.5], [0.5]], pytorch: "0.5 each", jax: "0.5 each"),
        Kink("`x:max()`", at: "{3, 3, 1}", "x:max()", x: [3, 3, 1], gradient: [[0.5, 0.5, 0]],
             pytorch: "{0.5, 0.5, 0}; `max(dim)` {1, 0, 0}", jax: "{0.5, 0.5, 0}"),
        Kink("`x:min()`", at: "{1, 1, 3}", "x:min()", x: [1, 1, 3], gradient: [[0.5, 0.5, 0]],
             pytorch: "{0.5, 0.5, 0}; `min(dim)` {1, 0, 0}", jax: "{0.5, 0.5, 0}"),
        Kink("`x:abs()`", at: "0", "x:abs()", x: [0], gradient: [[0]], pytorch: "0", jax: "1"),
        Kink("`x:sqrt()`", at: "0", "x:sqrt()", x: [0], gradient: [[.infinity]], pytorch: "inf", jax: "inf"),
        Kink("`x ^ 0.5`", at: "0", "x ^ 0.5", x: [0], gradient: [[.infinity]], pytorch: "inf", jax: "inf"),
        Kink("`x ^ 0`", at: "0", "x ^ 0", x: [0], gradient: [[0]], pytorch: "0", jax: "0 (`x ** 0`), nan (`x ** 0.0`)"),
        Kink("`x ^ y`", at: "x = 0, y = 0", "x ^ y", x: [0], y: [0], gradient: [[0], [0]], pytorch: "0, 0", jax: "nan, 0"),
        Kink("`x ^ y`", at: "x = 0, y = 2", "x ^ y", x: [0], y: [2], gradient: [[0], [0]], pytorch: "0, 0", jax: "0, 0"),
        Kink("`x:relu()`", at: "0", "x:relu()", x: [0], gradient: [[0]], pytorch: "0", jax: "0"),
        Kink("`x:floor()`", at: "1", "x:floor()", x: [1], gradient: [[0]], pytorch: "0", jax: "0"),
        Kink("`tensor.where(x:gt(0), x, 0)`", at: "0", "tensor.where(x:gt(0), x, 0 * x)", x: [0], gradient: [[0]], pytorch: "0", jax: "0"),
        Kink("`tensor.where(x:gt(0), x:sqrt(), 0)`", at: "0", "tensor.where(x:gt(0), x:sqrt(), 0)", x: [0], gradient: [[.nan]],
             pytorch: "nan", jax: "nan"),
        Kink("`x:norm()`", at: "{0, 0}", "x:norm()", x: [0, 0], gradient: [[0, 0]], pytorch: "{0, 0}", jax: "{nan, nan}"),
        Kink("`x:std()`", at: "{1, 1}", "x:std()", x: [1, 1], gradient: [[0, 0]], pytorch: "{0, 0}", jax: "{nan, nan}"),
        Kink("`x:prod()`", at: "{0, 0, 3}", "x:prod()", x: [0, 0, 3], gradient: [[0, 0, 0]], pytorch: "{0, 0, 0}", jax: "{0, 0, 0}"),
        Kink("`x % y`", at: "{7, -7, 6} % 3", "x % y", x: [7, -7, 6], y: [3, 3, 3], gradient: [[1, 1, 1], [-2, 3, -2]],
             pytorch: "1; {-2, 3, -2}", jax: "1; {-2, 3, -2}"),
        Kink("`x % y`", at: "{-1, 1} % inf", "x % y", x: [-1, 1], y: [.infinity, .infinity], gradient: [[1, 1], [1, 0]],
             pytorch: "1; {1, 0}", jax: "1; {1, 0}"),
    ]

    /// The table of them, as a chapter of the manual.
    static var gradientsAtKinks: String {
        func text(_ value: Double) -> String { value.isNaN ? "nan" : value == .infinity ? "inf" : value == value.rounded() ? "\(Int(value))" : "\(value)" }
        func list(_ values: [Double]) -> String { values.count == 1 ? text(values[0]) : "{" + values.map(text).joined(separator: ", ") + "}" }
        let rows = kinks.map { kink in
            "| \(kink.function) | \(kink.point) | \(kink.gradient.map(list).joined(separator: "; ")) | \(kink.pytorch) | \(kink.jax) |"
        }
        return """
        Where a function has no derivative, its gradient is a choice. PyTorch 2.15.0 and JAX 0.10.2 do not always agree, with each other
        or with their earlier versions. Two values are the gradients by x and by y.

        | Function | At | Oche | PyTorch | JAX |
        | --- | --- | --- | --- | --- |
        \(rows.joined(separator: "\n"))

        The second `where` is a reminder: the branch that is not taken has a gradient too, and 0 times infinity is not a number. Give it an
        argument where its slope is finite: `tensor.where(x:gt(0), tensor.where(x:gt(0), x, 1):sqrt(), 0)`.
        """
    }
}
