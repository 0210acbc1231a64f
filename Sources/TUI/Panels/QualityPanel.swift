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
    summary: { state, width in
      guard state.quality.isOn else { return width < 16 ? "off, F4" : "off, F4 measures" }
      guard let mean = state.quality.mean, let agreement = state.quality.agreement else {
        return "from the next answer on"
      }
      return "KL \(Format.decimal(mean, 3)), agrees \(Format.percent(agreement))"
    },
    heights: { state, _ in
      guard state.quality.isOn, state.quality.mean != nil else { return [] }
      let facts = facts(state, width: 0).count
      guard BudgetCurveView(state) != nil else { return [1] + (1...4).map { $0 + facts } }
      let least = 1 + BudgetCurveView.leastRows
      return [least] + (0...6).map { least + facts + $0 }
    },
    draw: { state, canvas, _ in
      let (width, rows) = (canvas.size.columns, canvas.size.rows)
      guard state.quality.isOn, state.quality.mean != nil else { return }
      var facts = facts(state, width: width)
      var height = max(1, rows - facts.count)
      if let curve = BudgetCurveView(state), rows > BudgetCurveView.leastRows {
        // The curve over budgets goes before sentences.
        let curveRows = max(BudgetCurveView.leastRows, height / 2)
        curve.draw(into: &canvas, y: rows - curveRows, rows: curveRows)
        facts = Array(facts.prefix(rows - curveRows - 1))
        height = rows - curveRows - facts.count
      }
      let lines = Bar.curve(
        state.quality.divergences, over: BudgetCurveView.leastDivergence, width: width,
        height: height)
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
      ] + facts(state, width: .max) + (BudgetCurveView(state).map { [$0.text] } ?? [])
    })

  private static func facts(_ state: AppState, width: Int) -> [String] {
    let quality = state.quality
    var facts: [String] = []
    if let largest = quality.divergences.max() {
      let most = "at most \(Format.decimal(largest, 2)) nats"
      let explained = "KL, distance from the full cache: \(most) a token"
      facts.append(explained.count <= width ? explained : "KL of a token: \(most)")
    }
    if let progress = progress(state) { facts.append(progress) }
    let answer = state.transcript.last { $0.role == .model }
    if let answer, let difference = answer.difference {
      let said = answer.text.utf8Slice(difference.place).filter { $0 != " " }
      facts.append("first other word: '\(difference.other)' for '\(said)'")
    }
    if let position = quality.approximateFrom {
      let why = "approximate: answers from position \(position) on had a budget"
      facts.append(why.count <= width ? why : "approximate from position \(position) on")
    }
    if let answer, let period = Repetition.period(of: answer.text) {
      facts.append("the answer repeats its last \(Format.counted(period, "word"))")
    }
    return facts
  }

  /// Tokens a second from which on nobody sees that the twin is a few tokens behind.
  private static let quickRate = 60.0

  /// How far the twin has come, where an answer is so slow that one sees it lag behind.
  private static func progress(_ state: AppState) -> String? {
    guard let index = state.runningAnswer, (state.speed.current ?? 0) < quickRate else {
      return nil
    }
    let tokens = state.transcript[index].pieces.count
    return "\(state.quality.divergences.count) of \(tokens) tokens are scored"
  }
}
