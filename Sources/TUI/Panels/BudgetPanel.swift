import Basics
import KVCache

extension PanelID {
  static let budget = PanelID(name: "budget")
}

extension Panel {
  /// The share of the cache that is kept: a slider, and what it means for this conversation. Below it a
  /// slider for the rows of the picture.
  static let budget = Panel(
    id: .budget,
    place: .side,
    urgency: 0,
    keys: keys,
    summary: { state, _ in state.policy },
    heights: { state, _ in
      let explainedRows = 35
      let sliders: [Int]
      if state.pictureRows == nil {
        sliders = [2]
      } else if state.focus == .budget || state.losesPictureRows {
        sliders = state.size.rows >= 24 ? [3] : [2, 3]
      } else {
        // Elsewhere layers need the row more than a slider that stands at its end.
        sliders = state.size.rows >= explainedRows ? [2, 3] : [2]
      }
      // On a small screen it is for those who look at the panel.
      let isExplained = state.size.rows >= explainedRows || state.focus == .budget
      let explained = isExplained && threshold(state) != nil ? [sliderRows(state) + 1] : []
      return sliders + explained
    },
    draw: { state, canvas, _ in
      let isFocused = state.focus == .budget
      if let typed = state.budget.typed {
        let used = canvas.put(typed, x: 0, y: 0, style: Style(.accent, .bold))
        canvas.put("▏", x: used, y: 0, style: Style(.accent))
        canvas.put("Enter sets it", x: used + 3, y: 0, style: Style(.dim))
      } else {
        canvas.put(
          Format.padded(Format.percent(state.budget.share), to: BudgetSlider.labelWidth - 2), x: 0,
          y: 0, style: Style(.accent, .bold))
        BudgetSlider(canvas.size).draw(
          share: state.budget.share, y: 0, role: .accent, isBold: isFocused, into: &canvas)
      }
      PictureTokenSlider(state, canvas.size)?.draw(isFocused: isFocused, into: &canvas)
      canvas.put(
        DisplayText.clipped(facts(state, width: canvas.size.columns), to: canvas.size.columns),
        x: 0, y: 1, style: Style(.dim))
      let row = sliderRows(state)
      if let threshold = threshold(state), canvas.size.rows > row {
        let sentence = sentence(threshold, width: canvas.size.columns)
        canvas.put(sentence, x: 0, y: row, style: Style(.dim))
      }
    },
    text: { state in
      [
        "budget: \(Format.percent(state.budget.share)) (\(state.policy)), \(facts(state, width: .max))",
        state.pictureTokenLine,
      ].compactMap(\.self)
    },
    type: { state, character in
      guard state.budget.typed != nil || character.isNumber || character == "." else { return nil }
      state.budget.typed = String(((state.budget.typed ?? "") + String(character)).prefix(16))
      return []
    },
    mouse: { state, action, point, size in
      let rows = PictureTokenSlider(state, size)
      switch action {
      case .press where point.y == PictureTokenSlider.row && rows != nil,
        .drag where state.pictureTokens.isHeld:
        return rows.map { state.showPictureTokens($0.count(at: point.x), isHeld: true) }
      case .wheelUp where point.y == PictureTokenSlider.row && rows != nil:
        return state.movePictureTokens(by: 1)
      case .wheelDown where point.y == PictureTokenSlider.row && rows != nil:
        return state.movePictureTokens(by: -1)
      case .press where point.y == 0, .drag:
        let share = BudgetSlider(size).share(at: point.x)
        return share == state.budget.share ? [] : state.setBudget(.share(share))
      case .wheelUp: return state.moveBudget(by: 0.01)
      case .wheelDown: return state.moveBudget(by: -0.01)
      case .press, .release: return nil
      }
    })

  private static let keys: [KeyBinding] = [
    KeyBinding(.left, .right, "5 % less, more") { $0.moveBudget(by: 0.05 * Double($1)) },
    KeyBinding(.down, .up, "1 % less, more") { $0.moveBudget(by: 0.01 * Double($1)) },
    KeyBinding(.home, .end, "10 %, 100 %") { $0.setBudget(.share($1 < 0 ? 0.1 : 1)) },
    KeyBinding(.wordLeft, .wordRight, "fewer, more rows of the picture enter the model") {
      $0.movePictureTokens(by: $1)
    },
    KeyBinding([.enter]) { $0.pictureTokens.isMoving ? $0.settlePictureTokens() : nil },
    KeyBinding([.enter], "set what was typed: 30%, 180tok, 200MiB") { state in
      state.budget.typed.map { state.setBudget(typed: $0) } ?? []
    },
    KeyBinding([.backspace]) { state in
      guard var typed = state.budget.typed else { return nil }
      typed.removeLast()
      state.budget.typed = typed.isEmpty ? nil : typed
      return []
    },
  ]

  /// Rows of the sliders and of the line between them.
  private static func sliderRows(_ state: AppState) -> Int { state.pictureRows == nil ? 2 : 3 }

  /// What p is, where the policy has one and there is something in the cache.
  private static func threshold(_ state: AppState) -> Double? {
    state.cache.flatMap { $0.bytesFull > 0 ? $0.threshold : nil }
  }

  /// Tokens of an answer come afterwards, so it is not what the kept entries have now.
  private static func sentence(_ threshold: Double, width: Int) -> String {
    let share = Format.percent(threshold)
    return [
      "p: when they were chosen, each layer kept entries with \(share) of its score",
      "p: share of its score that each layer chose", "p: score that a layer chose",
    ].first { $0.count <= width } ?? ""
  }

  private static func facts(_ state: AppState, width: Int) -> String {
    if state.pictureTokens.isMoving, let most = state.pictureRows {
      return state.rereading(state.pictureTokens.count(of: most)) ?? "for the first question"
    }
    guard let cache = state.cache, cache.bytesFull > 0 else { return "nothing in the cache yet" }
    let threshold = cache.threshold.map { "p " + Format.decimal($0, 3) }
    let mean = cache.layers.reduce(0) { $0 + $1.retained } / max(1, cache.layers.count)
    var facts = Format.bytes(cache.bytesKept, of: cache.bytesFull) + " kept"
    for more in [threshold, "\(mean) entries a layer"].compactMap({ $0 })
    where facts.count + 2 + more.count <= width {
      facts += ", " + more
    }
    return facts
  }
}

extension AppState {
  mutating func moveBudget(by step: Double) -> [AppEffect] {
    let target = ((budget.share + step) * 100).rounded() / 100
    let share = min(1, max(0.01, target))
    guard share != budget.share else { return [] }
    return setBudget(.share(share))
  }

  /// Asks for a budget; the engine acts on it between two tokens.
  mutating func setBudget(_ request: BudgetRequest) -> [AppEffect] {
    budget.typed = nil
    budget.ask(request)
    hasChangedSinceAnswer = true
    acknowledge("budget " + request.label)
    return [.post(.setBudget(request))]
  }

  mutating func setBudget(typed text: String) -> [AppEffect] {
    do {
      return setBudget(try BudgetRequest(parsing: text))
    } catch {
      budget.typed = nil
      report(error: "\(error)", .usage)
      return []
    }
  }
}

extension BudgetRequest {
  /// `30 %`, `180tok`, `200MiB`
  var label: String {
    if case .share(let share) = self { Format.percent(share) } else { text }
  }
}
