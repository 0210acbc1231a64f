import ArgumentParser
import Evaluation

/// Which samples, and which part of them.
struct EvalDataOptions: ParsableArguments {
  @Option(name: .long, help: "The data set: a JSON list or JSON lines.", completion: .file())
  var data: String

  @Option(
    name: .long, help: "The folder the data's picture paths begin at. Default: the data's.",
    completion: .directory)
  var images: String?

  @Option(name: .long, help: "Only the first N samples.")
  var samples: Int?

  @Option(name: .long, help: "Leave out the first N samples; --samples counts from there.")
  var skip: Int = 0

  @Option(
    name: .long,
    help: "One part of the run: 2/4 is the second of four. Default: from mpirun or Slurm.")
  var shard: String?

  @Flag(name: .long, help: "Continue an interrupted run from its result file.")
  var resume = false

  @Flag(name: .long, help: "Stop at the first bad item instead of leaving it out.")
  var strict = false

  func validate() throws {
    if let samples, samples < 1 { throw ValidationError("--samples \(samples) is not above 0.") }
    guard skip >= 0 else { throw ValidationError("--skip \(skip) is below 0.") }
    _ = try shard.map(Shard.init(parsing:))
  }

  /// - Parameter weights: The type that the weights are brought into at load; nil stands for the
  ///   stored one.
  func settings(
    _ measure: RunDescription.Measure, name: String?, output: String, references: String? = nil,
    weights: String?, turns: Bool = false
  ) throws -> EvaluationJob.Settings {
    EvaluationJob.Settings(
      measure: measure, name: name,
      data: DataSelection(
        path: data, imageRoot: images, skipped: skip, limit: samples, isStrict: strict,
        needsTurns: turns),
      shard: try shard.map(Shard.init(parsing:)) ?? Shard.inEnvironment() ?? .whole,
      output: output, references: references, weights: weights, resumes: resume,
      version: PrefixKVCommand.configuration.version,
      arguments: try ChatSettings.applied(to: Array(CommandLine.arguments.dropFirst())))
  }
}
