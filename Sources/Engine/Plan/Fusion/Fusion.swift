/// What the compiler recognises in the list of work and computes in one piece. Each pass matches shapes of the graph,
/// whoever built them, and replaces several nodes by one.
enum Fusion {
    /// Throws `Interrupted` when asked to stop.
    static func apply(to list: LoweredList) throws {
        let passes: [(LoweredList) -> Void] = [
            fuseTwoLayerNetworks, fuseTwoLayerTangents, fuseInnerProducts, fuseAdam, { $0.sweepAndSort() }, fuseLinearCombinations, fuseElementwise]
        for pass in passes {
            try Interruption.check()
            pass(list)
        }
    }
}
