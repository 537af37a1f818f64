// Messages are signed by HMAC with the key of the connection file; what is not signed so is dropped. A signature is taken once: a
// message that was overheard cannot be sent again.

import COpenSSL

final class Signature {
    private let crypto: oche_crypto
    private let key: [UInt8]
    private let digest: OpaquePointer
    private var seen: Set<[UInt8]> = []
    private var order: [[UInt8]] = []
    private static let mostSeen = 65536

    /// - Parameter scheme: "hmac-" and the name of a digest.
    init(key: String, scheme: String) throws {
        let name = scheme.hasPrefix("hmac-") ? String(scheme.dropFirst(5)) : ""
        guard let library = oche_crypto_load() else { throw JupyterError("libcrypto was not found, which signs messages: install it (Debian: apt install libssl3)") }
        crypto = library.pointee
        guard let digest = crypto.digest_by_name(name) else { throw JupyterError("signature_scheme hmac-sha256 expected, got '\(scheme)'") }
        (self.key, self.digest) = (Array(key.utf8), digest)
    }

    /// Lower-case hexadecimal; empty without a key.
    func sign(_ frames: [[UInt8]]) -> [UInt8] {
        guard !key.isEmpty else { return [] }
        let all = Array(frames.joined())
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE)), count: UInt32 = 0
        guard crypto.hmac(digest, key, Int32(key.count), all, all.count, &code, &count) != nil else { return [0] }
        let digits = Array("0123456789abcdef".utf8)
        return code[..<Int(count)].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    /// Whether the frames are signed, for the first time.
    func accepts(_ signature: [UInt8], _ frames: [[UInt8]]) -> Bool {
        guard !key.isEmpty else { return true }
        let right = sign(frames)
        // In the same time wherever they differ.
        guard signature.count == right.count, crypto.compare(signature, right, right.count) == 0, seen.insert(signature).inserted else { return false }
        order.append(signature)
        if order.count > Signature.mostSeen {
            for old in order.prefix(Signature.mostSeen / 2) { seen.remove(old) }
            order.removeFirst(Signature.mostSeen / 2)
        }
        return true
    }
}
