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
