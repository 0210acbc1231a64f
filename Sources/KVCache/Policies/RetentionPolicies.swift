/// Every policy there is, by name.
public enum RetentionPolicies {
  public static let all: [any RetentionPolicy] = [
    FullPolicy(),
    PrefixKVPolicy(),
    LocalPolicy(),
  ]

  /// The policy of that name.
  /// - Throws: `RetentionError.unknownPolicy`.
  public static func named(_ name: String) throws -> any RetentionPolicy {
    if let policy = all.first(where: { $0.name == name }) { return policy }
    throw RetentionError.unknownPolicy(name)
  }
}

/// Why a policy could not be had.
public enum RetentionError: Error, Equatable, CustomStringConvertible {
  case unknownPolicy(String)

  public var description: String {
    switch self {
    case .unknownPolicy(let name):
      "There is no policy '\(name)'. Known are: \(RetentionPolicies.all.map(\.name).joined(separator: ", "))."
    }
  }
}
