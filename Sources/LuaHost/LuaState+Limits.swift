// Memory, time and interrupts as native code sees them.

import CLua
import CLuaBridge

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension LuaState {
    /// Stops what runs, within 0.3 s, past any pcall: the run throws `LuaError` of kind `.interrupted`. A state that is
    /// not running is interrupted when it starts. Async-signal-safe, and callable from any thread.
    public func interrupt() { oche_interrupt(host, Int32(OCHE_INTERRUPTED)) }

    /// For a signal handler, which must not touch objects: pass `interruptTarget` to `LuaState.interrupt(target:)`.
    /// Valid until the state is closed.
    public var interruptTarget: OpaquePointer { host }
    public static func interrupt(target: OpaquePointer) { oche_interrupt(target, Int32(OCHE_INTERRUPTED)) }

    /// Non-zero when native work should stop. Native loops poll it, from any thread, and then throw `LuaInterruption`.
    public var interruptFlag: UnsafePointer<Int32> { UnsafePointer(oche_interrupt_flag(host)) }

    /// - Throws: `LuaInterruption` when the run is to stop.
    @inlinable public func checkInterrupt() throws {
        if interruptFlag.pointee != 0 { throw LuaInterruption() }
    }

    /// Forgets an interrupt that came while nothing ran.
    public func clearInterrupt() { oche_clear_interrupt(host) }

    // MARK: memory

    /// Tells the collector of native memory that is held by Lua values but is not the `nativeBytes` of a `LuaObject`
    /// (those are noted by themselves). It drives collection and does not count towards the limit.
    public func noteNativeAllocation(_ bytes: Int) { oche_note_native(running, max(0, bytes)) }

    /// To be asked before a large native allocation, so that it is an error of the script and not the end of the process.
    /// - Throws: "needs 4.0 TB; the memory limit is 18 GB".
    public func ensureMemory(for bytes: Int) throws {
        func fits() -> Bool {
            let used = Int(oche_lua_bytes(host)) + Int(oche_native_bytes(host))
            let (sum, overflow) = used.addingReportingOverflow(bytes)
            return !overflow && bytes >= 0 && sum <= Int(oche_memory_limit(host))
        }
        if fits() { return }
        if bytes >= 0, bytes <= Int(oche_memory_limit(host)) { collectGarbage() }
        guard fits() else {
            throw LuaError("this needs \(SystemMemory.text(bytes)) more memory; \(SystemMemory.text(luaBytes + nativeBytes)) are in use "
                + "and the memory limit is \(SystemMemory.text(Int(oche_memory_limit(host))))", kind: .memoryLimit)
        }
    }

    /// A full collection.
    public func collectGarbage() { oche_collect(running) }
    /// Bytes of Lua's own heap.
    public var luaBytes: Int { Int(oche_lua_bytes(host)) }
    /// Native bytes of the objects that Lua holds.
    public var nativeBytes: Int { Int(oche_native_bytes(host)) }

    /// - Throws: in a sandboxed state: "tensor.save: files cannot be used in the sandbox".
    public func checkFileAccess(_ function: String) throws {
        if configuration.isSandboxed { throw LuaError("\(function): files cannot be used in the sandbox") }
    }
}

public enum SystemMemory {
    /// Four fifths of the smaller of physical memory and the limit of the control group.
    public static var defaultLimit: Int {
        var bytes = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        #if os(Linux)
        for path in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
            guard let file = fopen(path, "r") else { continue }
            defer { fclose(file) }
            var buffer = [CChar](repeating: 0, count: 64)
            if fgets(&buffer, 64, file) != nil {
                let value = atoll(buffer)
                if value > 0 { bytes = min(bytes, Int(value)) }
            }
        }
        #endif
        return bytes / 5 * 4
    }

    /// "2 GB", "1.5 MB"
    public static func text(_ bytes: Int) -> String {
        if bytes < 0 { return "more than 8 EB" }
        var value = Double(bytes), unit = "bytes"
        for next in ["kB", "MB", "GB", "TB", "PB", "EB"] where value >= 1000 {
            value /= 1000
            unit = next
        }
        let tenths = (value * 10).rounded() / 10
        return (tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)") + " " + unit
    }
}

public enum StandardOutput {
    public static func write(_ bytes: UnsafeRawBufferPointer) {
        fwrite(bytes.baseAddress, 1, bytes.count, stdout)
    }
    public static func flush() { fflush(stdout) }
}
