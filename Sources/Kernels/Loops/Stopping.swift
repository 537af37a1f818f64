// A kernel that can run for long looks at the flag of an interrupt between pieces of a millisecond or so, and then returns with
// its results unfinished: whoever called it looks at the flag as well, and lets go of them.
import CInterruption

@inline(__always)
func isStopped() -> Bool { oche_is_interrupted() != 0 }

/// Elements, of one number each, between two looks: a multiple of what any loop takes at a time.
let stoppingPiece = 1 << 16

/// For loops that do much at each step, over i in even steps from 0: whether to stop at i. Looks at the flag at every piece.
@inline(__always)
func isStopped(at i: Int) -> Bool { i & (stoppingPiece - 1) == 0 && i > 0 && isStopped() }
