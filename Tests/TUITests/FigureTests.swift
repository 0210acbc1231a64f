import Basics
import Foundation
import Inference
import Testing

@testable import TUI

/// Figures that stand in two places of one screen are equal, over a whole conversation.
@Suite(.timeLimit(.minutes(5))) struct FigureTests {
  private static let sizes = [(80, 24), (120, 35), (200, 60)]

  @Test func figuresAgreeWhereverTheyStand() throws {
    var options = Scene.options()
    options.budget = .share(1)
    options.samplePicture = ModelLocator.samplePicture()
    let chat = try DrivenChat(
      AppState(size: Size(columns: 120, rows: 35), depth: .none, options: options))
    chat.settle { $0.handle(.started) }
    var seen = Seen()
    func check(_ step: String) {
      for (columns, rows) in Self.sizes {
        chat.resize(columns, rows)
        Screen(chat.state, step).check(&seen)
      }
    }
    chat.send("Describe this image in detail.")
    check("answered")
    chat.send("/budget 30%")
    check("budget moved")
    chat.send("/twin on")
    chat.send("What is at the top left?")
    chat.waitForCurve()
    check("scored")
    chat.press(.function(8))
    check("token selected")
    chat.press(.escape)
    chat.send("/compare 50% 20%")
    try checkComparison(chat)
    chat.press(.right)
    let column = try #require(chat.state.comparison?.columns[1].answer)
    chat.press(.enter)
    #expect(chat.state.cache?.bytesKept == column.bytesKept)
    #expect(
      chat.state.transcript.last?.note?.hasPrefix(Format.counted(column.tokens, "token")) == true)
    check("adopted")
    // Each figure was compared somewhere.
    #expect(seen.kept > 0 && seen.entries > 0 && seen.rates > 0 && seen.times > 0)
    #expect(seen.changes > 0 && seen.budgets > 0 && seen.positions > 0 && seen.divergences > 0)
    #expect(seen.tokens > 0)
  }

  private func checkComparison(_ chat: DrivenChat) throws {
    let columns = try #require(chat.state.comparison).columns
    let entry = try #require(chat.state.cache).bytesFull / chat.state.entriesSeen
    for column in columns {
      let answer = try #require(column.answer)
      let entries = answer.imageEntries + answer.textEntries
      #expect(answer.bytesKept == entries * entry, "\(column.request.label)")
      let share = Double(answer.bytesKept) / Double(answer.bytesFull)
      #expect(abs(share - answer.budget) < 0.01, "\(column.request.label)")
    }
  }

  /// How often a figure was compared with itself.
  private struct Seen {
    var kept = 0
    var entries = 0
    var rates = 0
    var times = 0
    var changes = 0
    var budgets = 0
    var positions = 0
    var divergences = 0
    var tokens = 0
  }

  /// The text of one screen.
  private struct Screen {
    let state: AppState
    let step: String
    let text: String

    init(_ state: AppState, _ step: String) {
      self.state = state
      self.step = step
      text = state.screen.replacing("\u{A0}", with: " ")
    }

    func check(_ seen: inout Seen) {
      let note = (state.transcript.last { $0.role == .model }?.note ?? "")
        .replacing("\u{A0}", with: " ")
      compare(kept, &seen.kept, "kept bytes")
      compareEntries(&seen)
      let speed = matches(/speed ─+ ([0-9.]+) tok\/s/)
      if step != "adopted" {
        compare(speed + matches(/([0-9.]+) tok\/s/, in: note), &seen.rates, "tokens a second")
        compare(
          matches(/first token +([0-9.]+ m?s)/) + matches(/first after ([0-9.]+ m?s)/, in: note),
          &seen.times, "time to the first token")
      }
      compare(
        matches(/last change +(evicted .+ m?s)/) + matches(/\n (evicted .+ in [0-9.]+ m?s)/),
        &seen.changes, "last change")
      if step != "budget moved" {
        compare(
          matches(/\ ([0-9]+ %) ━/) + matches(/prefixkv at ([0-9]+ %)$/, in: note), &seen.budgets,
          "budget")
      }
      compare(
        matches(/context +([0-9]+) of [0-9]+ positions/) + matches(/[0-9]+\/([0-9]+) +[0-9]+ %/),
        &seen.positions, "positions")
      let here = matches(/you are here, [0-9]+ %: ([0-9.]+)/)
      compare(matches(/KL ([0-9.]+), agrees/) + here, &seen.divergences, "divergence")
      if step == "token selected" {
        let all = matches(/[0-9]+ of ([0-9]+), Esc leaves/)
        let tokens = state.generated.count
        #expect(all == ["\(tokens)"], "\(step)\n\(text)")
        seen.tokens += all.count
      }
    }

    /// As panels write it, also where part and whole share a unit.
    private var kept: [String] {
      let shared = text.matches(of: /([0-9.]+) of [0-9.]+ ([KMG]iB) kept/).map {
        "\($0.1) \($0.2)"
      }
      return shared + matches(/([0-9.]+ [KMG]iB) of [0-9.]+ [KMG]iB kept/)
        + matches(/memory ─+ ([0-9.]+ [KMG]iB) kept/) + matches(/kept entries +([0-9.]+ [KMG]iB)/)
    }

    /// The heading's sum is that of the rows, and each row's share is its quotient.
    private func compareEntries(_ seen: inout Seen) {
      let rows = text.matches(of: /([0-9]+)\/([0-9]+) +([0-9.]+ %)/)
      for row in rows {
        let share = (Double(row.1) ?? 0) / (Double(row.2) ?? 1)
        #expect(Format.percent(share) == row.3, "\(step)\n\(text)")
      }
      guard rows.count == state.cache?.layers.count,
        let heading = text.firstMatch(of: /([0-9]+) of ([0-9]+)(?: entries)?\n/)
      else { return }
      let kept = rows.reduce(0) { $0 + (Int($1.1) ?? 0) }
      #expect("\(kept)" == heading.1, "\(step)\n\(text)")
      seen.entries += 1
    }

    private func matches(_ pattern: Regex<(Substring, Substring)>, in other: String? = nil)
      -> [String]
    {
      (other ?? text).matches(of: pattern).map { String($0.1) }
    }

    private func compare(_ figures: [String], _ count: inout Int, _ name: String) {
      guard figures.count > 1 else { return }
      count += 1
      #expect(Set(figures).count == 1, "\(name), \(step): \(figures)\n\(text)")
    }
  }
}

extension AppState {
  /// Positions seen, over all layers.
  fileprivate var entriesSeen: Int { cache?.layers.reduce(0) { $0 + $1.seen } ?? 1 }
}
