import KVCache
import TestSupport
import Testing

@testable import Inference

/// Members of the LLaVA family that differ in what they see, against two independent implementations.
@Suite struct FamilyVisionTests {
  static let members = [
    FamilyModel(name: "interleave-qwen", layout: "hf", template: "interleave"),
    FamilyModel(
      name: "interleave-qwen", layout: "gguf/interleave-qwen-f16.gguf", template: "interleave"),
    FamilyModel(name: "vipllava", layout: "hf", template: "vip"),
    FamilyModel(name: "next-mistral", layout: "hf", template: "mistral"),
    // Of equally good canvases the other one is met first: only the small picture differs.
    FamilyModel(
      name: "next-mistral", layout: "llava-v1.6-mistral-tiny", template: "mistral",
      images: ["wide", "tall"]),
    FamilyModel(
      name: "next-mistral", layout: "llava-v1.6-mistral-tiny", template: "mistral",
      golden: "next-mistral.own", images: ["small"]),
    FamilyModel(
      name: "next-mistral", layout: "gguf/next-mistral-f16.gguf", template: "mistral",
      images: ["wide", "tall"]),
    FamilyModel(
      name: "next-mistral", layout: "gguf/next-mistral-f16.gguf", template: "mistral",
      golden: "next-mistral.own", images: ["small"]),
    FamilyModel(name: "next-vicuna", layout: "hf", template: "llava_v1"),
    FamilyModel(name: "next-yi", layout: "hf", template: "chatml"),
    FamilyModel(
      name: "next-yi", layout: "llava-v1.6-34b-tiny", template: "chatml", images: ["wide", "tall"]),
    FamilyModel(
      name: "next-yi", layout: "gguf/next-yi-f16.gguf", template: "chatml",
      images: ["wide", "tall"]),
    FamilyModel(name: "onevision-qwen2", layout: "hf", template: "onevision"),
  ]

  @Test("pictures, prompts and compressed caches equal the reference", arguments: members)
  func membersEqualTheReference(member: FamilyModel) throws { try member.expectGolden() }

  @Test func quantisedWeightsGiveTheLogitsOfTheirValues() throws {
    try FamilyModel(
      name: "interleave-qwen", layout: "gguf/interleave-qwen-q8_0.gguf", template: "interleave"
    ).expectQuantisedGolden("q8_0")
    try FamilyModel(
      name: "next-mistral", layout: "gguf/next-mistral-q4_k.gguf", template: "mistral"
    ).expectQuantisedGolden("q4_k")
  }
}
