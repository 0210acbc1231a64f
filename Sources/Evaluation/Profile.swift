import Basics
import KVCache

/// Offline estimation from the records of a profile run, which may have been made in several parts.
public struct Profile: Sendable, Equatable {
  /// One estimation for each budget, descending.
  public let estimations: [PrefixEstimation]
  /// The content of `profile.json`.
  public let report: ProfileReport

  /// - Parameter records: The records of a run with the measure `profile`, in any order.
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
