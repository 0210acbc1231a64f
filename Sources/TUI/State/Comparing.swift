import Basics
import Inference
import KVCache

/// Answers to one question side by side.
struct Comparison: Sendable, Equatable {
  struct Column: Sendable, Equatable {
    var request: ComparisonColumn
    var text = ""
    /// nil while the answer is made.
    var answer: ComparedAnswer?
  }

  var columns: [Column]
  var selected = 0
  /// The first row of the answers that is shown.
  var scroll = 0
  var isRunning = true

  /// Whether all columns go by the same policy, so that only budgets tell them apart.
  private var isOnePolicy: Bool { Set(columns.map(\.request.policy)).count == 1 }

  /// What is above a column: `50 %`, or with the policy where it makes a difference.
  func title(_ index: Int) -> String {
    let request = columns[index].request
    return isOnePolicy ? request.budget.label : "\(request.policy) \(request.budget.label)"
  }
}

extension AppState {
  /// Whether the comparison fills the middle of the screen.
  var showsComparison: Bool { zoomed == .comparison }

  /// Begins a comparison of what was typed behind `/compare`.
  mutating func compare(_ text: String) -> [AppEffect] {
    guard transcript.contains(where: { $0.role == .model }) else {
      return refuse("There is no question to compare answers to yet. Ask one first.")
    }
    guard !isBusy else { return refuse(Self.isAtWork) }
    do {
      let columns = try ComparisonColumn.columns(
        parsing: text, policy: policy, budget: .share(budget.share))
      status = Status(text: "comparing \(columns.count) answers; Ctrl+C stops", kind: .plain)
      comparison = Comparison(columns: columns.map { Comparison.Column(request: $0) })
      return [.post(.compare(columns))] + showComparison()
    } catch {
      return refuse("\(error)")
    }
  }

  /// Shows the comparison that there is, leaves it, or begins one with the default budgets.
  mutating func toggleComparison() -> [AppEffect] {
    if showsComparison { return escape() }
    return comparison == nil ? compare("") : showComparison()
  }

  private mutating func showComparison() -> [AppEffect] {
    guard !options.isPlain else { return [] }
    isCopying = false
    zoomed = .comparison
    focus = .comparison
    return [.mouseReports(true)]
  }

  /// What belongs to the last question alone goes with the next one.
  mutating func forgetComparison() {
    comparison = nil
    if showsComparison { zoomed = nil }
    if focus == .comparison { focus = .prompt }
    transcript.removeAll(where: \.isFormer)
  }

  // MARK: News

  mutating func handle(_ event: ComparisonEvent) -> [AppEffect] {
    switch event {
    case .began: progress = nil
    case .token(let column, let text): comparison?.columns[column].text += text
    case .finished(let column, let answer): comparison?.columns[column].answer = answer
    case .scored(let column, let agreement):
      comparison?.columns[column].answer?.agreement = agreement
      progress = nil
    case .ended:
      comparison?.isRunning = false
      status =
        isLeaveArmed ? .stopped : Status(text: "compared; Enter goes on with a column", kind: .good)
      if options.isPlain, let comparison {
        for index in comparison.columns.indices {
          let lines = comparison.lines(index)
          tell(compared: lines[0])
          for line in lines.dropFirst() { notice(line) }
        }
      }
      return takeNext()
    }
    return []
  }

  // MARK: Columns

  mutating func selectColumn(by step: Int) -> [AppEffect] {
    guard let count = comparison?.columns.count else { return [] }
    let here = comparison?.selected ?? 0
    comparison?.selected = max(0, min(count - 1, here + step))
    return []
  }

  /// Goes on with the selected column as if it had been the answer.
  mutating func adoptColumn() -> [AppEffect] {
    guard let comparison else { return [] }
    guard !comparison.isRunning, let answer = comparison.columns[comparison.selected].answer else {
      status = Status(text: "the answers are still being made", kind: .warning)
      return []
    }
    guard let question = transcript.lastIndex(where: { $0.role == .user && !$0.isQueued }) else {
      return []
    }
    transcript.removeSubrange((question + 1)..<nextPlace)
    transcript.insert(
      Message(
        role: .model, text: answer.text, footnote: answer.footnote,
        conditions: [
          Message.Condition(offset: 0, policy: answer.column.policy, budget: answer.budget)
        ]), at: question + 1)
    policy = answer.column.policy
    budget.ask(answer.column.budget)
    let column = comparison.selected
    forgetComparison()
    scroll = .following
    status = Status(text: "going on with \(answer.column.label)", kind: .good)
    return [.post(.adopt(column: column))]
  }
}

extension ComparisonColumn {
  /// `prefixkv at 20 %`
  public var label: String { "\(policy) at \(budget.label)" }
}

extension ComparedAnswer {
  /// The line below the answer when the conversation goes on with it.
  var footnote: String {
    "\(Format.counted(tokens, "token")), \(Format.decimal(decodeTokensPerSecond, 1)) tok/s beside others"
  }

  /// What stands under a column, one fact a line.
  public var facts: [String] {
    let measured = agreement.map {
      "KL \(Format.decimal($0.meanKL, 3)) nats, agrees \(Format.percent($0.share))"
    }
    return [
      Format.bytes(bytesKept, of: bytesFull)
        + ", \(Format.percent(Double(bytesKept) / Double(max(1, bytesFull)))) kept",
      "picture \(Format.count(imageEntries)), text \(Format.count(textEntries))",
      "\(Format.counted(tokens, "token")), \(Format.decimal(decodeTokensPerSecond, 1)) tok/s",
      measured ?? "not scored yet",
    ]
  }
}

extension Comparison {
  /// One column as lines of text, for plain mode, for saving and for screen readers.
  func lines(_ index: Int) -> [String] {
    let column = columns[index]
    return ["\(column.request.label): \(column.text)"]
      + (column.answer.map { ["  " + $0.facts.joined(separator: "; ")] } ?? [])
  }
}
