/// What the compiler recognises in the list of work and computes in one piece. Each pass matches shapes of the graph,
/// whoever built them, and replaces several nodes by one.
enum Fusion {
    static func apply(to list: LoweredList) {
        fuseTwoLayerNetworks(list)
        fuseTwoLayerTangents(list)
        fuseInnerProducts(list)
        fuseAdam(list)
        list.sweepAndSort()
        fuseLinearCombinations(list)
        fuseElementwise(list)
    }
}
