import Testing

@testable import TUI

@Suite struct MarkdownTests {
  private func looks(_ source: String) -> [String] {
    let markdown = Markdown(source)
    return markdown.spans.map { "\($0.look): \(markdown.text.utf8Slice($0.range))" }
  }

  @Test func marksBecomeLooks() {
    let source = """
      # The harbour
      A **small** one, `let a = 1`:
      - boats
        * sails
      ```swift
      **not bold**
      ```
      """
    #expect(
      Markdown(source).text == """
        The harbour
        A small one, let a = 1:
        • boats
          • sails
        ```swift
        **not bold**
        ```
        """)
    #expect(
      looks(source) == [
        "heading: The harbour", "bold: small", "code: let a = 1", "fence: ```swift",
        "code: **not bold**", "fence: ```",
      ])
  }

  @Test func whatIsNoMarkStaysAsItIs() {
    for text in [
      "2 * 3 * 4 ** 5", "a **b", "`open", "#hash", "####### seven", "-5 degrees", "*", "**", "``",
      "snake_case __init__", "** a **", "",
    ] {
      #expect(Markdown(text).text == text)
      #expect(Markdown(text).spans.isEmpty, "\(text)")
    }
  }

  /// While an answer streams, every prefix of it is shown.
  @Test func everyPrefixIsShownWithoutLoss() {
    let source = "## Title\n**bold** `code` é港 - x\n- item **two**\n```\ncode\n```\nend"
    for end in source.indices {
      let shown = Markdown(String(source[..<end]))
      let letters = source[..<end].filter { $0.isLetter }
      #expect(shown.text.filter { $0.isLetter } == letters)
      for (span, next) in zip(shown.spans, shown.spans.dropFirst()) {
        #expect(span.range.upperBound <= next.range.lowerBound)
      }
    }
  }

  @Test func anAnswerIsDrawnWithItsLooksAndCopiedAsItIs() {
    var state = Scene.ready(80, 24)
    state.send("Hm?")
    let answer = "A **bold word that wraps around the end of a row of the chat** and `code`."
    state.feed(.engine(.token(text: answer, tokensPerSecond: 9)))
    state.feed(.engine(.answerFinished(Scene.statistics)))
    let canvas = draw(state, memo: DrawingMemo())
    let bold = canvas.cells.filter { $0.style == Style(.text, .bold) }.map(\.glyph).joined()
    #expect(bold.replacing(" ", with: "") == "boldwordthatwrapsaroundtheendofarowofthechat")
    #expect(!canvas.text.contains("**"))
    #expect(state.text(of: .answer) == answer)
  }
}
