// What the environment says of the terminal.

import Foundation

struct TerminalTraits: Equatable {
    /// Whether it moves the cursor at all.
    var isDumb: Bool
    /// Whether colours are welcome: NO_COLOR, when it is set to anything, forbids them (no-color.org).
    var hasColor: Bool
    /// Whether it breaks its lines anew when its width changes. Most do; xterm, rxvt, the Linux console, and GNU screen do not.
    var reflows: Bool

    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        let name = environment["TERM"] ?? ""
        isDumb = ["dumb", "unknown", "emacs", "cons25"].contains(name)
        hasColor = (environment["NO_COLOR"] ?? "").isEmpty && !name.hasPrefix("vt")
        let isPlain = ["linux", "rxvt", "vt"].contains(where: name.hasPrefix) || name.hasPrefix("screen") || environment["XTERM_VERSION"] != nil
        reflows = environment["TMUX"] != nil || !isPlain
    }
}
