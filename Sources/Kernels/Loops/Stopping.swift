// A kernel that can run for long looks at the flag of an interrupt between pieces of a millisecond or so, and then returns with
// its results unfinished: whoever called it looks at the flag as well, and lets go of them.
import CInterruption

@inline(__always)
func isStopped() -> Bool { oche_is_interrupted() != 0 }

/// For loops over i in even steps from 0: whether to stop at i. Looks at the flag every 65536.
@inline(__always)
func isStopped(at i: Int) -> Bool { i & 0xffff == 0 && i > 0 && isStopped() }
