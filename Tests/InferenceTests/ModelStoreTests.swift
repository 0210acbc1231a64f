import Foundation
import TestSupport
import Testing

@testable import Inference

/// What holds for every store, and how a name is looked up in all of them.
@Suite struct ModelStoreTests {
  let temporary: TemporaryFolder
  var stores: MadeUpStores { MadeUpStores(home: temporary.path) }

  init() throws { temporary = try TemporaryFolder() }

  private func resolve(_ name: String) throws -> LocatedModel {
    try ModelLocator.resolve(name, environment: stores.environment)
  }

  @Test func storesWithoutFoldersHaveNoModels() throws {
    let all = ModelStores.all(environment: ["HOME": "/nonexistent", "PREFIXKV_ASSETS": "/nowhere"])
    #expect(all.count >= 6)
    for store in all where store.root.hasPrefix("/no") {
      #expect(try store.names() == [], "\(store.title)")
      for name in ["llava", "owner/name", "host/owner/name:tag"] {
        #expect(try store.model(name) == nil, "\(store.title) \(name)")
      }
    }
  }

  @Test(arguments: [
    "", "/", ".", "..", "a", "../x", "a/../../x", "~", "a//b", "a/", "a:", ":a", "a:b:c",
    "a/b/c/d/e/f/g",
    "a\0b", "/etc/passwd", "https://example.org/model", "owner/name@", "owner/..", "ä/ö", "a b",
    "owner/name:../../x", "llava:../../../blobs/x", "owner/name@../x", "owner/name/../../x",
  ])
  func namesThatLeadElsewhereAreNowhere(_ name: String) throws {
    try stores.ollama("registry.ollama.ai/library/llava/latest")
    try stores.repository("owner/name", files: MadeUpStores.huggingFaceFiles())
    try stores.link(MadeUpStores.folder, at: "mine/a/b")
    try stores.write("x", to: "x")
    for store in ModelStores.all(environment: stores.environment) {
      #expect(try store.model(name) == nil, "\(store.title)")
    }
  }

  @Test func everyListedNameIsFound() throws {
    try stores.ollama("registry.ollama.ai/library/llava/7b")
    try stores.ollama("hf.co/owner/name/Q4_K_M")
    try stores.repository("llava-hf/tiny", files: MadeUpStores.huggingFaceFiles())
    try stores.repository(
      "owner/two",
      files: [
        "m-Q8_0.gguf": MadeUpStores.text, "m-Q4_0.gguf": MadeUpStores.otherText,
        "mmproj.gguf": MadeUpStores.vision,
      ])
    try stores.link(MadeUpStores.folder, at: "mine/group/llava")
    try stores.link(MadeUpStores.text, at: "mine/single.gguf")
    try stores.link(MadeUpStores.vision, at: "mine/mmproj.gguf")
    try stores.link(MadeUpStores.text, at: ".lmstudio/models/publisher/repo/model.gguf")
    try stores.link(MadeUpStores.vision, at: ".lmstudio/models/publisher/repo/mmproj.gguf")
    var names: [String] = []
    for store in ModelStores.all(environment: stores.environment)
    where store.root.hasPrefix(stores.home) {
      for name in try store.names() {
        names.append(name)
        let model = try #require(try store.model(name), "\(name)")
        #expect(model.name == name && model.store == store.title)
        #expect(try WeightFormats.headers(model).name == name)
      }
    }
    #expect(
      names == [
        "group/llava", "single.gguf", "llava-hf/tiny", "owner/two:Q4_0", "owner/two:Q8_0",
        "hf.co/owner/name:Q4_K_M", "llava:7b", "publisher/repo",
      ])
  }

  @Test func theFirstStoreCountsAndTheOthersAreNamed() throws {
    try stores.link(MadeUpStores.folder, at: "mine/owner/name")
    try stores.repository("owner/name", files: MadeUpStores.huggingFaceFiles())
    try stores.ollama("registry.ollama.ai/owner/name/latest")
    let model = try resolve("owner/name")
    #expect(model.path == stores.home + "/mine/owner/name")
    #expect(model.store == "PREFIXKV_MODELS")
    #expect(model.alsoIn == ["the Hugging Face cache", "ollama"])
    let report = ModelReport(try WeightFormats.open(model)).summary
    #expect(report.contains("also in the Hugging Face cache, which is asked later"), "\(report)")
    // A path is a path, whatever has the same name elsewhere.
    #expect(try resolve(stores.home + "/mine/owner/name").store == nil)
  }

  @Test func aNameThatIsNowhereSaysWhereItWasLookedFor() {
    expectWeightError(
      "nowhere",
      says: ["llava:70b", "/ollama", "/hub", "/mine", "/.lmstudio/models", "prefixkv models"]
    ) { _ = try resolve("llava:70b") }
  }

  @Test func namesLikeTheOneAskedForAreOffered() throws {
    try stores.ollama("registry.ollama.ai/library/llava/7b")
    try stores.repository("llava-hf/tiny", files: MadeUpStores.huggingFaceFiles())
    expectWeightError("tag", says: ["did you mean 'llava-hf/tiny', 'llava:7b'?"]) {
      _ = try resolve("llava:70b")
    }
    expectWeightError("owner", says: ["did you mean 'llava-hf/tiny'?"]) {
      _ = try resolve("me/Tiny")
    }
    expectWeightError("other", says: ["No model was found for 'gemma'. Looked"]) {
      _ = try resolve("gemma")
    }
  }

  @Test func theBundledModelHasAName() throws {
    let assets = Oracle.repository + "/assets"
    let model = try ModelLocator.resolve("bundled", environment: ["PREFIXKV_ASSETS": assets])
    #expect(model.isBundled && model.path == assets + "/model")
    #expect(try ModelLocator.resolve(nil, environment: ["PREFIXKV_ASSETS": assets]) == model)
  }

  @Test func aLinkThatLeadsNowhereIsCalledThat() throws {
    let path = try stores.link("none", at: "link")
    expectWeightError("link", path: path, says: ["a link to 'none'"]) {
      _ = try WeightFormats.open(ModelLocator.resolve(path))
    }
    let circle = try stores.link("circle", at: "circle")
    expectWeightError("circle", path: circle, says: ["symbolic links"]) {
      _ = try WeightFormats.open(ModelLocator.resolve(circle))
    }
  }
}

@Suite struct GGUFFileNameTests {
  @Test(
    arguments: [
      ("llava-v1.6-mistral-7b.Q4_K_M.gguf", "Q4_K_M"), ("ggml-model-q4_k.gguf", "q4_k"),
      ("ggml-model-f16.gguf", "f16"), ("x-BF16-00001-of-00003.gguf", "BF16"),
      ("x-IQ4_XS.gguf", "IQ4_XS"),
      ("llava-v1_1-int4.gguf", nil), ("q8.gguf", "q8"), ("model.gguf", nil),
      ("a.Q8_0.llamafile", "Q8_0"),
    ] as [(String, String?)])
  func typesAreReadFromNames(_ name: String, _ type: String?) {
    #expect(GGUFFileName(name).type == type)
  }

  @Test func laterPartsAreTold() {
    #expect(!GGUFFileName("x-00001-of-00003.gguf").isLaterPart)
    #expect(GGUFFileName("x-00002-of-00003.gguf").isLaterPart)
    #expect(GGUFFileName("x-00002-of-00003.gguf").stem == "x")
    #expect(!GGUFFileName("x-0002-of-0003.gguf").isLaterPart)
    #expect(!GGUFFileName("").isLaterPart)
  }
}
