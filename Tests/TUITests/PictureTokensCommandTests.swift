import Inference
import Sessions
import Testing

@testable import TUI

/// What `/picture-tokens` and its slider change, and what they say.
@Suite struct PictureTokensCommandTests {
  /// One question about a picture of 576 rows was answered.
  private static func seen(_ columns: Int = 80, _ rows: Int = 24) -> AppState {
    var state = Scene.ready(columns, rows)
    state.show(picture: "/pictures/boat.png")
    state.feed(
      .engine(
        .patches(
          PatchMap(width: 4, height: 4, rows: Array(repeating: nil, count: 576)))))
    state.send("What is this?")
    state.feed(
      .engine(.answerStarted(promptTokens: 640, timeToFirstToken: .seconds(64))),
      .engine(.cache(Scene.snapshot())),
      .engine(.token(text: "A boat.", tokensPerSecond: 9)),
      .engine(.answerFinished(Scene.statistics)))
    return state
  }

  private static func tokens(_ text: String) throws -> PictureTokens {
    try PictureTokens(parsing: text)
  }

  @Test func theCommandSaysWhatItCostsAndWhatRecallCannotDo() throws {
    var state = Self.seen()
    let wanted = try Self.tokens("diverse:64")
    #expect(state.send("/picture-tokens diverse:64").last == .post(.setPictureTokens(wanted)))
    #expect(
      state.status.text == "picture tokens: at most 64, by diverse; rereads 128 positions, "
        + "12.8 s; dropped rows cannot be recalled")
    #expect(state.isBusy, "a question waits for the reading")
    state.feed(.engine(.pictureTokens(wanted, problem: nil)))
    #expect(!state.isBusy)
    state.send("/picture-tokens diverse:64")
    #expect(state.status.text == "picture tokens: nothing changes")
    state.send("/recall off")
    state.send("/picture-tokens 32")
    #expect(!state.status.text.contains("recalled"))
    #expect(state.pictureTokens.chosen?.text == "diverse:32", "the method stays")
    #expect(state.send("/picture-tokens all").last == .post(.setPictureTokens(nil)))
    state.send("/picture-tokens")
    #expect(state.transcript.last?.text == "picture tokens: all; this picture has 576")
    #expect(state.transcript.contains { $0.text == "A boat." }, "the conversation goes on")
  }

  @Test func itsSentenceIsReadInFullAt120Columns() throws {
    var state = Self.seen(120, 35)
    state.send("/picture-tokens downsample:288")
    let last = try #require(state.screen.split(separator: "\n").last)
    #expect(last.contains("35.2 s; dropped rows cannot be recalled"), "\(last)")
  }

  @Test(arguments: [
    ("0", "'0' is no number"), ("-3", "'-3' is no number"), ("few", "'few' is no number"),
    ("577", "577 picture tokens are more"), ("best:4", "no method 'best'"),
  ])
  func whatCannotBeIsRefused(text: String, words: String) {
    var state = Self.seen()
    #expect(!state.send("/picture-tokens " + text).contains { $0.isPictureTokens })
    #expect(state.transcript.last?.text.contains(words) == true)
    #expect(state.pictureTokens.chosen == nil)
  }

  @Test func aTextModelRefusesByName() {
    var state = Scene.empty()
    state.feed(.started, .engine(.modelLoaded(Scene.model(imageTokens: 0))))
    state.send("/picture-tokens 4")
    #expect(state.transcript.last?.text.contains("'tiny' is a text model") == true)
    #expect(state.pictureTokenLine == nil)
  }

  @Test func whatTheEngineRefusesIsTakenBack() throws {
    var state = Self.seen()
    state.send("/picture-tokens cls:4")
    state.feed(.engine(.pictureTokens(nil, problem: "The tower has no class token.")))
    #expect(state.pictureTokens.chosen == nil && !state.isBusy)
    #expect(
      state.transcript.last?.text == "The tower has no class token. Picture tokens: all.")
  }

  // MARK: The slider

  @Test func theSliderIsInTheBudgetPanelAlsoOnASmallScreen() {
    var state = Self.seen()
    _ = state.show(.budget)
    let line = state.screen.split(separator: "\n").first { $0.contains("576 rows") }
    #expect(line?.contains("━●") == true, "\(state.screen)")
    #expect(Panels.panel(.budget).text(state).contains("picture tokens: 576 of 576"))
  }

  @Test func keysMoveItAndAPauseReadsAgainOnce() throws {
    var state = Self.seen()
    _ = state.show(.budget)
    #expect(!state.needsTicks)
    #expect(state.press(.wordLeft, .wordLeft, .wordLeft).isEmpty)
    #expect(state.screen.contains("468 rows") && state.needsTicks)
    #expect(state.screen.contains("rereads 532 positions"))
    var effects: [AppEffect] = []
    for _ in 0..<3 { effects += state.feed(.tick) }
    #expect(effects.isEmpty)
    #expect(state.feed(.tick) == [.post(.setPictureTokens(try Self.tokens("uniform:468")))])
    #expect(state.feed(.tick).isEmpty)
  }

  @Test func enterDoesNotWaitAndEscapeTakesItBack() throws {
    var state = Self.seen()
    _ = state.show(.budget)
    state.press(.wordLeft)
    let wanted = try Self.tokens("uniform:540")
    #expect(state.press(.enter) == [.post(.setPictureTokens(wanted))])
    state.feed(.engine(.pictureTokens(wanted, problem: nil)))
    #expect(state.press(.wordLeft).isEmpty)
    state.press(.escape)
    #expect(!state.pictureTokens.isMoving && state.pictureTokens.chosen == wanted)
  }

  @Test func draggingReadsNothingBeforeTheButtonIsUp() throws {
    var state = Self.seen(120, 35)
    let body = try #require(Layout(state).body(of: .budget))
    #expect(body.height == 4)
    let y = body.y + PictureTokenSlider.row
    var effects = state.feed(.mouse(.press, Point(x: body.x + 20, y: y)))
    for x in [19, 18, 17, 16, 0, 12] {
      effects += state.feed(.mouse(.drag, Point(x: body.x + x, y: y + 3)), .tick, .tick, .tick)
    }
    effects += state.feed(.tick, .tick, .tick, .tick)
    #expect(effects.isEmpty && state.budget.share == 0.3)
    let shown = try #require(state.pictureTokens.shown)
    #expect((1...200).contains(shown))
    let released = state.feed(.mouse(.release, Point(x: 0, y: 0)))
    #expect(released == [.post(.setPictureTokens(try Self.tokens("uniform:\(shown)")))])
  }

  @Test func theEndOfTheSliderIsEveryRow() throws {
    var state = Self.seen()
    state.send("/picture-tokens diverse:540")
    _ = state.show(.budget)
    state.press(.wordRight)
    #expect(state.press(.enter) == [.post(.setPictureTokens(nil))])
    state.press(.wordLeft)
    let back = state.press(.enter)
    #expect(back == [.post(.setPictureTokens(try Self.tokens("diverse:540")))])
  }

  @Test func theHelpNamesTheKeys() {
    let help = Panels.panel(.budget).keys.map { "\($0.label): \($0.help)" }
    #expect(help.contains("Ctrl+←, Ctrl+→: fewer, more rows of the picture enter the model"))
  }

  // MARK: Kept conversations

  @Test func aKeptConversationBringsItsNumber() throws {
    var state = Self.seen()
    state.send("/picture-tokens cls:64")
    let saved = try #require(state.savedSession)
    #expect(saved.setting.pictureTokens == "cls:64")
    var other = Scene.ready()
    other.send("/sessions 3")
    let effects = other.feed(
      .session(
        .opened(
          OpenedSession(
            id: 3, session: saved, picture: "/pictures/boat.png", pictureNote: nil, entries: nil))))
    #expect(other.pictureTokens.chosen?.text == "cls:64")
    #expect(effects.contains(.post(.loadImage(path: "/pictures/boat.png"))))
    #expect(other.queue.first?.resumption?.pictureTokens?.text == "cls:64")
  }
}

extension AppEffect {
  fileprivate var isPictureTokens: Bool {
    if case .post(.setPictureTokens) = self { true } else { false }
  }
}
