import Foundation

/// PrefixKV with layer budgets that were estimated in advance, not searched for the prompt.
///
/// Source: Wang et al., https://arxiv.org/abs/2412.03409 (the repository's normal mode). A layer's
/// share times the prompt's length is rounded half to even, as there; while decoding the layer is
/// held at the share as written in the file.
struct PrefixKVConfiguredPolicy: RetentionPolicy {
  let name: String
  let summary = "prefixkv with layer budgets from a configuration file or folder"
  let needs: Set<RetentionNeed> = [.importance, .decodeAttention]
  let families: [ConfigurationFamily]

  /// - Parameter path: as for `ConfigurationFamily.families(at:)`.
  init(path: String) throws(ConfigurationError) {
    name = "prefixkv:" + path
    families = try ConfigurationFamily.families(at: path)
  }

  func plan(_ context: RetentionContext) throws -> RetentionPlan {
    let fitting = families.filter { $0.layers == context.layers }
    guard let family = fitting.first else {
      throw ConfigurationError.layers(
        found: families.map { "\($0.name) (\($0.layers))" }, wanted: context.layers)
    }
    guard fitting.count == 1 else { throw ConfigurationError.ambiguous(fitting.map(\.name)) }

    let (shares, note) = family.shares(forgotten: context.budget.forgotten)
    let forget = shares.map {
      Int(($0 * Double(context.positions)).rounded(.toNearestOrEven))
    }
    return context.plan(forgetting: forget, shares: shares, note: note)
  }
}
