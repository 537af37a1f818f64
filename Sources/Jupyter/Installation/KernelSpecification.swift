// Makes Oche known to Jupyter: a folder with kernel.json, which says how to start the kernel, and a logo.

import Basics
import Foundation
import Notebook

/// What could not be installed or started, and why.
public struct JupyterError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

public struct KernelSpecification {
    /// Absolute path of the program.
    public var program: String
    /// Options of the session, before the word `kernel`.
    public var options: [String]

    public init(program: String, options: [String]) { (self.program, self.options) = (program, options) }

    var json: JSONValue {
        ["argv": .array(([program] + options + ["kernel", "--connection-file", "{connection_file}"]).map { .string($0) }),
         "display_name": "Oche", "language": "lua", "interrupt_mode": "message", "metadata": ["debugger": false]]
    }

    /// - Returns: the folder it is in.
    public func install(in place: Place) throws -> String {
        let folder = try place.folder + "/kernels/oche"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data((json.text(.notebook) + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/kernel.json"), options: .atomic)
            try Data(KernelSpecification.logo.utf8).write(to: URL(fileURLWithPath: folder + "/logo-svg.svg"), options: .atomic)
        } catch {
            throw JupyterError("cannot write to '\(folder)': \((error as NSError).localizedDescription)")
        }
        return folder
    }

    public enum Place {
        /// Jupyter's folder of this user.
        case user
        /// share/jupyter under a prefix, such as that of a virtual environment.
        case prefix(String)

        var folder: String {
            get throws {
                let environment = ProcessInfo.processInfo.environment
                switch self {
                case .prefix(let path): return URL(fileURLWithPath: path).standardizedFileURL.path + "/share/jupyter"
                case .user:
                    if let path = environment["JUPYTER_DATA_DIR"], !path.isEmpty { return path }
                    guard let home = environment["HOME"], !home.isEmpty else { throw JupyterError("HOME is not set: --prefix says where to install") }
                    #if os(macOS)
                    return home + "/Library/Jupyter"
                    #else
                    if let data = environment["XDG_DATA_HOME"], !data.isEmpty { return data + "/jupyter" }
                    return home + "/.local/share/jupyter"
                    #endif
                }
            }
        }
    }

    /// A dartboard, and the line it is thrown at from.
    static let logo = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
        <circle cx="32" cy="27" r="25" fill="#1a1f26"/><circle cx="32" cy="27" r="20" fill="none" stroke="#e69f00" stroke-width="3"/>
        <circle cx="32" cy="27" r="11" fill="none" stroke="#56b4e9" stroke-width="3"/><circle cx="32" cy="27" r="4" fill="#d55e00"/>
        <rect x="6" y="57" width="52" height="4" rx="2" fill="#1a1f26"/>
        </svg>

        """
}
