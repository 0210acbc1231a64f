import Basics
import Foundation
import KVCache
import Plot

/// The results of offline estimation for a model.
public struct ProfileReport: Sendable, Equatable, Codable {
  /// The configuration for one budget and how well it fits the samples.
  public struct Estimate: Sendable, Equatable, Codable {
    /// Kept share.
    public var budget: Double
    /// The configuration file that was written.
    public var file: String
    /// `[layers]`: forgotten shares.
    public var forgotten: [Double]
    /// `[layers]`: their standard deviation over samples.
    public var spread: [Double]
    /// Mean distance between what the search finds for a sample and the estimate, over samples and
    /// layers.
    public var meanDifference: Double
    /// The largest such distance.
    public var largestDifference: Double
    /// By the published baseline's name: means over samples.
    public var overlaps: [String: SampleProfile.Overlap]
  }

  /// The model's name in the file names.
  public var model: String
  /// The data set's path.
  public var data: String
  /// SHA-256 of the data set.
  public var dataDigest: String
  /// Number of samples that the estimate was made from.
  public var samples: Int
  /// By descending budget.
  public var estimates: [Estimate]
  /// `[layers]`: mean over samples.
  public var lorenz: [Lorenz]
}

extension ProfileReport {
  /// Reads `profile.json`.
  ///
  /// - Returns: nil for a file that holds something else.
  /// - Throws: `ResultError.unreadable` where the file cannot be read, `.damaged` where its lists have
  ///   unequal lengths.
  static func read(path: String) throws(ResultError) -> ProfileReport? {
    let bytes: Data
    do { bytes = try InputFile.contents(of: path) } catch { throw .unreadable(error) }
    guard let report = try? JSONStyle.decode(ProfileReport.self, from: bytes) else { return nil }
    let layers = report.lorenz.count
    guard report.lorenz.allSatisfy({ $0.curve.count > 1 }),
      report.estimates.allSatisfy({ $0.forgotten.count == layers && $0.spread.count == layers })
    else { throw .damaged(path, "its lists have unequal lengths") }
    return report
  }
}

extension ProfileReport {
  /// One row for each layer: how unequal its importance is, and what each budget keeps of it. Then
  /// rows with the distance of samples from the estimate, and with what the published baselines
  /// choose.
  public var table: Table {
    func percent(_ share: Double) -> String { Format.percent(share, decimals: 1) }
    let layers = lorenz.enumerated().map { layer, lorenz in
      ["\(layer)", Format.decimal(lorenz.gini, 3)]
        + estimates.map { estimate in
          "\(percent(1 - estimate.forgotten[layer])) ± \(percent(estimate.spread[layer]))"
        }
    }
    let distances = [
      ["mean distance", ""] + estimates.map { percent($0.meanDifference) },
      ["largest", ""] + estimates.map { percent($0.largestDifference) },
    ]
    let overlaps = Set(estimates.flatMap(\.overlaps.keys)).sorted().map { name in
      ["\(name) in top-k (chance)", ""]
        + estimates.map { estimate in
          estimate.overlaps[name].map { "\(percent($0.topK)) (\(percent($0.chance)))" } ?? ""
        }
    }
    return Table(
      headings: ["layer", "Gini"] + estimates.map { "keeps at \(percent($0.budget))" },
      rows: layers + distances + overlaps)
  }

  /// Retained share by layer, one line for each budget.
  public var layerChart: Chart {
    .overLayers(
      title: "Entries kept by layer (\(model))",
      retained: estimates.map { estimate in
        (Format.percent(estimate.budget, significant: 4), estimate.forgotten.map { 1 - $0 })
      })
  }

  /// One Lorenz curve for each layer.
  public var lorenzChart: Chart {
    .lorenz(
      title: "Importance over entries (\(model))",
      layers: lorenz.enumerated().map { ("layer \($0.offset)", $0.element) })
  }
}
