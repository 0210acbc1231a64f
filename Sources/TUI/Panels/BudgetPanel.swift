import Basics
import KVCache

extension PanelID {
  static let budget = PanelID(name: "budget")
}

extension Panel {
  /// The share of the cache that is kept: a slider, and what it means for this conversation.
  static let budget = Panel(
    id: .budget,
    place: .side,
    urgency: 0,
    summary: { state, _ in state.policy },
    heights: { _, _ in [2] },
    draw: { state, canvas, _ in
      let slider = BudgetSlider(canvas.size)
      let isFocused = state.focus == .budget
      if let typed = state.budget.typed {
        let used = canvas.put(typed, x: 0, y: 0, style: Style(.accent, .bold))
        canvas.put("▏", x: used, y: 0, style: Style(.accent))
        canvas.put("Enter sets it", x: used + 3, y: 0, style: Style(.dim))
      } else {
        canvas.put(
          Format.padded(Format.percent(state.budget.share), to: BudgetSlider.labelWidth - 2), x: 0,
          y: 0, style: Style(.accent, .bold))
        drawSlider(slider, share: state.budget.share, isFocused: isFocused, into: &canvas)
      }
      canvas.put(
        DisplayText.clipped(facts(state, width: canvas.size.columns), to: canvas.size.columns),
        x: 0,
        y: 1, style: Style(.dim))
    },
    text: { state in
      [
        "budget: \(Format.percent(state.budget.share)) (\(state.policy)), \(facts(state, width: .max))"
      ]
    },
    mouse: { state, action, point, size in
      switch action {
      case .press where point.y == 0, .drag where state.isDraggingBudget:
        state.isDraggingBudget = true
        let share = BudgetSlider(size).share(at: point.x)
        return share == state.budget.share ? [] : state.setBudget(.share(share))
      case .wheelUp: return state.moveBudget(by: 0.01)
      case .wheelDown: return state.moveBudget(by: -0.01)
      default: return []
      }
    })

  private static func drawSlider(
    _ slider: BudgetSlider, share: Double, isFocused: Bool, into canvas: inout Canvas
  ) {
    let knob = slider.knob(share)
    for x in 0..<slider.width {
      let isKept = x < knob
      let style = Style(isKept ? .accent : .faint)
      canvas.put(isKept ? "━" : "─", x: slider.x + x, y: 0, style: style)
    }
    canvas.put(
      "●", x: slider.x + knob, y: 0, style: Style(.accent, isFocused ? [.bold] : []))
  }

  private static func facts(_ state: AppState, width: Int) -> String {
    guard let cache = state.cache, cache.bytesFull > 0 else { return "nothing in the cache yet" }
    let threshold = cache.threshold.map { "p " + Format.decimal($0, 3) }
    let mean = cache.layers.reduce(0) { $0 + $1.retained } / max(1, cache.layers.count)
    var facts = Format.bytes(cache.bytesKept, of: cache.bytesFull)
    for more in [threshold, "\(mean) entries a layer"].compactMap({ $0 })
    where facts.count + 2 + more.count <= width {
      facts += ", " + more
    }
    return facts
  }
}

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

extension AppState {
  mutating func moveBudget(by step: Double) -> [AppEffect] {
    let target = ((budget.share + step) * 100).rounded() / 100
    let share = min(1, max(0.01, target))
    guard share != budget.share else { return [] }
    return setBudget(.share(share))
  }

  /// The engine acts on it between two tokens.
  mutating func setBudget(_ request: BudgetRequest) -> [AppEffect] {
    budget.typed = nil
    budget.ask(request)
    return [.post(.setBudget(request))]
  }

  mutating func setBudget(typed text: String) -> [AppEffect] {
    do {
      return setBudget(try BudgetRequest(parsing: text))
    } catch {
      budget.typed = nil
      report(error: "\(error)")
      return []
    }
  }
}
