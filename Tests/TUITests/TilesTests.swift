import Inference
import TestSupport
import Testing

@testable import TUI

/// What the screen says and draws of a picture that is cut into tiles.
@Suite struct TilesTests {
  /// A wide picture in the middle row of four squares of 56 pixels.
  private static func layout(tiles: Int? = nil) throws -> PictureLayout {
    let path = Oracle.path("family/models/next-mistral/hf")
    let model = try LlavaModel(WeightFormats.open(path), options: LoadOptions(threads: 1))
    return try model.layout(of: PixelSize(width: 300, height: 120), tiles: tiles)
  }

  private static func scene(_ columns: Int = 120, _ rows: Int = 36) throws -> AppState {
    var state = Scene.ready(columns, rows)
    state.feed(
      .engine(.imageLoaded(path: "wide.png", Scene.pixels(300, 120))),
      .engine(.pictureLaidOut(try layout())))
    return state
  }

  @Test func progressNamesTheTile() throws {
    var state = try Self.scene()
    let labels = [0, 7, 8, 31].map { done -> String? in
      state.feed(.engine(.progress(.vision, done: done, total: 32)))
      return state.progress?.label
    }
    #expect(
      labels == [1, 1, 2, 4].map { "looking at the picture, tile \($0) of 4" })
    #expect(state.screen.contains("tile 4 of 4"))
    state.feed(.engine(.progress(.prefill, done: 1, total: 4)))
    #expect(state.progress?.label == "reading the prompt")
  }

  @Test func theStatusLineTellsTilesAndRows() throws {
    let state = try Self.scene()
    #expect(state.status.text == "the picture is looked at in 4 tiles, 60 rows")
  }

  @Test func thePanelShowsTheCanvasWithItsBorders() throws {
    var state = try Self.scene()
    state.feed(.engine(.cleared))
    state.zoomed = .picture
    let screen = state.screen
    // Three tiles side by side have two borders, and the picture a margin at both sides.
    let row = try #require(screen.split(separator: "\n").first { $0.contains("··") })
    #expect(row.filter { $0 == "│" }.count >= 2)
  }

  @Test func smallPanelsDrawNoBorders() throws {
    var canvas = Canvas(Size(columns: 8, rows: 1))
    Panel.picture.draw(try Self.scene(), &canvas, DrawingMemo())
    #expect(!canvas.text.contains("│"))
  }

  @Test func plainModeTellsTheCanvas() throws {
    let lines = Panel.picture.text(try Self.scene())
    #expect(lines.first?.contains("4 tiles on a canvas of 168 x 56 pixels, 60 rows") == true)
  }

  @Test func theCommandTradesDetailForTime() throws {
    var state = try Self.scene()
    let fewer = state.send("/tiles 1")
    #expect(fewer.contains(.post(.setTiles(1))))
    #expect(state.status.text.contains("less time, less detail"))
    #expect(state.loads.isEncoding, "questions wait for the picture")
    let same = state.send("/tiles 1")
    #expect(!same.contains { if case .post = $0 { true } else { false } })
    let more = state.send("/tiles all")
    #expect(more.contains(.post(.setTiles(nil))))
    #expect(state.status.text.contains("more detail, more time"))
  }

  @Test func aModelOfOneTileSaysThatNothingChanges() throws {
    var summary = Scene.model()
    summary.noTiles = "One tile."
    var state = Scene.empty()
    state.tiles = 2
    state.feed(.started, .engine(.modelLoaded(summary)))
    #expect(state.transcript.contains { $0.text == "One tile." }, "asked for by --tiles")
    let effects = state.send("/tiles 3")
    #expect(!effects.contains { if case .post = $0 { true } else { false } })
    #expect(state.status.text == "One tile." && state.status.kind != .error)
  }

  @Test(arguments: ["0", "-3", "many", "1.5"])
  func otherNumbersAreRefused(text: String) throws {
    var state = try Self.scene()
    let effects = state.send("/tiles \(text)")
    #expect(!effects.contains { if case .post = $0 { true } else { false } })
    #expect(state.status.kind == .error && state.status.text.contains("/tiles 1"))
  }

  @Test func withoutANumberItTellsWhatIs() throws {
    var state = try Self.scene()
    _ = state.send("/tiles")
    #expect(state.status.text.contains("this picture has 4, which take 60 rows"))
  }

  @Test func noticesOfTheEngineAreShown() throws {
    var state = try Self.scene()
    state.feed(.engine(.notice("Reading 2,340 positions will take about 3 min.")))
    #expect(state.transcript.last?.text.contains("2,340 positions") == true)
  }
}
