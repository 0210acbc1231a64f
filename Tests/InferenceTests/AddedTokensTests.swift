import TestSupport
import Testing

@testable import Inference

@Suite struct AddedTokensTests {
  private let tokens = AddedTokens([
    .init(text: Array("<|a|>".utf8), id: 1, isSpecial: true),
    .init(text: Array("<|a|>b".utf8), id: 2, isSpecial: true),
    .init(text: Array("  ".utf8), id: 3, isSpecial: false),
    .init(text: Array("    ".utf8), id: 4, isSpecial: false),
    .init(text: Array("<|c|>".utf8), id: 5, isSpecial: false),
  ])

  private func parts(_ text: String, special: Bool) -> [String] {
    tokens.parts(of: text, special: special).map { part in
      switch part {
      case .text(let text): text
      case .token(let token): "\(token.id)"
      }
    }
  }

  @Test func theLongestOfTheLeftmostIsCutOut() {
    #expect(parts("x<|a|>bc<|a|>", special: true) == ["x", "2", "c", "1"])
    #expect(parts("     y", special: true) == ["4", " y"])
    #expect(parts("é<|a|><|", special: true) == ["é", "1", "<|"])
    #expect(parts("", special: true) == [])
  }

  @Test func usersTextBecomesOnlyTokensThatAreText() {
    #expect(parts("<|a|>  <|c|>", special: false) == ["<|a|>", "3", "<|c|>"])
  }

  @Test func tokensWithoutAnEmbeddingStayText() {
    let few = tokens.limited(to: 2)
    #expect(few["<|a|>"]?.id == 1)
    #expect(few["<|a|>b"] == nil && few[5] == nil)
  }
}
