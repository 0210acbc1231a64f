/// A scripted conversation that shows what the program is for, at a pace that can be read.
struct Demo: Sendable, Equatable {
  enum Action: Sendable, Equatable {
    case nothing
    /// A line that is sent from the prompt.
    case line(String)
    case key(Key)
  }

  struct Step: Sendable, Equatable {
    /// What is said while the step lasts.
    var caption: String
    var action = Action.nothing
    /// How long it lasts, from the moment when the engine is idle again.
    var lasts: Duration
  }

  private(set) var steps: [Step]
  private var left: Duration
  private(set) var isPaused = false

  init(_ steps: [Step] = Demo.script) {
    self.steps = steps
    left = steps.first?.lasts ?? .zero
  }

  var caption: String { steps.first?.caption ?? "" }

  mutating func pause() { isPaused.toggle() }

  /// Goes to the next step at once.
  mutating func skip() { left = .zero }

  /// - Returns: what is to be done now; nil when nothing is.
  mutating func advance(by passed: Duration, isIdle: Bool) -> Action? {
    guard !isPaused, isIdle, !steps.isEmpty else { return nil }
    left -= passed
    guard left <= .zero else { return nil }
    steps.removeFirst()
    guard let next = steps.first else { return nil }
    left = next.lasts
    return next.action
  }

  static let script: [Step] = [
    Step(
      caption: "prefixkv: a picture, a question, and what the cache keeps of it", lasts: .seconds(2)
    ),
    Step(
      caption: "A question about the picture. The cache keeps everything: 100 %",
      action: .line("Describe this image in detail."), lasts: .seconds(3)),
    Step(
      caption: "F3 shows on the picture which patches the layers keep: all of them",
      action: .line("/overlay kept"), lasts: .seconds(3)),
    Step(caption: "F5 makes the budget smaller", action: .line("/budget 60%"), lasts: .seconds(2)),
    Step(
      caption: "Patches go dark: the darker, the more layers have evicted them",
      action: .line("/budget 30%"), lasts: .seconds(3)),
    Step(
      caption: "Every layer keeps as many entries as its attention needs",
      action: .line("/budget 10%"), lasts: .seconds(4)),
    Step(
      caption: "The same question from what is left. The former answer stays above it",
      action: .line("/regenerate"), lasts: .seconds(4)),
    Step(
      caption: "Nothing is lost: a larger budget brings the entries back",
      action: .line("/budget 100%"), lasts: .seconds(3)),
    Step(
      caption: "Where the attention went, on a logarithmic scale",
      action: .line("/overlay importance"), lasts: .seconds(4)),
    Step(
      caption: "F7 answers at several budgets at once; words that differ are underlined",
      action: .line("/compare"), lasts: .seconds(7)),
    Step(
      caption: "KL and agreement say how far each answer is from the full cache",
      action: .key(.escape), lasts: .seconds(3)),
    Step(
      caption: "Now it is yours. F1 lists all keys", action: .line("/overlay kept"),
      lasts: .seconds(3)),
  ]
}

extension AppState {
  /// Some time has passed.
  mutating func passed(_ time: Duration) -> [AppEffect] {
    let isIdle = !isBusy && queue.isEmpty
    guard let action = demo?.advance(by: time, isIdle: isIdle) else {
      if demo?.steps.isEmpty == true { demo = nil }
      return []
    }
    let effects: [AppEffect] =
      switch action {
      case .nothing: []
      case .line(let line): submit(line: line)
      case .key(let key): handle(key)
      }
    // What nobody typed is not remembered.
    return effects.filter { if case .remember = $0 { false } else { true } }
  }

  /// Keys that steer the demonstration; nil: the key means what it always does.
  mutating func handleInDemo(_ key: Key) -> [AppEffect]? {
    guard demo != nil else { return nil }
    switch key {
    case .character(" "): demo?.pause()
    case .right: demo?.skip()
    case .escape:
      demo = nil
      status = Status(text: "the demonstration has ended", kind: .plain)
    default: return nil
    }
    return []
  }
}
