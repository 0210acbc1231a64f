import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// From pixels to the rows of a prompt.
@Suite struct ImageEmbeddingTests {
  let model: LlavaModel
  let pixels: Pixels

  init() throws {
    model = try EngineOracleTests.model("tiny-mha/hf")
    pixels = try ImageFile.load(
      path: Oracle.path("images/landscape.jpg"), reading: .asSeen)
  }

  @Test func tilesAreKeptOnlyWhenAskedFor() throws {
    let plain = try model.embed(pixels, route: .pad)
    let kept = try model.embed(pixels, route: .pad, keepingTiles: true)
    #expect(plain.tiles.isEmpty)
    #expect(kept.tiles.map(\.pixelValues.side) == [model.configuration.vision.imageSide])
    #expect(kept.tiles.map(\.features.count) == [kept.count])
    #expect(kept.values == plain.values)
  }

  @Test func rowsAreAsManyAsAnnounced() throws {
    let image = try model.embed(pixels, route: .pad)
    #expect(try image.count == model.imageRows(of: pixels))
    #expect(image.width == model.configuration.text.width)
    #expect(image.values.count == image.count * image.width)
  }

  @Test func rowsStandInThePromptWhereTheMarkerIs() throws {
    let image = try model.embed(pixels, route: .pad)
    let prompt = Prompt(
      tokens: [.token(5), .image, .token(6)], segments: [.system, .image, .user])
    let rows = PromptRows(prompt, image: image, language: model.language)
    #expect(rows.count == image.count + 2)
    #expect(rows.count == prompt.rows(imageRows: image.count))
    let all = try rows.embeddings(0..<rows.count).array()
    #expect(Array(all[image.width..<(image.count + 1) * image.width]) == image.values)
    // The same rows in two chunks.
    let border = image.count / 2
    #expect(
      try rows.embeddings(0..<border).array()
        + rows.embeddings(border..<rows.count).array() == all)
    let runs = rows.segmentRuns(0..<rows.count)
    #expect(runs.map(\.segment) == [.system, .image, .user])
    #expect(runs.map(\.rows) == [0..<1, 1..<image.count + 1, image.count + 1..<image.count + 2])
  }
}
