import Foundation
import TestSupport
import Testing

@testable import Inference

/// One line of the oracle's `tokenizer.jsonl`.
private struct Line: Decodable, Sendable {
  var text: String
  /// sentencepiece's ids and what it decodes them to.
  var sp: [Int]
  var spDecode: String
  /// Ids of Hugging Face tokenizers, with begin of sequence and special tokens recognised.
  var slow: [Int]
  /// Only where it differs from `slow`.
  var slowNonlegacy: [Int]?
  /// Only where it differs from `slowNonlegacy` and `slow`.
  var fastMetaspace: [Int]?

  enum CodingKeys: String, CodingKey {
    case text
    case sp
    case spDecode = "sp_decode"
    case slow
    case slowNonlegacy = "slow_nonlegacy"
    case fastMetaspace = "fast_metaspace"
  }
}

@Suite struct TokenizerTests {
  private let lines: [Line]
  private static let models = Oracle.path("models")
  private static let model = models + "/tiny-mha/hf/tokenizer.model"
  private static let json = models + "/tiny-mha/hf/tokenizer.json"
  private static let metaspace = models + "/tokenizer-variants/tokenizer.metaspace.json"

  init() throws {
    let path = Oracle.path("golden/tiny-mha/tokenizer.jsonl")
    lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  private static func fromModel() throws -> Tokenizer {
    try SentencePieceModel.tokenizer(of: MappedFile(path: model))
  }

  private static func fromJSON(_ path: String = json) throws -> Tokenizer {
    try TokenizerJSON.tokenizer(of: MappedFile(path: path))
  }

  @Test func oracleHasAllStrings() { #expect(lines.count == 300) }

  @Test func idsAreSentencepieces() throws {
    for tokenizer in [try Self.fromModel(), try Self.fromJSON()] {
      for line in lines {
        #expect(tokenizer.encode(line.text) == line.sp, "\(line.text.debugDescription)")
      }
    }
  }

  @Test func decodingIsSentencepieces() throws {
    let tokenizer = try Self.fromModel()
    for line in lines {
      // Compared as bytes: Swift's strings are equal when they are canonically equivalent.
      #expect(Array(tokenizer.decode(line.sp).utf8) == Array(line.spDecode.utf8), "\(line.sp)")
    }
  }

  /// Special tokens split the text as Hugging Face does it; the stretches between are ours.
  /// transformers 5 writes both steps as sequences, and the replacement of spaces twice.
  @Test func sequencesOfTransformers5AreTheSameTokenizer() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Self.metaspace))
    var file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let metaspace = try #require(file["pre_tokenizer"] as? [String: Any])
    let replace: [String: Any] = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
    file["normalizer"] = ["type": "Sequence", "normalizers": [replace]]
    file["pre_tokenizer"] = ["type": "Sequence", "pretokenizers": [metaspace]]
    let written = try withFile(JSONSerialization.data(withJSONObject: file)) {
      try Self.fromJSON($0)
    }
    let known = try Self.fromJSON(Self.metaspace)
    for line in lines { #expect(written.encode(line.text) == known.encode(line.text)) }
  }

  @Test(arguments: [(json, false), (metaspace, true)])
  func idsAroundSpecialTokensAreHuggingFaces(path: String, isMetaspace: Bool) throws {
    let tokenizer = try Self.fromJSON(path)
    var specials: [(String, Int)] = [("<s>", 1), ("</s>", 2), ("<unk>", 0)]
    if isMetaspace { specials += [("<image>", 600), ("<pad>", 601)] }
    for line in lines {
      var ids = [1]
      var rest = Substring(line.text)
      var isBehindSpecial = false
      while !rest.isEmpty {
        let next = specials.compactMap { text, id in
          rest.range(of: text, options: .literal).map { (range: $0, id: id) }
        }.min { $0.range.lowerBound < $1.range.lowerBound }
        let stretch = rest[..<(next?.range.lowerBound ?? rest.endIndex)]
        ids += tokenizer.encode(String(stretch), position: isBehindSpecial ? .afterSpecial : .start)
        if let next { ids.append(next.id) }
        isBehindSpecial = true
        rest = next.map { rest[$0.range.upperBound...] } ?? ""
      }
      let expected = isMetaspace ? line.fastMetaspace ?? line.slowNonlegacy ?? line.slow : line.slow
      #expect(ids == expected, "\(line.text.debugDescription)")
    }
  }

  @Test func specialTokensInUserTextStayText() throws {
    let tokenizer = try Self.fromJSON()
    for text in ["</s>", "<s>", "<image>", "<unk>"] {
      let ids = tokenizer.encode(text)
      #expect(!ids.contains { [0, 1, 2, 600, 601].contains($0) })
      #expect(tokenizer.decode(ids) == text)
    }
  }

  @Test func everyTextSurvivesEncodingAndDecoding() throws {
    let tokenizer = try Self.fromModel()
    for text in ["", " ", "  a", "é", "e\u{301}", "日本語", "👩‍👩‍👧‍👦", "\u{0}\u{7f}\r\n", "\u{FFFD}"] {
      #expect(Array(tokenizer.decode(tokenizer.encode(text)).utf8) == Array(text.utf8))
    }
  }

  @Test func longTextIsTokenized() throws {
    let tokenizer = try Self.fromModel()
    let text = String(repeating: "the quick brown fox 日本 ", count: 4_000)
    let ids = tokenizer.encode(text)
    #expect(tokenizer.decode(ids) == text)
    let letters = String(repeating: "a", count: 100_000)
    #expect(tokenizer.decode(tokenizer.encode(letters)) == letters)
  }

  @Test func streamingNeverPrintsHalfACharacter() throws {
    let tokenizer = try Self.fromModel()
    for line in lines {
      var decoder = StreamingDecoder(tokenizer)
      var text = ""
      for id in line.sp {
        let part = decoder.append(id)
        #expect(!part.unicodeScalars.contains("\u{FFFD}") || line.text.contains("\u{FFFD}"))
        text += part
      }
      #expect(Array((text + decoder.finish()).utf8) == Array(line.spDecode.utf8))
    }
  }

  @Test func bytesThatFormNoCharacterAreReplaced() throws {
    let tokenizer = try Self.fromModel()
    func bytes(_ bytes: [Int]) -> [Int] { bytes.map { $0 + 3 } }  // "<0x00>" is piece 3
    #expect(tokenizer.decode(bytes([0xe6, 0x97, 0xa5])) == "日")
    #expect(tokenizer.decode(bytes([0xe6, 0x97])) == "\u{FFFD}\u{FFFD}")
    #expect(tokenizer.decode(bytes([0xe6, 0x41])) == "\u{FFFD}A")
    #expect(tokenizer.decode(bytes([0xff, 0xc0, 0x80])) == "\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(tokenizer.decode(bytes([0xed, 0xa0, 0x80])) == "\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(tokenizer.decode([9999, -1, tokenizer.specials.end]) == "")
  }

  @Test func piecesThatDifferOnlyInCompositionAreDifferentPieces() throws {
    var vocabulary = Vocabulary(capacity: 2)
    vocabulary.append("é".utf8, kind: .text)
    vocabulary.append("e\u{301}".utf8, kind: .text)
    #expect(vocabulary.id(of: "é") == 0)
    #expect(vocabulary.id(of: "e\u{301}") == 1)
  }
}
