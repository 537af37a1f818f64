// The table of this variant's functions.
import KernelInterface

public func makeKernelTable() -> KernelTable {
    KernelTable.make { table in
        table.elementSize = MemoryLayout<Real>.size
        table[.copy] = copy
        table[.negate] = negate
        table[.absolute] = absolute
        table[.sign] = sign
        table[.squareRoot] = squareRoot
        table[.reciprocal] = reciprocal
        table[.exponential] = exponential
        table[.logarithm] = logarithm
        table[.sine] = sine
        table[.cosine] = cosine
        table[.tangentHyperbolic] = tangentHyperbolic
        table[.sigmoid] = sigmoid
        table[.relu] = relu
        table[.floor] = roundDown

        table[.add] = add
        table[.subtract] = subtract
        table[.multiply] = multiply
        table[.divide] = divide
        table[.power] = power
        table[.maximum] = maximum
        table[.minimum] = minimum
        table[.greater] = greater
        table[.greaterEqual] = greaterEqual
        table[.less] = less
        table[.lessEqual] = lessEqual
        table[.equal] = equal
        table[.notEqual] = notEqual
        table[.remainder] = remainder

        table[.select] = select
        table[.multiplyAdd] = multiplyAdd

        table[rows: .sum] = sumRows
        table[rows: .maximum] = maximumRows
        table[rows: .minimum] = minimumRows
        table[rows: .product] = productRows
        table[columns: .sum] = sumColumns
        table[columns: .maximum] = maximumColumns
        table[columns: .minimum] = minimumColumns
        table[columns: .product] = productColumns

        table.spreadRows = spreadRows
        table.spreadColumns = spreadColumns
        table.cumulativeRows = cumulativeRows
        table.cumulativeColumns = cumulativeColumns

        table.copyStrided = copyStrided
        table.transpose = transpose
        table.fill = fill
        table.pack = pack
        table.unpack = unpack
        table.sumLanes = sumLanes
        table.dotLanes = dotLanes
        table.addLanes = addLanes
        table.linearCombination = linearCombination

        table.matmul = matmul
        table.outerLanes = outerLanes
        table.convolve = convolve
        table.convolveTransposed = convolveTransposed
        table.convolveWeightGradient = convolveWeightGradient
        table.twoLayerForward = twoLayerForward
        table.twoLayerBackward = twoLayerBackward
        table.twoLayerTangent = twoLayerTangent
        table.twoLayerTangentBackward = twoLayerTangentBackward
        table.twoLayerScratch = twoLayerScratch

        table.adamStep = adamStep

        table.normalPacked = normalPacked
        table.normalRows = normalRows
        table.uniformPacked = uniformPacked
        table.uniformRows = uniformRows

        table.multiplyAddRounds = multiplyAddRounds
    }
}
