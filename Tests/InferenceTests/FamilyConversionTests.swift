import Foundation
import TestSupport
import Testing

@testable import Inference

/// Members of the LLaVA family as GGUF pairs that `convert` wrote: the window of attention, tiles,
/// biases and rotary divisors all survive.
@Suite struct FamilyConversionTests {
  private static let members = [
    FamilyModel(name: "bakllava", layout: "hf", template: "bakllava"),
    FamilyModel(name: "next-vicuna", layout: "hf", template: "llava_v1"),
    FamilyModel(name: "next-yi", layout: "hf", template: "chatml"),
    FamilyModel(name: "onevision-qwen2", layout: "hf", template: "onevision"),
    FamilyModel(name: "interleave-qwen", layout: "hf", template: "interleave"),
    FamilyModel(name: "llava-llama3", layout: "hf", template: "llama3"),
    FamilyModel(name: "llava-phi3", layout: "hf", template: "phi3"),
  ]

  @Test("a converted member equals the reference", arguments: members)
  func convertedMembersEqualTheReference(member: FamilyModel) throws {
    try withFolder { folder in
      var converted = member
      converted.converted = folder + "/\(member.name).gguf"
      // The weights are stored in f16, so nothing is rounded.
      _ = try GGUFConversion.write(
        WeightFormats.open(member.path), type: .f16, to: folder + "/\(member.name).gguf",
        pool: ThreadPool(threads: 1))
      try converted.expectGolden()
      let choice = try WeightFormats.open(folder + "/\(member.name).gguf").templateChoice
      #expect(choice.template.name == member.template)
    }
  }

  /// Ends of answers that generation_config.json lists: two that no reader finds by itself have keys,
  /// and more of them would be lost.
  @Test func furtherEndsSurvive() throws {
    let source = Oracle.path("models/tiny-mha/hf")
    for (ids, isWritten) in [("[2, 5, 7]", true), ("[2, 5, 7, 9]", false)] {
      try withFolder { folder in
        for name in try FileManager.default.contentsOfDirectory(atPath: source)
        where name != "generation_config.json" {
          try FileManager.default.createSymbolicLink(
            atPath: folder + "/" + name, withDestinationPath: source + "/" + name)
        }
        try Data(#"{"eos_token_id": \#(ids)}"#.utf8)
          .write(to: URL(fileURLWithPath: folder + "/generation_config.json"))
        let checkpoint = try WeightFormats.open(folder)
        func convert() throws -> Specials {
          let path = folder + "/text.gguf"
          _ = try GGUFConversion.write(
            checkpoint, type: .q8_0, to: path, pool: ThreadPool(threads: 1))
          return try WeightFormats.open(path).tokenizer.specials
        }
        if isWritten {
          #expect(try convert().ends == checkpoint.tokenizer.specials.ends)
          #expect(checkpoint.tokenizer.specials.ends == [2, 5, 7])
        } else {
          expectWeightError(ids, says: ["3 further tokens that end an answer"]) {
            _ = try convert()
          }
        }
      }
    }
  }

  @Test func bakLLaVAKeepsItsWindow() throws {
    try withFolder { folder in
      let path = folder + "/bakllava.gguf"
      _ = try GGUFConversion.write(
        WeightFormats.open(Oracle.path("family/models/bakllava/hf")), type: .f16, to: path,
        pool: ThreadPool(threads: 1))
      let (windows, report) = try (
        WeightFormats.open(path).configuration.text.windows,
        ModelReport(WeightFormats.open(path)).summary
      )
      #expect(windows == [40, 40, 40, 40] && report.contains("window of 40"))
    }
  }
}
