import ArgumentParser
import Inference
import KVCache

/// How much of the cache is kept, and in what.
struct CacheArguments: ParsableArguments {
  @Option(
    name: .long,
    help: "What the cache keeps: 0.3, 30%, 180tok (mean entries per layer) or 200MiB.",
    completion: .list(["100%", "50%", "30%", "20%", "10%"]))
  var budget: String = "100%"

  @Option(name: .long, help: "What the cache holds its entries in: \(CachePrecision.names).")
  var kvType: CachePrecision = .f16

  func validate() throws { _ = try BudgetRequest(parsing: budget) }
}

/// The same for a conversation, and how it is chosen what is kept.
struct RetentionArguments: ParsableArguments {
  @OptionGroup var cache: CacheArguments

  @Option(name: .long, help: Self.policyHelp, completion: Self.policyNames)
  var policy: String = RetentionPolicies.standard.name

  /// What `--policy` takes.
  static let policyHelp = ArgumentHelp(
    "\(RetentionPolicies.all.map(\.name).joined(separator: ", ")), or prefixkv:FILE.")

  /// What a shell offers for it.
  static var policyNames: CompletionKind { .list(RetentionPolicies.all.map(\.name)) }

  func validate() throws { try RetentionPolicies.requireName(policy) }

  /// What `--compare` names.
  func columns(_ text: String) throws -> [ComparisonColumn] {
    guard !text.allSatisfy(\.isWhitespace) else {
      throw ValidationError("--compare is empty. Name budgets, as in 100%,50%,20%.")
    }
    return try ComparisonColumn.columns(
      parsing: text, policy: policy, budget: try BudgetRequest(parsing: cache.budget))
  }

  /// - Throws: `ConfigurationError` when the policy's configuration files cannot be used.
  func chatOptions(
    template: TemplateOptions, tiles: Int?, sampling: SamplingOptions
  ) throws -> ChatOptions {
    ChatOptions(
      policy: try RetentionPolicies.named(policy), budget: try BudgetRequest(parsing: cache.budget),
      template: try template.chosen, system: template.system, tiles: tiles,
      cachePrecision: cache.kvType,
      sampling: sampling)
  }
}

extension CachePrecision: ExpressibleByArgument {}
