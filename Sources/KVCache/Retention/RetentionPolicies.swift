import Basics

/// Every policy that there is, by name.
public enum RetentionPolicies {
  /// In the order in which they are listed to users.
  public static let all: [any RetentionPolicy] = [
    FullPolicy(),
    PrefixKVPolicy(),
    PrefixKVMergePolicy(),
    HeavyHitterPolicy(),
    LocalPolicy(),
    PyramidPolicy(),
    SnapKVPolicy(),
    AdaKVPolicy(),
    VLCachePolicy(),
    PrefixKVMeanPolicy(),
    PrefixKVWindowPolicy(),
    PrefixKVTextPolicy(),
    PrefixKVPeakPolicy(),
    KeyDiffPolicy(),
    KVzipPolicy(),
    ExpectedAttentionPolicy(),
    RandomPolicy(),
    UniformPolicy(),
    H2OReferencePolicy(),
    ElasticReferencePolicy(),
  ]

  /// The policy of a conversation for which nobody names one. docs/evaluation.md argues for it.
  public static let standard: any RetentionPolicy = PrefixKVPeakPolicy()

  /// The method as its authors published it: what reproduces their numbers, and what others are compared
  /// with.
  public static let prefixKV: any RetentionPolicy = PrefixKVPolicy()

  /// Those that are kept as they were published, to reproduce published numbers.
  public static var published: [any PublishedBaseline] {
    all.compactMap { $0 as? any PublishedBaseline }
  }

  /// The policy of that name; `prefixkv:PATH` is PrefixKV with the configuration files at that path
  /// (see `ConfigurationFamily.families(at:)`).
  /// - Throws: `RetentionError.unknownPolicy`, `ConfigurationError`.
  public static func named(_ name: String) throws -> any RetentionPolicy {
    if let policy = all.first(where: { $0.name == name }) { return policy }
    try requireName(name)
    return try PrefixKVConfiguredPolicy(path: String(name.dropFirst(withPath.count)))
  }

  /// Checks a name without looking at configuration files.
  /// - Throws: `RetentionError.unknownPolicy`.
  public static func requireName(_ name: String) throws(RetentionError) {
    guard all.contains(where: { $0.name == name }) || name.hasPrefix(withPath) else {
      throw .unknownPolicy(name)
    }
  }

  private static let withPath = "prefixkv:"

  /// The configuration files that a policy is read from; none where its name holds no path.
  public static func files(of name: String) -> [String] {
    guard name.hasPrefix(withPath) else { return [] }
    return ConfigurationFamily.files(at: String(name.dropFirst(withPath.count)))
  }
}

/// Why a policy could not be chosen.
public enum RetentionError: Error, Equatable, CustomStringConvertible {
  /// No policy has this name.
  case unknownPolicy(String)

  public var description: String {
    switch self {
    case .unknownPolicy(let name):
      "There is no policy '\(name)'. Available: "
        + RetentionPolicies.all.map(\.name).joined(separator: ", ")
        + ", and prefixkv:PATH for configuration files."
    }
  }
}
