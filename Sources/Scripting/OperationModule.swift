import LuaHost
import Operations
import Tensors

/// What a node can be, as a Lua value.
final class OperationObject: LuaObject {
    static let luaType = LuaTypeIdentity("operation")
    let operation: any Operations.Operation
    init(_ operation: any Operations.Operation) { self.operation = operation }
}

/// The namespace `operation`: what a node of the architecture can be.
enum OperationModule {
    static func declare(in environment: ScriptingEnvironment) {
        let module = environment.state.module("operation", "What a node of the architecture can be.")
        func name(_ standard: String) -> LuaOption {
            LuaOption("name", .string, default: .string(standard), "its name in architectures")
        }
        module.options("gradient_descent", "One step of learnable gradient descent: x - step A'(A x - y) / |A|^2, |A| the spectral norm. Parameter: step {1}.", [
            LuaOption("step", .number, default: 1.0, "where the step size starts"), name("grad"),
        ], returns: "operation", example: "print(operation.gradient_descent{step = 1})") { o in
            OperationObject(GradientDescent(name: o.string("name"), step: o.number("step")))
        }
        module.alias("grad", of: "gradient_descent")
        module.options("cnn", "A convolutional network with biases and zero padding. Parameters: weight1 {channels, 1, kernel}, bias1 {channels}, weight2 {1, channels, kernel}, bias2 {1}.", [
            LuaOption("layers", .integerIn(1...16), default: 2, "convolutions"),
            LuaOption("channels", .positiveInteger, default: 8, "channels between them"),
            LuaOption("kernel", .positiveInteger, default: 5, "taps"),
            LuaOption("residual", .boolean, default: false, "whether the input is added to the output"),
            LuaOption("activation", .choice(ConvolutionalNetwork.Activation.allCases.map(\.rawValue)), default: "relu", "after each convolution but the last"),
            LuaOption("norm", .choice(ConvolutionalNetwork.Norm.allCases.map(\.rawValue)), default: "none", "batch: batch normalisation after each convolution but the last, with parameters scale1 {channels}, shift1 {channels}, ..; its statistics are always those of the signals at hand, the batch in training and the whole split in scores"),
            name("net"),
        ], returns: "operation", example: "print(operation.cnn{channels = 16, kernel = 3})") { o in
            OperationObject(ConvolutionalNetwork(
                name: o.string("name"), layers: o.integer("layers"), channels: o.integer("channels"), kernel: o.integer("kernel"),
                residual: o.boolean("residual"),
                activation: o.choice("activation", of: ConvolutionalNetwork.Activation.self),
                norm: o.choice("norm", of: ConvolutionalNetwork.Norm.self)))
        }
        module.alias("net", of: "cnn")
        module.options("roll", "A circular shift: harmful, a good search avoids it.", [
            LuaOption("shift", .integer, default: 8, "positions"), name("roll"),
        ], returns: "operation", example: "print(operation.roll{shift = 8})") { o in
            OperationObject(RollOperation(name: o.string("name"), shift: o.integer("shift")))
        }
        module.options("noise", "x + sigma N(0, 1), drawn in every step of training and in evaluation, where the seed of the network decides: the same measurements are reconstructed the same. Harmful; a good search avoids it.", [
            LuaOption("sigma", .nonNegativeNumber, default: 0.7, "standard deviation"), name("noise"),
        ], returns: "operation", example: "print(operation.noise{sigma = 0.7})") { o in
            OperationObject(NoiseOperation(name: o.string("name"), sigma: o.number("sigma")))
        }
        module.options("identity", "The signal as it is.", [name("identity")], returns: "operation", example: "print(operation.identity{})") { o in
            OperationObject(IdentityOperation(name: o.string("name")))
        }
        module.options("zero", "Nothing: zero everywhere.", [name("zero")], returns: "operation", example: "print(operation.zero{})") { o in
            OperationObject(ZeroOperation(name: o.string("name")))
        }
        module.options("soft_threshold", "sign(x) max(|x| - threshold, 0). Parameter: threshold {1}.", [
            LuaOption("threshold", .number, default: 0.1, "where the threshold starts"), name("soft_threshold"),
        ], returns: "operation", example: "print(operation.soft_threshold{})") { o in
            OperationObject(SoftThreshold(name: o.string("name"), threshold: o.number("threshold")))
        }
        module.options("conv", "One convolution with bias and zero padding. Parameters: weight {1, 1, kernel}, bias {1}.", [
            LuaOption("kernel", .positiveInteger, default: 5, "taps"), LuaOption("dilation", .positiveInteger, default: 1, "distance of the taps"), name("conv"),
        ], returns: "operation", example: "print(operation.conv{kernel = 3})") { o in
            OperationObject(ConvolutionOperation(name: o.string("name"), kernel: o.integer("kernel"), dilation: o.integer("dilation")))
        }
        module.options("proximal", "A step of gradient descent as gradient_descent, then soft thresholding (ISTA). Parameters: step {1}, threshold {1}.", [
            LuaOption("step", .number, default: 1.0, "where the step size starts"), LuaOption("threshold", .number, default: 0.1, "where the threshold starts"), name("proximal"),
        ], returns: "operation", example: "print(operation.proximal{threshold = 0.05})") { o in
            OperationObject(ProximalGradient(name: o.string("name"), step: o.number("step"), threshold: o.number("threshold")))
        }
        module.options("momentum", "Two steps of gradient descent with momentum (heavy ball): z = x - g(x), then z - g(z) + momentum (z - x). Parameters: step {1}, momentum {1}.", [
            LuaOption("step", .number, default: 1.0, "where the step size starts"), LuaOption("momentum", .number, default: 0.5, "where the momentum starts"), name("momentum"),
        ], returns: "operation", example: "print(operation.momentum{momentum = 0.9})") { o in
            OperationObject(MomentumGradient(name: o.string("name"), step: o.number("step"), momentum: o.number("momentum")))
        }
        module.options("smooth", "The mean over neighbours, all round the signal.", [
            LuaOption("width", .positiveInteger, default: 3, "neighbours, itself included"), name("smooth"),
        ], returns: "operation", example: "print(operation.smooth{width = 3})") { o in
            OperationObject(Smoothing(name: o.string("name"), width: o.integer("width")))
        }
        module.options("separable_conv", "A separable convolution: to channels pointwise, taps on each channel alone, ReLU, back pointwise. Parameters: weight1 {channels, 1, 1}, weight2 {channels, 1, kernel}, weight3 {1, channels, 1}, and their biases.", [
            LuaOption("channels", .positiveInteger, default: 8, "channels"), LuaOption("kernel", .positiveInteger, default: 5, "taps"),
            LuaOption("dilation", .positiveInteger, default: 1, "distance of the taps"), name("separable_conv"),
        ], returns: "operation", example: "print(operation.separable_conv{kernel = 3})") { o in
            OperationObject(SeparableConvolution(name: o.string("name"), channels: o.integer("channels"), kernel: o.integer("kernel"), dilation: o.integer("dilation")))
        }
        module.options("define", "An operation of your own. It is traced once and then runs, with its gradient, in the compiled core.", [
            LuaOption("name", .string, "its name in architectures"),
            LuaOption("parameters", .function, default: nil, "parameters(shape, init) -> {name = tensor, ..} of starting values; shape is {channels, length}, init(fan_in, shape) draws uniform on +-1/sqrt(fan_in), anew at every node and for every seed; other tensors are the same everywhere"),
            LuaOption("forward", .function, "forward(p, x, context) -> tensor of the shape of x {n, channels, length}; context.measured, context.initial, context.measurement, context.training"),
        ], returns: "operation", errors: "a result that is no tensor or has another shape than x",
           example: "local o = operation.define{name = \"half\", forward = function(p, x) return x * 0.5 end}\nprint(o)") { o in
            OperationObject(DefinedOperation(name: o.string("name"), parameters: o.optionalFunction("parameters"), forward: o.function("forward"), environment: environment))
        }
        let type = module.type(OperationObject.self, "What a node of the architecture can be.",
                               example: "local o = operation.cnn{channels = 4}\nprint(o, o.name)")
        type.property("name", "Its name in architectures.", type: "string") { $0.operation.name }
        type.describe { $0.operation.description }
    }
}
