import Foundation
import KVCache

/// A retention policy as the screen offers it.
public struct PolicyChoice: Sendable, Equatable {
  public var name: String
  /// One line that says what it keeps.
  public var summary: String

  public init(name: String, summary: String) {
    self.name = name
    self.summary = summary
  }
}

/// How a chat begins.
public struct AppOptions: Sendable, Equatable {
  /// The picture to open; nil: `samplePicture`.
  public var imagePath: String?
  public var samplePicture: String?
  public var budget: BudgetRequest
  public var policy: String
  /// What `--model` named; nil: the bundled model.
  public var model: String?
  public var policies: [PolicyChoice]
  /// Line mode even on a capable terminal.
  public var plain: Bool
  /// Where the log and the history live.
  public var stateDirectory: String
  public var historyFile: String

  public init(
    imagePath: String? = nil, samplePicture: String? = nil, budget: BudgetRequest = .share(1),
    policy: String = "prefixkv", model: String? = nil, policies: [PolicyChoice] = [],
    plain: Bool = false, stateDirectory: String? = nil, historyFile: String? = nil
  ) {
    self.imagePath = imagePath
    self.samplePicture = samplePicture
    self.budget = budget
    self.policy = policy
    self.model = model
    self.policies = policies
    self.plain = plain
    let directory = stateDirectory ?? Self.defaultStateDirectory
    self.stateDirectory = directory
    self.historyFile = historyFile ?? directory + "/history"
  }

  /// `$XDG_STATE_HOME/prefixkv`, or `~/.local/state/prefixkv`.
  public static var defaultStateDirectory: String {
    let environment = ProcessInfo.processInfo.environment
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      return state + "/prefixkv"
    }
    return NSHomeDirectory() + "/.local/state/prefixkv"
  }
}
