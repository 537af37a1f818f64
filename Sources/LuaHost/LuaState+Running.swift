// Running chunks. A run is the outermost entry into Lua: limits are armed for it, and what stopped it becomes the kind
// of the error it throws. Runs may nest (a native function that runs a file); then only the outermost is a run.

import CLua
import CLuaBridge

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension LuaState {
    /// Compiles a chunk without running it.
    /// - Parameter name: what positions show, a path or "In [3]".
    /// - Throws: `LuaError` of kind `.syntax`; `isIncomplete` says whether more text could complete it.
    public func compile(_ text: String, name: String) throws -> LuaFunction {
        try compile(Array(text.utf8), name: name)
    }

    public func compile(_ bytes: [UInt8], name: String) throws -> LuaFunction {
        let L = running
        guard lua_checkstack(L, 8) != 0 else { throw LuaError("stack overflow") }
        let bytes = Self.withoutFirstLineMark(bytes)
        let status = bytes.withUnsafeBytes { buffer in
            luaL_loadbufferx(L, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, "@" + name, "t")
        }
        guard status == LUA_OK else {
            recorded = ([], [:])
            var error = takeError(L, status)
            if status == LUA_ERRSYNTAX {
                error.kind = .syntax
                error.takeOwnLine()
                // Lua shortens what is longer than 60 bytes.
                if error.file != nil { error.file = name }
                if let line = error.line, !error.isIncomplete {
                    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
                    if lines.indices.contains(line - 1) { error.message += SyntaxHint.of(error.message, in: String(decoding: lines[line - 1], as: UTF8.self)) }
                }
            }
            if error.message.hasPrefix("attempt to load a binary chunk") { error.message = "the file is not Lua text" }
            throw error
        }
        defer { oche_pop(L, 1) }
        return LuaFunction(LuaReference(L, -1))
    }

    /// Compiles and runs a chunk; `arguments` become `...` and the table `arg` (with `arg[0] = name`).
    /// - Returns: what the chunk returns.
    /// - Throws: `LuaError`.
    @discardableResult
    public func run(_ text: String, name: String = "script", arguments: [String]? = nil) throws -> [LuaValue] {
        if let arguments { setArguments(name, arguments) }
        return try run(compile(text, name: name), arguments ?? [])
    }

    /// Runs a file of Lua text. A first line that begins with '#' is skipped.
    /// - Throws: `LuaError`, also when the file cannot be read.
    @discardableResult
    public func run(file path: String, arguments: [String] = []) throws -> [LuaValue] {
        let bytes = try Self.read(path)
        setArguments(path, arguments)
        return try run(compile(bytes, name: path), arguments)
    }

    /// Calls `function` as a run of its own: with the time limit, and with interrupts reported and then cleared.
    @discardableResult
    public func run(_ function: LuaFunction, _ arguments: [any LuaConvertible] = []) throws -> [LuaValue] {
        guard runDepth == 0 else { return try function.call(arguments) }
        runDepth = 1
        if let limit = configuration.timeLimit { oche_set_deadline(host, limit) }
        defer {
            if configuration.timeLimit != nil { oche_set_deadline(host, 0) }
            oche_clear_interrupt(host)
            runDepth = 0
            carried = nil
            references.drain(main)
        }
        let results: [LuaValue]
        do { results = try function.call(arguments) } catch let error as LuaError {
            if error.kind == .memoryLimit { collectGarbage() }
            throw error
        }
        // A script that caught the interrupt and ended in time was interrupted all the same.
        if oche_interrupt_was_raised(host) != 0 { throw interruption(traceback: []) }
        return results
    }

    private func setArguments(_ name: String, _ arguments: [String]) {
        let table = makeTable()
        table[0] = .string(name)
        for (i, argument) in arguments.enumerated() { table[i + 1] = .string(argument) }
        setGlobal("arg", table)
    }

    /// "#!/usr/bin/env oche" is a comment; the line stays, so that line numbers do.
    private static func withoutFirstLineMark(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        if bytes.first == UInt8(ascii: "#") {
            bytes.removeSubrange(0..<(bytes.firstIndex(of: 10) ?? bytes.count))
        }
        return bytes
    }

    private static func read(_ path: String) throws -> [UInt8] {
        func failure() -> LuaError { LuaError("cannot open '\(path)': \(String(cString: strerror(errno)))") }
        guard let file = fopen(path, "rb") else { throw failure() }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            bytes.append(contentsOf: buffer[..<count])
            if count < buffer.count { break }
        }
        if ferror(file) != 0 { throw failure() }
        return bytes
    }
}
