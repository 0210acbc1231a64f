import Basics
import Foundation
import Inference
import KVCache

/// What the engine's events change.
extension AppState {
  mutating func handle(_ event: EngineEvent) -> [AppEffect] {
    switch event {
    case .progress(let stage, let done, let total):
      progress = total > 0 && done >= total ? nil : Progress(stage: stage, done: done, total: total)
    case .modelLoaded(let summary): return loaded(summary)
    case .imageLoaded(let path, let pixels):
      finishLoad()
      dropQueueWithoutModel()
      picture = Picture(path: path, pixels: pixels, serial: (picture?.serial ?? 0) + 1)
      status = Status(text: "picture \((path as NSString).lastPathComponent)", kind: .good)
    case .answerStarted(_, let timeToFirstToken):
      progress = nil
      isAnswering = true
      speed.timeToFirstToken = timeToFirstToken
    case .token(let text, let rate):
      progress = nil
      isAnswering = true
      if runningAnswer == nil {
        transcript.insert(Message(role: .model, text: ""), at: nextPlace)
      }
      if let index = runningAnswer { transcript[index].text += text }
      speed.add(rate)
    case .answerFinished(let statistics): return finished(statistics)
    case .cache(let snapshot):
      cache = snapshot
      policy = snapshot.policy
      budget.report(snapshot.budget)
    case .reconfigured(let report):
      speed.lastChange = report
      if let sentence = Self.sentence(report) { status = Status(text: sentence, kind: .plain) }
      if let note = report.note { notice(note) }
    case .cleared:
      cache = nil
      tellNewBeginning()
    case .failed(let sentence):
      finishLoad()
      budget.giveUpWaiting()
      let isCutShort = isAnswering && runningAnswer == nil
      // If an answer still runs after all, its next token says so.
      isAnswering = false
      report(error: sentence)
      dropQueueWithoutModel()
      if isCutShort { return askNext() }
    }
    return []
  }

  /// After `/clear` the transcript is empty. Otherwise a picture or a model has begun a new
  /// conversation, and what stands above is not remembered any more.
  private mutating func tellNewBeginning() {
    let sentence = "A new conversation begins here; the model does not remember what is above."
    guard transcript.contains(where: { $0.role == .model }), runningAnswer == nil,
      transcript.last(where: { $0.role != .user })?.text != sentence
    else { return }
    transcript.insert(Message(role: .notice, text: sentence), at: nextPlace)
  }

  private mutating func loaded(_ summary: ModelSummary) -> [AppEffect] {
    finishLoad()
    model = summary
    cache = nil
    status = Status(text: "ready", kind: .good)
    if let warning = summary.warning { notice(warning) }
    return askNext()
  }

  private mutating func finishLoad() {
    progress = nil
    pendingLoads = max(0, pendingLoads - 1)
  }

  /// Questions that wait for a model that will not come are given back.
  private mutating func dropQueueWithoutModel() {
    guard model == nil, pendingLoads == 0, !queue.isEmpty else { return }
    queue = []
    transcript.removeAll(where: \.isQueued)
    report(error: "No model is loaded, so the question was not asked. /model PATH loads one.")
  }

  private mutating func finished(_ statistics: AnswerStatistics) -> [AppEffect] {
    let note = Self.footnote(statistics)
    if let index = runningAnswer { transcript[index].footnote = note }
    isAnswering = false
    isLeaveArmed = false
    progress = nil
    speed.lastAnswer = statistics
    speed.timeToFirstToken = statistics.timeToFirstToken
    status = Status(text: "done: " + note, kind: .good)
    return askNext()
  }

  private static func footnote(_ statistics: AnswerStatistics) -> String {
    let end =
      switch statistics.finish {
      case .endOfSequence, .stopString: ""
      case .maximumTokens: ", cut at the token limit"
      case .contextFull: ", the context is full: /clear starts anew"
      case .cancelled: ", stopped"
      }
    return "\(statistics.generatedTokens) tokens, "
      + "\(Format.decimal(statistics.decodeTokensPerSecond, 1)) tok/s, first after "
      + Format.duration(statistics.timeToFirstToken) + end
  }

  /// nil when nothing moved.
  private static func sentence(_ report: ReconfigurationReport) -> String? {
    guard report.restored + report.evicted > 0 else { return nil }
    let moved =
      report.restored > 0
      ? "\(Format.count(report.restored)) entries came back"
      : "\(Format.count(report.evicted)) entries left"
    return "\(moved) in \(Format.duration(report.duration))"
  }
}
