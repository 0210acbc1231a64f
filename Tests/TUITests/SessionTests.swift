import Inference
import KVCache
import Sessions
import TestSupport
import Testing

@testable import TUI

/// A store that keeps nothing.
struct NoStore: SessionStore {
  func post(_ request: @escaping @Sendable () -> SessionRequest) {}
  func finish() {}
}

/// What the chat lets a store of sessions keep, and what it does with what comes back.
@Suite struct SessionTests {
  /// A model is loaded, and conversations are kept.
  private func ready() -> AppState {
    var options = Scene.options()
    options.keepsSessions = true
    var state = AppState(size: Size(columns: 80, rows: 24), depth: .none, options: options)
    state.feed(.started, .engine(.modelLoaded(Scene.model())))
    return state
  }

  private func answered(_ question: String = "What is this?") -> AppState {
    var state = ready()
    state.send(question)
    state.feed(.engine(.answerStarted(promptTokens: 640, timeToFirstToken: .zero)))
    state.feed(.engine(.cache(Scene.snapshot())))
    state.feed(.engine(.token(text: "A boat.", tokensPerSecond: 10)))
    state.feed(.engine(.answerFinished(Self.statistics)))
    return state
  }

  private static let statistics = AnswerStatistics(
    promptTokens: 640, imageTokens: 576, generatedTokens: 2, timeToFirstToken: .zero,
    decodeTokensPerSecond: 12.5, finish: .endOfSequence, tokens: [4, 5])

  private func kept(_ effects: [AppEffect]) -> SavedSession? {
    for case .store(.keep(_, _, let session)) in effects { return session }
    return nil
  }

  // MARK: Keeping

  @Test func aQuestionIsKeptAtOnceAndAnAnswerBySentences() throws {
    var state = ready()
    let first = try #require(kept(state.send("What is this?")))
    #expect(first.messages == [SavedMessage(role: .question, text: "What is this?")])
    #expect(first.setting.modelName == "tiny" && first.setting.budget == 0.3)
    state.feed(.engine(.answerStarted(promptTokens: 1, timeToFirstToken: .zero)))
    var texts: [String] = []
    for piece in ["A small", " boat. At", " dusk", ". 港です。", "No", " end"] {
      let effects = state.feed(.engine(.token(text: piece, tokensPerSecond: 1)))
      if let text = kept(effects)?.messages.last?.text { texts.append(text) }
    }
    #expect(texts == ["", "A small boat. ", "A small boat. At dusk. 港です。"])
    let last = kept(state.feed(.engine(.answerFinished(Self.statistics))))
    let answer = try #require(last?.messages.last)
    #expect(answer.text == "A small boat. At dusk. 港です。No end")
    #expect(answer.tokens == [4, 5] && answer.note?.hasPrefix("2") == true)
  }

  @Test func whatDoesNotChangeTheConversationKeepsNothing() {
    var state = answered()
    #expect(kept(state.feed(.tick, .key(.up), .resized(Size(columns: 90, rows: 30)))) == nil)
    #expect(kept(state.send("/show budget")) == nil)
    #expect(kept(state.send("/title boats"))?.title == "boats")
    #expect(kept(state.send("/undo"))?.messages.isEmpty == true)
  }

  @Test func nothingIsKeptBeforeAQuestionOrAgainstTheWish() {
    var state = ready()
    #expect(kept(state.send("/title x")) == nil)
    state.options.keepsSessions = false
    #expect(kept(state.send("What is this?")) == nil)
  }

  @Test func anotherPictureBeginsAnotherConversation() throws {
    var state = answered()
    #expect(state.session.number == 0)
    state.show(picture: "/tmp/other.png")
    #expect(state.session.number == 1 && state.session.id == nil)
    let effects = state.send("And this?")
    #expect(kept(effects)?.messages == [SavedMessage(role: .question, text: "And this?")])
    #expect(
      effects.contains { if case .keepPicture(1, "/tmp/other.png", _) = $0 { true } else { false } }
    )
    state.send("/clear")
    #expect(state.session.number == 2)
  }

  @Test func layersAndConditionsOfAnAnswerAreKept() throws {
    let state = answered()
    let answer = try #require(state.savedSession?.messages.last)
    #expect(answer.conditions == [.init(offset: 0, policy: "prefixkv", budget: 0.3)])
    #expect(answer.layers.map(\.seen) == [640, 640, 640, 640])
    #expect(answer.layers.first == .init(image: 576, text: 64, seen: 640))
  }

  @Test func aStoreThatFailsIsHeardAndTheChatGoesOn() {
    var state = answered()
    state.feed(.session(.notice("The conversation is not kept: the disk is full.")))
    #expect(state.transcript.last?.text.contains("disk is full") == true)
    #expect(state.send("And?").contains(.post(.ask("And?"))))
  }

  // MARK: Resuming

  private static let saved = SavedSession(
    title: "boats",
    setting: SessionSetting(
      model: "llava:7b", modelName: "llava", weightType: "Q4_0", template: "vicuna_v1",
      system: nil, tiles: nil, picture: "/tmp/boat.png", policy: "local", budget: 0.5,
      temperature: 0.7, topP: 0.9, seed: 3, maxTokens: 50),
    messages: [
      SavedMessage(role: .question, text: "What?"),
      SavedMessage(role: .answer, text: "Old.", note: "1 token", isFormer: true),
      SavedMessage(
        role: .answer, text: "A boat.", note: "2 tokens",
        conditions: [
          .init(offset: 0, policy: "local", budget: 0.5),
          .init(offset: 3, policy: "local", budget: 0.2),
        ], tokens: [4, 5]),
      SavedMessage(role: .question, text: "Where?"),
      SavedMessage(role: .answer, text: "At sea. "),
      SavedMessage(role: .question, text: "Why?"),
    ])

  private func open(
    _ state: inout AppState, picture: String? = "/tmp/boat.png", note: String? = nil
  )
    -> [AppEffect]
  {
    state.feed(
      .session(
        .opened(OpenedSession(id: 7, session: Self.saved, picture: picture, pictureNote: note))))
  }

  @Test func aConversationIsReadWhenItsModelAndPictureAreThere() throws {
    var state = ready()
    #expect(state.send("/sessions resume 7").last == .store(.open(.id(7))))
    let effects = open(&state)
    #expect(effects.contains(.post(.loadModel("llava:7b"))))
    #expect(effects.contains(.post(.loadImage(path: "/tmp/boat.png"))))
    #expect(effects.contains(.post(.setBudget(.share(0.5)))))
    #expect(kept(effects) == nil, "what was read need not be written")
    #expect(state.transcript.count == 6 && state.session.title == "boats")
    #expect(state.transcript[4].note == "cut off when the program ended")

    state.feed(.engine(.modelLoaded(Scene.model())))
    state.feed(.engine(.imageLoaded(path: "/tmp/boat.png", Scene.pixels(4, 4))))
    let read = state.feed(.engine(.cleared))
    let condition = ResumedTurn.Condition(policy: "local", budget: 0.5)
    let turns = [
      ResumedTurn(
        question: "What?", answer: "A boat.", tokens: [4, 5], first: condition,
        last: .init(policy: "local", budget: 0.2)),
      ResumedTurn(question: "Where?", answer: "At sea. ", tokens: [], first: nil, last: nil),
    ]
    #expect(read.contains(.post(.resume(Resumption(turns: turns, hasPicture: true)))))
    #expect(state.isBusy)
    state.send("And now?")
    #expect(state.feed(.engine(.resumed(problem: nil))).contains(.post(.ask("And now?"))))
    #expect(!state.transcript.contains { $0.text == AppState.newConversation })
    #expect(state.session.id == 7 && state.sampling.seed == 3 && state.modelReference == "llava:7b")
  }

  @Test func whatTheCommandLineSaysIsCarriedOutOnceTheConversationIsRead() throws {
    var options = Scene.options()
    options.resume = .id(7)
    options.resumedCommands = ["/budget 20%", "/set seed 9"]
    var state = AppState(size: Size(columns: 80, rows: 24), depth: .none, options: options)
    state.feed(.started)
    let opened = open(&state)
    #expect(!opened.contains(.post(.setBudget(.share(0.2)))), "its turns have budgets of their own")
    state.feed(.engine(.modelLoaded(Scene.model())))
    state.show(picture: "/tmp/boat.png")
    state.send("And now?")
    let read = state.feed(.engine(.resumed(problem: nil)))
    let budget = try #require(read.firstIndex(of: .post(.setBudget(.share(0.2)))))
    let question = try #require(read.firstIndex(of: .post(.ask("And now?"))))
    #expect(budget < question && state.sampling.seed == 9)
    // Another conversation is as it was kept.
    state.feed(.engine(.answerFinished(Self.statistics)))
    _ = open(&state)
    state.show(picture: "/tmp/boat.png")
    #expect(!state.feed(.engine(.resumed(problem: nil))).contains(.post(.setBudget(.share(0.2)))))
    #expect(state.sampling.seed == 3)
  }

  @Test func whatCannotBeReadStaysOnTheScreenAboveANewConversation() {
    var state = ready()
    _ = open(&state)
    let failure = LoadFailure(subject: .model, sentence: "There is no model 'llava:7b'.")
    let effects = state.feed(.engine(.loadFailed(failure)))
    #expect(!effects.contains { if case .post(.resume) = $0 { true } else { false } })
    #expect(state.transcript.contains { $0.text == "A boat." })
    #expect(state.transcript.last?.text == AppState.newConversation)
    #expect(
      state.session.id == nil && !state.session.isResuming
        && !state.queue.contains { $0.resumption != nil })

    var stopped = ready()
    _ = open(&stopped)
    stopped.feed(.engine(.modelLoaded(Scene.model())), .engine(.cleared))
    stopped.show(picture: "/tmp/boat.png")
    stopped.feed(.engine(.resumed(problem: "Reading it was stopped.")))
    #expect(stopped.transcript.last?.text == AppState.newConversation)
    #expect(!stopped.isBusy)
  }

  @Test func aChatThatIsToBeginWithAnUnknownConversationBeginsAnew() {
    var options = Scene.options()
    options.resume = .id(9)
    var state = AppState(size: Size(columns: 80, rows: 24), depth: .none, options: options)
    let start = state.feed(.started)
    #expect(start.contains(.store(.open(.id(9)))) && !start.contains(.post(.loadModel(nil))))
    let effects = state.feed(.session(.refused("There is no conversation 9.")))
    #expect(effects.contains(.post(.loadModel(nil))))
    #expect(state.failure == .missingInput)
  }

  // MARK: The list

  private static let summaries = [
    SessionSummary(
      id: 12, title: "boats", question: "What is this?", questions: 3, changed: 0,
      modelName: "tiny", picture: nil),
    SessionSummary(
      id: 4, title: nil, question: "How many\ncircles?", questions: 1, changed: 0,
      modelName: "tiny", picture: "/tmp/a.png"),
  ]

  /// A title is one line, also where it stands for a question of several.
  @Test func aTitleIsOneLine() {
    let summary = { (title: String?, question: String) in
      SessionSummary(
        id: 1, title: title, question: question, questions: 1, changed: 0, modelName: "tiny",
        picture: nil)
    }
    #expect(
      summary(nil, "How many\n\n  circles\tare\u{1B} there?\n").label
        == "How many circles are␛ there?")
    #expect(summary("two\r\nlines", "x").label == "two lines")
    #expect(summary(nil, "\n").label == "")
    var state = ready()
    state.send("/title two\nlines")
    #expect(state.session.title == "two lines")
  }

  private func listed(_ columns: Int = 80, _ rows: Int = 24) -> AppState {
    var state = ready()
    state.feed(.resized(Size(columns: columns, rows: rows)))
    #expect(state.send("/sessions").last == .store(.list(search: "")))
    state.feed(.session(.list(Self.summaries, search: "")))
    return state
  }

  @Test func theListIsSearchedAndResumedFrom() {
    var state = listed()
    #expect(state.screen.contains("boats") && state.screen.contains("How many circles?"))
    #expect(state.press(.character("b")) == [.store(.list(search: "b"))])
    // An answer to what was typed before is old.
    state.feed(.session(.list([], search: "")))
    #expect(state.sessionList?.summaries?.count == 2)
    state.feed(.session(.list(Self.summaries, search: "b")))
    #expect(state.press(.down, .enter) == [.store(.open(.id(4)))])
    #expect(state.press(.escape).isEmpty && state.sessionList == nil)
  }

  @Test func theListRenamesAndDeletes() {
    var state = listed()
    #expect(state.press(.control("T")).isEmpty)
    #expect(state.sessionList?.title == "boats")
    #expect(
      state.press(.backspace, .character("!"), .enter) == [
        .store(.rename(id: 12, title: "boat!"))
      ])
    #expect(
      state.feed(.session(.renamed(id: 12, title: "boat!"))) == [.store(.list(search: ""))])
    #expect(state.press(.delete, .up, .delete).isEmpty, "another key keeps it")
    #expect(state.press(.delete) == [.store(.delete(id: 12))])
  }

  @Test(arguments: [Layout.least, Size(columns: 80, rows: 24), Size(columns: 200, rows: 60)])
  func theListFitsEveryScreen(size: Size) {
    let state = listed(size.columns, size.rows)
    let screen = state.screen
    #expect(screen.contains("conversations") && screen.contains("12"))
  }

  @Test func aDeletedConversationIsNotKeptAgain() {
    var state = answered()
    state.feed(.session(.kept(number: 0, id: 3)))
    state.feed(.session(.deleted(id: 3)))
    #expect(kept(state.send("And?")) == nil)
  }

  @Test func entriesAreKeptWhereTheStoreSays() {
    var state = answered()
    #expect(state.send("/keep").last == .store(.entriesPlace(number: 0, id: nil)))
    let effects = state.feed(.session(.entriesPlace(path: "/s/entries-1")))
    #expect(effects == [.post(.keepEntries(path: "/s/entries-1"))] && state.listsAwaited == 1)
    state.feed(.engine(.entriesKept(bytes: 3 << 20, problem: nil)))
    #expect(state.listsAwaited == 0 && state.status.text == "entries kept, 3.0 MiB")
    state.feed(.engine(.entriesKept(bytes: nil, problem: "The disk is full.")))
    #expect(state.transcript.last == Message(role: .error, text: "The disk is full."))
  }

  @Test func entriesOfNoConversationAreNotKept() {
    var state = ready()
    #expect(state.send("/keep") == [.remember("/keep")])
    #expect(state.transcript.last?.text == "There is nothing to keep yet. Ask a question first.")
    state.options.keepsSessions = false
    state.send("/keep")
    #expect(state.transcript.last?.text.hasPrefix("This conversation is not kept") == true)
  }

  @Test func linesSayTheSameAsTheList() {
    var options = Scene.options()
    options.isPlain = true
    var state = AppState(size: Size(columns: 80, rows: 24), depth: .none, options: options)
    state.feed(.started, .engine(.modelLoaded(Scene.model())))
    #expect(state.feed(.line("/sessions boat")).last == .store(.list(search: "boat")))
    #expect(state.listsAwaited == 1)
    state.feed(.session(.list(Self.summaries, search: "boat")))
    #expect(state.listsAwaited == 0)
    let texts = state.transcript.map(\.text)
    #expect(texts.contains { $0.hasPrefix("12: boats (3 questions, ") }, "\(texts)")
    #expect(texts.contains { $0.hasPrefix("4: How many") })
  }

  @Test func commandsNameOneConversation() {
    var state = ready()
    let cases: [(String, SessionRequest)] = [
      ("/sessions resume last", .open(.last)), ("/sessions delete 3", .delete(id: 3)),
      ("/sessions rename 3 Two words", .rename(id: 3, title: "Two words")),
      ("/sessions delete me", .list(search: "delete me")),
    ]
    for (line, request) in cases {
      #expect(state.send(line).last == .store(request), "\(line)")
      state.press(.escape)
    }
  }
}
