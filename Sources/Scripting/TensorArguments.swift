import CLua
import CLuaBridge
import Engine
import LuaHost
import Tensors

/// What the functions of `tensor` take: a tensor or a number, a shape, dimensions that count from 1, an element type,
/// a seed. Each is read and explained in one place.
enum Operand: LuaConvertible {
    case tensor(Tensor), number(Double)

    static var luaTypeName: String { "tensor or number" }
    @inline(__always) static func read(_ L: LuaStack, _ index: Int32) -> Operand? {
        if let tensor = Tensor.read(L, index) { return .tensor(tensor) }
        return Double.read(L, index).map { .number($0) }
    }
    func push(_ L: LuaStack) {
        switch self {
        case .tensor(let value): value.push(L)
        case .number(let value): value.push(L)
        }
    }

    /// As a tensor; a number takes the type given.
    func tensor(_ dtype: DType) -> Tensor {
        switch self {
        case .tensor(let tensor): tensor
        case .number(let value): Tensor(value, dtype)
        }
    }
}

extension Tensor: LuaObject {
    public static let luaType = LuaTypeIdentity("tensor")
    public var nativeBytes: Int { storageBytes }
}

extension RandomStream: LuaObject {
    public static let luaType = LuaTypeIdentity("stream")
}

/// A table of sizes, `{2, 3}`, or one size; `-1` where the function says so.
struct SizesParam: LuaParameter {
    let name = "shape"
    let summary: String
    let least: Int
    /// What comes next may be a number; otherwise sizes were written one by one.
    let isFollowedByNumber: Bool
    init(_ summary: String, least: Int = 0, isFollowedByNumber: Bool = false) {
        (self.summary, self.least, self.isFollowedByNumber) = (summary, least, isFollowedByNumber)
    }

    func value(_ L: LuaStack, _ index: Int32) throws -> [Int] {
        func wrong(_ given: String) -> LuaArgumentError {
            LuaArgumentError(.position(index, name: name), "table of sizes expected, got \(given)")
        }
        if let size = Int.read(L, index) {
            guard isFollowedByNumber || lua_type(L, index + 1) != LUA_TNUMBER else { throw wrong("numbers one by one (write {\(size), ..})") }
            guard size >= least else { throw wrong("\(size)") }
            return [size]
        }
        guard lua_type(L, index) == LUA_TTABLE else { throw wrong(LuaDescription.of(L, index)) }
        if let field = LuaFields.named(L, index) { throw wrong("a table with a field '\(field)' (options go in a second table)") }
        guard LuaFields.isSequence(L, index) else { throw wrong("a table with other keys than 1, 2, ..") }
        guard lua_rawlen(L, index) <= 1000, let sizes = [Int].read(L, index) else {
            throw LuaArgumentError(.position(index, name: name), [Int].mismatch(L, index))
        }
        guard sizes.allSatisfy({ $0 >= least }) else { throw wrong(sizes.braces) }
        return try sizes.checkedRank()
    }

    var documentation: Documentation.Argument {
        .init(name: name, type: "table of integers", shape: "", summary: summary, defaultText: nil, isOptional: false)
    }
}

extension Array where Element == Int {
    fileprivate func checkedRank() throws -> [Int] {
        guard count <= ShapeRules.maximalRank else {
            throw LuaArgumentError.option("shape", "at most \(ShapeRules.maximalRank) dimensions expected, got \(count)")
        }
        return self
    }
}

/// One dimension, several, or (absent) all of them.
enum Dimensions: LuaConvertible {
    case all, some([Int])
    static var luaTypeName: String { "dimension or table of dimensions" }
    static func read(_ L: LuaStack, _ index: Int32) -> Dimensions? {
        if lua_type(L, index) <= LUA_TNIL { return .all }
        if let one = Int.read(L, index) { return .some([one]) }
        guard LuaFields.isSequence(L, index) else { return nil }
        return [Int].read(L, index).map { .some($0) }
    }
    func push(_ L: LuaStack) { lua_pushnil(L) }
    static func mismatch(_ L: LuaStack, _ index: Int32) -> String {
        if let field = LuaFields.named(L, index) { return "\(luaTypeName) expected, got a table with a field '\(field)' (options come after it; nil stands for all)" }
        return "\(luaTypeName) expected, got \(LuaDescription.of(L, index))"
    }
}

enum LuaFields {
    /// Whether the keys of a table are 1, 2, .. without a hole.
    static func isSequence(_ L: LuaStack, _ index: Int32) -> Bool {
        guard lua_type(L, index) == LUA_TTABLE, lua_checkstack(L, 4) != 0 else { return false }
        let table = lua_absindex(L, index)
        var keys = 0
        lua_pushnil(L)
        while lua_next(L, table) != 0 {
            oche_pop(L, 1)
            keys += 1
        }
        return keys == Int(lua_rawlen(L, table))
    }

    /// The first key of a table that is a string.
    static func named(_ L: LuaStack, _ index: Int32) -> String? {
        guard lua_type(L, index) == LUA_TTABLE, lua_checkstack(L, 4) != 0 else { return nil }
        let table = lua_absindex(L, index)
        lua_pushnil(L)
        while lua_next(L, table) != 0 {
            oche_pop(L, 1)
            if let name = String.read(L, -1) {
                oche_pop(L, 1)
                return name
            }
        }
        return nil
    }
}

extension Tensor {
    /// The axis (from 0) of a dimension (from 1, or negative from the end).
    func axis(_ dimension: Int, _ name: String = "dim") throws -> Int {
        if let axis = shape.axis(dimension) { return axis }
        if rank == 0 { throw LuaArgumentError.option(name, "a tensor of no dimensions has no dimension \(dimension)") }
        let range = rank == 1 ? "dimension 1 or -1" : "dimension from 1 to \(rank), or -\(rank) to -1,"
        throw LuaArgumentError.option(name, "\(range) expected, got \(dimension) for shape \(shape.braces)")
    }

    /// The axes of a reduction, ascending.
    func axes(_ dimensions: Dimensions) throws -> [Int] {
        guard case .some(let list) = dimensions else { return Array(shape.indices) }
        let axes = try list.map { try axis($0) }
        guard Set(axes).count == axes.count else { throw LuaArgumentError.option("dim", "different dimensions expected, got \(list.braces)") }
        return axes.sorted()
    }
}

extension LuaOption {
    static let dtype = LuaOption("dtype", .choice(["float32", "float64"]), default: "float32", "element type")
    static let keepdim = LuaOption("keepdim", .boolean, default: false, "keep reduced dimensions, with size 1")
    static let seed = LuaOption("seed", .either([.integer, .value(RandomStream.self)]), default: .computed("the session's stream"),
                                "an integer, or a stream made by tensor.stream")

    /// A seed that need not be given, of something that keeps it: a stream gives its next.
    static func seed(default value: LuaOptionDefault, _ summary: String) -> LuaOption {
        LuaOption("seed", .either([.integer, .value(RandomStream.self)]), default: value, summary)
    }
}

extension LuaOptions {
    var dtype: DType { string("dtype") == "float64" ? .float64 : .float32 }

    /// What `seed=` says, if anything.
    public var seedSource: RandomStream.Source? {
        optionalInteger("seed").map { .seed($0) } ?? optionalValue("seed", as: RandomStream.self).map { .stream($0) }
    }

    /// The number that `seed=` says, of a stream its next; nil where it says nothing.
    var seedNumber: Int? {
        switch seedSource {
        case .seed(let seed)?: seed
        case .stream(let stream)?: stream.nextSeed()
        case nil: nil
        }
    }
}
