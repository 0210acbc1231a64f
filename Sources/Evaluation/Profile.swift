import Basics
import Plot
import Inference
import Foundation
import KVCache

/// What offline estimation takes from one sample at one budget, beside the lengths that the search
/// keeps.
public struct SampleProfile: Sendable, Equatable, Codable {
  /// How far a published baseline's choice is from the entries it means.
  public struct Overlap: Sendable, Equatable, Codable {
    /// Share of its choice that is among the same number of highest scores.
    public var topK: Double
    /// What that would be for a blind choice.
    public var chance: Double
  }

  /// By the baseline's name; without those that choose nothing, or everything, at this budget.
  public var overlaps: [String: Overlap]
  /// `[layers]`; only at the first budget of a sample, since it depends on none.
  public var lorenz: [Lorenz]?

  init(_ context: RetentionContext, withLorenz: Bool) throws {
    overlaps = [:]
    for baseline in RetentionPolicies.published {
      guard let found = try baseline.overlapWithTopK(context) else { continue }
      overlaps[baseline.name] = Overlap(topK: found.overlap, chance: found.chance)
    }
    guard withLorenz else { return }
    lorenz = context.importance.rows.map { Lorenz(importance: $0.map(Double.init)) }
  }
}

/// What offline estimation finds out about a model.
public struct ProfileReport: Sendable, Equatable, Codable {
  public struct Estimate: Sendable, Equatable, Codable {
    /// Kept share.
    public var budget: Double
    /// The configuration file that was written.
    public var file: String
    /// `[layers]`: forgotten shares, and their standard deviation over samples.
    public var forgotten: [Double]
    public var spread: [Double]
    /// Between what the search finds for a sample and the estimate, over samples and layers.
    public var meanDifference: Double
    public var largestDifference: Double
    /// By the published baseline's name: means over samples.
    public var overlaps: [String: SampleProfile.Overlap]
  }

  public var model: String
  public var data: String
  public var dataDigest: String
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

/// Offline estimation from the records of a profile run, whoever made them.
public struct Profile: Sendable, Equatable {
  /// One a budget, descending.
  public let estimations: [PrefixEstimation]
  public let report: ProfileReport

  /// - Parameter records: Of a run with the measure `profile`, in any order.
  public init(run: RunDescription, records: [EvaluationRecord]) {
    let ordered = ResultFile.ordered(records, of: run)
    var estimations: [PrefixEstimation] = []
    var estimates: [ProfileReport.Estimate] = []
    for budget in run.budgets {
      let group = ordered.filter { $0.budget == budget }
      guard let first = group.first else { continue }
      let estimation = PrefixEstimation(
        model: run.name, budget: first.budgetShare, samples: group.map(\.forgottenShares))
      estimations.append(estimation)
      estimates.append(
        ProfileReport.Estimate(
          budget: estimation.budget, file: estimation.fileName,
          forgotten: estimation.configuration, spread: estimation.spread,
          meanDifference: estimation.meanDifference,
          largestDifference: estimation.largestDifference,
          overlaps: Self.meanOverlaps(group.compactMap(\.profile))))
    }
    let curves = ordered.compactMap { $0.profile?.lorenz }
    self.estimations = estimations
    report = ProfileReport(
      model: run.name, data: run.data, dataDigest: run.dataDigest, samples: curves.count,
      estimates: estimates,
      lorenz: (curves.first ?? []).indices.compactMap { layer in
        Lorenz(meanOf: curves.map { $0[layer] })
      })
  }

  private static func meanOverlaps(
    _ samples: [SampleProfile]
  ) -> [String: SampleProfile.Overlap] {
    let names = Set(samples.flatMap(\.overlaps.keys))
    return names.reduce(into: [:]) { means, name in
      let found = samples.compactMap { $0.overlaps[name] }
      means[name] = SampleProfile.Overlap(
        topK: Statistics.mean(found.map(\.topK)) ?? 0,
        chance: Statistics.mean(found.map(\.chance)) ?? 0)
    }
  }

  /// Writes the configurations, the samples they were made from, and `profile.json`.
  ///
  /// - Throws: `FileError`.
  public func write(to folder: String) throws(FileError) {
    for estimation in estimations { try estimation.write(to: folder) }
    try OutputFile.write(JSONStyle.document(report).utf8, to: folder + "/profile.json")
  }
}

extension EvaluationRecord {
  /// `[layers]`: what each layer forgot at the prompt's end.
  var forgottenShares: [Double] {
    keptLengths.map { Double(promptTokens - $0) / Double(promptTokens) }
  }
}

extension ProfileReport {
  /// One row a layer: how unequal its importance is, and what each budget keeps of it. Then how far
  /// samples are from the estimate, and what the published baselines choose.
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

  /// Retained share by layer, one line a budget.
  public var layerChart: Chart {
    .overLayers(
      title: "Entries kept by layer (\(model))",
      retained: estimates.map { estimate in
        (Format.percent(estimate.budget, significant: 4), estimate.forgotten.map { 1 - $0 })
      })
  }

  /// One curve a layer.
  public var lorenzChart: Chart {
    .lorenz(
      title: "Importance over entries (\(model))",
      layers: lorenz.enumerated().map { ("layer \($0.offset)", $0.element) })
  }
}
