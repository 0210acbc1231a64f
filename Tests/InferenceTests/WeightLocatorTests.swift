import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct WeightLocatorTests {
  /// A cache folder as huggingface_hub lays it out, with one model of revision "abc".
  private static func makeCache(_ root: String, id: String = "llava-hf/tiny") throws -> String {
    let folder = root + "/models--" + id.replacingOccurrences(of: "/", with: "--")
    let snapshot = folder + "/snapshots/abc"
    for path in [folder + "/refs", snapshot] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try Data("abc\n".utf8).write(to: URL(fileURLWithPath: folder + "/refs/main"))
    return snapshot
  }

  @Test func pathsAreTakenAsTheyAre() throws {
    try withFolder { folder in
      let path = folder + "/with space and ümlaut"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      #expect(try ModelLocator.resolve(path).path == path)
      #expect(try ModelLocator.resolve(path + "/").path == path)
      let home = ["HOME": folder]
      #expect(try ModelLocator.resolve("~/with space and ümlaut", environment: home).path == path)
    }
  }

  /// A weight file that is not read when its folder is given stands for itself.
  @Test func aWeightFileMeansItsFolder() throws {
    func found(_ files: [String], _ given: String) throws -> String {
      try withFolder { folder in
        for file in files { try Data().write(to: URL(fileURLWithPath: folder + "/" + file)) }
        let path = try ModelLocator.resolve(folder + "/" + given).path
        return path == folder ? "folder" : PathText.name(of: path)
      }
    }
    let whole = ["config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json"]
    #expect(try found(whole, "model.safetensors") == "folder")
    for name in whole where name != "model.safetensors" {
      #expect(try found(whole, name) == name)
    }
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    let parted = ["config.json", "model.safetensors.index.json", "notes.safetensors"] + shards
    for name in shards + ["model.safetensors.index.json"] {
      #expect(try found(parted, name) == "folder")
    }
    #expect(try found(parted, "notes.safetensors") == "notes.safetensors")
    #expect(try found(["model.safetensors"], "model.safetensors") == "model.safetensors")
  }

  @Test(arguments: [
    ("HF_HUB_CACHE", ""), ("HF_HOME", "/hub"), ("XDG_CACHE_HOME", "/huggingface/hub"),
    ("HOME", "/.cache/huggingface/hub"),
  ])
  func hubIdsAreFoundInTheCache(variable: String, below: String) throws {
    try withFolder { folder in
      let snapshot = try Self.makeCache(folder + below)
      #expect(
        try ModelLocator.resolve("llava-hf/tiny", environment: [variable: folder]).path == snapshot)
      expectWeightError("other id", says: ["llava-hf/other", folder + below]) {
        _ = try ModelLocator.resolve("llava-hf/other", environment: [variable: folder])
      }
    }
  }

  @Test func damagedReferencesAreNamed() throws {
    try withFolder { folder in
      let snapshot = try Self.makeCache(folder)
      let reference = folder + "/models--llava-hf--tiny/refs/main"
      for content in [" \n", "../../x", ".."] {
        try Data(content.utf8).write(to: URL(fileURLWithPath: reference))
        expectWeightError(content, path: reference, says: ["names no revision"]) {
          _ = try ModelLocator.resolve("llava-hf/tiny", environment: ["HF_HUB_CACHE": folder])
        }
      }
      try FileManager.default.removeItem(atPath: snapshot)
      try Data("abc".utf8).write(to: URL(fileURLWithPath: reference))
      expectWeightError("no snapshot", says: ["llava-hf/tiny"]) {
        _ = try ModelLocator.resolve("llava-hf/tiny", environment: ["HF_HUB_CACHE": folder])
      }
    }
  }

  @Test func bundledModelIsInTheAssets() throws {
    try withFolder { folder in
      let environment = ["PREFIXKV_ASSETS": folder]
      expectWeightError("none", says: ["bundled model", folder + "/model"]) {
        _ = try ModelLocator.resolve(nil, environment: environment)
      }
      try FileManager.default.createDirectory(
        atPath: folder + "/model", withIntermediateDirectories: true)
      #expect(try ModelLocator.resolve(nil, environment: environment).path == folder + "/model")
    }
  }

  @Test func bundledModelThatFailsOffersAnother() throws {
    try withFolder { folder in
      let environment = ["PREFIXKV_ASSETS": folder]
      expectWeightError("missing", says: ["Looked at", "--model PATH"]) {
        try ModelLocator.load(nil, environment: environment) { _ in }
      }
      try FileManager.default.createDirectory(
        atPath: folder + "/model", withIntermediateDirectories: true)
      expectWeightError("empty", says: [folder + "/model", "--model PATH"]) {
        _ = try ModelLocator.load(nil, environment: environment) { try WeightFormats.open($0) }
      }
    }
  }

  @Test func whatIsNowhereSaysWhereItWasLookedFor() {
    for reference in ["", "no/such/path", "https://example.org/model", "../x/y"] {
      expectWeightError(reference, says: ["Looked at"]) {
        _ = try ModelLocator.resolve(reference, environment: ["HOME": "/nonexistent"])
      }
    }
  }
}

@Suite struct WeightReportTests {
  @Test func reportShowsArchitectureTensorsAndMemory() throws {
    let path = Oracle.path("models/tiny-gqa/hf")
    let report = ModelReport(try WeightFormats.open(path))
    // 5 layers, 2 key/value heads of 16, keys and values, 2 bytes.
    #expect(report.cacheBytesPerPosition(.f16) == 5 * 2 * 16 * 2 * 2)
    #expect(report.cacheBytesPerPosition(.q8_0) == nil)
    let text = report.text
    for line in [
      "model         hf (Hugging Face layout)",
      "vision        CLIP, 84 px in 36 patches of 14 px; 3 blocks, width 32, 2 heads, feed-forward",
      "text          LLaMA, 5 layers, width 64, 4 heads of 16, 2 key/value heads, feed-forward 160",
      "cache f16     640 B a position, 22.5 KiB a picture,",
      "language_model.lm_head.weight",
    ] {
      #expect(text.contains(line), "\(line)\n\(text)")
    }
  }
}
