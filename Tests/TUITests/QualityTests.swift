import Inference
import Testing

@testable import TUI

/// The twin as the screen shows it.
@Suite struct QualityTests {
  private static func token(
    at position: Int, _ divergence: Double, _ other: String? = nil, from: Int? = nil
  ) -> EngineEvent {
    .quality(
      TokenQuality(
        position: position, divergence: divergence, other: other, twinBytes: 5 << 20,
        approximateFrom: from))
  }

  private static func choice(_ text: String, at position: Int) -> EngineEvent {
    .choice(TokenChoice(position: position, text: text, probability: 0.5, others: []))
  }

  /// - Parameters:
  ///   - behind: how many tokens the twin has not scored yet.
  ///   - rate: tokens per second.
  private static func scored(
    isFinished: Bool = true, from: Int? = nil, behind: Int = 0, rate: Double = 9
  ) -> AppState {
    var state = Scene.ready(120, 40)
    state.send("What is this?")
    state.press(.function(4))
    state.feed(.engine(.answerStarted(promptTokens: 640, timeToFirstToken: .zero)))
    let words: [(String, String?)] = [
      ("A ", nil), ("small ", nil), ("harbour ", " town"), ("at ", nil), ("dusk.", "noon"),
    ]
    for (index, (word, _)) in words.enumerated() {
      state.feed(
        .engine(.token(text: word, tokensPerSecond: rate)),
        .engine(choice(word, at: 640 + index)))
    }
    // The twin comes later than the words.
    for (index, (_, other)) in words.dropLast(behind).enumerated() {
      state.feed(.engine(token(at: 640 + index, other == nil ? 0 : 0.5, other, from: from)))
    }
    if isFinished { state.feed(.engine(.answerFinished(Scene.statistics))) }
    return state
  }

  @Test func keyAndCommandSwitchTheTwinAndSayItsCost() {
    var state = Scene.answered()
    #expect(state.press(.function(4)) == [.post(.setTwin(true))])
    #expect(
      state.status.text == "twin: +5.0 MiB, about 12 % slower; /regenerate scores this answer")
    #expect(state.send("/twin off").last == .post(.setTwin(false)))
    #expect(state.send("/twin").last == .post(.setTwin(true)))
    state.send("/twin maybe")
    #expect(state.transcript.last?.text == "/twin takes on or off, not 'maybe'.")
  }

  /// What a twin costs is read before it starts, also on the smallest of the usual screens.
  @Test func itsCostIsReadAt80Columns() throws {
    var first = Scene.ready(80, 24)
    first.press(.function(4))
    #expect(
      first.screen.contains("twin from the next answer on: a second cache, about 12 % slower")
    )
    var snapshot = Scene.snapshot()
    snapshot.bytesFull = 1023 << 20 + 900 << 10
    for layer in [PanelID.prompt, .layers] {
      var state = Scene.answered(80, 24)
      state.feed(.engine(.cache(snapshot)))
      state.focus = layer
      state.press(.function(4))
      let last = try #require(state.screen.split(separator: "\n").last)
      #expect(last.contains("MiB, about 12 % slower; /regenerate scores this answer"), "\(last)")
      #expect(last.hasSuffix("F1 help"), "\(last)")
    }
  }

  /// Otherwise a greedy answer would be the same, and nobody would ask for it.
  @Test func anAnswerCanBeScoredAfterwards() {
    var state = Scene.answered()
    state.send("/regenerate")
    #expect(state.transcript.last?.text.contains("would be the same") == true)
    state.press(.function(4))
    #expect(state.status.text.contains("/regenerate scores this answer"))
    #expect(state.send("/regenerate").last == .post(.regenerate))
  }

  @Test func thePanelShowsDivergenceAndAgreement() {
    let state = Self.scored()
    #expect(Panel.quality.summary(state, 40) == "KL 0.200, agrees 60 %")
    let text = Panel.quality.text(state).joined(separator: "\n")
    #expect(text.contains("at most 0.50 nats"))
    #expect(text.contains("first other word: 'town' for 'harbour'"))
    #expect(state.screen.contains("agrees 60 %"))
    #expect(Panel.memory.text(state).joined().contains("the twin's full cache 5.0 MiB"))
  }

  @Test func theFirstOtherWordIsUnderlinedAndNamed() {
    let state = Self.scored()
    let index = state.transcript.count - 1
    let rows = ChatRows(state, width: 60).rows(of: index)
    let span = rows[0].spans.first { $0.look == .other }
    #expect(span.map { String(rows[0].text).utf8Slice($0.range) } == "harbour ")
    #expect(rows[1...].allSatisfy { $0.spans.isEmpty })
    #expect(
      state.transcript[index].note?
        .contains("the full cache would have said 'town' instead of 'harbour'") == true)
    let canvas = draw(state, memo: DrawingMemo())
    let underlined = (0..<canvas.size.rows).flatMap { y in
      (0..<canvas.size.columns).filter { canvas[$0, y].style.attributes.contains(.underline) }
        .map { canvas[$0, y].glyph }
    }
    #expect(underlined.joined() == "harbour ")
  }

  @Test func anEndThatTheTwinWouldNotHaveMadeMarksNoWord() {
    var state = Scene.ready(120, 40)
    state.send("What is this?")
    state.press(.function(4))
    state.feed(
      .engine(.answerStarted(promptTokens: 640, timeToFirstToken: .zero)),
      .engine(.token(text: "A boat.", tokensPerSecond: 9)),
      .engine(Self.choice("A boat.", at: 640)), .engine(Self.token(at: 640, 0)),
      .engine(
        .quality(
          TokenQuality(
            position: 641, divergence: 1, other: "It", twinBytes: 1, approximateFrom: nil,
            isEnd: true))))
    #expect(state.transcript.last?.difference == nil)
    #expect(Panel.quality.summary(state, 40) == "KL 0.500, agrees 50 %")
  }

  /// A second behind is seen, a hundredth is not.
  @Test func aSlowAnswerSaysHowFarTheTwinHasCome() {
    func text(_ state: AppState) -> String { Panel.quality.text(state).joined(separator: "\n") }
    let slow = Self.scored(isFinished: false, behind: 2)
    #expect(text(slow).contains("3 of 5 tokens are scored"))
    #expect(Panel.quality.summary(slow, 40) == "KL 0.167, agrees 67 %")
    #expect(!text(Self.scored(isFinished: false, behind: 2, rate: 300)).contains("are scored"))
    #expect(!text(Self.scored()).contains("are scored"))
  }

  @Test func laterTurnsAreCalledApproximate() {
    #expect(!Panel.quality.text(Self.scored()).joined().contains("approximate"))
    let text = Panel.quality.text(Self.scored(from: 660)).joined()
    #expect(text.contains("approximate: answers from position 660 on had a budget"))
  }

  @Test func anAnswerThatRepeatsItselfIsCalledThat() {
    #expect(Repetition.period(of: "A boat lies there. A boat lies there. A boat lies there.") == 4)
    #expect(Repetition.period(of: "no no no no no no") == 1)
    #expect(Repetition.period(of: "very very very nice") == nil)
    #expect(Repetition.period(of: "A small harbour at dusk.") == nil)
    #expect(Repetition.period(of: "") == nil)
  }

  @Test func withoutTheTwinThePanelIsItsHeading() {
    let state = Scene.answered()
    #expect(Panel.quality.heights(state, 40).isEmpty)
    #expect(Panel.quality.summary(state, 40) == "off, F4 measures")
  }

  // MARK: Other budgets

  private static func swept(isWhole: Bool = true) -> AppState {
    var state = scored()
    state.feed(.engine(.sweep(.began)))
    let budgets = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    for budget in budgets.prefix(isWhole ? 10 : 4) {
      let agreement = Agreement(meanKL: 1 - budget, share: 1)
      state.feed(.engine(.sweep(.scored(SweepPoint(budget: budget, agreement: agreement)))))
    }
    state.feed(.engine(.sweep(.advanced(done: 4, total: 10))))
    if isWhole { state.feed(.engine(.sweep(.ended(isWhole: true)))) }
    return state
  }

  @Test func theIdleTimeAfterAnAnswerIsUsedWhereThereIsATwin() {
    var state = Self.scored(isFinished: false)
    #expect(state.feed(.engine(.answerFinished(Scene.statistics))).contains(.post(.sweepBudgets)))
    var next = Self.scored(isFinished: false)
    next.send("And its colour?")
    #expect(!next.feed(.engine(.answerFinished(Scene.statistics))).contains(.post(.sweepBudgets)))
    var plain = Scene.ready(120, 40)
    plain.send("What is this?")
    plain.feed(.engine(.answerStarted(promptTokens: 640, timeToFirstToken: .zero)))
    #expect(!plain.feed(.engine(.answerFinished(Scene.statistics))).contains(.post(.sweepBudgets)))
  }

  @Test func theCurveSaysWhereTheSliderStands() {
    var state = Self.swept()
    let text = Panel.quality.text(state).joined(separator: "\n")
    #expect(text.contains("KL by budget, at most 0.95 nats; 5 % 0.950; 10 % 0.900"))
    #expect(text.contains("you are here, 30 %: 0.700"))
    state.feed(.key(.function(6)))
    #expect(Panel.quality.text(state).joined().contains("you are here, 35 %: 0.650"))
    state.zoomed = .quality
    let rows = state.screen.split(separator: "\n").map(String.init)
    let axis = rows.first { $0.contains("▲ you are here, 35 %") } ?? ""
    #expect(axis.contains("5 %") && axis.contains("100 %"), "\(axis)")
    // The axis begins at 5 % and has 118 columns.
    #expect(axis.prefix { $0 != "▲" }.count == 1 + Int((0.3 / 0.95 * 117).rounded()))
  }

  @Test func theCurveIsSeenWithoutZooming() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 60)] {
      var state = Self.swept()
      state.size = Size(columns: columns, rows: rows)
      let here = columns == 80 ? "▲ 30 %: 0.700" : "▲ you are here, 30 %: 0.700"
      for text in ["KL by budget, at most", here, "agrees 60 %"] {
        #expect(state.screen.contains(text), "\(columns) x \(rows)\n\(state.screen)")
      }
    }
  }

  @Test func anyKeyInterruptsTheSweepAndMeansWhatItMeans() {
    var state = Self.swept(isWhole: false)
    #expect(Panel.quality.text(state).joined().contains("40 % done, any key stops it"))
    #expect(state.press(.character("a")) == [.post(.cancel)])
    #expect(state.prompt.text == "a")
    #expect(Panel.quality.text(state).joined().contains("KL by budget: interrupted"))
    #expect(state.press(.character("b")).isEmpty)
    var other = Self.swept(isWhole: false)
    #expect(other.press(.control("C")) == [.post(.cancel)])
    #expect(!other.isLeaveArmed, "it stops the sweep and nothing else")
  }

  @Test func theAxisFitsEverySliderAndWidth() throws {
    for width in [12, 24, 40, 80] {
      for share in [0.01, 0.05, 0.5, 0.97, 1] {
        var state = Self.swept()
        state.budget.ask(.share(share))
        var canvas = Canvas(Size(columns: width, rows: 5))
        try #require(BudgetCurveView(state)).draw(into: &canvas, y: 0, rows: 5)
        let axis = canvas.text.split(separator: "\n", omittingEmptySubsequences: false)[4]
        #expect(axis.count { $0 == "▲" } == 1, "\(width) \(share) '\(axis)'")
      }
    }
  }
}
