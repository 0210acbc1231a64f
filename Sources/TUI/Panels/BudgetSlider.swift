/// Where a slider is in its row, and what its cells mean.
struct BudgetSlider {
  static let labelWidth = 8
  let x: Int
  let width: Int

  /// That of the budget, in a panel of some size.
  init(_ size: Size) { self.init(x: Self.labelWidth - 1, end: size.columns) }

  init(x: Int, end: Int) {
    self.x = x
    width = max(1, end - x)
  }

  func knob(_ share: Double) -> Int {
    min(width - 1, max(0, Int((share * Double(width)).rounded()) - 1))
  }

  /// Whole percents, at least one.
  func share(at column: Int) -> Double {
    min(1, max(0.01, (fraction(at: column) * 100).rounded() / 100))
  }

  /// In [0, 1].
  func fraction(at column: Int) -> Double {
    min(1, max(0, Double(column - x + 1) / Double(width)))
  }

  func draw(share: Double, y: Int, role: Role, isBold: Bool, into canvas: inout Canvas) {
    let knob = knob(share)
    for cell in 0..<width {
      let isKept = cell < knob
      canvas.put(isKept ? "━" : "─", x: x + cell, y: y, style: Style(isKept ? role : .faint))
    }
    canvas.put("●", x: x + knob, y: y, style: Style(role, isBold ? [.bold] : []))
  }
}
