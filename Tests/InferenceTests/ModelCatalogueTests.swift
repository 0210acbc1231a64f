import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct ModelCatalogueTests {
  let temporary: TemporaryFolder
  var stores: MadeUpStores { MadeUpStores(home: temporary.path) }

  init() throws { temporary = try TemporaryFolder() }

  @Test func everyModelIsOneEntryWithItsFacts() throws {
    try stores.ollama("registry.ollama.ai/library/llava/7b", text: MadeUpStores.otherText)
    try stores.repository("llava-hf/tiny", files: MadeUpStores.huggingFaceFiles())
    try stores.write(#"{"model_type": "qwen2_vl"}"#, to: "mine/qwen/config.json")
    try stores.write("GGUF", to: "mine/short.gguf")
    try stores.write("gone", to: "hub/models--a--gone/refs/main")
    let catalogue = ModelCatalogue(environment: stores.environment)
    let models = Dictionary(uniqueKeysWithValues: catalogue.models.map { ($0.name, $0) })
    #expect(catalogue.problems == [])
    #expect(catalogue.advice == nil)

    let ollama = try #require(models["llava:7b"])
    #expect(ollama.store == "ollama" && ollama.weightType == "Q4_0" && ollama.refusal == nil)
    #expect(ollama.member == "LLaVA-1.5 (LLaMA)")
    let headers = try WeightFormats.headers(
      ModelLocator.resolve("llava:7b", environment: stores.environment))
    #expect(ollama.bytes == headers.weightBytes)
    #expect(try ollama.memory == MemoryNeed(headers).bytes)

    #expect(
      try models["llava-hf/tiny"]?.weightType
        == WeightFormats.headers(MadeUpStores.folder).weightType.label)
    #expect(models["llava-hf/tiny"]?.path?.hasSuffix("/snapshots/0123abcd") == true)
    let other = try #require(models["qwen"])
    #expect(other.member == "qwen2_vl" && other.memory == nil)
    #expect(other.refusal?.contains("qwen2_vl") == true)
    #expect(models["short.gguf"]?.refusal?.contains("ends in the middle") == true)
    #expect(models["short.gguf"]?.bytes == 4)
    #expect(models["a/gone"]?.refusal?.contains("no files behind") == true)
  }

  @Test func storesThatCannotBeListedAreProblems() throws {
    try stores.write("x", to: "mine")
    try stores.link(MadeUpStores.folder, at: "hub/x")
    let catalogue = ModelCatalogue(environment: stores.environment)
    #expect(catalogue.problems.count == 1)
    #expect(catalogue.problems.first?.contains("not a directory") == true)
  }

  @Test func withoutModelsTheListSaysHowToGetOne() throws {
    let assets = Oracle.repository + "/assets"
    let environment = stores.environment.merging(["PREFIXKV_ASSETS": assets]) { $1 }
    let catalogue = ModelCatalogue(environment: environment)
    #expect(catalogue.models.map(\.name) == ["bundled"])
    #expect(catalogue.models.first?.refusal == nil)
    let advice = try #require(catalogue.advice)
    #expect(advice.contains("huggingface-cli download") && advice.contains("ollama pull llava"))
    #expect(ModelCatalogue.names(environment: environment) == ["bundled"])
  }

  /// Reading 200 000 merges takes longer than everything else about a model.
  @Test func noTokenizerIsReadForTheList() throws {
    try withCopy(of: "tiny-mha/hf") { folder in
      for name in ["tokenizer.json", "tokenizer.model"] {
        try Data("damaged".utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
      }
      let headers = try WeightFormats.headers(folder)
      expectWeightError("tokenizer", says: ["tokenizer"]) { _ = try Checkpoint(headers) }
    }
  }
}
