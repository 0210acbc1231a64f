import KVCache
import TestSupport
import Testing

@testable import Inference

/// Fewer rows of a picture than the tower gives it.
@Suite struct PictureTokensTests {
  private static let methods = PictureTokenMethods.all.map(\.name)
  private static let tiled = FamilyModel(name: "next-mistral", layout: "hf", template: "mistral")

  private static func model(_ path: String) throws -> LlavaModel {
    try LlavaModel(WeightFormats.open(path), options: LoadOptions(threads: 2))
  }

  /// The rows of a layout as `[count, width]`, made up by `value`.
  private static func withRows<Result>(
    _ layout: PictureLayout, width: Int = 2, attention: [Float]? = nil,
    value: (_ row: Int, _ column: Int) -> Float,
    _ body: (PictureRows) throws -> Result
  ) throws -> Result {
    let values = (0..<layout.count * width).map { value($0 / width, $0 % width) }
    let pool = try ThreadPool(threads: 2)
    return try values.withUnsafeBufferPointer {
      try body(
        PictureRows(
          layout: layout, values: $0.baseAddress!, width: width, classAttention: attention,
          pool: pool))
    }
  }

  /// 4 x 4 patches.
  private static let square = PictureLayout(
    PixelSize(width: 16, height: 16), route: .pad, side: 16, patch: 4)

  // MARK: Methods

  @Test func uniformTakesTheMiddleOfEachBlockAndDownsampleItsMean() throws {
    try Self.withRows(Self.square, value: { row, _ in Float(row) }) { rows in
      #expect(
        PooledTokens().groups(rows, count: 4) == [
          [0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15],
        ])
      #expect(UniformTokens().groups(rows, count: 4) == [[4], [6], [12], [14]])
      #expect(PooledTokens().groups(rows, count: 1).count == 1)
    }
  }

  @Test func blocksAreAsManyAsWantedAndShareEveryPatch() throws {
    try Self.withRows(Self.square, value: { row, _ in Float(row) }) { rows in
      for count in 1...20 {
        let blocks = rows.blocks(count)
        #expect(blocks.count == min(16, count))
        #expect(blocks.flatMap(\.self).sorted() == Array(0..<16), "\(count) blocks")
      }
    }
    let tiled = try Self.model(Self.tiled.path)
    let layout = try tiled.layout(of: FamilyModel.picture("tall").size)
    try Self.withRows(layout, value: { row, _ in Float(row) }) { rows in
      for count in [1, 2, 3, 5, 20, 59, 999] {
        let blocks = rows.blocks(count)
        #expect(blocks.count <= count && blocks.count >= min(count, rows.patches.count) - 3)
        #expect(Set(blocks.joined()).isSubset(of: rows.patches), "no newline is averaged")
      }
    }
  }

  @Test func clsTakesWhatTheClassRowAttendsTo() throws {
    var attention = [Float](repeating: 0.01, count: 16)
    attention[3] = 0.5
    attention[9] = 0.3
    try Self.withRows(Self.square, attention: attention, value: { _, _ in 1 }) { rows in
      #expect(ClassAttentionTokens().groups(rows, count: 2) == [[3], [9]])
      // Equal ones in their order.
      #expect(ClassAttentionTokens().groups(rows, count: 3) == [[0], [3], [9]])
    }
  }

  /// Three patches point one way, others another; the longest of what is left comes next.
  @Test func diverseTakesWhatIsUnlike() throws {
    func value(_ row: Int, _ column: Int) -> Float {
      let vectors: [Int: [Float]] = [5: [0, 1, 0], 11: [0, 0, 1]]
      return (vectors[row] ?? [1, 0.01 * Float(row), 0])[column]
    }
    try Self.withRows(Self.square, width: 3, value: value) { rows in
      let three = DiverseTokens().groups(rows, count: 3).flatMap(\.self)
      #expect(three.contains(5) && three.contains(11) && three.count == 3)
      #expect(DiverseTokens().groups(rows, count: 99).count == 16)
    }
  }

  /// Of two kinds of patches that are equally unlike the rest, the question's is taken.
  @Test func diverseTakesWhatTheQuestionIsAbout() throws {
    func value(_ row: Int, _ column: Int) -> Float {
      let vectors: [Int: [Float]] = [5: [0, 1, 0], 11: [0, 0, 1]]
      return (vectors[row] ?? [1, 0, 0])[column]
    }
    try Self.withRows(Self.square, width: 3, value: value) { rows in
      for (question, patch) in [([0, 2, 0.1], 5), ([0, 0.1, 2], 11)] as [([Float], Int)] {
        var rows = rows
        rows.question = question
        #expect(DiverseTokens().groups(rows, count: 1) == [[patch]])
      }
    }
  }

  // MARK: Pictures

  @Test(arguments: methods, [1, 7, 20, 63, 64])
  func aPictureHasAtMostAsManyRows(method: String, count: Int) throws {
    let fixture = try ChatFixture()
    let tokens = try PictureTokens(parsing: "\(method):\(count)")
    let image = try fixture.model.reduced(fixture.image, to: tokens)
    #expect(image.count <= max(1, min(count, fixture.image.count)))
    #expect(image.count == min(count, fixture.image.count))
    #expect(image.sources.count == image.count && image.values.count == image.count * image.width)
    #expect(image.sources.map { $0[0] } == image.sources.map { $0[0] }.sorted())
    let whole = fixture.image.values
    for (row, group) in image.sources.enumerated() {
      let mean = group.reduce(Float(0)) { $0 + whole[$1 * image.width] } / Float(group.count)
      #expect(abs(image.values[row * image.width] - mean) < 1e-4)
    }
    let map = PatchMap(image.layout, sources: image.sources)
    #expect(map.rows.count == image.count)
    #expect(map.dropped.count == (method == "downsample" ? 0 : fixture.image.count - image.count))
  }

  /// A newline goes with its row of the map, and the prompt's rows follow each other.
  @Test(arguments: methods, [5, 20, 40, 75])
  func newlinesStayWithTheirRows(method: String, count: Int) throws {
    let model = try Self.model(Self.tiled.path)
    let whole = try model.embed(FamilyModel.picture("tall"))
    let image = try model.reduced(whole, to: PictureTokens(parsing: "\(method):\(count)"))
    let layout = image.layout
    #expect(image.count <= count)
    let patches = image.sources.filter { layout.kind(ofRow: $0[0]) != .newline }
    let newlines = image.sources.filter { layout.kind(ofRow: $0[0]) == .newline }.map { $0[0] }
    let mapRows = Set(
      patches.map { $0[0] }.filter { $0 >= layout.baseRows }.map {
        ($0 - layout.baseRows) / layout.rowLength
      })
    #expect(
      newlines == mapRows.sorted().map { layout.baseRows + ($0 + 1) * layout.rowLength - 1 })
    #expect(!patches.isEmpty)
  }

  @Test func classAttentionIsASoftmaxWithoutItsOwnShare() throws {
    let image = try ChatFixture().image
    let attention = try #require(image.classAttention)
    #expect(attention.count == image.layout.count)
    let sum = attention.reduce(0, +)
    #expect(0.2 < sum && sum < 1 && attention.allSatisfy { $0 > 0 }, "\(sum)")
  }

  @Test func aTowerWithoutAClassTokenRefusesItsMethod() throws {
    let model = try Self.model(
      FamilyModel(name: "onevision-qwen2", layout: "hf", template: "onevision").path)
    let image = try model.embed(FamilyModel.picture("tall"))
    #expect(image.classAttention == nil)
    expectRefusal(
      PictureTokenError.self, says: ["'cls'", "has none", "uniform, downsample, diverse"]
    ) {
      try model.reduced(image, to: PictureTokens(parsing: "cls:4"))
    }
    // Newlines are among the nine.
    let nine = try model.reduced(image, to: PictureTokens(parsing: "diverse:9"))
    #expect((6...9).contains(nine.count))
  }

  @Test func whatIsNoNumberOfTokensIsRefused() {
    for (text, words) in [
      ("0", "no number"), ("-3", "no number"), ("many", "no number"), ("diverse:", "no number"),
      ("best:9", "uniform, downsample, cls, diverse"),
    ] {
      expectRefusal(PictureTokenError.self, says: [words]) { try PictureTokens(parsing: text) }
    }
    expectRefusal(PictureTokenError.self, says: ["2 is the least"]) {
      let model = try Self.model(Self.tiled.path)
      return try model.reduced(
        model.embed(FamilyModel.picture("tall"), tiles: 1), to: PictureTokens(parsing: "1"))
    }
  }

  @Test func morePictureTokensThanTheModelMakesAreRefused() throws {
    let fixture = try ChatFixture()
    expectRefusal(PictureTokenError.self, says: ["65 picture tokens", "at most 64"]) {
      try fixture.model.reduced(fixture.image, to: PictureTokens(parsing: "65"))
    }
    try TextModelTests.withTextModel(of: "tiny-mha/hf") { folder in
      let model = try Self.model(folder)
      expectRefusal(PictureTokenError.self, says: ["'\(model.checkpoint.name)' is a text model"]) {
        try model.check(PictureTokens(parsing: "4"))
      }
    }
  }
}
