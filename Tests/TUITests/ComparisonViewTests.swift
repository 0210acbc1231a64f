import Inference
import KVCache
import Testing

@testable import TUI

/// The view that `/compare` opens.
@Suite struct ComparisonViewTests {
  private static let columns = [1, 0.5, 0.1].map {
    ComparisonColumn(policy: "prefixkv", budget: .share($0))
  }

  private static func answer(_ index: Int, _ text: String) -> ComparedAnswer {
    ComparedAnswer(
      column: columns[index], text: text, tokens: 5, finish: .endOfSequence,
      budget: [1, 0.5, 0.1][index], bytesKept: [4, 2, 1][index] << 20, bytesFull: 4 << 20,
      imageEntries: 2304 / (index + 1), textEntries: 256 / (index + 1), decodeTokensPerSecond: 12.5)
  }

  private static let texts = [
    "A small harbour at dusk.", "A small harbour at noon.", "A house.",
  ]

  private static func running(_ columns: Int, _ rows: Int) -> AppState {
    var state = Scene.answered(columns, rows)
    state.press(.function(7))
    state.send("")
    state.comparison = Comparison(columns: Self.columns.map { .init(request: $0) })
    for (index, text) in texts.enumerated() {
      state.feed(.engine(.comparison(.token(column: index, text: text))))
    }
    return state
  }

  private static func ended(_ columns: Int = 120, _ rows: Int = 30) -> AppState {
    var state = running(columns, rows)
    for (index, text) in texts.enumerated() {
      state.feed(
        .engine(.comparison(.finished(column: index, answer(index, text)))),
        .engine(
          .comparison(
            .scored(
              column: index, Agreement(meanKL: Double(index) / 8, share: 1 - Double(index) / 4))
          )))
    }
    state.feed(.engine(.comparison(.ended)))
    return state
  }

  @Test func theKeyComparesTheDefaultBudgets() {
    var state = Scene.answered()
    let effects = state.press(.function(7))
    let expected = [1, 0.5, 0.3, 0.2, 0.1].map {
      ComparisonColumn(policy: "prefixkv", budget: .share($0))
    }
    #expect(effects.first == .post(.compare(expected)))
    #expect(state.showsComparison && state.isBusy)
    state.press(.escape)
    #expect(!state.showsComparison)
    state.press(.function(7))
    #expect(state.showsComparison, "the one that runs is shown again")
  }

  @Test func withoutAnAnswerNothingIsCompared() {
    var state = Scene.ready()
    state.send("/compare 50%")
    #expect(state.transcript.last?.text.contains("Ask one first") == true)
    state = Scene.answered()
    state.send("/compare best at 50%")
    #expect(state.transcript.last?.text.contains("best") == true)
    #expect(state.comparison == nil)
  }

  @Test func columnsStandBesideEachOther() {
    let lines = Self.ended().screen.split(separator: "\n").map(String.init)
    #expect(
      lines.contains { $0.contains(" 100 % ") && $0.contains(" 50 % ") && $0.contains(" 10 % ") })
    #expect(lines.contains { $0.contains("A small harbour at dusk.") && $0.contains("A house.") })
    #expect(
      lines.contains {
        $0.contains("4.0 of 4.0 MiB, 100 % kept") && $0.contains("1.0 of 4.0 MiB, 25 % kept")
      })
    #expect(lines.contains { $0.contains("picture 2304, text 256") })
    #expect(
      lines.contains {
        $0.contains("KL 0.000 nats, agrees 100 %") && $0.contains("KL 0.250 nats, agrees 50 %")
      })
  }

  @Test func wordsThatDifferFromTheFirstColumnAreMarked() {
    func words(_ text: String, _ other: String, _ isGrowing: Bool = false) -> [String] {
      WordDifference.ranges(of: text, from: other, isGrowing: isGrowing)
        .map { String(text.utf8Slice($0)) }
    }
    #expect(words(Self.texts[1], Self.texts[0]) == ["noon."])
    #expect(words("the red café sits", "the café is red") == ["café", "sits"])
    #expect(words("", "a b").isEmpty)
    #expect(words("a b", "") == ["a", "b"])
    #expect(words("a b c d", "a b", true).isEmpty, "the other text may say the same yet")
    #expect(words("a x c d", "a b c", true) == ["x"])
    var canvas = Canvas(Size(columns: 110, rows: 20))
    Panel.comparison.draw(Self.ended(), &canvas, DrawingMemo())
    let marked = (0..<110).filter { canvas[$0, 2].style.attributes.contains(.underline) }
    let text = marked.map { canvas[$0, 2].glyph }.joined()
    #expect(text == "noon.house.", "\(text)")
  }

  @Test func columnsThatDoNotFitArePaged() {
    var state = Self.ended(60, 24)
    #expect(state.screen.contains("answers 1 to 2 of 3 ←→"))
    #expect(!state.screen.contains("A house."))
    state.press(.right, .right)
    #expect(state.screen.contains("answer 3 of 3 ←→"))
    #expect(state.screen.contains("A house."))
    state.press(.right, .left)
    #expect(state.comparison?.selected == 1)
  }

  @Test func enterGoesOnWithAColumn() {
    var state = Self.ended()
    let effects = state.press(.right, .right, .enter)
    #expect(effects == [.post(.adopt(column: 2))])
    #expect(!state.showsComparison && state.comparison == nil)
    #expect(state.transcript.last?.text == "A house.")
    #expect(state.transcript.last?.note?.contains("prefixkv at 10 %") == true)
    #expect(state.transcript.count { $0.role == .model } == 1)
    #expect(abs(state.budget.share - 0.1) < 1e-9)
  }

  /// The comparison has scored it, so it can be looked into like any other answer.
  @Test func anAdoptedAnswerBringsItsTokensAlong() {
    var state = Self.ended()
    state.press(.right, .right, .enter)
    let words = ["A ", "house", "."]
    let tokens = words.enumerated().map { index, word in
      AnsweredToken(
        position: 640 + index, text: word,
        choice: TokenChoice(position: 640 + index, text: word, probability: 0.5, others: []))
    }
    let qualities = (0..<4).map { index in
      TokenQuality(
        position: 640 + index, divergence: Double(index), other: index == 1 ? " harbour" : nil,
        twinBytes: 0, approximateFrom: nil, isEnd: index == 3)
    }
    state.feed(
      .engine(.adopted(AdoptedAnswer(ids: [5, 6, 7], tokens: tokens, qualities: qualities))))
    let answer = state.transcript.last { $0.role == .model }
    #expect(answer?.tokens == [5, 6, 7])
    #expect(answer?.pieces.map(\.place) == [0..<2, 2..<7, 7..<8])
    #expect(answer?.pieces.map(\.quality?.divergence) == [0, 1, 2])
    #expect(answer?.difference?.other == "harbour")
    #expect(state.quality.mean == 1.5 && state.quality.agreement == 0.75)
    #expect(state.press(.function(8)).contains(.post(.attention(of: 642))))
    #expect(state.screen.contains("50 % probable"))
    #expect(Panel.tokens.text(state).contains("KL to the full cache 2.000 nats"))
  }

  @Test func theScreenSaysWhatKLAndAgreementAre() {
    #expect(
      Self.ended(120, 35).screen.contains("KL: distance from the full cache's predictions"))
    #expect(Self.ended(80, 30).screen.contains("KL: distance from the full cache, 0 is equal"))
    #expect(!Self.ended(80, 24).screen.contains("0 is equal"))
  }

  /// The new answer is short, and the end of the long former one is what follows the newest row.
  @Test func aShortAnswerBesideALongFormerOneIsSeenAsAWhole() {
    var state = Scene.ready(120, 35)
    state.send("What is this?")
    func answer(_ state: inout AppState, _ words: [String]) {
      state.feed(.engine(.answerStarted(promptTokens: 640, timeToFirstToken: .zero)))
      for word in words { state.feed(.engine(.token(text: word + " ", tokensPerSecond: 9))) }
      state.feed(.engine(.answerFinished(Scene.statistics)))
    }
    answer(&state, (0..<300).map { "old\($0)" })
    state.send("/budget 20%")
    state.send("/regenerate")
    answer(&state, ["Brand", "new", "words."])
    let rows = state.screen.split(separator: "\n").map(String.init)
    let row = rows.first { $0.contains("● Brand new words.") } ?? ""
    #expect(row.contains("old"), "the former answer stands beside it\n\(state.screen)")
    #expect(state.screen.contains("old299"))
    #expect(!state.screen.contains("old0 "))
  }

  @Test func enterWaitsForTheAnswers() {
    var state = Self.running(120, 30)
    #expect(state.press(.enter).isEmpty)
    #expect(state.showsComparison)
  }

  @Test func theNextQuestionEndsTheComparison() {
    var state = Self.ended()
    state.send("And now?")
    #expect(state.comparison == nil && !state.showsComparison)
    #expect(state.transcript.last?.text == "And now?")
  }

  @Test func plainModePrintsOneAfterTheOther() {
    var state = Scene.answered()
    state.options.isPlain = true
    state.send("/compare 100% 50% 10%")
    #expect(state.zoomed == nil)
    for (index, text) in Self.texts.enumerated() {
      state.feed(
        .engine(.comparison(.token(column: index, text: text))),
        .engine(.comparison(.finished(column: index, Self.answer(index, text)))))
    }
    state.feed(.engine(.comparison(.ended)))
    let notices = state.transcript.filter { $0.role == .notice }.map(\.text)
    #expect(notices.contains("prefixkv at 50 %: A small harbour at noon."))
    #expect(notices.contains { $0.contains("2.0 of 4.0 MiB, 50 % kept") })
    let answers = state.transcript.filter(\.isCompared).map(\.text)
    #expect(answers.count == 3 && answers.allSatisfy { $0.hasPrefix("prefixkv at ") })
  }

  @Test func regenerateKeepsTheFormerAnswerUntilTheNextQuestion() {
    var state = Scene.answered()
    state.send("/budget 50%")
    #expect(state.send("/regenerate").last == .post(.regenerate))
    state.feed(
      .engine(.answerStarted(promptTokens: 640, timeToFirstToken: .zero)),
      .engine(.token(text: "A town.", tokensPerSecond: 9)),
      .engine(.answerFinished(Scene.statistics)))
    #expect(state.transcript.filter { $0.role == .model }.map(\.isFormer) == [true, false])
    #expect(state.screen.contains("the former answer, 5"))
    state.send("/budget 60%")
    state.send("/regenerate")
    #expect(state.transcript.count { $0.role == .model } == 1, "only the last one is kept")
    state.feed(.engine(.answerFinished(Scene.statistics)))
    state.send("And now?")
    #expect(state.transcript.allSatisfy { !$0.isFormer })
  }

  @Test func controlCStopsAComparisonAndThenLeaves() {
    var state = Self.running(120, 30)
    #expect(state.feed(.key(.control("C"))) == [.post(.cancel)])
    state.feed(.engine(.comparison(.ended)))
    #expect(state.status == .stopped)
    #expect(state.feed(.key(.control("C"))) == [.quit(status: 0)])
  }
}
