// Methods of a type of 0 to 6 declared parameters, one overload per arity: 47 ns a call, against 174 ns for one
// declaration with parameter packs (DESIGN.md). Inlinable, so that they are specialised where they are used.

import CLua

extension LuaType {
    @inlinable public func method<R: LuaResult>(
        _ name: String, _ summary: String,
        returns: String = "", errors: String = "", example: String = "", _ body: @escaping (Object) throws -> R
    ) {
        declare(name, summary, [], returns, errors, example) { L in
            guard let object = Object.borrowed(L, 1) else { throw Self.badSelf(L) }
            return try object._withUnsafeGuaranteedRef { try body($0).pushResults(L) }
        }
    }

    @inlinable public func method<P1: LuaParameter, R: LuaResult>(
        _ name: String, _ summary: String, _ p1: P1,
        returns: String = "", errors: String = "", example: String = "", _ body: @escaping (Object, P1.Value) throws -> R
    ) {
        declare(name, summary, [p1.documentation], returns, errors, example) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            return try body(object, p1.value(L, 2)).pushResults(L)
        }
    }

    @inlinable public func method<P1: LuaParameter, P2: LuaParameter, R: LuaResult>(
        _ name: String, _ summary: String, _ p1: P1, _ p2: P2,
        returns: String = "", errors: String = "", example: String = "", _ body: @escaping (Object, P1.Value, P2.Value) throws -> R
    ) {
        declare(name, summary, [p1.documentation, p2.documentation], returns, errors, example) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            return try body(object, p1.value(L, 2), p2.value(L, 3)).pushResults(L)
        }
    }

    @inlinable public func method<P1: LuaParameter, P2: LuaParameter, P3: LuaParameter, R: LuaResult>(
        _ name: String, _ summary: String, _ p1: P1, _ p2: P2, _ p3: P3,
        returns: String = "", errors: String = "", example: String = "", _ body: @escaping (Object, P1.Value, P2.Value, P3.Value) throws -> R
    ) {
        declare(name, summary, [p1.documentation, p2.documentation, p3.documentation], returns, errors, example) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            return try body(object, p1.value(L, 2), p2.value(L, 3), p3.value(L, 4)).pushResults(L)
        }
    }

    @inlinable public func method<P1: LuaParameter, P2: LuaParameter, P3: LuaParameter, P4: LuaParameter, R: LuaResult>(
        _ name: String, _ summary: String, _ p1: P1, _ p2: P2, _ p3: P3, _ p4: P4,
        returns: String = "", errors: String = "", example: String = "", _ body: @escaping (Object, P1.Value, P2.Value, P3.Value, P4.Value) throws -> R
    ) {
        declare(name, summary, [p1.documentation, p2.documentation, p3.documentation, p4.documentation], returns, errors, example) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            return try body(object, p1.value(L, 2), p2.value(L, 3), p3.value(L, 4), p4.value(L, 5)).pushResults(L)
        }
    }

    @inlinable public func method<P1: LuaParameter, P2: LuaParameter, P3: LuaParameter, P4: LuaParameter, P5: LuaParameter, R: LuaResult>(
        _ name: String, _ summary: String, _ p1: P1, _ p2: P2, _ p3: P3, _ p4: P4, _ p5: P5,
        returns: String = "", errors: String = "", example: String = "", _ body: @escaping (Object, P1.Value, P2.Value, P3.Value, P4.Value, P5.Value) throws -> R
    ) {
        declare(name, summary, [p1.documentation, p2.documentation, p3.documentation, p4.documentation, p5.documentation], returns, errors, example) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            return try body(object, p1.value(L, 2), p2.value(L, 3), p3.value(L, 4), p4.value(L, 5), p5.value(L, 6)).pushResults(L)
        }
    }

    @inlinable public func method<P1: LuaParameter, P2: LuaParameter, P3: LuaParameter, P4: LuaParameter, P5: LuaParameter, P6: LuaParameter, R: LuaResult>(
        _ name: String, _ summary: String, _ p1: P1, _ p2: P2, _ p3: P3, _ p4: P4, _ p5: P5, _ p6: P6,
        returns: String = "", errors: String = "", example: String = "", _ body: @escaping (Object, P1.Value, P2.Value, P3.Value, P4.Value, P5.Value, P6.Value) throws -> R
    ) {
        declare(name, summary, [p1.documentation, p2.documentation, p3.documentation, p4.documentation, p5.documentation, p6.documentation], returns, errors, example) { L in
            guard let object = Object.read(L, 1) else { throw Self.badSelf(L) }
            return try body(object, p1.value(L, 2), p2.value(L, 3), p3.value(L, 4), p4.value(L, 5), p5.value(L, 6), p6.value(L, 7)).pushResults(L)
        }
    }
}
