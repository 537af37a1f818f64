// The file by which a front end tells the kernel where to listen, and the key that messages are signed with. Only this machine is
// listened to: whoever reaches the ports and knows the key runs code.

import Basics
import Foundation
import Notebook

public struct ConnectionFile {
    /// "tcp" or "ipc".
    let transport: String
    let ip: String
    let ports: [Channel: Int]
    let key: String
    /// "hmac-sha256".
    let scheme: String

    enum Channel: String, CaseIterable {
        case shell, control, stdin, iopub, heartbeat = "hb"
    }

    /// - Throws: `JupyterError` with what is wrong.
    public init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else { throw JupyterError("cannot open '\(path)'") }
        guard let json = try? JSONValue(parsing: data), case .object = json else { throw JupyterError("'\(path)' is no connection file: JSON expected") }
        try self.init(json, name: path)
    }

    init(_ json: JSONValue, name: String) throws {
        func text(_ key: String, default value: String? = nil) throws -> String {
            guard let text = json[key]?.string ?? value else { throw JupyterError("'\(name)': \(key), a string, expected") }
            return text
        }
        (transport, ip, key, scheme) = (try text("transport", default: "tcp"), try text("ip"), try text("key"), try text("signature_scheme", default: "hmac-sha256"))
        guard ["tcp", "ipc"].contains(transport) else { throw JupyterError("'\(name)': transport tcp or ipc expected, got '\(transport)'") }
        if transport == "tcp", !ConnectionFile.isLoopback(ip) {
            throw JupyterError("'\(name)': the kernel listens to this machine only: ip 127.0.0.1 expected, got '\(ip)'. To work from another machine, run Jupyter here and reach it through SSH")
        }
        var ports: [Channel: Int] = [:]
        for channel in Channel.allCases {
            guard let port = json["\(channel.rawValue)_port"]?.integer, (1...65535).contains(port) else { throw JupyterError("'\(name)': \(channel.rawValue)_port, a number from 1 to 65535, expected") }
            ports[channel] = port
        }
        self.ports = ports
    }

    static func isLoopback(_ ip: String) -> Bool {
        if ip == "localhost" || ip == "::1" || ip == "[::1]" { return true }
        let parts = ip.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        return parts.count == 4 && parts[0] == 127 && parts.allSatisfy { $0.map { (0...255).contains($0) } == true }
    }

    func address(_ channel: Channel) -> String {
        if transport == "ipc" { return "ipc://\(ip)-\(ports[channel]!)" }
        let host = ip == "localhost" ? "127.0.0.1" : ip == "::1" ? "[::1]" : ip
        return "tcp://\(host):\(ports[channel]!)"
    }
}
