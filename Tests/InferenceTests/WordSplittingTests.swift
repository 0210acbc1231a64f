import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Each alternative of the regular expressions by an example that can be checked by hand.
@Suite struct WordSplittingTests {
  private func words(_ splitting: WordSplitting, _ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var words: [String] = []
    bytes.withUnsafeBytes { buffer in
      splitting.words(of: buffer) { words.append(String(decoding: buffer[$0], as: UTF8.self)) }
    }
    return words
  }

  @Test func llama3TakesOneCharacterWithAWord() {
    #expect(words(.llama3, "a (b) \tc") == ["a", " (", "b", ")", " ", "\tc"])
    #expect(words(.llama3, "x.y\nz") == ["x", ".y", "\n", "z"])
  }

  @Test func digitsMakeGroups() {
    #expect(words(.llama3, "12345 678") == ["123", "45", " ", "678"])
    #expect(words(.qwen2, "123 4") == ["1", "2", "3", " ", "4"])
    #expect(words(.gpt2, "123 45") == ["123", " 45"])
    #expect(words(.smollm, "a123 45b") == ["a", "1", "2", "3", " ", "4", "5", "b"])
  }

  @Test func contractionsAreWords() {
    #expect(words(.llama3, "I'LL we've 'sad") == ["I", "'LL", " we", "'ve", " '", "sad"])
    #expect(words(.gpt2, "I'LL we've it's") == ["I", "'", "LL", " we", "'ve", " it", "'s"])
    #expect(words(.gpt2, "'r 'vx 'l") == ["'", "r", " '", "vx", " '", "l"])
    #expect(words(.llama3, "'\u{17f}o") == ["'\u{17f}", "o"])
    #expect(words(.gpt2, "'\u{17f}o") == ["'", "\u{17f}o"])
  }

  @Test func symbolsKeepTheirLineBreaks() {
    #expect(words(.llama3, "a ...\n\nb") == ["a", " ...\n\n", "b"])
    #expect(words(.gpt2, "a ...\n\nb") == ["a", " ...", "\n", "\n", "b"])
  }

  @Test func whiteSpaceLeavesItsLastBlankToTheWord() {
    #expect(words(.gpt2, "a   b  ") == ["a", "  ", " b", "  "])
    #expect(words(.llama3, "a \n \n  b") == ["a", " \n \n", " ", " b"])
    #expect(words(.llama3, "  \u{3000}9") == ["  ", "\u{3000}", "9"])
  }

  @Test func marksAreNoLetters() {
    #expect(words(.gpt2, "e\u{301}a") == ["e", "\u{301}", "a"])
    #expect(words(.llama3, "日本語。½") == ["日本語", "。", "½"])
  }

  @Test(arguments: WordSplitting.allCases)
  func everyByteBelongsToOneWord(splitting: WordSplitting) {
    var generator = SplitMix64(seed: 7)
    let characters = Array("ab'sS lL\n\r\t 12½,.!é\u{301}日👩‍👧\u{85}\u{a0}")
    for _ in 0..<300 {
      let text = String(
        (0..<20).map { _ in characters[Int(generator.next() % UInt64(characters.count))] })
      let found = words(splitting, text)
      #expect(Array(found.joined().utf8) == Array(text.utf8))
      #expect(!found.contains(""))
    }
  }

  /// Runs of one character are what makes careless splitting quadratic: then this takes minutes.
  @Test(arguments: WordSplitting.allCases)
  func longRunsAreSplitInLinearTime(splitting: WordSplitting) {
    for character in ["a", " ", "\n", "'", "1", "é", "a ", " \n", "\t a"] {
      let text = String(repeating: character, count: 20_000)
      #expect(words(splitting, text).joined().utf8.count == text.utf8.count)
    }
  }
}
