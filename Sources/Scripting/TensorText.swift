import Engine
import Foundation
import LuaHost
import Tensors

/// Tensors and shapes where Lua wants text: print, .., and the shape's own look.
func declareTensorText(_ type: LuaType<Tensor>, _ environment: ScriptingEnvironment) {
    type.describe { [unowned environment] in TensorText(width: environment.displayWidth).text(of: $0) }
    type.operation(.concatenate, "Text with a tensor in it: a tensor of one element as its number, others as print shows them.", Param<LuaValue>("a", "string, number or tensor"),
                   Param<LuaValue>("b", "string, number or tensor"), example: "print(\"loss \" .. tensor{1, 2}:mean())") { [unowned environment] a, b in
        func text(_ value: LuaValue) throws -> String {
            if let tensor: Tensor = value.as() {
                guard tensor.count == 1, !tensor.isTraced else { return TensorText(width: environment.displayWidth).text(of: tensor) }
                return shortest(try tensor.item(), tensor.dtype)
            }
            switch value {
            case .string(let text): return text
            case .integer(let number): return "\(number)"
            case .number(let number): return LuaDescription.number(number)
            default: throw LuaError("attempt to concatenate a \(value.isNil ? "nil" : describe(value)) value with a tensor")
            }
        }
        return try text(a) + text(b)
    }
    type.number { $0.rank == 0 && !$0.isTraced ? try $0.item() : nil }
}

/// With the digits that the type holds.
private func shortest(_ value: Double, _ dtype: DType) -> String {
    if !value.isFinite { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    return String(format: dtype == .float32 ? "%.7g" : "%.14g", value)
}

/// Sizes as a Lua array that prints as {2, 3} and compares by value.
struct ShapeTable: LuaConvertible {
    let shape: Shape
    let metatable: LuaTable

    static var luaTypeName: String { "shape" }
    static func read(_ L: LuaStack, _ index: Int32) -> ShapeTable? { nil }
    func push(_ L: LuaStack) {
        shape.push(L)
        metatable.attach(L)
    }

    static func metatable(in environment: ScriptingEnvironment) throws -> LuaTable {
        try environment.state.run("""
        local concat = table.concat
        local function text(s)
          local words = {}
          for i = 1, #s do words[i] = tostring(s[i]) end
          return "{" .. concat(words, ", ") .. "}"
        end
        return {
          __tostring = text,
          __concat = function(a, b) return (type(a) == "table" and text(a) or a) .. (type(b) == "table" and text(b) or b) end,
          __eq = function(a, b)
            if #a ~= #b then return false end
            for i = 1, #a do if a[i] ~= b[i] then return false end end
            return true
          end,
        }
        """, name: "shape")[0].as(LuaTable.self)!
    }
}
