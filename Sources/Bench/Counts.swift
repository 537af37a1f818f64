import DARTS
import Engine
import Kernels

/// The hot kernels, for counting their instructions: `count NAME` runs one once inside `countedRegion`, which
/// `callgrind --toggle-collect='*countedRegion*'` counts alone; `count` lists the names.
enum Counts {
    static func run(_ arguments: [String]) throws {
        let kernels = try kernels()
        guard let name = arguments.first else { return kernels.forEach { print($0.0) } }
        guard let (_, body) = kernels.first(where: { $0.0 == name }) else { throw EngineError("unknown kernel '\(name)'") }
        body()              // touches memory and whatever is set up once
        counted(body)
    }

    private static func counted(_ body: () -> Void) {
        withoutActuallyEscaping(body) { body in
            pending = body
            countedRegion()
            pending = nil
        }
    }

    private static func memory(_ count: Int, _ value: Double = 0.01) -> UnsafeMutableRawPointer {
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64)
        Kernels.float.fill(pointer, value, count)
        return pointer
    }

    /// One block of 16 signals of length 64 where nothing else is said. The memory is never freed: the process ends here.
    private static func kernels() throws -> [(String, () -> Void)] {
        let table = Kernels.float, lanes = 16, length = 64
        let x = memory(lanes * length), y = memory(lanes * length)
        var list: [(String, () -> Void)] = []
        for taps in [3, 5, 9] {
            let channels = 16
            let geometry = UnsafeMutablePointer<TwoLayerGeometry>.allocate(capacity: 1)
            geometry.initialize(to: TwoLayerGeometry())
            (geometry.pointee.hidden, geometry.pointee.length, geometry.pointee.taps1, geometry.pointee.taps2) = (channels, length, taps, taps)
            (geometry.pointee.padLeft1, geometry.pointee.padLeft2) = (taps / 2, taps / 2)
            let scratch = memory(lanes * table.twoLayerScratch(geometry))
            let w1 = memory(channels * taps), b1 = memory(channels), w2 = memory(channels * taps), b2 = memory(1)
            list.append(("two_layer_forward_k\(taps)", { table.twoLayerForward(y, x, w1, b1, w2, b2, nil, scratch, geometry) }))
            let backward = UnsafeMutablePointer<TwoLayerBackward>.allocate(capacity: 1)
            backward.initialize(to: TwoLayerBackward(
                x: UnsafeRawPointer(x), gy: UnsafeRawPointer(y), w1: UnsafeRawPointer(w1), b1: UnsafeRawPointer(b1), w2: UnsafeRawPointer(w2), hidden: nil,
                gx: memory(lanes * length), gw1: memory(lanes * channels * taps), gb1: memory(lanes * channels), gw2: memory(lanes * channels * taps),
                gb2: memory(lanes), scratch: scratch, lanes: lanes))
            list.append(("two_layer_backward_k\(taps)", { table.twoLayerBackward(backward, geometry) }))
        }
        let taps = 17                   // A'A of a blur of 9 taps
        let geometry = UnsafeMutablePointer<ConvolutionGeometry>.allocate(capacity: 1)
        geometry.initialize(to: ConvolutionGeometry())
        (geometry.pointee.inLength, geometry.pointee.outLength, geometry.pointee.taps, geometry.pointee.padLeft) = (length, length, taps, taps / 2)
        (geometry.pointee.mode, geometry.pointee.isSymmetric) = (.circular, true)
        let weights = memory(taps)
        list.append(("symmetric_convolution", { table.convolve(y, x, weights, nil, geometry) }))

        let terms = 4
        let sources = UnsafeMutablePointer<UnsafeRawPointer>.allocate(capacity: terms)
        let coefficients = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: terms)
        for term in 0..<terms {
            sources[term] = UnsafeRawPointer(memory(lanes * length))
            coefficients[term] = UnsafeRawPointer(weights)
        }
        list.append(("linear_combination", { table.linearCombination(y, coefficients, sources, terms, lanes * length) }))

        let position = UnsafeMutablePointer<RandomPosition>.allocate(capacity: 1)
        position.initialize(to: RandomPosition(seed: 1, step: 1, stream: 1))
        list.append(("normals", { table.normalPacked(y, length, 0, position) }))

        let side = 128
        let a = memory(side * side), b = memory(side * side), c = memory(side * side)
        list.append(("matmul", { table.matmul(c, side, a, side, 1, b, side, side, side, side, 0) }))
        list.append(("adam_update", try adamUpdate(count: 4096)))
        return list
    }

    /// One step of Adam with clipping on `count` weights, as compiled.
    private static func adamUpdate(count: Int) throws -> () -> Void {
        var optimizer = Optimizer(rate: 1e-2)
        optimizer.clip = 0.5
        let graph = Graph()
        let (parameters, gradient) = (graph.input([count]), graph.input([count]))
        let state = [graph.input([count]), graph.input([count])], scalars = graph.input([Optimizer.scalarCount])
        let update = try optimizer.update(parameters, gradient: gradient, state: state, scalars: scalars)
        let execution = Execution(try Plan(graph, outputs: [update.parameters] + update.state))
        for input in 0..<4 { execution.bind(input, to: memory(count)) }
        execution.bind(4, to: memory(Optimizer.scalarCount))
        return {
            do { try execution.run(seed: 0) } catch { print("error", error) }
        }
    }
}

nonisolated(unsafe) private var pending: (() -> Void)?

@inline(never)
func countedRegion() { pending?() }
