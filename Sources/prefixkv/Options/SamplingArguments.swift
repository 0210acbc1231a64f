import ArgumentParser
import Inference

/// How answers are generated.
struct SamplingArguments: ParsableArguments {
  @Option(name: .long, help: "Longest answer, in tokens.")
  var maxTokens: Int = 1024

  @Option(name: .long, help: "0 takes the likeliest token; larger values vary more.")
  var temperature: Double = 0

  @Option(name: .long, help: "Sample from the likeliest tokens that make up this share, in (0, 1].")
  var topP: Double = 1

  @Option(name: .long, help: "The same seed gives the same answer.")
  var seed: UInt64 = 0

  var options: SamplingOptions {
    SamplingOptions(temperature: temperature, topP: topP, seed: seed, maximumTokens: maxTokens)
  }

  func validate() throws { try options.validate() }
}
