import Basics

extension PanelID {
  static let quality = PanelID(name: "quality")
}

extension Panel {
  /// How far the answer is from what the full cache would have said.
  static let quality = Panel(
    id: .quality,
    place: .side,
    urgency: 3,
    // A person who asked for the curve is to see it.
    isUrgent: { $0.quality.curve != nil },
    summary: { state, _ in
      guard state.quality.isOn else { return "off, F4 measures" }
      guard let mean = state.quality.mean, let agreement = state.quality.agreement else {
        return "from the next answer on"
      }
      return "KL \(Format.decimal(mean, 3)), agrees \(Format.percent(agreement))"
    },
    heights: { state, _ in
      guard state.quality.isOn, state.quality.mean != nil else { return [] }
      let facts = facts(state).count
      guard BudgetCurveView(state) != nil else { return [1] + (1...4).map { $0 + facts } }
      let least = 1 + BudgetCurveView.leastRows
      return [least] + (0...6).map { least + facts + $0 }
    },
    draw: { state, canvas, _ in
      let (width, rows) = (canvas.size.columns, canvas.size.rows)
      guard state.quality.isOn, state.quality.mean != nil else { return }
      var facts = facts(state)
      var height = max(1, rows - facts.count)
      if let curve = BudgetCurveView(state), rows > BudgetCurveView.leastRows {
        // The curve over budgets goes before sentences.
        let curveRows = max(BudgetCurveView.leastRows, height / 2)
        curve.draw(into: &canvas, y: rows - curveRows, rows: curveRows)
        facts = Array(facts.prefix(rows - curveRows - 1))
        height = rows - curveRows - facts.count
      }
      let lines = Bar.curve(state.quality.divergences, width: width, height: height)
      for (y, line) in lines.enumerated() { canvas.put(line, x: 0, y: y, style: Style(.words)) }
      for (row, fact) in facts.enumerated() {
        let y = height + row
        canvas.put(DisplayText.clipped(fact, to: width), x: 0, y: y, style: Style(.dim))
      }
    },
    text: { state in
      guard state.quality.isOn else { return ["quality: off; /twin measures it"] }
      guard let mean = state.quality.mean, let agreement = state.quality.agreement else {
        return ["quality: from the next answer on"]
      }
      return [
        "quality: KL \(Format.decimal(mean, 3)) nats a token, agrees \(Format.percent(agreement))"
      ] + facts(state) + (BudgetCurveView(state).map { [$0.text] } ?? [])
    })

  private static func facts(_ state: AppState) -> [String] {
    let quality = state.quality
    var facts: [String] = []
    if let largest = quality.divergences.max() {
      facts.append("KL of each token, at most \(Format.decimal(largest, 2)) nats")
    }
    let answer = state.transcript.last { $0.role == .model }
    if let answer, let difference = answer.difference {
      let said = answer.text.utf8Slice(difference.place).filter { $0 != " " }
      facts.append("first other word: '\(difference.other)' for '\(said)'")
    }
    if let position = quality.approximateFrom {
      facts.append("approximate: answers from position \(position) on had a budget")
    }
    if let answer, let period = Repetition.period(of: answer.text) {
      facts.append("the answer repeats its last \(Format.counted(period, "word"))")
    }
    return facts
  }
}
