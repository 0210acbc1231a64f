import Inference

/// How far an answer is from the full cache's at other budgets than its own.
struct BudgetCurve: Sendable, Equatable {
  /// Budgets ascend.
  private(set) var points: [SweepPoint] = []
  /// All points are there.
  private(set) var isWhole = false
  var isRunning = true
  /// The share of the work that is done, in [0, 1].
  private(set) var progress = 0.0

  mutating func take(_ event: SweepEvent) {
    switch event {
    case .began: break
    case .advanced(let done, let total): progress = Double(done) / Double(max(1, total))
    case .scored(let point): points.append(point)
    case .ended(let isWhole): (isRunning, self.isWhole) = (false, isWhole)
    }
  }

  /// All points, with that of the full cache, which differs in nothing.
  private var all: [SweepPoint] {
    let full = SweepPoint(budget: 1, agreement: Agreement(meanKL: 0, share: 1))
    return isWhole ? points + [full] : points
  }

  /// The least and the largest budget that were scored.
  var range: ClosedRange<Double>? {
    guard let first = all.first, let last = all.last else { return nil }
    return first.budget...last.budget
  }

  /// Mean divergence in nats, on a line between the two nearest points; nil outside of all points.
  func divergence(at budget: Double) -> Double? {
    guard let next = all.firstIndex(where: { $0.budget >= budget }), let range,
      range.contains(budget)
    else { return nil }
    let (low, high) = (all[max(0, next - 1)], all[next])
    guard high.budget > low.budget else { return high.agreement.meanKL }
    let place = (budget - low.budget) / (high.budget - low.budget)
    return low.agreement.meanKL + place * (high.agreement.meanKL - low.agreement.meanKL)
  }
}

extension AppState {
  /// With a twin, the idle time after an answer shows what other budgets would have made of it.
  func sweepWhenIdle() -> [AppEffect] {
    guard quality.isOn, !isBusy, queue.isEmpty, !options.isPlain else { return [] }
    return [.post(.sweepBudgets)]
  }

  /// Stops scoring when the user does something.
  mutating func interruptSweep() -> [AppEffect] {
    guard quality.curve?.isRunning == true else { return [] }
    quality.curve?.isRunning = false
    return [.post(.cancel)]
  }
}
