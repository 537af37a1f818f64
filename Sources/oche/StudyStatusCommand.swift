import ArgumentParser
import Studies

struct StudyStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "How far the studies of a store are, and how to go on.")
    @OptionGroup var place: StoreArguments

    func run() throws {
        let store = try Store(path: place.store, readOnly: true)
        for name in try place.studies(in: store) {
            let status = try store.status(study: name)
            var parts = ["\(status.ok) of \(status.planned) trials done"]
            if status.failed > 0 { parts.append("\(status.failed) failed") }
            if status.claimed > 0 { parts.append("\(status.claimed) claimed by a process that runs, or was killed") }
            if status.missing > 0 { parts.append("\(status.missing) to do") }
            print("\(name): \(parts.joined(separator: ", "))")
            let origin = try store.provenance(study: name)
            if let origin, origin.script != nil {
                print("  script \(origin.scriptPath ?? "given with -e")\(origin.scriptHash.map { ", SHA-256 \($0.prefix(12))" } ?? "")\(origin.gitCommit.map { ", commit \($0.prefix(12))" } ?? "")\(origin.gitDirty == true ? " with changes" : "")")
            } else {
                print("  typed at a prompt")
            }
            if let error = try store.records(study: name).first(where: { $0.status == .failed }) {
                print("  first failure: \(error.data), \(error.method), trial \(error.trial): \(error.error ?? "")")
            }
            if status.planned > status.ok + status.failed {
                print(origin?.script == nil ? "  the same study.new and run there go on" : "  'oche study resume \(place.store)' goes on")
            }
        }
    }
}
