import Foundation
import TestSupport
import Testing

/// Commands with a model that cuts pictures into tiles.
@Suite struct TiledModelTests {
  private static let model = Sample.oracle + "/family/models/next-mistral/hf"
  private static let picture = Sample.oracle + "/family/images/wide.png"

  private struct Header: Decodable { let shape: [Int] }

  /// The shapes of the arrays that `trace` wrote.
  private static func shapes(_ path: String) throws -> [String: [Int]] {
    let file = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = file.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    return try JSONDecoder().decode([String: Header].self, from: file[8..<(8 + length)])
      .mapValues(\.shape)
  }

  private static func trace(_ model: String, _ more: String...) throws -> [String: [Int]] {
    try withFolder { folder in
      let path = folder + "/trace.safetensors"
      let outcome = try Program.run(
        ["trace", "What is it?", "--image", picture, "--model", model, "-o", path, "--steps", "1"]
          + more)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try shapes(path)
    }
  }

  @Test func tracesHaveADimensionForTiles() throws {
    let shapes = try Self.trace(Self.model, "--template", "mistral")
    #expect(shapes["pixel_values"] == [4, 3, 56, 56])
    #expect(shapes["features"] == [4, 16, 32])
    #expect(shapes["projected"] == [60, 64])
    #expect(shapes["image_tokens"] == [1] && shapes["tiles"] == [1])
    let fewer = try Self.trace(Self.model, "--template", "mistral", "--tiles", "1")
    #expect(fewer["pixel_values"] == [1, 3, 56, 56] && fewer["projected"] == [17, 64])
  }

  @Test func tracesOfOneSquareKeepTheirShapes() throws {
    let shapes = try Self.trace(Sample.models + "/tiny-gqa/hf")
    #expect(shapes["pixel_values"] == [3, 84, 84])
    #expect(shapes["features"] == [36, 32] && shapes["projected"] == [36, 64])
  }

  private struct Answer: Decodable { let image_tokens: Int }

  private static func imageTokens(_ more: [String]) throws -> Int {
    let outcome = try Program.run(
      [
        "ask", "What is it?", "--image", picture, "--model", model, "--json", "--max-tokens", "1",
      ] + more)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    return answer.image_tokens
  }

  @Test func answersCountNewlinesAsRowsOfThePicture() throws {
    let (all, base) = (try Self.imageTokens([]), try Self.imageTokens(["--tiles", "1"]))
    #expect(all == 60 && base == 17)
  }

  @Test func inspectTellsOfCanvasesAndOfTheMostRows() throws {
    let outcome = try Program.run(["inspect", Self.model])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("anyres, spatial_unpad, 5 canvases of up to 4 tiles"))
    // 16 rows of the base, 64 of the largest map, a newline behind each of its 8 rows or 12.
    #expect(outcome.output.contains("at most 88 rows"))
  }

  @Test func aModelOfOneSquareRefusesTheRouteOfTiles() throws {
    let outcome = try Program.run(
      ["trace", "Hi", "--image", Self.picture, "--model", Sample.model, "-o", "/tmp/none"]
        + ["--image-route", "anyres"])
    #expect(outcome.status != 0 && outcome.errors.contains("one square"))
  }
}
