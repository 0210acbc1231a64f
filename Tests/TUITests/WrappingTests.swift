import Basics
import Testing

@testable import TUI

@Suite struct WrappingTests {
  private func wrapped(_ text: String, _ width: Int) -> [String] {
    Wrapping.rows(of: text, width: width).map { String(text.utf8Slice($0)) }
  }

  @Test func rowsBreakAtBlanks() {
    #expect(wrapped("one two three", 8) == ["one two", "three"])
    #expect(wrapped("one two three", 7) == ["one two", "three"])
  }

  @Test func aPercentSignStaysWithItsNumber() {
    #expect(wrapped("kept at 100 % of", 11) == ["kept at", "100 % of"])
    #expect(wrapped("at 100 %", 6) == ["at", "100 %"])
    #expect(wrapped("%", 1) == ["%"])
  }

  @Test func aWordLongerThanARowIsCut() {
    #expect(wrapped("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"])
  }

  @Test func newlinesAlwaysBreak() {
    #expect(wrapped("a\n\nb\n", 5) == ["a", "", "b", ""])
    #expect(wrapped("", 5) == [""])
  }

  @Test func wideCharactersCountTwice() {
    #expect(wrapped("港の夕暮れ", 5) == ["港の", "夕暮", "れ"])
  }

  @Test func combiningMarksCountNothing() {
    #expect(wrapped("e\u{301}e\u{301}e\u{301}", 3) == ["e\u{301}e\u{301}e\u{301}"])
  }

  @Test func everyRowFitsAndNothingIsLost() {
    let text = "The água 港 quay — a person\nin a red coat 👩‍👧 looks  out to sea"
    for width in 2...40 {
      let rows = wrapped(text, width)
      #expect(rows.allSatisfy { DisplayText.width($0) <= width })
      let letters = { (s: String) in s.filter { !$0.isWhitespace } }
      #expect(letters(rows.joined()) == letters(text))
    }
  }
}
