// How a variant fills its table without containers or copies of its own: generic code that a variant makes the compiler
// emit is shared with the rest of the program by name, and the copy compiled for AVX-512 might be the one that is linked.

extension KernelTable {
    @inline(never)
    public static func make(_ fill: (inout KernelTable) -> Void) -> KernelTable {
        var table = KernelTable()
        fill(&table)
        return table
    }

    public subscript(code: UnaryCode) -> UnaryKernel {
        @inline(never) get { unary[code.rawValue] }
        @inline(never) set { put(newValue, at: code.rawValue, of: &unary) }
    }
    public subscript(code: BinaryCode) -> BinaryKernel {
        @inline(never) get { binary[code.rawValue] }
        @inline(never) set { put(newValue, at: code.rawValue, of: &binary) }
    }
    public subscript(code: TernaryCode) -> TernaryKernel {
        @inline(never) get { ternary[code.rawValue] }
        @inline(never) set { put(newValue, at: code.rawValue, of: &ternary) }
    }
    public subscript(rows code: ReductionCode) -> RowReduction {
        @inline(never) get { reduceRows[code.rawValue] }
        @inline(never) set { put(newValue, at: code.rawValue, of: &reduceRows) }
    }
    public subscript(columns code: ReductionCode) -> ColumnReduction {
        @inline(never) get { reduceColumns[code.rawValue] }
        @inline(never) set { put(newValue, at: code.rawValue, of: &reduceColumns) }
    }
}

/// Places before `index` that have no function yet get this one, until theirs comes.
private func put<Function>(_ function: Function, at index: Int, of functions: inout [Function]) {
    while functions.count <= index { functions.append(function) }
    functions[index] = function
}
