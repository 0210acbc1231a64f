import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// Conversations with a model that cuts pictures into tiles.
@Suite struct TiledChatTests {
  private static let member = FamilyModel(
    name: "next-mistral", layout: "hf", template: "mistral")

  private static func chat(
    _ path: String = member.path, tiles: Int? = nil, picture: String = "tall"
  ) throws -> ChatSession {
    let model = try LlavaModel(WeightFormats.open(path), options: LoadOptions(threads: 2))
    let chat = try ChatSession(
      model: model,
      options: ChatOptions(
        policy: RetentionPolicies.named("prefixkv"), template: Templates.named("mistral"),
        tiles: tiles, sampling: SamplingOptions(maximumTokens: 4)))
    try chat.begin(pixels: FamilyModel.picture(picture))
    return chat
  }

  private static func layouts(_ events: [EngineEvent]) -> [PictureLayout] {
    events.compactMap { if case .pictureLaidOut(let layout) = $0 { layout } else { nil } }
  }

  private static func notices(_ events: [EngineEvent]) -> [String] {
    events.compactMap { if case .notice(let sentence) = $0 { sentence } else { nil } }
  }

  @Test func newlinesCountAsRowsOfThePicture() throws {
    let chat = try Self.chat()
    let listener = Listener()
    let statistics = try chat.ask("What is in the picture?", observer: listener)
    #expect(Self.layouts(listener.events).map(\.count) == [76])
    #expect(statistics.imageTokens == 76)
    #expect(chat.snapshot.layers.allSatisfy { $0.image == 76 })
    #expect(Self.notices(listener.events).isEmpty)
  }

  @Test func progressRunsOverAllTiles() throws {
    let listener = Listener()
    _ = try Self.chat().ask("What is in the picture?", observer: listener)
    let done = listener.events.compactMap { event -> Int? in
      guard case .progress(.vision, let done, let total) = event else { return nil }
      // Two blocks in each of four squares.
      #expect(total == 8)
      return done
    }
    #expect(done == Array(1...8))
  }

  @Test func aLimitOfOneTileLooksAtTheWholePictureAlone() throws {
    let listener = Listener()
    let statistics = try Self.chat(tiles: 1).ask("What is in the picture?", observer: listener)
    #expect(statistics.imageTokens == 17)
    #expect(Self.layouts(listener.events).map(\.tileCount) == [1])
  }

  @Test func aPictureThatLeavesNoRoomGetsFewerTilesAndThatIsSaid() throws {
    try withCopy(of: "../family/models/next-mistral/hf") { folder in
      let url = URL(fileURLWithPath: folder + "/config.json")
      let text = try String(contentsOf: url, encoding: .utf8)
      try text.replacingOccurrences(
        of: "\"max_position_embeddings\": 4096", with: "\"max_position_embeddings\": 100"
      ).write(to: url, atomically: true, encoding: .utf8)
      let listener = Listener()
      let statistics = try Self.chat(folder).ask("What is in the picture?", observer: listener)
      let layout = try #require(Self.layouts(listener.events).first)
      #expect(layout.tileCount < 4 && statistics.imageTokens == layout.count)
      let notice = try #require(Self.notices(listener.events).first)
      #expect(notice.contains("instead of 4") && notice.contains("context of 100 positions"))
    }
  }

  @Test func anUntiledModelRefusesTiles() throws {
    let model = try EngineOracleTests.model("tiny-gqa/hf")
    #expect(throws: ModelError.noTiles) {
      try model.embed(FamilyModel.picture("small"), route: .anyres)
    }
  }

  /// Routes that make one square work in a model with tiles, too; nothing then ends a row.
  @Test(arguments: [ImageRoute.pad, .crop, .squash])
  func aTiledModelTakesOneSquare(route: ImageRoute) throws {
    let image = try Self.member.model().embed(FamilyModel.picture("tall"), route: route)
    #expect(image.count == 16 && image.layout.canvas == nil)
  }

  @Test(arguments: [(10000, 10), (10, 10000), (1, 1)])
  func extremePicturesAreEncoded(width: Int, height: Int) throws {
    let pixels = Pixels(
      width: width, height: height, rgb: [UInt8](repeating: 120, count: width * height * 3))
    for name in ["next-mistral", "onevision-qwen2"] {
      let model = try FamilyModel(name: name, layout: "hf", template: "").model()
      let image = try model.embed(pixels)
      #expect(image.count == image.layout.count)
      #expect(image.values.allSatisfy { $0.isFinite })
    }
  }

  @Test func theFullFeaturesBeginWithTheClassRow() throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      let pixels = try FamilyModel.picture("small")
      func features() throws -> [Float] {
        try LlavaModel(
          WeightFormats.open(folder), options: LoadOptions(matrixType: .f32, threads: 2)
        ).embed(pixels, keepingTiles: true).tiles[0].features.values
      }
      let patches = try features()
      let url = URL(fileURLWithPath: folder + "/config.json")
      let text = try String(contentsOf: url, encoding: .utf8)
      try text.replacingOccurrences(
        of: "\"vision_feature_select_strategy\": \"default\"",
        with: "\"vision_feature_select_strategy\": \"full\""
      ).write(to: url, atomically: true, encoding: .utf8)
      let all = try features()
      #expect(all.count == patches.count + 32)
      #expect(Array(all.dropFirst(32)) == patches)
    }
  }

  @Test func anotherNumberOfTilesEncodesThePictureAgain() throws {
    let engine = Engine(
      options: ChatOptions(
        policy: try RetentionPolicies.named("full"), template: try Templates.named("mistral"),
        sampling: SamplingOptions(maximumTokens: 4)), load: LoadOptions(threads: 2))
    func events(until isLast: (EngineEvent) -> Bool) -> [EngineEvent] {
      var all: [EngineEvent] = []
      while true {
        for event in engine.events.waitAndDrain() {
          all.append(event)
          if isLast(event) { return all }
        }
      }
    }
    engine.post(.loadModel(Self.member.path))
    engine.post(.loadImage(path: Oracle.path("family/images/tall.png")))
    #expect(Self.layouts(events { $0 == .cleared }).map(\.tileCount) == [4])
    engine.post(.setTiles(1))
    let fewer = events { $0 == .cleared }
    #expect(Self.layouts(fewer).map(\.tileCount) == [1])
    #expect(fewer.contains(.progress(.vision, done: 2, total: 2)))
    // Going back costs nothing: the rows are remembered.
    engine.post(.setTiles(nil))
    let more = events { $0 == .cleared }
    #expect(Self.layouts(more).map(\.tileCount) == [4])
    #expect(!more.contains { if case .progress = $0 { true } else { false } })
    engine.post(.shutdown)
  }

  @Test func aLongPromptIsAnnouncedByWhatThePictureTook() throws {
    let model = try Self.member.model()
    var pace = PrefillPace(model)
    #expect(pace.estimate(1000) == nil)
    pace.encoded(try model.layout(of: PixelSize(width: 90, height: 260)), in: .seconds(2))
    let first = try #require(pace.estimate(1000))
    #expect(first > .zero)
    pace.measured(positions: 64, in: .seconds(1))
    #expect(pace.estimate(640) == .seconds(10))
    let listener = Listener()
    pace.announce(640, to: listener)
    pace.announce(64, to: listener)
    #expect(Self.notices(listener.events).count == 1)
    #expect(Self.notices(listener.events)[0].contains("10 s"))
  }
}
