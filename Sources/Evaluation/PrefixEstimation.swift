import Basics
import Foundation

/// Offline estimation: makes one configuration per budget, for any prompt, from what the search
/// finds for each of some samples.
///
/// The reference writes what each sample forgets, `f_i / L`, one line a sample, and reads
/// configurations, but does not say how the lines become a configuration. Here it is the mean of
/// each column, in double precision and in the order of the samples.
public struct PrefixEstimation: Sendable, Equatable {
  /// The model's name in the file names: `prefixkv_MODEL_R.json`.
  public let model: String
  /// The share of entries that is kept.
  public let budget: Double
  /// `[samples, layers]`: forgotten shares, truncated to whole entries of the sample.
  public let samples: [[Double]]
  /// `[layers]`: the mean of the samples' forgotten shares.
  public let configuration: [Double]
  /// `[layers]`: standard deviation over samples.
  public let spread: [Double]

  /// Estimates a configuration.
  ///
  /// - Parameter samples: `[samples, layers]`: forgotten shares in [0, 1]; at least one sample, all of
  ///   as many layers.
  public init(model: String, budget: Double, samples: [[Double]]) {
    precondition(!samples.isEmpty, "an estimate needs a sample")
    precondition(samples.allSatisfy { $0.count == samples[0].count }, "one share per layer")
    self.model = model
    self.budget = budget
    self.samples = samples
    let columns = samples[0].indices.map { layer in samples.map { $0[layer] } }
    configuration = columns.map { $0.reduce(0, +) / Double($0.count) }
    spread = columns.map(Statistics.standardDeviation)
  }

  /// Mean over samples and layers of the distance between a sample's own share and the estimate.
  public var meanDifference: Double {
    let distances = samples.flatMap { zip($0, configuration).map { abs($0 - $1) } }
    return Statistics.mean(distances) ?? 0
  }

  /// The largest such distance.
  public var largestDifference: Double {
    samples.flatMap { zip($0, configuration).map { abs($0 - $1) } }.max() ?? 0
  }

  /// The configuration's file name, in the reference's form.
  public var fileName: String { "prefixkv_\(model)_\(forgottenText).json" }
  /// The file name of the samples it was made from, in the folder `samples`.
  public var samplesFileName: String { "prefixkv_\(model)_\(forgottenText).jsonl" }

  /// The forgotten share as Python prints it; 1 - 0.7 is rounded to 0.3.
  private var forgottenText: String { "\(((1 - budget) * 1e12).rounded() / 1e12)" }

  /// `[0.1, 0.2]`, as Python writes a list.
  public static func list(_ shares: [Double]) -> String {
    "[" + shares.map { "\($0)" }.joined(separator: ", ") + "]"
  }

  /// Writes the configuration, and the samples it was made from into the folder `samples`.
  ///
  /// - Throws: `FileError`.
  public func write(to folder: String) throws(FileError) {
    let samplesFolder = folder + "/samples"
    try Folder.create(samplesFolder)
    let lines = samples.map { Self.list($0) + "\n" }.joined()
    try OutputFile.write(Self.list(configuration).utf8, to: folder + "/" + fileName)
    try OutputFile.write(lines.utf8, to: samplesFolder + "/" + samplesFileName)
  }
}
