import ArgumentParser
import Inference
import KVCache

/// Which model, and how it is brought into memory.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "A model folder, a .gguf file or a Hugging Face id in the local cache. Default: bundled.")
  var model: String?

  @Option(name: .long, help: "Threads to compute with. Default: every core this process may use.")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads \(threads) is outside 1...1024.")
    }
  }

  func load(as type: MatrixType? = nil) throws -> LlavaModel {
    let checkpoint = try WeightFormats.open(ModelLocator.resolve(model))
    return try LlavaModel(checkpoint, options: LoadOptions(matrixType: type, threads: threads))
  }
}

/// How much of the cache is kept, and how it is chosen.
struct RetentionArguments: ParsableArguments {
  @Option(
    name: .long,
    help: "What the cache keeps: 0.3, 30%, 180tok (mean entries per layer) or 200MiB.")
  var budget: String = "100%"

  @Option(
    name: .long,
    help: "\(RetentionPolicies.all.map(\.name).joined(separator: ", ")), or prefixkv:FILE.")
  var policy: String = "prefixkv"

  func validate() throws {
    do {
      _ = try BudgetRequest(parsing: budget)
      _ = try RetentionPolicies.named(policy)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func chatOptions(sampling: SamplingOptions = SamplingOptions()) throws -> ChatOptions {
    ChatOptions(
      policy: try RetentionPolicies.named(policy), budget: try BudgetRequest(parsing: budget),
      sampling: sampling)
  }
}
