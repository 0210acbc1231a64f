import Foundation
import TestSupport
import Testing

@testable import Inference

/// How files say that pictures are cut into tiles: read as each layout means it, or refused by name.
@Suite struct TilingKeysTests {
  private static func file(_ json: String) throws -> ConfigurationFile {
    try ConfigurationFile(path: "config.json", data: Data(json.utf8))
  }

  private static func canvases(
    _ value: String, _ order: PinpointOrder = .widthHeight
  ) throws -> [PixelSize]? {
    try file("{\"p\": \(value)}").canvases("p", side: 56, order: order)
  }

  @Test func pairsAreReadInTheOrderOfTheirLayout() throws {
    let sizes = [PixelSize(width: 56, height: 112), PixelSize(width: 168, height: 56)]
    #expect(try Self.canvases("[[56, 112], [168, 56]]") == sizes)
    #expect(try Self.canvases("[[112, 56], [56, 168]]", .heightWidth) == sizes)
    #expect(try Self.canvases("null") == nil)
  }

  @Test func aStringMayHoldTheListOrARangeOfTiles() throws {
    let sizes = [PixelSize(width: 56, height: 112), PixelSize(width: 168, height: 56)]
    #expect(try Self.canvases("\"[[56, 112], [168, 56]]\"") == sizes)
    #expect(try Self.canvases("\"[(56, 112), (168, 56)]\"") == sizes)
    let range = try #require(try Self.canvases("\"(1x1),...,(2x3)\""))
    #expect(
      range.map { [$0.width, $0.height] } == [
        [56, 56], [56, 112], [56, 168], [112, 56], [112, 112], [112, 168],
      ])
  }

  @Test(arguments: [
    "[]", "[[56]]", "[[56, 112, 56]]", "[[56, 100]]", "[[0, 56]]", "[[-56, 56]]", "[56, 112]",
    "\"56\"", "\"\"", "7", "true", "{\"a\": 1}", "[[56.5, 56]]", "[[5600000000, 56]]",
    "[[56, \"112\"]]", "\"(1x1),...,(1000x1000)\"", "\"(1x)\"", "\"(2x2),...,(1x1)\"",
    "[[56000, 56000]]", "[[1e300, 56]]",
  ])
  func otherListsAreRefusedByTheirKey(value: String) {
    expectWeightError(value, path: "config.json", says: ["gives p as"]) {
      _ = try Self.canvases(value)
    }
  }

  @Test func aMillionPairsAreRefusedByTheirCount() {
    let list = "[" + Array(repeating: "[56,56]", count: 1_000_000).joined(separator: ",") + "]"
    expectWeightError("a million", path: "config.json", says: ["1 to 1024 pairs", "1000000"]) {
      _ = try Self.canvases(list)
    }
  }

  // MARK: Whole models

  private static func edit(
    _ model: String, _ file: String, _ change: @escaping (inout [String: Any]) -> Void,
    _ body: (String) throws -> Void
  ) throws {
    try withCopy(of: "../family/models/next-mistral") { folder in
      let url = URL(fileURLWithPath: "\(folder)/\(model)/\(file)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
      var object = try #require(json as? [String: Any])
      change(&object)
      try JSONSerialization.data(withJSONObject: object).write(to: url)
      try body("\(folder)/\(model)")
    }
  }

  private static let own = "llava-v1.6-mistral-tiny"

  private static func tiling(_ path: String) throws -> Tiling? {
    try WeightFormats.open(path).configuration.tiling
  }

  @Test(arguments: ["hf", own])
  func badCanvasesOfAModelAreNamed(model: String) throws {
    try Self.edit(model, "config.json", { $0["image_grid_pinpoints"] = [[56, 57]] }) { path in
      expectWeightError(
        model, path: path + "/config.json", says: ["image_grid_pinpoints", "multiples", "56"]
      ) { _ = try WeightFormats.open(path) }
    }
  }

  @Test func theOwnLayoutReadsItsKeys() throws {
    func expect(
      _ changes: [String: Any], _ check: @escaping (ModelConfiguration) -> Bool,
      line: String
    ) throws {
      try Self.edit(Self.own, "config.json", { $0.merge(changes) { $1 } }) { path in
        let configuration = try WeightFormats.open(path).configuration
        #expect(check(configuration), "\(line)")
      }
    }
    try expect([:], { $0.route == .anyres && $0.tiling?.packing == .spatialUnpad }, line: "1.6")
    try expect(
      ["image_grid_pinpoints": "(1x1),...,(2x2)", "image_aspect_ratio": "anyres_max_4"],
      { $0.tiling?.largestMap == 4 && $0.tiling?.canvases.count == 4 }, line: "a range")
  }

  @Test(arguments: [
    ("image_aspect_ratio", "highres"), ("mm_patch_merge_type", "spatial_maxpool2x2"),
    ("image_aspect_ratio", "anyres_max_0"), ("image_aspect_ratio", "anyres_max_x"),
  ])
  func otherWaysToCutPicturesAreRefused(key: String, value: String) throws {
    try Self.edit(Self.own, "config.json", { $0[key] = value }) { path in
      expectWeightError(value, path: path + "/config.json", says: [key, value, "available"]) {
        _ = try WeightFormats.open(path)
      }
    }
  }

  @Test func aModelWithoutItsListOfCanvasesIsRefused() throws {
    try Self.edit(Self.own, "config.json", { $0["image_grid_pinpoints"] = nil }) { path in
      expectWeightError("own", path: path + "/config.json", says: ["image_grid_pinpoints"]) {
        _ = try WeightFormats.open(path)
      }
    }
    // transformers assumes a list that was made for tiles of 336 pixels, six of these.
    try Self.edit("hf", "config.json", { $0["image_grid_pinpoints"] = nil }) { path in
      #expect(try Self.tiling(path)?.canvases.count == 5, "the processor has the list, too")
      try FileManager.default.removeItem(atPath: path + "/preprocessor_config.json")
      #expect(try Self.tiling(path)?.canvases.first == PixelSize(width: 672, height: 336))
    }
  }

  @Test func twoListsThatDifferAreRefused() throws {
    try Self.edit(
      "hf", "preprocessor_config.json", { $0["image_grid_pinpoints"] = [[56, 56]] }
    ) { path in
      expectWeightError(
        "processor", path: path + "/preprocessor_config.json",
        says: ["image_grid_pinpoints", "differs"]
      ) { _ = try WeightFormats.open(path) }
    }
  }

  @Test(arguments: ["hf", own])
  func aNewlineOfAnotherWidthIsNamed(model: String) throws {
    try Self.edit(model, "config.json", { _ in }) { path in
      var edit = try SafetensorsEdit(path + "/model.safetensors")
      let name = model == "hf" ? "image_newline" : "model.image_newline"
      edit.remove(name)
      edit.add(name, [Float](repeating: 1, count: 63), shape: [63])
      try edit.write()
      expectWeightError(
        model, path: path + "/model.safetensors", says: ["image_newline", "63", "64"]
      ) { _ = try WeightFormats.open(path) }
    }
  }

  @Test func aCheckpointThatCarriesItsTowerNeedsAllOfIt() throws {
    try Self.edit(Self.own, "config.json", { _ in }) { path in
      var edit = try SafetensorsEdit(path + "/model.safetensors")
      let missing = "model.vision_tower.vision_tower.vision_model.pre_layrnorm.weight"
      edit.remove(missing)
      try edit.write()
      // The CLIP folder beside it has a tensor of that name, but of other weights.
      expectWeightError("half a tower", path: path, says: [missing]) {
        _ = try WeightFormats.open(path)
      }
    }
  }

  @Test func theTowerOfPublishedModelsNeedsNoFolder() throws {
    try Self.edit(
      Self.own, "config.json",
      {
        $0["mm_vision_tower"] = "openai/clip-vit-large-patch14-336"
        $0["image_grid_pinpoints"] = [[336, 672], [672, 336]]
      }
    ) { path in
      // The sizes are known, so that what is wrong with the tiny model is its tower's width.
      expectWeightError("sizes", path: path + "/model.safetensors", says: ["[1024]"]) {
        _ = try WeightFormats.open(path)
      }
    }
  }

  @Test func anUnknownTowerNeedsItsFolder() throws {
    try Self.edit(
      Self.own, "config.json", { $0["mm_vision_tower"] = "somebody/other-tower" }
    ) { path in
      expectWeightError("no folder", says: ["somebody/other-tower", "Looked at"]) {
        _ = try WeightFormats.open(path)
      }
    }
  }

  // MARK: GGUF

  private static func withVisionFile(
    _ change: (inout [UInt8]) throws -> Void, _ body: (String) throws -> Void
  ) throws {
    try withCopy(of: "../family/models/next-mistral/gguf") { folder in
      let path = folder + "/mmproj-next-mistral-f16.gguf"
      var bytes = try Oracle.bytes(path)
      try change(&bytes)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      try body(folder + "/next-mistral-f16.gguf")
    }
  }

  /// Gives a key another name of the same length, so that nobody reads it.
  private static func hide(_ key: String, in bytes: inout [UInt8]) throws {
    let place = try #require(bytes.firstRange(of: Array(key.utf8)))
    bytes[place.upperBound - 1] = UInt8(ascii: "_")
  }

  @Test func filesOfEarlyConvertersHaveTheFiveUsualCanvases() throws {
    let keys = ["image_grid_pinpoints", "image_aspect_ratio", "mm_patch_merge_type"]
    try Self.withVisionFile({ bytes in
      for key in keys { try Self.hide("clip.vision." + key, in: &bytes) }
    }) { path in
      let configuration = try WeightFormats.open(path).configuration
      #expect(configuration.route == .anyres)
      #expect(configuration.tiling?.canvases == Tiling.standardCanvases(side: 56))
      #expect(configuration.tiling?.packing == .spatialUnpad)
    }
  }

  @Test func badCanvasesOfAVisionFileAreNamed() throws {
    try Self.withVisionFile({ bytes in
      let key = try #require(
        bytes.firstRange(of: Array("clip.vision.image_grid_pinpoints".utf8)))
      // Behind the key: its type, the elements' type, their count, then the first number.
      bytes[key.upperBound + 4 + 4 + 8] = 57
    }) { path in
      expectWeightError("gguf", says: ["image_grid_pinpoints", "multiples", "[57, 112]"]) {
        _ = try WeightFormats.open(path)
      }
    }
  }
}
