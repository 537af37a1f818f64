// Which variant of the loops runs: chosen once, by what the processor and the operating system support.
// All variants give the same bits, so the choice is only about speed; OCHE_SIMD=v4|v3|baseline forces one.
import CPUFeatures
import Foundation
@_exported import KernelInterface
import KernelsBaselineDouble
import KernelsBaselineFloat
#if arch(x86_64)
import KernelsV3Double
import KernelsV3Float
import KernelsV4Double
import KernelsV4Float
#endif

public enum Kernels {
    /// The instruction sets that can run here, the best first.
    public static let available: [String] = {
        #if arch(x86_64)
        (cpu_supports_v4() != 0 ? ["v4"] : []) + (cpu_supports_v3() != 0 ? ["v3"] : []) + ["baseline"]
        #else
        ["baseline"]
        #endif
    }()

    /// The one in use.
    public static let instructionSet: String = {
        guard let wanted = ProcessInfo.processInfo.environment["OCHE_SIMD"], !wanted.isEmpty else { return available[0] }
        if available.contains(wanted) { return wanted }
        let reason = ["v4", "v3", "baseline"].contains(wanted) ? "is not supported by this machine" : "is not v4, v3 or baseline"
        FileHandle.standardError.write(Data("oche: OCHE_SIMD=\(wanted) \(reason); using \(available[0])\n".utf8))
        return available[0]
    }()

    public static let float = table(instructionSet: instructionSet, double: false)
    public static let double = table(instructionSet: instructionSet, double: true)

    /// The functions of one variant, which must be one of `available`.
    public static func table(instructionSet: String, double: Bool) -> KernelTable {
        precondition(available.contains(instructionSet), "no kernels for the instruction set \(instructionSet) on this machine")
        switch instructionSet {
        #if arch(x86_64)
        case "v4": return double ? KernelsV4Double.makeKernelTable() : KernelsV4Float.makeKernelTable()
        case "v3": return double ? KernelsV3Double.makeKernelTable() : KernelsV3Float.makeKernelTable()
        #endif
        default: return double ? KernelsBaselineDouble.makeKernelTable() : KernelsBaselineFloat.makeKernelTable()
        }
    }
}
