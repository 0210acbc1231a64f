import ArgumentParser
import Basics
import Evaluation

struct EvalMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join the result files of all shards into the results of a single run.",
    discussion: "Of eval or of profile; those of profile become configuration files again.")

  @Argument(help: "The result files of the shards.", completion: .file())
  var shards: [String]

  @Option(name: .shortAndLong, help: "The result file to write.", completion: .file())
  var output: String

  @Option(
    name: .long, help: "Of a run of eval reference: the file of reference answers to write.",
    completion: .file())
  var references: String?

  func run() throws {
    let (run, records) = try ResultFile.merge(paths: shards)
    try InputFiles.protect(
      shards, of: "a part of the results",
      from: [output] + [references].compactMap(\.self)
        + EvaluationReport.paths(of: run.measure, beside: output))
    try ResultFile.write(run: run, records: records, to: output)
    let missing = run.samples - Set(records.map(\.index)).count
    if missing > 0 {
      Notice.say("\(missing) of \(run.samples) samples are in none of the files.")
    }
    try StandardStream.output.write(
      EvaluationReport.write(
        run, records, beside: output, references: references, note: Notice.say))
  }
}
