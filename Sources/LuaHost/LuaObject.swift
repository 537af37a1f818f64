// Swift classes as Lua userdata. A userdata holds one retained object, which is released in the middle of a collection:
// its deinit may not call into Lua. Identity of the type, not dynamic casting, decides what a value is.

import CLua
import CLuaBridge

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The identity of a declared userdata type; make one per class, as a `static let`. Never freed.
public final class LuaTypeIdentity: @unchecked Sendable {
    public let name: String
    /// What a block carries to say its type. A constant, so that reading it costs no exclusivity check.
    @usableFromInline let pointer: UnsafeRawPointer

    public init(_ name: String) {
        self.name = name
        let back = UnsafeMutablePointer<Unmanaged<LuaTypeIdentity>>.allocate(capacity: 1)
        pointer = UnsafeRawPointer(back)
        back.initialize(to: Unmanaged.passRetained(self))
    }

    static func at(_ pointer: UnsafeRawPointer) -> LuaTypeIdentity {
        pointer.assumingMemoryBound(to: Unmanaged<LuaTypeIdentity>.self).pointee.takeUnretainedValue()
    }
}

/// A class whose instances are Lua values. Conform, then declare its members with `LuaModule.type`.
///
///     extension Tensor: LuaObject {
///         public static let luaType = LuaTypeIdentity("tensor")
///         public var nativeBytes: Int { storage.byteCount }
///     }
public protocol LuaObject: AnyObject, LuaConvertible {
    static var luaType: LuaTypeIdentity { get }
    /// Memory outside Lua that lives and dies with this object; read once, when the object is given to Lua.
    /// It drives the collector and counts towards the memory limit.
    var nativeBytes: Int { get }
}

extension LuaObject {
    public var nativeBytes: Int { 0 }
    public static var luaTypeName: String { luaType.name }

    @inlinable public static func read(_ L: LuaStack, _ index: Int32) -> Self? {
        guard let object = oche_to_object(L, index, luaType.pointer) else { return nil }
        return Unmanaged<Self>.fromOpaque(object).takeUnretainedValue()
    }

    /// The object at `index` without a reference of the caller's own: it lives while the value stays on the stack.
    @inlinable public static func borrowed(_ L: LuaStack, _ index: Int32) -> Unmanaged<Self>? {
        oche_to_object(L, index, luaType.pointer).map { Unmanaged<Self>.fromOpaque($0) }
    }

    /// Each push makes a new userdata; `==` compares the Swift objects behind them.
    @inlinable public func push(_ L: LuaStack) {
        pushObject(L, Unmanaged.passRetained(self).toOpaque(), Self.luaType, nativeBytes)
    }
}

@usableFromInline
func pushObject(_ L: LuaStack, _ object: UnsafeMutableRawPointer, _ type: LuaTypeIdentity, _ bytes: Int) {
    if oche_push_block(L, object, type.pointer, max(bytes, 0)) == 0 {
        // First value of a type without declarations in this state: it still must be released.
        LuaMetatable.pushBare(L, type)
        lua_setmetatable(L, -2)
    }
}

enum LuaMetatable {
    /// Pushes registry[type], made when missing: __name, __eq by identity, and fenced from scripts.
    static func pushBare(_ L: LuaStack, _ type: LuaTypeIdentity) {
        if lua_rawgetp(L, oche_registry_index(), type.pointer) == LUA_TTABLE { return }
        oche_pop(L, 1)
        lua_createtable(L, 0, 12)
        set(L, "__name", type.name)
        set(L, "__metatable", type.name)
        oche_set_block_metamethods(L)
        lua_pushvalue(L, -1)
        lua_rawsetp(L, oche_registry_index(), type.pointer)
    }

    /// table on top: table[key] = value
    static func set(_ L: LuaStack, _ key: String, _ value: any LuaConvertible) {
        key.push(L)
        value.push(L)
        lua_rawset(L, -3)
    }
}
