import Foundation
import TestSupport
import Testing

@testable import Inference

/// LM Studio's folders, `PREFIXKV_MODELS` and ./models: the same tree of folders.
@Suite struct FolderStoreTests {
  let temporary: TemporaryFolder
  var stores: MadeUpStores { MadeUpStores(home: temporary.path) }

  init() throws { temporary = try TemporaryFolder() }

  @Test(arguments: [".lmstudio/models", ".cache/lm-studio/models"])
  func lmStudioKeepsPublishersAndRepositories(_ folder: String) throws {
    try stores.link(MadeUpStores.text, at: folder + "/xtuner/llava-GGUF/llava-Q8_0.gguf")
    try stores.link(MadeUpStores.vision, at: folder + "/xtuner/llava-GGUF/mmproj-f16.gguf")
    let found = try ModelLocator.resolve("xtuner/llava-GGUF", environment: ["HOME": stores.home])
    #expect(found.store == "LM Studio")
    #expect(found.path == "\(stores.home)/\(folder)/xtuner/llava-GGUF/llava-Q8_0.gguf")
    #expect(try WeightFormats.open(found).layout == "GGUF")
    for name in ["xtuner/llava-GGUF:Q8_0", "xtuner/llava-GGUF/llava-Q8_0.gguf"] {
      #expect(
        try ModelLocator.resolve(name, environment: ["HOME": stores.home]).path == found.path)
    }
  }

  @Test func severalFoldersAreListedInOrder() throws {
    try stores.link(MadeUpStores.folder, at: "first/llava")
    try stores.link(Oracle.path("models/tiny-gqa/hf"), at: "second/llava")
    try stores.link(MadeUpStores.folder, at: "second/other")
    let environment = ["HOME": stores.home, "PREFIXKV_MODELS": "~/first::\(stores.home)/second"]
    #expect(
      FolderListStore.stores(environment: environment).map(\.root)
        == [stores.home + "/first", stores.home + "/second"])
    let found = try ModelLocator.resolve("llava", environment: environment)
    #expect(found.path == stores.home + "/first/llava")
    #expect(found.alsoIn == ["PREFIXKV_MODELS"])
    #expect(
      try ModelLocator.resolve("other", environment: environment).path
        == stores.home + "/second/other")
    // The list says how to get the one that the name does not mean.
    let listed = ModelCatalogue(environment: environment).models.filter { $0.name != "bundled" }
    #expect(listed.map(\.name) == ["llava", "llava", "other"])
    #expect(listed.map { $0.refusal == nil } == [true, false, true])
    #expect(listed[1].refusal?.contains("give '\(stores.home)/second/llava' for this one") == true)
    #expect(ModelCatalogue.names(environment: environment).filter { $0 == "llava" }.count == 1)
  }

  @Test func aFolderThatIsItselfAModelIsNamedByItsLastPart() throws {
    let store = FolderListStore(root: MadeUpStores.folder)
    #expect(try store.names() == ["hf"])
    #expect(try store.model("hf")?.path == MadeUpStores.folder)
  }

  @Test func circlesOfLinksEnd() throws {
    try stores.link(MadeUpStores.folder, at: "mine/a/llava")
    try stores.link("..", at: "mine/a/up")
    try stores.link("loop", at: "mine/loop")
    try stores.link("/", at: "mine/root/deep/deeper/disk")
    let names = try FolderListStore(root: stores.home + "/mine").names()
    #expect(names.contains("a/llava"))
    #expect(names.filter { $0.hasSuffix("a/llava") } == ["a/llava"])
  }

  @Test func brokenModelsAreListedAndSayWhatIsWrong() throws {
    try stores.write("GGUF", to: "mine/short.gguf")
    try stores.write("{", to: "mine/broken/config.json")
    // LLaVA's own layout has one beside the model.
    try stores.write(#"{"model_type": "clip"}"#, to: "mine/tower/config.json")
    let store = FolderListStore(root: stores.home + "/mine")
    #expect(try store.names() == ["broken", "short.gguf", "tower"])
    for (name, words) in [
      ("broken", "not valid JSON"), ("short.gguf", "ends in the middle"),
      ("tower", "'clip', a vision tower without a language model"),
    ] {
      let model = try #require(try store.model(name))
      expectWeightError(name, says: [words]) { _ = try WeightFormats.headers(model) }
    }
  }

  @Test func aRootThatIsNoFolderSaysSo() throws {
    let path = try stores.write("x", to: "mine")
    expectWeightError("file", path: path, says: ["not a directory"]) {
      _ = try FolderListStore(root: path).names()
    }
  }
}
