import Foundation
import KVCache

/// What runs on the engine's thread.
final class EngineLoop: AnswerObserver {
  private let commands: Mailbox<EngineCommand>
  private let events: Mailbox<EngineEvent>
  let load: LoadOptions
  var options: ChatOptions
  var chat: ChatSession?
  /// The vision file that the command line names for the first model; later models find theirs beside
  /// them.
  var projector: String?
  var picture: (path: String, pixels: Pixels)?
  var embeddings = RecentEmbeddings()
  /// Taken from the mailbox while something was running, to be carried out afterwards.
  private var waiting: [EngineCommand] = []
  private var wasCancelled = false
  /// Whether what runs was asked for by nobody, and ends as soon as something else is.
  private var isIdle = false
  var isCancelled: Bool { wasCancelled || isIdle && !waiting.isEmpty }
  private var watch: CacheWatch = []
  /// The position whose entries are explained.
  private var explained: Int?

  init(
    commands: Mailbox<EngineCommand>, events: Mailbox<EngineEvent>, options: ChatOptions,
    load: LoadOptions
  ) {
    self.commands = commands
    self.events = events
    self.options = options
    self.load = load
    projector = load.projector
  }

  func run() {
    while true {
      waiting += waiting.isEmpty ? commands.waitAndDrain() : commands.drain()
      let command = waiting.removeFirst()
      if command.asksForAttention, waiting.contains(where: \.asksForAttention) { continue }
      if command == .shutdown { return }
      // A cancel that came in the same batch is meant for this command.
      wasCancelled = waiting.contains(.cancel)
      do {
        try perform(command)
      } catch {
        receive(failure(of: command, error))
      }
    }
  }

  private func failure(of command: EngineCommand, _ error: any Error) -> EngineEvent {
    switch command {
    case .loadModel: return .loadFailed(LoadFailure(.model, error, sentence: sentence(error)))
    case .loadImage, .setTiles:
      return .loadFailed(LoadFailure(.picture, error, sentence: sentence(error)))
    case .keepEntries: return .entriesKept(bytes: nil, problem: sentence(error))
    case .resume:
      let isStopped = (error as? ModelError) == .cancelled
      return .resumed(problem: isStopped ? "Reading it was stopped." : sentence(error))
    default: return (error as? ModelError) == .cancelled ? .stopped : failed(error)
    }
  }

  private func perform(_ command: EngineCommand) throws {
    switch command {
    case .loadModel(let reference): try loadModel(reference)
    case .loadImage(let path): try loadImage(path)
    case .ask(let question): try answer { try $0.ask(question, observer: self) }
    case .regenerate: try answer { try $0.regenerate(observer: self) }
    case .retry(let sampling):
      try answer { try $0.regenerate(sampling: sampling, observer: self) }
    case .resume(let resumption):
      try resume(resumption)
      receive(.resumed(problem: nil))
    case .keepEntries(let path): try keepEntries(in: path)
    case .undo:
      try chat?.undo()
      reportCache()
    case .setSampling(let sampling):
      options.sampling = sampling
      chat?.setSampling(sampling)
    case .setSystem(let sentence): try setSystem(sentence)
    case .clear:
      try chat?.clear()
      receive(.cleared)
      reportCache()
    case .setBudget, .setPolicy: try reconfigure(command)
    case .watch(let watch): tell(watch)
    case .setTwin(let isOn):
      options.hasTwin = isOn
      chat?.options.hasTwin = isOn
    case .recordAttention(let isOn):
      options.recordsAttention = isOn
      chat?.options.recordsAttention = isOn
    case .attention(let position): try tellAttention(of: position)
    case .explain(let position):
      explained = position
      tellStanding()
    case .setRecall(let isOn):
      options.recalls = isOn
      chat?.setRecall(isOn)
    case .compare(let columns): try compare(columns)
    case .adopt(let column): try adopt(column)
    case .sweepBudgets: try sweepBudgets()
    case .setTiles(let tiles): try setTiles(tiles)
    case .settle: receive(.settled)
    case .setPictureTokens(let tokens): setPictureTokens(tokens)
    case .cancel, .shutdown, .listModels: break
    }
  }

  private func answer(_ body: (ChatSession) throws -> AnswerStatistics) throws {
    guard let chat else { throw ChatError.noModel }
    let statistics = try body(chat)
    receive(.answerFinished(statistics))
    reportCache()
    if let bandwidth = chat.model.readBandwidth {
      let bytes = chat.model.language.decodeBytes + chat.snapshot.bytesKept
      receive(.decodeBound(tokensPerSecond: bandwidth / Double(bytes)))
    }
  }

  private func resume(_ resumption: Resumption) throws {
    guard let chat else { throw ChatError.noModel }
    // What is asked once the conversation is resumed finds its cache on the screen.
    defer { reportCache() }
    if !resumption.hasPicture {
      picture = nil
      try chat.begin(image: nil)
    }
    if options.pictureTokens != resumption.pictureTokens {
      try chat.clear()
      setPictureTokens(resumption.pictureTokens)
    }
    try chat.resume(resumption.turns, entries: resumption.entries, observer: self)
  }

  private func keepEntries(in path: String) throws {
    guard let chat else { throw ChatError.noModel }
    receive(.entriesKept(bytes: try chat.keepEntries(in: path), problem: nil))
  }

  private func compare(_ columns: [ComparisonColumn]) throws {
    guard let chat else { throw ChatError.noModel }
    _ = try chat.compare(columns, observer: self)
  }

  /// Idle work: it gives way to whatever else is asked for.
  private func sweepBudgets() throws {
    isIdle = true
    defer { isIdle = false }
    try chat?.sweepBudgets(observer: self)
  }

  private func adopt(_ column: Int) throws {
    guard let chat else { throw ChatError.noModel }
    let answer = try chat.adopt(column: column)
    options.policy = chat.options.policy
    options.budget = chat.options.budget
    reportCache()
    receive(.adopted(answer))
  }

  private func reconfigure(_ command: EngineCommand) throws {
    let report: ReconfigurationReport?
    switch command {
    case .setBudget(let request):
      report = try chat?.setBudget(request)
      options.budget = request
    case .setPolicy(let name):
      do {
        let policy = try RetentionPolicies.named(name)
        report = try chat?.setPolicy(policy)
        options.policy = policy
      } catch {
        // Nobody is to believe that what was refused is in force.
        reportCache()
        throw error
      }
    default: return
    }
    if let chat, let report { receive(.reconfigured(chat.news(report))) }
    reportCache()
  }

  private func tell(_ watch: CacheWatch) {
    self.watch = watch
    if !watch.isEmpty { reportCache() }
  }

  private func tellAttention(of position: Int) throws {
    guard let chat else { throw ChatError.noModel }
    let told = try chat.inspected(position)
    told.choice.map { receive(.choice($0)) }
    receive(.attention(told.attention))
  }

  private func tellStanding() {
    guard let explained, let standing = chat?.standing(of: explained) else { return }
    events.post(.standing(standing))
  }

  private func setSystem(_ sentence: String?) throws {
    try chat?.begin(system: sentence)
    options.system = sentence
    receive(.cleared)
    reportCache()
  }

  /// Reports the progress of a long step, and stops the step when the user asked for that.
  func report(_ stage: EngineStage, done: Int, total: Int) throws {
    receive(.progress(stage, done: done, total: total))
    if isCancelled { throw ModelError.cancelled }
  }

  func reportCache() {
    if let chat { receive(.cache(chat.snapshot)) }
  }

  func sentence(_ error: any Error) -> String {
    if let error = error as? LocalizedError, let text = error.errorDescription { return text }
    // Only a chat has earlier turns that a new conversation leaves out.
    if case ModelError.contextFull = error { return "\(error) So does a new conversation: /clear." }
    return "\(error)"
  }

  private func failed(_ error: any Error) -> EngineEvent {
    .failed(sentence(error), .ofEngine(error))
  }

  // MARK: AnswerObserver

  func receive(_ event: EngineEvent) {
    events.post(event)
    switch event {
    case .progress: pollCommands()
    case .cache:
      if let entries = chat?.entries(watch) { events.post(.entries(entries)) }
      tellStanding()
    default: break
    }
  }

  /// Budget, policy and what is watched act here; everything else that arrived waits for the answer's end.
  func betweenTokens() {
    pollCommands()
    let now = waiting
    waiting = []
    for command in now {
      switch command {
      case .setBudget, .setPolicy:
        do { try reconfigure(command) } catch { receive(failed(error)) }
      case .watch(let watch): tell(watch)
      case .setTwin, .recordAttention, .attention, .explain:
        do { try perform(command) } catch { receive(failed(error)) }
      default: waiting.append(command)
      }
    }
  }

  private func pollCommands() {
    for command in commands.drain() {
      switch command {
      case .cancel: wasCancelled = true
      case .shutdown:
        wasCancelled = true
        waiting.append(command)
      case .setBudget:
        // Dragging the slider posts many; only the last one counts.
        if case .setBudget? = waiting.last { waiting.removeLast() }
        waiting.append(command)
      case .attention:
        waiting.removeAll(where: \.asksForAttention)
        waiting.append(command)
      default: waiting.append(command)
      }
    }
  }
}

extension EngineCommand {
  /// Computing it takes a token's time and a copy of the cache, so only the last of several counts.
  fileprivate var asksForAttention: Bool { if case .attention = self { true } else { false } }
}
