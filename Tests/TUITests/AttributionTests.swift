import Basics
import Inference
import KVCache
import Testing

@testable import TUI

/// Every number has one definition, and every answer says what it was written under.
@Suite struct AttributionTests {
  private static func answering(_ budgets: [Double], policies: [String] = []) -> AppState {
    var state = Scene.ready(100, 30)
    state.send("What is this?")
    state.feed(.engine(.answerStarted(promptTokens: 640, timeToFirstToken: .milliseconds(424))))
    for (index, budget) in budgets.enumerated() {
      var snapshot = Scene.snapshot(budget: budget)
      if index < policies.count { snapshot.policy = policies[index] }
      state.feed(
        .engine(.cache(snapshot)),
        .engine(.token(text: "word\(index) and more\n", tokensPerSecond: 12.5)))
    }
    state.feed(.engine(.answerFinished(Scene.statistics)))
    return state
  }

  @Test func aFootnoteNamesPolicyAndBudget() {
    #expect(Self.answering([0.3]).transcript.last?.note?.hasSuffix(", prefixkv at 30 %") == true)
    #expect(
      Self.answering([0.3, 0.3, 0.5]).transcript.last?.note?
        .hasSuffix(", prefixkv at 30 %, then 50 %") == true)
    #expect(
      Self.answering([0.3, 0.5], policies: ["prefixkv", "local"]).transcript.last?.note?
        .hasSuffix(", prefixkv at 30 %, then local at 50 %") == true)
    #expect(
      Self.answering([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).transcript.last?.note?
        .hasSuffix(", prefixkv at 10 %, moved 5 times, last to prefixkv at 60 %") == true)
  }

  @Test func aMarkInTheMarginShowsWhereTheBudgetMoved() {
    let state = Self.answering([0.3, 0.3, 0.5])
    let rows = ChatRows(state, width: 60).rows(of: state.transcript.count - 1)
    #expect(rows.prefix(3).map(\.marker) == ["●", "", "◆"])
    #expect(rows[2].text == "word2 and more")
  }

  @Test func aBudgetThatMovesTwiceBetweenTwoTokensIsOneMove() {
    var message = Message(role: .model, text: "")
    message.note(policy: "prefixkv", budget: 0.3)
    message.text = "abc"
    for budget in [0.4, 0.5] { message.note(policy: "prefixkv", budget: budget) }
    #expect(message.conditions.map(\.budget) == [0.3, 0.5])
    message.note(policy: "prefixkv", budget: 0.3)
    #expect(message.conditions.map(\.budget) == [0.3], "nothing was written under the other one")
  }

  @Test func savingKeepsWhatAnAnswerWasWrittenUnder() {
    var state = Self.answering([0.3, 0.5])
    let effects = state.send("/save out.md")
    guard case .save(_, let text)? = effects.last else {
      Issue.record("nothing is saved")
      return
    }
    #expect(text.contains("prefixkv at 30 %, then 50 %"))
  }

  @Test func everyNumberIsDefinedOnceInTheHelp() {
    #expect(Set(Glossary.all.map(\.name)).count == Glossary.all.count)
    for number in Glossary.all {
      #expect(number.meaning.hasSuffix("."))
      #expect(number.meaning.dropLast().allSatisfy { $0 != "." }, "one sentence: \(number.name)")
    }
    let help = HelpOverlay.lines.reduce(into: "") { text, line in
      if case .entry(_, let help) = line { text += help + " " }
    }
    for number in Glossary.all { #expect(help.contains(number.meaning), "\(number.name)") }
  }

  @Test func aChangeSaysBothDirections() {
    let report = ReconfigurationReport(
      duration: .milliseconds(3), evicted: 34, restored: 12, bytesMoved: 1, note: nil)
    #expect(report.sentence == "evicted 34, restored 12 in 3.0 ms")
    var state = Scene.answered()
    state.feed(.engine(.reconfigured(report)))
    #expect(state.status.text == "evicted 34, restored 12 in 3.0 ms")
    #expect(Panel.speed.text(state).joined().contains("last change evicted 34, restored 12"))
  }

  @Test func thePanelsTellTheContextAndTheBoundOfTheMemory() {
    var state = Scene.answered()
    #expect(Panel.memory.text(state).joined().contains("context 640 of 2048 positions"))
    #expect(!Panel.speed.text(state).joined().contains("memory allows"))
    state.feed(.engine(.decodeBound(tokensPerSecond: 14.25)))
    #expect(Panel.speed.text(state).joined().contains("memory allows 14.2 tok/s"))
    var statistics = Scene.statistics
    statistics.generatedTokens = 60
    statistics.lookAhead = LookAheadReport(passes: 20, guessed: 60, accepted: 20)
    state.feed(.engine(.answerFinished(statistics)))
    let speed = Panel.speed.text(state).joined()
    #expect(speed.contains("memory allows 14.2 passes/s, a pass brings 1.5 tokens"))
  }

  @Test func theFirstScreenNamesTheKeysOfTheMainFeature() {
    let screen = Scene.ready(120, 35).screen
    for key in ["F5", "F6", "F3", "F7", "F1"] { #expect(screen.contains(key), "\(key)") }
  }
}
