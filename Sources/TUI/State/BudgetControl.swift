import Inference
import KVCache

/// The budget the user asked for, and what is being typed.
struct BudgetControl: Sendable, Equatable {
  /// The last share that was asked for or reported, in (0, 1].
  private(set) var share: Double
  /// Characters typed in the budget panel, not yet applied.
  var typed: String?
  /// The share that the engine was asked for and has not reported yet. Until then its reports are about
  /// older requests and do not move the slider.
  private var awaited: Double?

  init(request: BudgetRequest) {
    share = if case .share(let share) = request { share } else { 1 }
  }

  mutating func ask(_ request: BudgetRequest) {
    guard case .share(let share) = request else {
      awaited = nil
      return
    }
    self.share = share
    awaited = share
  }

  mutating func report(_ share: Double) {
    if let awaited, abs(awaited - share) > 1e-6 { return }
    awaited = nil
    self.share = share
  }

  mutating func giveUpWaiting() { awaited = nil }
}
