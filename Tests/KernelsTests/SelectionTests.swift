// The choice of the instruction set.
import Foundation
import Kernels
import XCTest

final class SelectionTests: XCTestCase {
    func testTheChoiceCanRun() {
        XCTAssertEqual(Kernels.available.last, "baseline")
        XCTAssert(Kernels.available.contains(Kernels.instructionSet))
        if let wanted = ProcessInfo.processInfo.environment["OCHE_SIMD"], Kernels.available.contains(wanted) {
            XCTAssertEqual(Kernels.instructionSet, wanted)
        }
        XCTAssertEqual(Kernels.float.elementSize, 4)
        XCTAssertEqual(Kernels.double.elementSize, 8)
    }

    /// /proc/cpuinfo lists a flag only where the kernel also saves its registers.
    func testAgreesWithTheSystem() throws {
        #if os(Linux) && arch(x86_64)
        let flags = Set(try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split(separator: "\n")
            .first { $0.hasPrefix("flags") }!.split(separator: " ").map(String.init))
        let v3 = flags.isSuperset(of: ["avx2", "fma", "bmi1", "bmi2", "f16c", "abm", "movbe"])
        let v4 = v3 && flags.isSuperset(of: ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"])
        XCTAssertEqual(Kernels.available.contains("v3"), v3)
        XCTAssertEqual(Kernels.available.contains("v4"), v4)
        #endif
    }
}
