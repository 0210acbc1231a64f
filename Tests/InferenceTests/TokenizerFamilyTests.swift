import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Ids and texts of the seven tokenizers are Hugging Face's.
@Suite struct TokenizerFamilyTests {
  private let goldens: [FamilyFixtures.Golden]

  init() throws { goldens = try FamilyFixtures.goldens() }

  @Test func thereAreAllStringsForAllTokenizers() {
    #expect(goldens.count == 163)
    #expect(goldens.allSatisfy { $0.ids.count == 7 && $0.decoded.count == 7 })
  }

  @Test(arguments: FamilyFixtures.names)
  func idsAreHuggingFaces(name: String) throws {
    let tokenizer = try FamilyFixtures.tokenizer(name)
    for golden in goldens {
      let begin = tokenizer.specials.begin.map { [$0] } ?? []
      let ids = begin + tokenizer.encode(recognisingSpecialsIn: golden.text)
      #expect(ids == golden.ids[name], "\(name) \(golden.text.debugDescription)")
    }
  }

  @Test(arguments: FamilyFixtures.names)
  func decodedTextsAreHuggingFaces(name: String) throws {
    let tokenizer = try FamilyFixtures.tokenizer(name)
    for golden in goldens {
      let ids = try #require(golden.ids[name])
      let expected = try #require(golden.decoded[name])
      // Compared as bytes: Swift's strings are equal when they are canonically equivalent.
      #expect(
        Array(tokenizer.decode(ids).utf8) == Array(expected.utf8),
        "\(name) \(golden.text.debugDescription)")
    }
  }

  /// A GGUF cannot say that Qwen2's text is composed first, nor which of Phi-3's special tokens
  /// swallow white space (llama.cpp takes nearly all); everything else is equal.
  @Test(arguments: [
    ("llava-llama3", "llama3"), ("interleave-qwen", "qwen2"), ("llava-phi3", "phi3"),
    ("next-mistral", "spm"),
  ])
  func ggufTokenizersGiveTheSameIDs(model: String, name: String) throws {
    let tokenizer = try FamilyFixtures.ggufTokenizer(model)
    let source = try FamilyFixtures.tokenizer(name)
    #expect(tokenizer.specials.begin == source.specials.begin)
    for golden in goldens {
      let text = golden.text
      if name == "qwen2", !isComposed(text) { continue }
      if name == "phi3", swallowsMore(text) { continue }
      #expect(
        tokenizer.encode(recognisingSpecialsIn: text) == source.encode(recognisingSpecialsIn: text),
        "\(model) \(text.debugDescription)")
    }
  }

  private func isComposed(_ text: String) -> Bool {
    Array(text.precomposedStringWithCanonicalMapping.utf8) == Array(text.utf8)
  }

  private func swallowsMore(_ text: String) -> Bool {
    ["</s> ", "<image> ", "<image>\n"].contains { text.contains($0) }
  }

  @Test(arguments: FamilyFixtures.names)
  func streamingIsDecoding(name: String) throws {
    let tokenizer = try FamilyFixtures.tokenizer(name)
    for golden in goldens {
      let ids = try #require(golden.ids[name])
      var decoder = StreamingDecoder(tokenizer)
      var text = ""
      for id in ids {
        let part = decoder.append(id)
        #expect(!part.unicodeScalars.contains("\u{FFFD}") || golden.text.contains("\u{FFFD}"))
        text += part
      }
      text += decoder.finish()
      #expect(Array(text.utf8) == Array(tokenizer.decode(ids).utf8))
    }
  }

  @Test(arguments: FamilyFixtures.names)
  func specialTokensInUserTextStayText(name: String) throws {
    let tokenizer = try FamilyFixtures.tokenizer(name)
    let specials = (0..<tokenizer.count).filter { tokenizer.added[$0]?.isText == false }
    #expect(!specials.isEmpty)
    let marks = specials.compactMap(tokenizer.piece)
    for text in marks + [marks.joined(), "a " + marks.joined(separator: " ") + "\n"] {
      let ids = tokenizer.encode(text)
      #expect(Set(ids).isDisjoint(with: specials), "\(name) \(text)")
      #expect(tokenizer.decode(ids) == text, "\(name)")
    }
  }

  @Test func chatModelsEndAtAnyOfTheirMarks() throws {
    let ends = try FamilyFixtures.names.map { try FamilyFixtures.tokenizer($0).specials.ends }
    #expect(ends == [[2], [2], [2, 403], [477], [452], [430], [432]])
    #expect(try FamilyFixtures.ggufTokenizer("llava-llama3").specials.ends == [477])
    #expect(try FamilyFixtures.ggufTokenizer("interleave-qwen").specials.ends == [452])
  }

  @Test func onlySomeTokenizersBeginASequence() throws {
    let begins = try FamilyFixtures.names.map { try FamilyFixtures.tokenizer($0).specials.begin }
    #expect(begins == [1, 1, 1, 473, nil, nil, nil])
  }

  /// Written as GGUF and read again, a tokenizer gives the same ids.
  @Test(arguments: ["spm", "phi3", "llama3", "gpt2", "smollm"])
  func writtenTokenizersAreReadAgain(name: String) throws {
    let tokenizer = try FamilyFixtures.tokenizer(name)
    try withFolder { folder in
      var writer = GGUFWriter()
      writer.metadata =
        [("general.name", .string(name == "phi3" ? "Phi-3" : name))]
        + GGUFTokenizer.metadata(of: tokenizer, rows: tokenizer.count + 3)
      let path = folder + "/tokenizer.gguf"
      try writer.write(to: path, pool: ThreadPool(threads: 1)) { _, _ in }.commit()
      let copy = try GGUFTokenizer.tokenizer(of: GGUFFile(path: path))
      #expect(copy.specials.begin == tokenizer.specials.begin)
      #expect(copy.specials.ends == tokenizer.specials.ends)
      #expect(copy.decode([tokenizer.count + 1]) == "")
      for golden in goldens where name != "phi3" || !swallowsMore(golden.text) {
        let ids = tokenizer.encode(recognisingSpecialsIn: golden.text)
        #expect(copy.encode(recognisingSpecialsIn: golden.text) == ids)
        #expect(copy.decode(ids) == tokenizer.decode(ids) || ids.contains(0))
      }
    }
  }
}
