import Foundation

/// The folders of a user's files. No other code reads `HOME` and the XDG variables.
///
/// Source: XDG Base Directory Specification 0.8; a relative path in a variable counts as unset.
public struct UserFolders: Sendable {
  private let environment: [String: String]

  /// - Parameter environment: Tests give their own.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.environment = environment
  }

  /// `HOME`, or the home folder in the system's user database when that is unset.
  public var home: String {
    if let home = environment["HOME"], !home.isEmpty { return home }
    return NSHomeDirectory()
  }

  /// Histories, logs, spill files: `$XDG_STATE_HOME/prefixkv`.
  public var state: String { base("XDG_STATE_HOME", otherwise: ".local/state") + "/prefixkv" }
  /// Kept conversations, in the user's state folder or another one. Not in `$XDG_DATA_HOME/prefixkv`:
  /// under ~/.local that is the folder of assets that `make install` fills and `make uninstall` removes.
  public static func sessions(in state: String) -> String { state + "/sessions" }
  /// Settings: `$XDG_CONFIG_HOME/prefixkv`.
  public var configuration: String { base("XDG_CONFIG_HOME", otherwise: ".config") + "/prefixkv" }
  /// The folder of all programs' caches: `$XDG_CACHE_HOME`.
  public var caches: String { base("XDG_CACHE_HOME", otherwise: ".cache") }

  /// A path with a leading `~` or `~/` replaced by the home folder.
  public func expanded(_ path: String) -> String {
    path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path
  }

  /// The path that a variable holds, `~` expanded; nil where it is unset or empty.
  public func path(in variable: String) -> String? {
    environment[variable].flatMap { $0.isEmpty ? nil : expanded($0) }
  }

  private func base(_ variable: String, otherwise fallback: String) -> String {
    if let path = environment[variable], path.hasPrefix("/") { return path }
    return home + "/" + fallback
  }
}
