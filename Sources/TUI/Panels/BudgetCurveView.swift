import Basics

/// Divergence over budget as a curve, with a mark where the slider stands.
struct BudgetCurveView {
  /// A title, a row of the curve at least, and an axis.
  static let leastRows = 3
  /// The least nats that the height of a curve stands for, so that next to nothing looks like it.
  static let leastDivergence = 0.02

  let curve: BudgetCurve
  /// The slider's share.
  let budget: Double

  /// Nothing until there are points.
  init?(_ state: AppState) {
    guard state.quality.isOn, let curve = state.quality.curve else { return nil }
    self.curve = curve
    budget = state.budget.share
  }

  /// `KL by budget, at most 1.20 nats`
  var title: String {
    if curve.isRunning {
      return "KL by budget: \(Format.percent(curve.progress)) done, any key stops it"
    }
    guard curve.isWhole else { return "KL by budget: interrupted" }
    let largest = curve.points.map(\.agreement.meanKL).max() ?? 0
    return "KL by budget, at most \(Format.decimal(largest, 2)) nats"
  }

  /// `you are here, 30 %: 0.452`, and shorter for narrow panels.
  private var labels: [String] {
    let place = Format.percent(budget)
    let figure = curve.divergence(at: budget).map { "\(place): \(Format.decimal($0, 3))" } ?? place
    return ["you are here, " + figure, figure, place]
  }

  /// All points in one line.
  var text: String {
    let points = curve.points.map {
      "\(Format.percent($0.budget)) \(Format.decimal($0.agreement.meanKL, 3))"
    }
    return ([title] + points + [labels[0]]).joined(separator: "; ")
  }

  func draw(into canvas: inout Canvas, y top: Int, rows: Int) {
    let width = canvas.size.columns
    canvas.put(DisplayText.clipped(title, to: width), x: 0, y: top, style: Style(.dim))
    guard let range = curve.range, width > 1, rows >= Self.leastRows else { return }
    // Two dots a column; budgets that were not scored yet have none.
    let values = (0..<width * 2).compactMap { dot in
      curve.divergence(at: share(Double(dot) / Double(width * 2 - 1), from: range.lowerBound))
    }
    let lines = Bar.curve(
      values, over: Self.leastDivergence, width: width, height: rows - 2)
    for (y, line) in lines.enumerated() {
      canvas.put(line, x: 0, y: top + 1 + y, style: Style(.words))
    }
    drawAxis(from: range.lowerBound, into: &canvas, y: top + rows - 1)
  }

  /// The budget at a place of the axis, 0...1.
  private func share(_ place: Double, from low: Double) -> Double {
    // Rounding must not lead beyond the last point.
    place >= 1 ? 1 : low + place * (1 - low)
  }

  /// `5 %    ▲ you are here, 30 %: 0.452          100 %`
  private func drawAxis(from low: Double, into canvas: inout Canvas, y: Int) {
    let width = canvas.size.columns
    let place = min(1, max(0, (budget - low) / (1 - low)))
    let x = Int((place * Double(width - 1)).rounded())
    let (first, last) = (Format.percent(low), Format.percent(1))
    // The label stands on the side that has room for it.
    func fits(_ label: String) -> Bool {
      DisplayText.width(label) <= max(width - x - 2, x - 1)
    }
    let label = labels.first(where: fits) ?? ""
    let used = DisplayText.width(label)
    let start = x + 2 + used <= width ? x + 2 : x - 1 - used
    if min(x, start) > first.count { canvas.put(first, x: 0, y: y, style: Style(.dim)) }
    if max(x + 1, start + used) + 1 + last.count <= width {
      canvas.putTrailing(last, end: width, y: y, limit: last.count, style: Style(.dim))
    }
    canvas.put(label, x: start, y: y)
    canvas.put("▲", x: x, y: y, style: Style(.accent, .bold))
  }
}
