import Foundation
import KVCache

/// What offline estimation finds out about a model, beside the configurations themselves.
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

/// Offline estimation over a data set: a prefill a sample, then a search a budget.
public struct Profiler {
  public let model: String
  /// Kept shares.
  public let budgets: [Double]
  /// `[budgets][samples][layers]`: forgotten shares.
  private var shares: [[[Double]]]
  /// `[layers][samples]`
  private var lorenz: [[Lorenz]] = []

  public init(model: String, budgets: [Double]) {
    self.model = model
    self.budgets = Array(Set(budgets)).sorted(by: >)
    shares = self.budgets.map { _ in [] }
  }

  /// - Parameter importance: `[layers][positions]` of one sample's prompt.
  public mutating func add(importance: [[Float]]) throws(BudgetError) {
    let ranking = ImportanceRanking(importance)
    let positions = Double(importance.first?.count ?? 0)
    for (index, share) in budgets.enumerated() {
      let found = PrefixConfiguration.search(
        cumulative: ranking.cumulative, forgotten: try Budget(share).forgotten)
      shares[index].append(found.forget.map { Double($0) / positions })
    }
    if lorenz.isEmpty { lorenz = importance.map { _ in [] } }
    for (layer, row) in importance.enumerated() {
      lorenz[layer].append(Lorenz(importance: row.map(Double.init)))
    }
  }

  /// One a budget; empty before the first sample.
  public var estimations: [PrefixEstimation] {
    zip(budgets, shares).filter { !$0.1.isEmpty }.map { budget, samples in
      PrefixEstimation(model: model, budget: budget, samples: samples)
    }
  }

  public func report(data: EvaluationData) -> ProfileReport {
    let estimates = estimations.map { estimation in
      ProfileReport.Estimate(
        budget: estimation.budget, file: estimation.fileName, forgotten: estimation.configuration,
        spread: estimation.spread, meanDifference: estimation.meanDifference,
        largestDifference: estimation.largestDifference)
    }
    return ProfileReport(
      model: model, data: data.path, dataDigest: data.digest,
      samples: shares.first?.count ?? 0, estimates: estimates,
      lorenz: lorenz.compactMap { Lorenz(meanOf: $0) })
  }
}

extension ProfileReport {
  /// One row a layer: how unequal its importance is, and what each budget keeps of it.
  public var table: Table {
    func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
    return Table(
      headings: ["layer", "Gini"] + estimates.map { "keeps at \(percent($0.budget))" },
      rows: lorenz.enumerated().map { layer, lorenz in
        ["\(layer)", String(format: "%.3f", lorenz.gini)]
          + estimates.map { estimate in
            "\(percent(1 - estimate.forgotten[layer])) ± \(percent(estimate.spread[layer]))"
          }
      }
        + [
          ["mean distance", ""] + estimates.map { percent($0.meanDifference) },
          ["largest", ""] + estimates.map { percent($0.largestDifference) },
        ])
  }

  /// Retained share by layer, one line a budget.
  public var layerChart: Chart {
    .overLayers(
      title: "Entries kept by layer (\(model))",
      retained: estimates.map { estimate in
        (String(format: "%.4g %%", estimate.budget * 100), estimate.forgotten.map { 1 - $0 })
      })
  }

  /// One curve a layer.
  public var lorenzChart: Chart {
    .lorenz(
      title: "Importance over entries (\(model))",
      layers: lorenz.enumerated().map { ("layer \($0.offset)", $0.element) })
  }
}
