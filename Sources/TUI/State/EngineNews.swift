import Basics
import Foundation
import Inference
import KVCache
import Sessions

/// What the engine's events change.
extension AppState {
  mutating func handle(_ event: EngineEvent) -> [AppEffect] {
    switch event {
    case .progress(let stage, let done, let total): advanced(stage, done, of: total)
    case .modelLoaded(let summary): return loaded(summary)
    case .models(let catalogue): show(catalogue)
    case .imageLoaded(let path, let pixels): return loaded(path, pixels)
    case .pictureLaidOut(let layout): laidOut(layout)
    case .notice(let sentence): notice(sentence)
    case .loadFailed(let failure): return failed(failure)
    case .patches(let patches):
      if let before = picture?.patches { moveTokens(by: patches.rows.count - before.rows.count) }
      picture?.patches = patches
      picture?.serial += 1
    case .pictureTokens(let tokens, let problem):
      return tookPictureTokens(tokens, problem: problem)
    case .answerStarted(let promptTokens, let timeToFirstToken):
      progress = nil
      speed.read(promptTokens, in: timeToFirstToken)
      quality.begin()
      isAnswering = true
    case .promptRead(let words): take(words)
    case .turnResumed(let turn, let question, let answer):
      take(turn: turn, question: question, answer: answer)
    case .adopted(let answer):
      take(answer)
      return sweepWhenIdle()
    case .token(let text, let rate): stream(text, rate)
    case .choice(let choice): take(choice)
    case .attention(let attention): take(attention)
    case .standing(let standing): take(standing)
    case .answerFinished(let statistics): return finished(statistics)
    case .stopped: return stopped()
    case .cache(let snapshot):
      cache = snapshot
      policy = snapshot.policy
      budget.report(snapshot.budget)
      if let index = runningAnswer { noteCondition(of: index) }
    case .entries(let entries):
      // What arrives after the last watch ended is old.
      if !watch.isEmpty { self.entries = entries }
    case .reconfigured(let report): reconfigured(report)
    case .quality(let quality): take(quality)
    case .sweep(let event):
      if event == .began { quality.curve = BudgetCurve() }
      quality.curve?.take(event)
    case .decodeBound(let rate): speed.bound = rate
    case .comparison(let event): return handle(event)
    case .resumed(let problem): return resumed(problem)
    case .entriesKept(let bytes, let problem): entriesKept(bytes, problem)
    case .cleared:
      cache = nil
      lastRecall = nil
      entries = nil
      forgetTokens()
      forgetComparison()
      loads.isEncoding = false
      progress = nil
      tellNewConversation()
      return takeNext()
    case .failed(let sentence, let status): return failed(sentence, status)
    case .settled: break
    }
    return []
  }

  private mutating func advanced(_ stage: EngineStage, _ done: Int, of total: Int) {
    let tiles = stage == .vision ? picture?.layout?.tileCount ?? 1 : 1
    let now = Progress(stage: stage, done: done, total: total, tiles: tiles)
    progress = total > 0 && done >= total ? nil : now
    guard tiles > 1, let layout = picture?.layout else { return }
    status = Status(text: progress?.label ?? Self.sentence(layout), kind: .plain)
  }

  // MARK: Loading

  private mutating func loaded(_ summary: ModelSummary) -> [AppEffect] {
    if !loads.references.isEmpty { modelReference = loads.references.removeFirst() }
    progress = nil
    model = summary
    cache = nil
    lastRecall = nil
    entries = nil
    forgetTokens()
    picture?.patches = nil
    selectedLayer = min(selectedLayer, summary.layers - 1)
    // The engine goes on with the picture that is there.
    loads.isEncoding = picture != nil && summary.seesPictures
    let template = summary.template
    if options.isPlain {
      notice("model \(summary.name), \(summary.weightType)")
      notice("template \(template.template.name), \(template.explanation)")
    }
    let noTiles = tiles == nil ? nil : summary.noTiles
    for warning in [summary.warning, template.warning, noTiles] { warning.map { notice($0) } }
    status = Status(text: "ready", kind: .good)
    return takeNext()
  }

  private mutating func loaded(_ path: String, _ pixels: Pixels) -> [AppEffect] {
    loads.pictures = max(0, loads.pictures - 1)
    loads.isEncoding = model?.seesPictures == true
    picture = Picture(path: path, pixels: pixels, serial: (picture?.serial ?? 0) + 1)
    let name = PathText.name(of: path)
    acknowledge("picture \(name), \(pixels.width) x \(pixels.height) pixels", .good)
    return takeNext()
  }

  private mutating func laidOut(_ layout: PictureLayout) {
    picture?.layout = layout
    guard layout.route == .anyres else { return }
    acknowledge(Self.sentence(layout))
  }

  private static func sentence(_ layout: PictureLayout) -> String {
    "the picture is looked at in \(Format.counted(layout.tileCount, "tile")), "
      + "\(Format.count(layout.count)) rows"
  }

  private mutating func failed(_ failure: LoadFailure) -> [AppEffect] {
    loads.isEncoding = false
    progress = nil
    if failure.isStopped {
      notice(failure.sentence)
    } else {
      report(error: failure.sentence, failure.exitStatus)
    }
    switch failure.subject {
    case .model:
      if !loads.references.isEmpty { loads.references.removeFirst() }
      if model == nil, loads.models == 0 {
        dropQueue(
          because: "No model is loaded, so the question was not asked. /model PATH loads one.")
      }
    case .picture:
      loads.pictures = max(0, loads.pictures - 1)
      dropQueue(because: "The question was not asked, because its picture could not be loaded.")
    }
    return giveUpResuming() + takeNext()
  }

  /// After `/clear` the transcript is empty. Otherwise a picture or a model has begun a new
  /// conversation, and the model does not remember what stands above.
  private mutating func tellNewConversation() {
    guard transcript.contains(where: { $0.role == .model }), runningAnswer == nil,
      transcript.last(where: { $0.role != .user })?.text != Self.newConversation,
      !session.isResuming
    else { return }
    beginSession()
    transcript.insert(Message(role: .notice, text: Self.newConversation), at: nextPlace)
  }

  // MARK: Answering

  private mutating func stream(_ text: String, _ rate: Double?) {
    progress = nil
    isAnswering = true
    if runningAnswer == nil { beginAnswer() }
    if let index = runningAnswer {
      quality.lastPiece = transcript[index].text.utf8.count
      transcript[index].text += text
    }
    rate.map { speed.add($0) }
  }

  private mutating func beginAnswer() {
    transcript.insert(Message(role: .model, text: ""), at: nextPlace)
    if let index = runningAnswer { noteCondition(of: index) }
  }

  mutating func noteCondition(of answer: Int) {
    guard let cache else { return }
    transcript[answer].note(policy: cache.policy, budget: cache.budget)
  }

  private mutating func finished(_ statistics: AnswerStatistics) -> [AppEffect] {
    guard statistics.generatedTokens > 0 || statistics.finish != .cancelled else {
      return stopped()
    }
    let note = Self.footnote(statistics)
    let left = cache.flatMap { Self.pictureLeft($0, rows: statistics.imageTokens) }
    if runningAnswer == nil { beginAnswer() }
    if let index = runningAnswer {
      // Text that was held back came with the last token.
      if let last = transcript[index].pieces.indices.last {
        let start = transcript[index].pieces[last].place.lowerBound
        transcript[index].pieces[last].place = start..<transcript[index].text.utf8.count
      }
      transcript[index].footnote = [note, left].compactMap(\.self).joined(separator: ", ")
      transcript[index].tokens = statistics.tokens
      transcript[index].layers = cache?.layers.map(SavedMessage.Layer.init) ?? []
    }
    endAnswer()
    if statistics.finish != .cancelled { isLeaveArmed = false }
    speed.finish(statistics)
    lastRecall = statistics.recall
    status = isLeaveArmed ? .stopped : Status(text: "done: " + note, kind: .good)
    return takeNext() + sweepWhenIdle()
  }

  /// The answer was stopped before its first token; the conversation is as it was before.
  private mutating func stopped() -> [AppEffect] {
    endAnswer()
    notice("Stopped before the first word of the answer.")
    return takeNext()
  }

  private mutating func failed(_ sentence: String, _ status: ExitStatus) -> [AppEffect] {
    progress = nil
    budget.giveUpWaiting()
    inspection.told = nil
    if comparison?.isRunning == true { forgetComparison() }
    let isCutShort = isAnswering && runningAnswer == nil
    // If an answer still runs after all, its next token says so.
    isAnswering = false
    report(error: sentence, status)
    return isCutShort ? takeNext() : []
  }

  mutating func endAnswer() {
    isAnswering = false
    progress = nil
  }

  private static func footnote(_ statistics: AnswerStatistics) -> String {
    let end =
      switch statistics.finish {
      case .endOfSequence, .stopString: ""
      case .maximumTokens: ", cut at the token limit"
      case .contextFull: ", the context is full: /clear starts anew"
      case .cancelled: ", stopped"
      }
    let speed = Format.decimal(statistics.decodeTokensPerSecond, 1) + " tok/s"
    let first = Format.duration(statistics.timeToFirstToken)
    // A number stays on one row with its unit.
    let recall = statistics.recall.map { "recalled \(Format.bytes($0.bytes))" }
    let parts = [
      Format.counted(statistics.generatedTokens, "token"), speed, "first after \(first)", recall,
    ]
    let shown = parts.compactMap(\.self).map { $0.replacing(" ", with: "\u{A0}") }
    return shown.joined(separator: ", ") + end
  }

  /// "85 of 1440 picture entries left": what the answer could see of the picture at its end; nil when
  /// that is all of it, or nothing was seen.
  private static func pictureLeft(_ cache: CacheSnapshot, rows: Int) -> String? {
    let all = rows * cache.layers.count
    let left = cache.layers.reduce(0) { $0 + $1.image }
    guard left < all else { return nil }
    return "\(Format.count(left)) of \(Format.count(all)) picture entries left"
  }

  // MARK: The cache

  private mutating func reconfigured(_ report: ReconfigurationReport) {
    speed.lastChange = report
    if let sentence = report.sentence { acknowledge(sentence) }
    if let note = report.note { notice(note) }
  }

}

extension SavedMessage.Layer {
  init(_ layer: LayerRetention) {
    self.init(image: layer.image, text: layer.text, seen: layer.seen)
  }
}

extension ReconfigurationReport {
  /// "evicted 34, restored 12 in 3 ms"; nil when nothing moved.
  var sentence: String? {
    let moved = [
      evicted > 0 ? "evicted \(Format.count(evicted))" : nil,
      restored > 0 ? "restored \(Format.count(restored))" : nil,
    ].compactMap(\.self)
    guard !moved.isEmpty else { return nil }
    let entries = moved.count == 1 ? " entries" : ""
    return moved.joined(separator: ", ") + entries + " in \(Format.duration(duration))"
  }
}
