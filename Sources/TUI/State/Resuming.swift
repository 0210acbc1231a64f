import Basics
import Inference
import Sessions

/// Going on with a conversation that was kept.
extension AppState {
  /// Asks the store for something that it answers.
  mutating func ask(_ request: SessionRequest) -> [AppEffect] {
    listsAwaited += 1
    return [.store(request)]
  }

  /// Begins the program with a kept conversation.
  mutating func openFirst(_ choice: SessionChoice) -> [AppEffect] {
    session.isAwaited = true
    status = Status(text: "opening the conversation", kind: .plain)
    return ask(.open(choice))
  }

  mutating func open(_ choice: SessionChoice) -> [AppEffect] {
    guard !isBusy, queue.isEmpty else {
      return refuse(Self.isAtWork)
    }
    return ask(.open(choice))
  }

  mutating func handle(_ event: SessionEvent) -> [AppEffect] {
    switch event {
    case .kept(let number, let id):
      if number == session.number { session.id = id }
      return []
    case .notice(let sentence):
      notice(sentence)
      return []
    default: break
    }
    listsAwaited = max(0, listsAwaited - 1)
    switch event {
    case .opened(let opened): return resume(opened)
    case .refused(let sentence): return refused(sentence)
    case .list(let summaries, let search): list(summaries, search)
    case .renamed(let id, let title):
      if id == session.id {
        session.title = title
        session.told?.title = title
      }
      acknowledge(title.map { "conversation \(id) is called '\($0)'" } ?? "the title is gone")
      return relist()
    case .deleted(let id):
      if id == session.id { session.isDeleted = true }
      acknowledge("conversation \(id) is deleted")
      return relist()
    case .entriesPlace(let path):
      listsAwaited += 1
      return [.post(.keepEntries(path: path))]
    case .kept, .notice: break
    }
    return []
  }

  private mutating func refused(_ sentence: String) -> [AppEffect] {
    report(error: sentence, .missingInput)
    guard session.isAwaited else { return [] }
    session.isAwaited = false
    options.resumedCommands = []
    return loadFirst()
  }

  /// Shows a kept conversation, and lets the engine read it when model and picture are there.
  private mutating func resume(_ opened: OpenedSession) -> [AppEffect] {
    let setting = opened.session.setting
    sessionList = nil
    forgetComparison()
    beginSession()
    session.id = opened.id
    session.title = opened.session.title
    session.setting = setting
    session.isResuming = true
    transcript = opened.session.messages.map(Message.init)
    scroll = .following
    cache = nil
    let before = take(setting)
    // What is shown is what is kept; only a change is worth writing.
    session.told = savedSession
    if let note = opened.pictureNote { notice(note) }
    let effects = before + load(setting, picture: opened.picture)
    queue = [
      Request(
        resumption: Resumption(
          turns: opened.session.turns, hasPicture: opened.picture != nil,
          entries: opened.entries, pictureTokens: pictureTokens.chosen))
    ]
    return effects + takeNext()
  }

  /// Takes over what the next answer is made with.
  private mutating func take(_ setting: SessionSetting) -> [AppEffect] {
    sampling = SamplingOptions(
      temperature: setting.temperature, topP: setting.topP, seed: setting.seed,
      maximumTokens: setting.maxTokens)
    policy = setting.policy
    budget.ask(.share(setting.budget))
    var effects: [AppEffect] = [
      .post(.setSampling(sampling)), .post(.setPolicy(policy)),
      .post(.setBudget(.share(setting.budget))),
    ]
    if system != setting.system { effects.append(.post(.setSystem(setting.system))) }
    if tiles != setting.tiles { effects.append(.post(.setTiles(setting.tiles))) }
    system = setting.system
    tiles = setting.tiles
    // The engine takes it over when it reads the conversation, with the model and picture of that.
    do {
      pictureTokens.choose(try setting.pictureTokens.map { try PictureTokens(parsing: $0) })
    } catch {
      pictureTokens.choose(nil)
      notice("\(error) Every row of the picture is taken.")
    }
    return effects
  }

  private mutating func load(_ setting: SessionSetting, picture: String?) -> [AppEffect] {
    let needsModel = model == nil || modelReference != setting.model
    if needsModel, model == nil {
      // As at every start, the picture is on the screen while the model loads.
      return (picture.map { loadPicture($0) } ?? []) + loadModel(setting.model)
    }
    return (needsModel ? loadModel(setting.model) : []) + (picture.map { loadPicture($0) } ?? [])
  }

  // MARK: The engine

  mutating func begin(_ resumption: Resumption) -> [AppEffect] {
    isAnswering = true
    status = Status(text: "reading the conversation; Ctrl+C stops it", kind: .plain)
    if let setting = session.setting, let name = model?.template.template.name,
      name != setting.template
    {
      notice("The conversation was held with the template \(setting.template), now it is \(name).")
    }
    return [.post(.resume(resumption))]
  }

  /// The engine has read the conversation, or will not.
  mutating func resumed(_ problem: String?) -> [AppEffect] {
    endAnswer()
    isLeaveArmed = false
    guard session.isResuming else { return takeNext() }
    guard let problem else {
      session.isResuming = false
      let questions = transcript.count { $0.role == .user && !$0.isQueued }
      acknowledge("resumed, \(Format.counted(questions, "question"))", .good)
      return runResumedCommands() + takeNext()
    }
    report(error: problem, .badData)
    return giveUpResuming() + takeNext()
  }

  /// Carries out what the command line asks of the conversation that the program began with.
  private mutating func runResumedCommands() -> [AppEffect] {
    let lines = options.resumedCommands
    options.resumedCommands = []
    var effects: [AppEffect] = []
    for line in lines {
      guard let (name, rest) = SlashCommands.split(line), let command = SlashCommands.named(name)
      else { continue }
      effects += command.run(&self, rest)
    }
    return effects
  }

  /// The conversation stays on the screen, and a new one begins below it.
  mutating func giveUpResuming() -> [AppEffect] {
    guard session.isResuming else { return [] }
    queue.removeAll { $0.resumption != nil }
    beginSession()
    transcript.insert(Message(role: .notice, text: Self.newConversation), at: nextPlace)
    return runResumedCommands()
  }
}

extension Message {
  /// A message as it was kept. An answer without numbers was cut off when the program ended.
  init(_ saved: SavedMessage) {
    let isAnswer = saved.role == .answer
    self.init(
      role: isAnswer ? .model : .user, text: saved.text,
      footnote: isAnswer ? saved.note ?? Self.cutOff : nil, wasKept: true, isFormer: saved.isFormer,
      conditions: saved.conditions, tokens: saved.tokens, layers: saved.layers)
  }

  private static let cutOff = "cut off when the program ended"
}

extension SavedSession {
  /// The questions that were answered, as the engine reads them.
  fileprivate var turns: [ResumedTurn] {
    var turns: [ResumedTurn] = []
    var question: String?
    for message in messages where !message.isFormer {
      guard message.role == .answer else {
        question = message.text
        continue
      }
      guard let asked = question else { continue }
      question = nil
      turns.append(
        ResumedTurn(
          question: asked, answer: message.text, tokens: message.tokens,
          first: message.conditions.first.map(ResumedTurn.Condition.init),
          last: message.conditions.last.map(ResumedTurn.Condition.init)))
    }
    return turns
  }
}

extension ResumedTurn.Condition {
  init(_ condition: SavedMessage.Condition) {
    self.init(policy: condition.policy, budget: condition.budget)
  }
}
