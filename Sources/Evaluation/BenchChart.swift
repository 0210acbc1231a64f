import Inference
import Plot

extension BenchReport {
  /// Decode speed and cache size against the budget, each as a share of its value at the full cache.
  public var chart: Chart {
    let full = memory.first { $0.budget == 1 } ?? memory.first
    return Chart(
      title: "\(model), \(weightType), \(full?.depth ?? 0) positions", xLabel: "budget",
      yLabel: "share of the full cache's",
      series: [
        Chart.Series(
          name: "decode speed",
          points: memory.map {
            Chart.Point(x: $0.budget, y: $0.tokensPerSecond / (full?.tokensPerSecond ?? 1))
          }),
        Chart.Series(
          name: "cache memory",
          points: memory.map {
            Chart.Point(
              x: $0.budget, y: Double($0.bytesResident) / Double(full?.bytesResident ?? 1))
          }),
      ])
  }
}
