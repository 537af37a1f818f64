/// Reverse-mode differentiation by rewriting: the gradient is more graph, so it can be differentiated again, shared with
/// the forward part and compiled with it.

/// The gradient of `sum(output * seed)` with respect to each of `inputs` (which may be inner nodes); zeros where the
/// output does not depend on one. `seed` has the output's shape; nil means ones, for an output of one element.
public func gradients(of output: Expression, seed: Expression? = nil, withRespectTo inputs: [Expression]) throws -> [Expression] {
    try gradients(of: [(output, seed ?? output.graph.filled(1, output.shape, output.dtype))], withRespectTo: inputs)
}

/// The gradient of the sum over outputs of `sum(output * seed)`.
public func gradients(of outputs: [(output: Expression, seed: Expression)], withRespectTo inputs: [Expression]) throws -> [Expression] {
    guard let graph = outputs.first?.output.graph else { return [] }
    let last = outputs.map(\.output.id).max()!
    var isAsked = [Bool](repeating: false, count: last + 1)
    for input in inputs where input.id <= last { isAsked[input.id] = true }
    let depends = nodesDepending(on: isAsked, in: graph)
    // Most values have one, which needs no list.
    var first = [Int32](repeating: -1, count: last + 1), others: [Int: [Expression]] = [:]
    func contribute(_ gradient: Expression, to id: Int) {
        if first[id] < 0 { first[id] = Int32(gradient.id) } else { others[id, default: []].append(gradient) }
    }
    for (output, seed) in outputs { contribute(seed, to: output.id) }
    var results: [Int: Expression] = [:]

    for id in stride(from: last, through: 0, by: -1) where depends[id] {
        guard first[id] >= 0 else { continue }
        try Interruption.check()
        let one = Expression(graph, Int(first[id]))
        let upstream = try others.isEmpty ? one : others.removeValue(forKey: id).map { try accumulated([one] + $0) } ?? one
        if isAsked[id] { results[id] = upstream }
        let node = graph.nodes[id]
        let inputs = node.inputs
        guard inputs.contains(where: { depends[$0] }) else { continue }
        let wanted: [Bool], operands: [Expression]
        switch inputs.count {
        case 1: (wanted, operands) = ([depends[inputs[0]]], [Expression(graph, inputs[0])])
        case 2: (wanted, operands) = ([depends[inputs[0]], depends[inputs[1]]], [Expression(graph, inputs[0]), Expression(graph, inputs[1])])
        default: (wanted, operands) = (inputs.map { depends[$0] }, inputs.map { Expression(graph, $0) })
        }
        let gradients = try node.op.gradient(Expression(graph, id), inputs: operands, upstream: upstream, wanted: wanted)
        for (i, gradient) in gradients.enumerated() where wanted[i] {
            if let gradient { contribute(gradient, to: inputs[i]) }
        }
    }
    return inputs.map { results[$0.id] ?? graph.filled(0, $0.shape, $0.dtype) }
}

private func nodesDepending(on roots: [Bool], in graph: Graph) -> [Bool] {
    var depends = roots
    for id in roots.indices where !depends[id] {
        for input in graph.nodes[id].inputs where depends[input] { depends[id] = true }
    }
    return depends
}

/// The sum of the parts. Parts that are disjoint pieces of the same axis (the gradients of slices) are put side by side
/// instead of being padded and added.
private func accumulated(_ parts: [Expression]) throws -> Expression {
    guard parts.count > 1 else { return parts[0] }
    var pieces: [(start: Int, piece: Expression)] = []
    var others: [Expression] = []
    var axis: Int?
    for part in parts {
        if let embed = part.graph.nodes[part.id].op(Embed.self), embed.step == 1, axis == nil || axis == embed.axis {
            axis = embed.axis
            pieces.append((embed.start, part.operands[0]))
        } else {
            others.append(part)
        }
    }
    if let axis, pieces.count > 1 {
        pieces.sort { $0.start < $1.start }
        let ends = pieces.map { $0.start + $0.piece.shape[axis] }
        if zip(ends, pieces.dropFirst()).allSatisfy({ $0 <= $1.start }) {
            others.append(try assembled(pieces, axis: axis, shape: parts[0].shape))
            pieces = []
        }
    }
    if !pieces.isEmpty { others = parts }
    return others.dropFirst().reduce(others[0], +)
}

private func assembled(_ pieces: [(start: Int, piece: Expression)], axis: Int, shape: Shape) throws -> Expression {
    var row: [Expression] = []
    var position = 0
    func gap(to end: Int) {
        guard end > position else { return }
        var size = shape
        size[axis] = end - position
        row.append(pieces[0].piece.graph.filled(0, size, pieces[0].piece.dtype))
    }
    for (start, piece) in pieces where piece.shape[axis] > 0 {
        gap(to: start)
        row.append(piece)
        position = start + piece.shape[axis]
    }
    gap(to: shape[axis])
    return try concatenate(row, axis: axis)
}
