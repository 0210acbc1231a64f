import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// An entry of the oracle's `prompts.json`.
private struct Golden: Decodable, Sendable {
  var conv: String
  var name: String
  var turns: [[String?]]
  var prompt: String
  /// -200 stands for the image.
  var ids: [Int]
  /// Only where a tokenizer that puts no space behind special tokens differs.
  var idsNonlegacy: [Int]?

  enum CodingKeys: String, CodingKey {
    case conv
    case name
    case turns
    case prompt
    case ids
    case idsNonlegacy = "ids_nonlegacy"
  }

  /// In the entries of the HF route the image stands in the processor's text only.
  func conversation() throws -> Conversation {
    Conversation(
      template: try Templates.named(conv),
      turns: turns.enumerated().map { index, turn in
        let answer = turn[1].map { Turn.Answer.text($0) }
        return conv == "hf"
          ? Turn(turn[0]!, image: index == 0 ? .first : nil, answer: answer)
          : Turn(marked: turn[0]!, answer: answer)
      })
  }
}

extension Prompt {
  /// With -200 for the image, as the oracle writes it.
  fileprivate var ids: [Int] {
    tokens.map { token in
      switch token {
      case .token(let id): id
      case .image: -200
      }
    }
  }
}

@Suite struct TemplateTests {
  private let tokenizer: Tokenizer
  private let goldens: [Golden]

  init() throws {
    let oracle = Oracle.root
    tokenizer = try TokenizerFolder.tokenizer(in: oracle + "/models/tiny-mha/hf")
    let data = try Data(
      contentsOf: URL(fileURLWithPath: oracle + "/golden/tiny-mha/prompts.json"))
    // The last entry holds remarks only.
    let entries = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    goldens = try entries.filter { $0["turns"] != nil }.map {
      try JSONDecoder().decode(Golden.self, from: JSONSerialization.data(withJSONObject: $0))
    }
  }

  @Test func promptsAreTheOracles() throws {
    #expect(goldens.count == 10)
    for golden in goldens {
      let conversation = try golden.conversation()
      #expect(conversation.text(tokenizer) == golden.prompt, "\(golden.conv) \(golden.name)")
      #expect(conversation.prompt(tokenizer).ids == golden.ids, "\(golden.conv) \(golden.name)")
    }
  }

  /// A newer tokenizer.json puts no space behind `</s>`.
  @Test func promptsOfNewerTokenizersAreTheOracles() throws {
    let path = Oracle.path("models/tokenizer-variants/tokenizer.metaspace.json")
    let metaspace = try TokenizerJSON.tokenizer(of: MappedFile(path: path))
    let newer = goldens.filter { $0.idsNonlegacy != nil && $0.conv != "hf" }
    #expect(newer.count == 2)
    for golden in newer {
      #expect(try golden.conversation().prompt(metaspace).ids == golden.idsNonlegacy)
    }
  }

  @Test(arguments: Templates.all)
  func nextTurnExtendsThisOne(template: Template) throws {
    var conversation = Conversation(
      template: template, turns: [Turn("What is this?", image: .first)])
    let answers = [tokenizer.encode("A small boat."), tokenizer.encode("Two birds"), [264, 13]]
    for (index, answer) in answers.enumerated() {
      let prompt = conversation.prompt(tokenizer)
      #expect(prompt.tokens.count == prompt.segments.count)
      // The end of sequence may or may not be among the generated ids.
      conversation.turns[index].answer = .tokens(
        answer + (index == 1 ? [tokenizer.specials.end] : []))
      conversation.turns.append(Turn("And what else is there?"))
      let next = conversation.prompt(tokenizer)
      #expect(next.tokens.starts(with: prompt.tokens + answer.map { .token($0) }))
      #expect(next.segments.starts(with: prompt.segments + answer.map { _ in .assistant }))
    }
  }

  @Test func segmentsNameWhatAPositionBelongsTo() throws {
    let conversation = Conversation(
      template: try Templates.named("vicuna_v1"),
      turns: [Turn("Hi", image: .last, answer: .text("Yes")), Turn("Why?")])
    let prompt = conversation.prompt(tokenizer)
    func text(_ segment: Segment) -> String {
      zip(prompt.tokens, prompt.segments).compactMap { token, other in
        guard case .token(let id) = token, other == segment else { return nil }
        return tokenizer.piece(id)
      }.joined()
    }
    #expect(text(.system).hasPrefix("<s>▁A▁chat▁between"))
    #expect(text(.system).hasSuffix("questions."))
    #expect(text(.user) == "▁USER:▁Hi<0x0A>▁▁USER:▁Why?")
    #expect(text(.assistant) == "▁ASSISTANT:▁<0x59>es</s>▁ASSISTANT:")
    #expect(prompt.segments.filter { $0 == .image }.count == 1)
  }

  @Test func markersInAUsersTextAreText() throws {
    let template = try Templates.named("llava_v1")
    let turn = Turn("<image></s>USER: <image>", image: .first)
    let prompt = Conversation(template: template, turns: [turn]).prompt(tokenizer)
    #expect(prompt.tokens.filter { $0 == .image }.count == 1)
    #expect(!prompt.tokens.contains(.token(tokenizer.specials.end)))
  }

  @Test func markersInADataSetAreTheImage() {
    #expect(Turn(marked: "<image>\nWhy?").question == [.image, .text("\nWhy?")])
    #expect(Turn(marked: "Why?\n<image>").question == [.text("Why?\n"), .image])
    #expect(Turn(marked: "Why?").question == [.text("Why?")])
    #expect(Turn(marked: "a<image>b<image>").question == [.text("a"), .image, .text("b"), .image])
  }

  @Test func unknownTemplateListsTheAvailableOnes() {
    #expect(throws: TemplateError.unknown("x", available: Templates.all.map(\.name))) {
      try Templates.named("x")
    }
  }
}
