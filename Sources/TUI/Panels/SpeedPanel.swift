import Basics

extension PanelID {
  static let speed = PanelID(name: "speed")
}

extension Panel {
  /// How fast the answers come, and what the last change of the budget cost.
  static let speed = Panel(
    id: .speed,
    place: .side,
    urgency: 2,
    summary: { state, _ in
      state.speed.current.map { Format.decimal($0, 1) + " tok/s" } ?? ""
    },
    heights: { state, _ in
      guard !state.speed.rates.isEmpty else { return [1] }
      return [1] + (1...3).map { $0 + facts(state).count }
    },
    draw: { state, canvas, _ in
      let width = canvas.size.columns
      let curve = max(1, canvas.size.rows - facts(state).count)
      if state.speed.rates.isEmpty {
        canvas.put("no answer yet", x: 0, y: 0, limit: width, style: Style(.dim))
        return
      }
      drawCurve(of: state.speed.rates, on: &canvas, height: curve)
      for (index, fact) in facts(state).enumerated() {
        let y = curve + index
        let used = canvas.put(fact.label, x: 0, y: y, limit: width, style: Style(.dim))
        canvas.putTrailing(fact.value, end: width, y: y, limit: width - used - 1)
      }
    },
    text: { state in
      let rate = state.speed.current.map { Format.decimal($0, 1) + " tok/s" } ?? "no answer yet"
      return [
        "speed: "
          + ([rate] + facts(state).map { "\($0.label) \($0.value)" }).joined(separator: ", ")
      ]
    })

  /// The newest rates over zero. The labels on the right are the rates of the topmost and lowest dots.
  private static func drawCurve(of rates: [Double], on canvas: inout Canvas, height: Int) {
    let width = canvas.size.columns
    // As wide for slow answers as for most quick ones, so that the curve does not jump.
    let axis = max(6, Format.decimal(rates.max() ?? 0, 1).count) + 1
    let shown = rates.suffix(max(0, width - axis) * 2)
    guard let most = shown.max() else { return }
    let lines = Bar.curve(Array(shown), width: width - axis, height: height)
    for (y, line) in lines.enumerated() { canvas.put(line, x: 0, y: y, style: Style(.image)) }
    let labels = [(0, Format.decimal(most, 1))] + (height > 1 ? [(height - 1, "0")] : [])
    for (y, label) in labels {
      canvas.putTrailing(label, end: width, y: y, limit: axis, style: Style(.dim))
    }
  }

  private static func facts(_ state: AppState) -> [(label: String, value: String)] {
    var facts: [(label: String, value: String)] = []
    if let first = state.speed.timeToFirstToken {
      facts.append(("first token", Format.duration(first)))
    }
    let looksAhead = state.speed.tokensPerPass > 1
    if let bound = state.speed.bound {
      facts.append(
        ("memory allows", Format.decimal(bound, 1) + (looksAhead ? " passes/s" : " tok/s")))
    }
    if looksAhead {
      facts.append(("a pass brings", Format.decimal(state.speed.tokensPerPass, 1) + " tokens"))
    }
    if let change = state.speed.lastChange?.sentence { facts.append(("last change", change)) }
    return facts
  }
}
