import KVCache

/// An answer scored at one budget.
public struct SweepPoint: Sendable, Equatable {
  /// Kept share of all entries over all layers, in (0, 1].
  public var budget: Double
  /// How near the predictions at this budget are to those of the full cache.
  public var agreement: Agreement

  /// - Parameters:
  ///   - budget: in (0, 1].
  ///   - agreement: over the answer's tokens and its end.
  public init(budget: Double, agreement: Agreement) {
    self.budget = budget
    self.agreement = agreement
  }
}

/// What happens while an answer is scored at many budgets, in order.
public enum SweepEvent: Sendable, Equatable {
  case began
  /// So many of all steps are done.
  case advanced(done: Int, total: Int)
  /// The next point; budgets ascend.
  case scored(SweepPoint)
  /// Nothing follows. All points are there, or it was interrupted.
  case ended(isWhole: Bool)
}

/// Scores one answer at many budgets, as if each had been in force since the prompt's end. Several budgets
/// are fed the answer's tokens together, so that the weights are read once a step for all of them.
final class BudgetSweep {
  /// Ten budgets, the first ones closer together, because there the divergence grows quickest.
  static let budgets = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
  /// The most full caches that budgets decoded together may take, in sum.
  private static let mostCaches = 2.0
  /// Most logits of the full cache that are kept, in floats: 128 MiB. Of a longer answer the beginning
  /// is scored.
  private static let mostLogits = 32 << 20
  /// Tokens that the full cache is fed in one pass.
  private static let rows = 128

  private let base: InferenceSession
  private let promptLogits: [Float]
  private let tokens: [Int]
  private let observer: any AnswerObserver
  private var done = 0

  /// - Parameters:
  ///   - base: at the prompt's end.
  ///   - promptLogits: `[vocabulary]`
  ///   - tokens: the answer.
  init(
    of tokens: [Int], from base: InferenceSession, promptLogits: [Float],
    observer: any AnswerObserver
  ) {
    self.base = base
    self.promptLogits = promptLogits
    self.observer = observer
    self.tokens = Array(tokens.prefix(Self.mostLogits / max(1, promptLogits.count)))
  }

  /// - Returns: the points that were scored before the observer stopped it.
  /// - Throws: what policies and caches throw.
  func run() throws -> [SweepPoint] {
    var points: [SweepPoint] = []
    observer.receive(.sweep(.began))
    defer { observer.receive(.sweep(.ended(isWhole: points.count == Self.budgets.count))) }
    let full = try fullLogits()
    for group in Self.groups {
      guard let scored = try score(group, full) else { break }
      points += scored
      for point in scored { observer.receive(.sweep(.scored(point))) }
    }
    return points
  }

  /// The budgets, divided into those that are fed together.
  static var groups: [[Double]] {
    budgets.reduce(into: [[]]) { groups, budget in
      let sum = groups[groups.count - 1].reduce(budget, +)
      if sum > mostCaches { groups.append([]) }
      groups[groups.count - 1].append(budget)
    }
  }

  /// Predictions after each token, `[tokens, vocabulary]`.
  private func fullLogits() throws -> [Float] {
    let session = try base.fork(policy: RetentionPolicies.named("full"), budget: .share(1))
    var logits: [Float] = []
    for first in stride(from: 0, to: tokens.count, by: Self.rows) {
      let pass = tokens[first..<min(tokens.count, first + Self.rows)]
      // The last token of an answer may have found no room.
      do {
        logits += try InferenceSession.feed([(session, Array(pass))]).logits
      } catch ModelError.contextFull {
        break
      }
    }
    return logits
  }

  /// - Returns: a point for each budget; nil when the observer stopped it.
  private func score(_ budgets: [Double], _ full: [Float]) throws -> [SweepPoint]? {
    let width = promptLogits.count
    let sessions = try budgets.map {
      try base.fork(policy: base.retention.policy, budget: .share($0))
    }
    var sums = [AgreementSum](repeating: AgreementSum(), count: budgets.count)
    // Nothing was evicted before the prompt's end, so the first token is predicted alike.
    for index in sums.indices { sums[index].add(promptLogits[...], promptLogits[...]) }
    for step in 0..<full.count / width {
      observer.receive(.sweep(.advanced(done: done, total: full.count / width * Self.groups.count)))
      done += 1
      observer.betweenTokens()
      if observer.isCancelled { return nil }
      let rows = try InferenceSession.decode(sessions.map { ($0, tokens[step]) })
      for index in sums.indices {
        sums[index].add(
          full[step * width..<(step + 1) * width], rows[index * width..<(index + 1) * width])
      }
    }
    return zip(budgets, sums).map { SweepPoint(budget: $0, agreement: $1.agreement) }
  }
}

extension ChatSession {
  /// Scores the last answer at ten budgets under the policy in force, as if each had been in force since
  /// its prompt's end. The conversation stays as it is.
  ///
  /// - Returns: the points that were scored before the observer stopped it; none when there is no answer, or
  ///   the policy needs what was not recorded while the prompt was read.
  /// - Throws: what policies and caches throw.
  @discardableResult
  public func sweepBudgets(observer: any AnswerObserver) throws -> [SweepPoint] {
    guard let promptEnd, case .tokens(let tokens)? = conversation.turns.last?.answer,
      !tokens.isEmpty, session.retention.missing(for: session.retention.policy) == nil
    else { return [] }
    let base = try session.fork()
    try base.retention.truncate(to: promptEnd.seen)
    let sweep = BudgetSweep(
      of: tokens, from: base, promptLogits: promptEnd.logits, observer: observer)
    return try sweep.run()
  }
}
