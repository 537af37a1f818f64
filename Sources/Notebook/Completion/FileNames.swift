#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Files and folders whose path begins as typed; only the last part of the path is replaced.
enum FileNames {
    static func answer(_ typed: String, start: Int, end: Int) -> CompletionAnswer {
        let slash = typed.lastIndex(of: "/")
        let folder = slash.map { String(typed[...$0]) } ?? ""
        let name = String(typed[(slash.map { typed.index(after: $0) } ?? typed.startIndex)...])
        var path = folder.isEmpty ? "." : folder
        if path.hasPrefix("~/"), let home = getenv("HOME") { path = String(cString: home) + path.dropFirst(1) }
        return CompletionAnswer(start: start + folder.utf8.count, end: end, candidates: entries(path, name))
    }

    private static func entries(_ folder: String, _ prefix: String) -> [Candidate] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var found: [Candidate] = []
        while let entry = readdir(stream), found.count < 1000 {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard name.hasPrefix(prefix), name != ".", name != "..", prefix.hasPrefix(".") || !name.hasPrefix(".") else { continue }
            var info = stat()
            let isFolder = stat(folder + "/" + name, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
            found.append(Candidate(text: isFolder ? name + "/" : name, detail: isFolder ? "folder" : ""))
        }
        return found.sorted { $0.text < $1.text }
    }
}
