// swift-tools-version:6.1
import PackageDescription

// The kernel loops are one source, compiled once per instruction set and precision (symlinked folders under
// Sources/Kernels/Variants) and chosen at start. Everything else is compiled for the baseline of the platform.
struct InstructionSet {
    var folder: String
    var module: String
    var flags: [String]
}
#if arch(x86_64)
let instructionSets = [
    InstructionSet(folder: "v4", module: "V4", flags: ["-Xcc", "-march=x86-64-v4", "-Xcc", "-mprefer-vector-width=512"]),
    InstructionSet(folder: "v3", module: "V3", flags: ["-Xcc", "-march=x86-64-v3"]),
    InstructionSet(folder: "baseline", module: "Baseline", flags: []),
]
#else
let instructionSets = [InstructionSet(folder: "baseline", module: "Baseline", flags: [])]
#endif

let kernelVariants: [Target] = instructionSets.flatMap { set in
    [("float", "Float"), ("double", "Double")].map { folder, suffix in
        .target(
            name: "Kernels\(set.module)\(suffix)",
            dependencies: ["CLanes", "CInterruption", "KernelInterface"],
            path: "Sources/Kernels/Variants/\(set.folder)-\(folder)",
            swiftSettings: (suffix == "Double" ? [.define("OCHE_DOUBLE"), .unsafeFlags(["-Xcc", "-DOCHE_DOUBLE"])] : [])
                + [.unsafeFlags(set.flags + ["-Ounchecked", "-wmo"], .when(configuration: .release)),
                   .unsafeFlags(set.flags + ["-Ounchecked"], .when(configuration: .debug))])
    }
}

let package = Package(
    name: "oche",
    products: [.executable(name: "oche", targets: ["oche"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: kernelVariants + [
        .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMarkdown", pkgConfig: "libcmark-gfm", providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
        // Loaded when they are needed, so targets of their own and not system libraries.
        .target(name: "CZeroMQ"),
        .target(name: "COpenSSL"),
        .target(name: "CLuaBridge", dependencies: ["CLua"]),
        .target(name: "CInterruption"),
        .target(name: "CLanes"),
        .target(name: "CPUFeatures"),
        .target(name: "KernelInterface", path: "Sources/Kernels/Interface"),
        .target(
            name: "Kernels",
            dependencies: ["KernelInterface", "CPUFeatures"] + kernelVariants.map { .target(name: $0.name) },
            path: "Sources/Kernels/Selection"),
        // Every module that a target imports stands here: what is reached through another alone is not rebuilt when it changes.
        // Compiling plans walks lists of work all the time: checks for exclusive access are for debugging.
        .target(name: "Engine", dependencies: ["Kernels", "KernelInterface", "CInterruption"],
                swiftSettings: [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]),
        .target(name: "Tensors", dependencies: ["Engine", "Kernels", "KernelInterface", "CZlib"]),
        .target(name: "Datasets", dependencies: ["Tensors", "Engine", "KernelInterface"]),
        .target(name: "Operations", dependencies: ["Datasets", "Engine"]),
        .target(name: "DARTS", dependencies: ["Operations", "Datasets", "Tensors", "Engine", "Kernels", "KernelInterface"]),
        .target(name: "Terminal"),
        .target(name: "Basics"),
        .target(
            name: "Studies",
            dependencies: ["DARTS", "Terminal", "Basics", "Operations", "Datasets", "Tensors", "Engine", "Kernels", .product(name: "GRDB", package: "GRDB.swift")]),
        .target(name: "Plots", dependencies: ["Terminal", "Basics"]),
        .target(name: "LuaHost", dependencies: ["CLua", "CLuaBridge"]),
        .target(
            name: "Scripting",
            dependencies: ["LuaHost", "CLua", "CLuaBridge", "Plots", "Terminal", "Studies", "DARTS", "Operations", "Datasets", "Tensors", "Engine", "KernelInterface"]),
        .target(name: "Notebook", dependencies: ["Scripting", "LuaHost", "Studies", "Tensors", "Terminal", "Basics", "CMarkdown"]),
        .target(name: "Jupyter", dependencies: ["Basics", "Notebook", "Scripting", "Studies", "LuaHost", "CZeroMQ", "COpenSSL"]),
        .executableTarget(
            name: "oche",
            dependencies: ["Jupyter", "Notebook", "Scripting", "Studies", "Engine", "Terminal", "LuaHost", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
        .executableTarget(name: "bench", dependencies: ["Basics", "Studies", "DARTS", "Operations", "Datasets", "Engine", "Kernels", "KernelInterface"], path: "Sources/Bench"),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels", "KernelInterface"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "KernelInterface"]),
        .testTarget(name: "LuaHostTests", dependencies: ["LuaHost", "CLua", "CLuaBridge"]),
        .testTarget(name: "DARTSTests", dependencies: ["DARTS", "Operations", "Datasets", "Tensors", "Engine", "KernelInterface"], exclude: ["Fixtures"]),
        .testTarget(name: "StudiesTests", dependencies: ["Basics", "Studies"], exclude: ["Fixtures"]),
        .target(name: "VirtualTerminals", dependencies: ["Terminal"], path: "Tests/VirtualTerminals"),
        .testTarget(name: "NotebookTests", dependencies: ["Notebook", "Scripting", "LuaHost", "Tensors", "Terminal", "VirtualTerminals"]),
        .testTarget(name: "JupyterTests", dependencies: ["Basics", "Jupyter", "Notebook"]),
        .testTarget(name: "PlotsTests", dependencies: ["Plots"]),
        .testTarget(name: "EndToEndTests", dependencies: ["Scripting", "LuaHost", "Datasets", "Tensors", "Engine", "VirtualTerminals"], resources: [.copy("Fixtures")]),
    ],
    swiftLanguageModes: [.v5])
