import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct HuggingFaceStoreTests {
  let temporary: TemporaryFolder
  var stores: MadeUpStores { MadeUpStores(home: temporary.path) }

  init() throws { temporary = try TemporaryFolder() }

  var hub: String { stores.home + "/hub" }

  private func path(_ name: String) throws -> String {
    try ModelLocator.resolve(name, environment: stores.environment).path
  }

  @Test func oneOfSeveralTypesIsChosen() throws {
    try stores.repository(
      "mys/ggml_llava",
      files: [
        "ggml-model-q8_0.gguf": MadeUpStores.text, "ggml-model-q4_0.gguf": MadeUpStores.otherText,
        "mmproj-model-f16.gguf": MadeUpStores.vision,
      ])
    let snapshot = hub + "/models--mys--ggml_llava/snapshots/0123abcd"
    #expect(try path("mys/ggml_llava:Q4_0") == snapshot + "/ggml-model-q4_0.gguf")
    #expect(try path("mys/ggml_llava:q8_0") == snapshot + "/ggml-model-q8_0.gguf")
    #expect(try path("mys/ggml_llava/ggml-model-q8_0.gguf") == snapshot + "/ggml-model-q8_0.gguf")
    #expect(try path(snapshot + ":Q4_0") == snapshot + "/ggml-model-q4_0.gguf")
    let list = ["'mys/ggml_llava:Q4_0'", "'mys/ggml_llava:Q8_0'"]
    expectWeightError("none chosen", path: snapshot, says: ["2 GGUF text models"] + list) {
      _ = try path("mys/ggml_llava")
    }
    expectWeightError(
      "no such type", path: snapshot, says: ["no GGUF text model", "'Q5_K'"] + list
    ) {
      _ = try path("mys/ggml_llava:Q5_K")
    }
    expectWeightError("no such file", says: ["Looked at"]) { _ = try path("mys/ggml_llava/x.gguf") }
    let checkpoint = try WeightFormats.open(
      ModelLocator.resolve("mys/ggml_llava:Q4_0", environment: stores.environment))
    #expect(checkpoint.name == "mys/ggml_llava:Q4_0")
    #expect(checkpoint.weightType == .q4_0)
  }

  @Test func aPinnedSnapshotAndTheRepositorysFolderAreModels() throws {
    let files = try MadeUpStores.huggingFaceFiles()
    try stores.repository("llava-hf/tiny", revision: "aaa111", files: files, reference: "bbb222")
    try stores.repository("llava-hf/tiny", revision: "bbb222", files: files, reference: nil)
    let folder = hub + "/models--llava-hf--tiny"
    #expect(try path("llava-hf/tiny") == folder + "/snapshots/bbb222")
    #expect(try path("llava-hf/tiny@aaa") == folder + "/snapshots/aaa111")
    #expect(try path(folder) == folder + "/snapshots/bbb222")
    #expect(try path(folder + "/") == folder + "/snapshots/bbb222")
    #expect(try path(folder + "/snapshots/aaa111") == folder + "/snapshots/aaa111")
    let pinned = try ModelLocator.resolve(folder + "/snapshots/aaa111")
    #expect(try WeightFormats.open(pinned).name == "llava-hf/tiny@aaa111")
  }

  @Test func branchesAreRevisionsToo() throws {
    let files = try MadeUpStores.huggingFaceFiles()
    try stores.repository("a/b", revision: "aaa111", files: files, reference: nil)
    try stores.repository("a/b", revision: "aaa222", files: files, reference: nil)
    try stores.write("aaa222", to: "hub/models--a--b/refs/fp16")
    let folder = hub + "/models--a--b"
    #expect(try path("a/b@fp16") == folder + "/snapshots/aaa222")
    expectWeightError("two", path: folder, says: ["2 revisions", "'a/b@aaa111'", "'a/b@aaa222'"]) {
      _ = try path("a/b")
    }
    expectWeightError("beginning", path: folder, says: ["2 revisions that begin with 'aaa'"]) {
      _ = try path("a/b@aaa")
    }
    #expect(
      try HuggingFaceStore(root: hub).names() == ["a/b@aaa111", "a/b@aaa222"])
  }

  @Test func namesLeaveOutDataSetsAndLaterParts() throws {
    try stores.repository(
      "a/split",
      files: [
        "m-Q8_0-00001-of-00002.gguf": MadeUpStores.text,
        "m-Q8_0-00002-of-00002.gguf": MadeUpStores.text,
        "mmproj.gguf": MadeUpStores.vision, "README.md": "/none",
      ])
    try stores.write("x", to: "hub/datasets--a--c/refs/main")
    try stores.write("x", to: "hub/version.txt")
    try stores.write("gone", to: "hub/models--a--gone/refs/main")
    try stores.write("../../x", to: "hub/models--a--bad/refs/main")
    let store = HuggingFaceStore(root: hub)
    #expect(try store.names() == ["a/bad", "a/gone", "a/split"])
    #expect(try path("a/split").hasSuffix("/m-Q8_0-00001-of-00002.gguf"))
    #expect(try store.model("a/gone") == nil)
    expectWeightError("bad", says: ["names no revision"]) { _ = try store.model("a/bad") }
  }

  @Test(
    arguments: [
      ("owner/name", "owner/name", nil, ""), ("gpt2", "gpt2", nil, ""),
      ("owner/name:Q4_K_M", "owner/name", nil, ":Q4_K_M"),
      ("owner/name@main:f16", "owner/name", "main", ":f16"),
      ("owner/name/a/b.gguf", "owner/name", nil, "/a/b.gguf"),
      ("owner/name@abc/b.gguf", "owner/name", "abc", "/b.gguf"),
    ] as [(String, String, String?, String)])
  func namesHaveParts(_ text: String, _ repository: String, _ revision: String?, _ selector: String)
    throws
  {
    let name = try #require(HuggingFaceStore.Name(text))
    #expect(name.repository == repository && name.revision == revision)
    #expect(name.selector == selector)
  }
}
