import CKernels
import Foundation
import Inference
import KVCache
import TUI

/// Speaks the engine's protocol without a model: fixed text, made-up retention, real pauses.
final class ScriptedEngine: EngineConnection {
  let events = Mailbox<EngineEvent>()
  private let commands = Mailbox<EngineCommand>()

  /// - Parameter crash: a signal that the first question raises on the engine's thread.
  init(layers: Int, tokens: Int, delay: Int, fails: Bool, crash: Int32?) {
    let (events, commands) = (events, commands)
    let thread = Thread {
      ck_leave_signals_to_main_thread()
      var script = Script(
        layers: layers, tokens: tokens, delay: delay, fails: fails, crash: crash,
        events: events, commands: commands)
      script.run()
    }
    thread.start()
  }

  func post(_ command: EngineCommand) { commands.post(command) }
}

private struct Script {
  let layers: Int
  let tokens: Int
  let delay: Int
  let fails: Bool
  let crash: Int32?
  let events: Mailbox<EngineEvent>
  let commands: Mailbox<EngineCommand>

  var budget = 1.0
  var policy = "prefixkv"
  var seen = 0
  var isCancelled = false
  var isDone = false
  var hasModel = false
  var hasPicture = false
  var picture: Pixels?
  var watch: CacheWatch = []
  var hasTwin = false
  var recordsAttention = false

  static let words =
    "The picture shows a small harbour at dusk. Three boats lie side by side, their masts drawn "
    + "against a warm sky; the water mirrors them in long, broken lines. On the quay a person in "
    + "a red coat looks out to sea. 港の夕暮れです。 Café façade, naïve résumé, e\u{301}tude."

  mutating func run() {
    while !isDone { for command in commands.waitAndDrain() { take(command) } }
  }

  mutating func take(_ command: EngineCommand) {
    switch command {
    case .loadModel(let name): load(name)
    case .loadImage(let path): open(path)
    case .ask, .regenerate, .retry: answer()
    case .undo, .setSampling, .setRecall: break
    case .keepEntries: events.post(.entriesKept(bytes: 1 << 20, problem: nil))
    case .resume(let resumption):
      seen = 64 * resumption.turns.count
      tellCache()
      events.post(.resumed(problem: nil))
    case .clear, .setSystem:
      seen = 0
      events.post(.cleared)
    case .setBudget(let request):
      if case .share(let share) = request { budget = share } else { budget = 0.42 }
      reconfigure()
    case .setPolicy(let name):
      policy = name
      reconfigure()
    case .listModels: events.post(.models(ModelCatalogue(models: [])))
    case .watch(let watch):
      self.watch = watch
      if seen > 0 { tellCache() }
    case .compare(let columns): compare(columns)
    case .adopt: tellCache()
    case .setTwin(let isOn): hasTwin = isOn
    case .sweepBudgets: sweep()
    case .recordAttention(let isOn): recordsAttention = isOn
    case .attention(let position):
      events.post(.attention(ScriptedTokens.attention(of: position, seen: seen)))
    case .explain(let position):
      if let position {
        events.post(.standing(ScriptedTokens.standing(of: position, seen: seen, layers: layers)))
      }
    case .setTiles: encode()
    case .setPictureTokens(let tokens): events.post(.pictureTokens(tokens, problem: nil))
    case .settle: events.post(.settled)
    case .cancel: isCancelled = true
    case .shutdown: isDone = true
    }
  }

  /// Divergences that fall with the budget.
  mutating func sweep() {
    events.post(.sweep(.began))
    for tenth in 0..<10 where !isCancelled {
      let agreement = Agreement(meanKL: 1.2 * pow(1 - Double(tenth) / 10, 3), share: 0.9)
      events.post(
        .sweep(.scored(SweepPoint(budget: max(0.05, Double(tenth) / 10), agreement: agreement))))
      events.post(.sweep(.advanced(done: tenth + 1, total: 10)))
      pause(delay)
      for command in commands.drain() { take(command) }
    }
    events.post(.sweep(.ended(isWhole: !isCancelled)))
  }

  mutating func load(_ name: String?) {
    for step in 0...10 {
      events.post(.progress(.loading, done: step, total: 10))
      pause(delay)
    }
    events.post(
      .modelLoaded(
        ModelSummary(
          name: name ?? "llava-1.5-7b", path: "/models/llava", weightType: "Q4_0", layers: layers,
          parameters: 7_060_000_000, weightBytes: 4_190_000_000, context: 4096, imageTokens: 576,
          twinSlowdown: 0.12,
          template: TemplateChoice(Templates.all[0], .chatTemplate("chat_template.json")),
          warning: fails ? "This is a random stand-in model: its answers mean nothing." : nil)))
    hasModel = true
    encode()
  }

  mutating func open(_ path: String) {
    do {
      let pixels = try ImageFile.load(path: path, reading: .asSeen)
      events.post(.imageLoaded(path: path, pixels))
      picture = pixels
      hasPicture = true
      encode()
    } catch {
      events.post(
        .loadFailed(LoadFailure(subject: .picture, sentence: "\(error)", exitStatus: .missingInput))
      )
    }
  }

  func encode() {
    guard hasModel, hasPicture else { return }
    for step in 0...23 {
      events.post(.progress(.vision, done: step, total: 23))
      pause(delay / 4)
    }
    if let picture { events.post(.patches(ScriptedEntries.patches(of: picture))) }
    events.post(.cleared)
  }

  mutating func answer() {
    isCancelled = false
    if let crash { pthread_kill(pthread_self(), crash) }
    for step in stride(from: 0, through: 624, by: 48) {
      events.post(.progress(.prefill, done: step, total: 624))
      pause(delay)
    }
    if fails {
      events.post(.failed("The context of 4096 positions is full\u{1B}[31m. /clear starts anew."))
      return
    }
    seen += seen == 0 ? 640 : 24
    events.post(.answerStarted(promptTokens: 640, timeToFirstToken: .milliseconds(424)))
    tellCache()
    let pieces = Script.words.split(separator: " ", omittingEmptySubsequences: false)
    var count = 0
    while count < tokens, !isCancelled, !isDone {
      let rate = 11 + 3 * sin(Double(count) / 7)
      let isBreak = count % 60 == 59
      let piece = String(pieces[count % pieces.count]) + (isBreak ? "\n\n" : " ")
      events.post(.token(text: piece, tokensPerSecond: rate))
      events.post(.choice(ScriptedTokens.choice(of: piece, at: seen)))
      if recordsAttention {
        events.post(.attention(ScriptedTokens.attention(of: seen, seen: seen)))
      }
      seen += 1
      if hasTwin {
        let divergence = 0.02 + 0.4 * pow(sin(Double(count) / 3), 8) * (1 - budget)
        events.post(
          .quality(
            TokenQuality(
              position: seen - 1, divergence: divergence, other: count == 17 ? "noon" : nil,
              twinBytes: seen * layers << 14, approximateFrom: nil)))
      }
      count += 1
      tellCache()
      pause(delay)
      for command in commands.drain() { take(command) }
    }
    events.post(
      .answerFinished(
        AnswerStatistics(
          promptTokens: 640, imageTokens: 576, generatedTokens: count,
          timeToFirstToken: .milliseconds(424), decodeTokensPerSecond: 11.3,
          finish: isCancelled ? .cancelled : .endOfSequence)))
  }

  /// The smaller the budget, the more words are others.
  mutating func compare(_ columns: [ComparisonColumn]) {
    let words = Script.words.split(separator: " ").map(String.init)
    let other = ["house", "on", "a", "boat", "shining", "ladder", "blue"]
    var texts = columns.map { _ in "" }
    events.post(.comparison(.began(columns)))
    for (place, word) in words.prefix(tokens).enumerated() {
      for (index, column) in columns.enumerated() {
        guard case .share(let share) = column.budget else { continue }
        let isOther = Double(place &* 37 % 100) / 100 > 0.55 + 0.45 * share
        let text = (isOther ? other[place % other.count] : word) + " "
        texts[index] += text
        events.post(.comparison(.token(column: index, text: text)))
      }
      pause(delay)
    }
    for (index, column) in columns.enumerated() {
      guard case .share(let share) = column.budget else { continue }
      let entries = Int(Double(seen * layers) * share)
      events.post(
        .comparison(
          .finished(
            column: index,
            ComparedAnswer(
              column: column, text: texts[index], tokens: tokens, finish: .endOfSequence,
              budget: share, bytesKept: entries << 14, bytesFull: seen * layers << 14,
              imageEntries: entries * 4 / 5, textEntries: entries / 5,
              decodeTokensPerSecond: 4.25))))
    }
    for (index, column) in columns.enumerated() {
      guard case .share(let share) = column.budget else { continue }
      events.post(
        .comparison(
          .scored(
            column: index, Agreement(meanKL: (1 - share) / 4, share: 1 - (1 - share) / 5))))
    }
    events.post(.comparison(.ended))
  }

  mutating func reconfigure() {
    guard seen > 0 else { return }
    events.post(
      .reconfigured(
        ReconfigurationReport(
          duration: .microseconds(3140), evicted: 4021, restored: 0, bytesMoved: 12_600_000,
          note: nil)))
    tellCache()
  }

  func tellCache() {
    events.post(.cache(snapshot))
    guard !watch.isEmpty else { return }
    events.post(.entries(ScriptedEntries.entries(snapshot, watch)))
  }

  var snapshot: CacheSnapshot {
    let retention = (0..<layers).map { layer -> LayerRetention in
      let depth = Double(layer) / Double(max(1, layers - 1))
      let wave = 0.5 + 0.5 * sin(Double(layer) * 1.9)
      let share = min(1, budget * (2.1 * (1 - depth) + 0.35 + 0.25 * wave))
      let text = seen - min(seen, 576)
      let keptText = Int(Double(text) * min(1, share * 1.4))
      let image = Int(Double(min(seen, 576)) * share)
      return LayerRetention(
        system: 0, image: image, user: keptText, assistant: 0, seen: seen)
    }
    let kept = retention.reduce(0) { $0 + $1.retained }
    let entry = 16384
    return CacheSnapshot(
      layers: retention, budget: budget, policy: policy,
      threshold: policy == "prefixkv" ? 0.873 : nil, bytesKept: kept * entry,
      bytesFull: seen * layers * entry, bytesSpilled: (seen * layers - kept) * entry,
      bytesResident: kept * entry + 3 << 20)
  }

  func pause(_ milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }
}
