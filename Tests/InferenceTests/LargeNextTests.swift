import KVCache
import TestSupport
import Testing

@testable import Inference

/// LLaVA-1.6 34b: seven query heads for each key head, a tokenizer that puts no space in front of a text and
/// prompts that begin with no token of their own. Its numbers are compared beside those of the other members.
@Suite struct LargeNextTests {
  private static let layouts: [String: TemplateChoice.Reason] = [
    "hf": .specialTokens(["<|im_start|>", "<|im_end|>"]),
    "llava-v1.6-34b-tiny": .modelName("34b"),
    "gguf/next-yi-f16.gguf": .specialTokens(["<|im_start|>", "<|im_end|>"]),
  ]

  private func checkpoint(_ layout: String) throws -> Checkpoint {
    try WeightFormats.open(Oracle.path("family/models/next-yi/" + layout))
  }

  @Test("the template is ChatML's in every layout", arguments: layouts.keys.sorted())
  func theTemplateIsChatML(layout: String) throws {
    let choice = try checkpoint(layout).templateChoice
    #expect(choice.template.name == "chatml" && choice.reason == Self.layouts[layout])
  }

  @Test("the decoder's numbers are read in every layout", arguments: layouts.keys.sorted())
  func theDecodersNumbersAreRead(layout: String) throws {
    let text = try checkpoint(layout).configuration.text
    #expect(text.heads == 14 && text.kvHeads == 2 && text.headDim == 8)
    #expect(text.rotary.base == 5_000_000 && text.epsilon == 1e-5)
  }

  /// tokenizer.json, sentencepiece's own file and GGUF's metadata describe one tokenizer.
  @Test func textHasTheSameTokensInEveryLayout() throws {
    let tokenizers = try Self.layouts.keys.sorted().map { try checkpoint($0).tokenizer }
    let texts = ["The red circle", " two  spaces", "héllo\n€", "10 or 25", "<|im_end|>", "\n", ""]
    #expect(tokenizers.count == 3)
    for tokenizer in tokenizers {
      #expect(tokenizer.specials.begin == nil && tokenizer.specials.ends.contains(7))
      for text in texts {
        let ids = tokenizer.encode(text)
        #expect(ids == tokenizers[0].encode(text), "\(text)")
        #expect(tokenizer.decode(ids) == text)
      }
    }
  }
}
