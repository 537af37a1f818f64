// The elementwise functions that are one or a few instructions, each correctly rounded.
import CLanes

typealias Out = UnsafeMutableRawPointer
typealias In = UnsafeRawPointer

func copy(_ y: Out, _ x: In, _ step: Int, _ count: Int) { unaryLoop(y, x, step, count) { $0 } }
func negate(_ y: Out, _ x: In, _ step: Int, _ count: Int) { unaryLoop(y, x, step, count) { lanes_negate($0) } }
func absolute(_ y: Out, _ x: In, _ step: Int, _ count: Int) { unaryLoop(y, x, step, count) { lanes_absolute($0) } }
func sign(_ y: Out, _ x: In, _ step: Int, _ count: Int) { unaryLoop(y, x, step, count) { lanes_sign($0) } }
func squareRoot(_ y: Out, _ x: In, _ step: Int, _ count: Int) { unaryLoop(y, x, step, count) { lanes_square_root($0) } }
func reciprocal(_ y: Out, _ x: In, _ step: Int, _ count: Int) {
    unaryLoop(y, x, step, count) { lanes_div(lanes_splat(1), $0) }
}
func relu(_ y: Out, _ x: In, _ step: Int, _ count: Int) { unaryLoop(y, x, step, count) { lanes_relu($0) } }
func roundDown(_ y: Out, _ x: In, _ step: Int, _ count: Int) { unaryLoop(y, x, step, count) { lanes_floor($0) } }

func add(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_add($0, $1) }
}
func subtract(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_sub($0, $1) }
}
func multiply(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_mul($0, $1) }
}
func divide(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_div($0, $1) }
}
func maximum(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_maximum($0, $1) }
}
func minimum(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_minimum($0, $1) }
}
func greater(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_indicator(lanes_less($1, $0)) }
}
func greaterEqual(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_indicator(lanes_less_equal($1, $0)) }
}
func less(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_indicator(lanes_less($0, $1)) }
}
func lessEqual(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_indicator(lanes_less_equal($0, $1)) }
}
func equal(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_indicator(lanes_equal($0, $1)) }
}
func notEqual(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count) { lanes_indicator(lanes_not_equal($0, $1)) }
}

func select(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ c: In, _ cStep: Int, _ count: Int) {
    ternaryLoop(y, a, aStep, b, bStep, c, cStep, count) { lanes_select(lanes_not_equal($0, lanes_splat(0)), $1, $2) }
}
func multiplyAdd(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ c: In, _ cStep: Int, _ count: Int) {
    ternaryLoop(y, a, aStep, b, bStep, c, cStep, count) { lanes_fma($0, $1, $2) }
}
