/// Where the slider is in a panel of some size, and what its cells mean.
struct BudgetSlider {
  static let labelWidth = 8
  let x = BudgetSlider.labelWidth - 1
  let width: Int

  init(_ size: Size) { width = max(1, size.columns - x) }

  func knob(_ share: Double) -> Int {
    min(width - 1, max(0, Int((share * Double(width)).rounded()) - 1))
  }

  /// Whole percents, at least one.
  func share(at column: Int) -> Double {
    let raw = Double(column - x + 1) / Double(width)
    return min(1, max(0.01, (raw * 100).rounded() / 100))
  }
}
