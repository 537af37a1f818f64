import Engine

/// Which of the named arrays of a file are loaded, and what becomes of one that is no tensor: an error when it was
/// asked for, else it is left out and said.
struct WantedArrays {
    /// Nil for all.
    let names: [String]?

    /// The tensors of the entries wanted. `read` throws `UnloadableArray` for an entry that is no tensor.
    func read<Entry>(_ entries: [String: Entry], of file: FileBytes,
                     _ read: (String, Entry) throws -> Tensor) throws -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        var leftOut: [(name: String, array: UnloadableArray)] = []
        for name in names ?? entries.keys.sorted() {
            guard let entry = entries[name] else {
                let known = entries.keys.sorted()
                let listed = known.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
                let more = known.count > 20 ? ", .." : ""
                throw file.wrong("has no array '\(name)'; it has \(listed.isEmpty ? "none" : listed + more)")
            }
            do {
                tensors[name] = try read(name, entry)
            } catch let array as UnloadableArray {
                leftOut.append((name, array))
            }
        }
        if let first = leftOut.first, names != nil || tensors.isEmpty {
            throw EngineError("load: '\(first.name)' of '\(file.name)' \(first.array.text)")
        }
        for (name, array) in leftOut { file.remark("load: left out '\(name)' of '\(file.name)': it \(array.text)") }
        return tensors
    }
}
