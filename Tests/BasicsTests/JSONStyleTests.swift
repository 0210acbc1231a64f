import Basics
import Foundation
import Testing

@Suite struct JSONStyleTests {
  private struct Item: Codable, Equatable {
    var rougeL: Double
    var modelDigests: [String: String]
    var text: String
  }

  @Test func keysAreInSnakeCaseAndThoseOfDictionariesStay() throws {
    let item = Item(rougeL: .infinity, modelDigests: ["a_bC.gguf": "0"], text: "/")
    let line = JSONStyle.line(item)
    #expect(line == #"{"model_digests":{"a_bC.gguf":"0"},"rouge_l":"inf","text":"/"}"#)
    #expect(try JSONStyle.decode(Item.self, from: Data(line.utf8)) == item)
    let old = #"{"modelDigests":{"a_bC.gguf":"0"},"rougeL":"inf","text":"/"}"#
    #expect(try JSONStyle.decode(Item.self, from: Data(old.utf8)) == item)
  }

  /// Terminals obey U+009B like ESC [, and direction marks disguise texts.
  @Test func noCharacterSteersATerminal() throws {
    let item = Item(
      rougeL: 0, modelDigests: [:], text: "\u{1B}[31m\u{7F}\u{9B}2J\u{202E}\u{E0001}é\n")
    let line = JSONStyle.line(item)
    #expect(
      line.contains(#""text":"\u001b[31m\u007f\u009b2J\u202e\udb40\udc01é\n""#), "\(line)")
    #expect(try JSONStyle.decode(Item.self, from: Data(line.utf8)) == item)
  }

  private struct Optional: Encodable { @Nullable var picture: String? }

  @Test func nilIsWrittenAsNull() {
    #expect(JSONStyle.line(Optional(picture: nil)) == #"{"picture":null}"#)
    #expect(JSONStyle.document(Optional(picture: "a")) == "{\n  \"picture\" : \"a\"\n}\n")
  }
}
