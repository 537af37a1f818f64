import LuaHost
import Scripting
import XCTest

/// Bad calls and what they say: expected and given, in one line, with the script's position.
final class TensorErrorTests: XCTestCase {
    private static let calls: [(String, String)] = [
        ("a + tensor.zeros{5}", "add: shapes {2, 3} and {5} do not broadcast (dimension 2: 3 against 5)"),
        ("a + 'x'", "bad argument #2 'b' to '+' (tensor or number expected, got string 'x')"),
        ("a + nil", "bad argument #2 'b' to '+' (tensor or number expected, got nil)"),
        ("a < a", "comparison with < or <= of tensors of one element expected, got shape {2, 3} (a:lt(b), a:gt(b) and the like compare elementwise)"),
        ("a:matmul(a)", "matmul: inner dimensions differ: {2, 3} x {2, 3}"),
        ("a:matmul(tensor(1))", "matmul: vectors or matrices expected, got {2, 3} x {}"),
        ("a:matmul(2)", "bad argument #1 'b' to 'matmul' (tensor expected, got number 2)"),
        ("a[3]", "index 3 is out of range for dimension 1 of size 2"), ("a[0]", "index 0 is out of range for dimension 1 of size 2; indices count from 1"),
        ("a[{1, -4}]", "index -4 is out of range for dimension 2 of size 3"), ("a[{1, 2, 3}]", "3 indices for the 2 dimensions of {2, 3}"),
        ("a[{{}, {2, 9}}]", "range {2, 9} is out of range for dimension 2 of size 3"), ("a[{{}, {3, 1}}]", "range {3, 1} runs against its step of 1 for dimension 2 of size 3"),
        ("a[{{}, {1, 3, 0}}]", "range {1, 3, 0} has no usable step for dimension 2 of size 3; indices count from 1"),
        ("a[{{1}}]", "range {first, last} or {first, last, step} of integers expected as index of dimension 1"),
        ("a[1.5]", "integer, or table of integers and ranges, expected as index of dimension 1, got 1.5"), ("a[true]", "integer, or table of integers and ranges, expected as index of dimension 1, got boolean true"),
        ("tensor(1)[1]", "a tensor of no dimensions has no index; use item()"), ("a.shap", "tensor has no method or property 'shap' (did you mean 'shape'?)"),
        ("(function() a[1] = tensor{1, 2} end)()", "assignment: a value of shape {2} does not fit into {3}"), ("(function() a[1] = 'x' end)()", "bad argument 'value' to '[]=' (number or tensor expected, got string 'x')"),
        ("(function() a.shape = 1 end)()", "integer, or table of integers and ranges, expected as index of dimension 1, got string 'shape'"),
        ("#tensor(1)", "a tensor of no dimensions has no length"), ("a:item()", "item: a tensor of one element expected, got shape {2, 3}"),
        ("a:sum(3)", "bad argument 'dim' to 'sum' (dimension from 1 to 2, or -2 to -1, expected, got 3 for shape {2, 3})"), ("a:sum(0)", "bad argument 'dim' to 'sum' (dimension from 1 to 2, or -2 to -1, expected, got 0 for shape {2, 3})"),
        ("a:sum{1, 1}", "bad argument 'dim' to 'sum' (different dimensions expected, got {1, 1})"), ("a:sum('x')", "bad argument #1 'dim' to 'sum' (dimension or table of dimensions expected, got string 'x')"),
        ("a:sum(1, {keepdims = true})", "unknown option 'keepdims' (did you mean 'keepdim'?); options of 'sum': keepdim"), ("tensor(1):sum(1)", "bad argument 'dim' to 'sum' (a tensor of no dimensions has no dimension 1)"),
        ("a:sum{keepdim = true}", "bad argument #1 'dim' to 'sum' (dimension or table of dimensions expected, got a table with a field 'keepdim' (options come after it; nil stands for all))"),
        ("tensor.zeros{0, 3}:max(1)", "max: no elements to choose from along dimension 1 of {0, 3}"), ("tensor.zeros{0}:argmax()", "argmax: no elements to choose from along dimension 1 of {0}"),
        ("a:reshape{4}", "reshape: {2, 3} has 6 elements, {4} has 4"), ("a:reshape{-1, 4}", "reshape: no size for -1 in {-1, 4} gives the 6 elements of {2, 3}"), ("a:reshape{-1, -1}", "reshape: one size of -1 expected at most, got {-1, -1}"),
        ("a:permute{1, 1}", "bad argument 'order' to 'permute' (each of the 2 dimensions of {2, 3} once expected, got {1, 1})"), ("a:transpose(1, 5)", "bad argument 'dim2' to 'transpose' (dimension from 1 to 2, or -2 to -1, expected, got 5 for shape {2, 3})"),
        ("a:unsqueeze(5)", "bad argument 'dim' to 'unsqueeze' (place from 1 to 3, or -3 to -1, expected, got 5 for shape {2, 3})"), ("a:expand{2, 4}", "expand: {2, 3} does not broadcast to {2, 4}"),
        ("a:pad{1}", "bad argument 'widths' to 'pad' (a pair for each of up to 2 dimensions expected, got {1})"), ("a:pad{-1, 0}", "pad: widths of at least 0 expected, got {-1, 0}"),
        ("a:pad({3, 0}, {mode = 'reflect'})", "pad: reflect padding of 3 needs more than 3 positions, got 3"), ("a:pad({1, 1}, {mode = 'mirror'})", "bad argument 'mode' to 'pad' ('zeros', 'circular' or 'reflect' expected, got 'mirror')"),
        ("tensor.cat({a, tensor.zeros{2, 4}}, 1)", "cat: tensor 2 has shape {2, 4}, which differs from the first's {2, 3} beyond dimension 1"), ("tensor.cat({}, 1)", "bad argument 'tensors' to 'cat' (at least one tensor expected)"),
        ("tensor.cat({a, 1}, 1)", "bad argument #1 'tensors' to 'cat' (array of tensor values expected, got a table whose element 2 is number 1)"), ("tensor.stack({a, tensor.zeros{2}}, 1)", "stack: tensors of one shape expected, got {2, 3} and {2} (tensor 2)"),
        ("a:clamp()", "clamp: lo or hi expected, got neither"), ("a:clamp(2, 1)", "clamp: lo <= hi expected, got 2.0 and 1.0"),
        ("tensor{{1, 2}, {3}}", "bad argument 'values' to 'tensor' (at {2}: 2 elements expected, as in the first, got 1)"), ("tensor{{1, 'x'}}", "bad argument 'values' to 'tensor' (at {1, 2}: number expected, got string 'x')"),
        ("tensor{{1, 2}, 3}", "bad argument 'values' to 'tensor' (at {2}: table of 2 expected, got number 3)"), ("tensor()", "bad argument #1 'values' to 'tensor' (number, tensor or nested tables of numbers expected, got no value)"),
        ("tensor{1, 2, dtype = 'float64'}", "bad argument 'values' to 'tensor' (nested tables of numbers expected, got a field 'dtype' (options go in a second table))"),
        ("tensor({1}, {dtype = 'int'})", "bad argument 'dtype' to 'tensor' ('float32' or 'float64' expected, got 'int')"), ("tensor{{{{{{{{{1}}}}}}}}}", "tensor: at most 8 dimensions, got tables nested deeper"),
        ("tensor.zeros{2, -1}", "bad argument #1 'shape' to 'zeros' (table of sizes expected, got {2, -1})"), ("tensor.zeros('x')", "bad argument #1 'shape' to 'zeros' (table of sizes expected, got string 'x')"),
        ("tensor.zeros{1, 1, 1, 1, 1, 1, 1, 1, 1}", "bad argument 'shape' to 'zeros' (at most 8 dimensions expected, got 9)"), ("tensor.zeros{1e9, 1e9}", "not enough memory for zeros of shape {1000000000, 1000000000}"),
        ("tensor.zeros{3037000500, 3037000500, 7}", "not enough memory for zeros of shape {3037000500, 3037000500, 7}"), ("tensor.zeros{100000, 100000}", "not enough memory for zeros of shape {100000, 100000}: 40.0 GB needed"),
        ("tensor.zeros{100000, 1} + tensor.zeros{1, 100000}", "not enough memory for a result of shape {100000, 100000}: 40.0 GB needed"),
        ("tensor.arange(1, 2, 0)", "arange: finite numbers and a step other than 0 expected, got 1.0, 2.0, 0.0"), ("tensor.randn({2}, {seed = 'x'})", "bad argument 'seed' to 'randn' (integer or stream expected, got string 'x')"),
        ("tensor.conv1d(a, tensor.zeros{2, 2, 3}, {chanels = 1})", "unknown option 'chanels'; options of 'conv1d': bias, stride, dilation, groups, padding, mode"),
        ("tensor.conv1d(tensor.zeros{1, 2, 5}, tensor.zeros{4, 3, 3})", "conv1d: weights for 3 input channels, the input has 2: {1, 2, 5} with {4, 3, 3}"), ("tensor.conv1d(tensor.zeros{5}, tensor.zeros{4, 3, 3})", "conv1d: input {batch, channels, length} expected, got {5}"),
        ("tensor.conv1d(tensor.zeros{1, 1, 2}, tensor.zeros{1, 1, 3})", "conv1d: 3 taps (dilation 1) reach over 3 positions, the padded input has 2"), ("tensor.conv1d(tensor.zeros{1, 1, 4}, tensor.zeros{1, 1, 3}, {stride = 0})", "bad argument 'stride' to 'conv1d' (positive integer expected, got 0)"),
        ("tensor.conv1d(tensor.zeros{1, 1, 4}, tensor.zeros{1, 1, 3}, {padding = 'sam'})", "bad argument 'padding' to 'conv1d' ('same' or 'valid' or integer expected, got 'sam'; did you mean 'same'?)"),
        ("tensor.conv1d(tensor.zeros{1, 1, 4}, tensor.zeros{1, 1, 3}, {padding = 'same', stride = 2})", "conv1d: padding \"same\" needs a stride of 1, got 2"),
        ("tensor.conv1d(tensor.zeros{1, 1, 4}, tensor.zeros{2, 1, 3}, {bias = tensor{1}})", "conv1d: bias of shape {2} expected, got {1}"),
        ("tensor.conv_transpose1d(tensor.zeros{1, 2, 4}, tensor.zeros{3, 1, 3})", "conv_transpose1d: weights for 3 input channels, the input has 2: {1, 2, 4} with {3, 1, 3}"),
        ("tensor.conv2d(tensor.zeros{1, 1, 4, 4}, tensor.zeros{1, 1, 3, 3}, {stride = {1}})", "bad argument 'stride' to 'conv2d' (positive integer or {rows, columns} expected, got 1)"),
        ("tensor.grad(1)", "bad argument #1 'f' to 'grad' (function expected, got number 1)"), ("tensor.grad(function(x) return x end)(a)", "grad: the function must return a tensor of one element, got shape {2, 3} (take its sum or mean)"),
        ("tensor.grad(function(x) end)(a)", "grad: the function must return a tensor of one element, got nothing"), ("tensor.grad(function(x) return x:sum():item() end)(a)", "grad: the function must return a tensor of one element, got number 0.0 (item() ends the recording)"),
        ("tensor.grad(function(x) return x.w:sum() end){w = a, b = 'x'}", "grad: parameters.b: a tensor or nested tables of tensors expected, got string 'x'"), ("tensor.grad(function(x) return x:sum() end)()", "grad: parameters expected, got no value"),
        ("tensor.grad(function(x) return x:sum() end){}", "grad: no tensors among the parameters"),
        ("tensor.hvp(function(x) return x:sum() end, a, tensor{1})", "hvp: a direction of the parameters' structure and shapes expected, got {1} for {2, 3}"),
        ("tensor.relu('x')", "bad self to 'relu' (tensor expected, got string 'x'; methods are called with ':')"), ("a.relu()", "bad self to 'relu' (tensor expected, got no value; methods are called with ':')"),
        ("tensor.rellu(a)", "'tensor' has no field 'rellu' (did you mean 'relu'?)"), ("tensor.save('x.txt', a)", "save: a path that ends in .npy, .npz or .safetensors expected, got 'x.txt'"),
        ("tensor.save('x.npy', {a = a})", "save: one tensor expected for an .npy file, got a table (use .npz or .safetensors)"), ("tensor.save('x.npz', {a = 1})", "save: tensor expected at 'a', got number 1"),
        ("tensor.load('/nowhere/x.npz')", "load: cannot read '/nowhere/x.npz': No such file or directory"),
    ]

    func testMessages() throws {
        let environment = try ScriptingEnvironment()
        try environment.state.run("a = tensor.zeros{2, 3}")
        for (text, expected) in TensorErrorTests.calls {
            do {
                try environment.state.run("local x = \(text)", name: "bad.lua")
                XCTFail("no error: \(text)")
            } catch let error as LuaError {
                XCTAssertTrue(error.message.hasPrefix(expected), "\(text)\n  says     \(error.message)\n  expected \(expected)")
                XCTAssertEqual(error.file, "bad.lua", text)
                XCTAssertEqual(error.line, 1, text)
            }
        }
        print("\(TensorErrorTests.calls.count) messages")
    }
}
