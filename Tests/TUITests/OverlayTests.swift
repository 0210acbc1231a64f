import Inference
import KVCache
import Testing

@testable import TUI

/// What the picture panel shows of the entries that are kept.
@Suite struct OverlayTests {
  /// A picture of 4 by 2 pixels in 2 x 2 patches, padded to 4 x 4: the upper and the lower patches
  /// are half padding.
  private static let padded = grid(2, side: 2, width: 4, height: 2, top: -1)

  /// Square patches from `top` on.
  private static func grid(_ count: Int, side: Double, width: Int, height: Int, top: Double)
    -> PatchMap
  {
    var rows: [PictureRegion?] = []
    for row in 0..<count {
      for column in 0..<count {
        let (x, y) = (Double(column) * side, Double(row) * side + top)
        rows.append(PictureRegion(x: x, y: y, width: side, height: side))
      }
    }
    return PatchMap(width: width, height: height, rows: rows)
  }

  /// Positions 0...1 are text, 2...5 the patches. Layer 0 keeps all of them, layer 1 the first.
  private static func entries(importance: [[Float]]? = nil) -> CacheEntries {
    CacheEntries(
      runs: [
        .init(segment: .system, positions: 0..<2), .init(segment: .image, positions: 2..<6),
        .init(segment: .user, positions: 6..<7),
      ],
      kept: [PositionSet([0, 2, 3, 4, 5, 6], count: 7), PositionSet([0, 2, 6], count: 7)],
      importance: importance.map { Importance(rows: $0) })
  }

  private static func scene(
    _ overlay: Overlay, depth: ColorDepth = .direct, importance: [[Float]]? = nil
  ) -> AppState {
    var state = Scene.answered(layers: 2)
    state.depth = depth
    state.show(picture: "/tmp/a.png", white)
    _ = state.send("/overlay \(overlay.rawValue)")
    state.feed(
      .engine(.patches(padded)), .engine(.entries(entries(importance: importance))))
    return state
  }

  private static let white = Pixels(
    width: 4, height: 2, rgb: Array(repeating: 255, count: 24))

  private func canvas(_ state: AppState, _ columns: Int, _ rows: Int) -> Canvas {
    var canvas = Canvas(Size(columns: columns, rows: rows))
    Panel.picture.draw(state, &canvas, DrawingMemo())
    return canvas
  }

  /// The red of the upper sample of a cell.
  private func upper(_ canvas: Canvas, _ x: Int, _ y: Int) -> Int {
    guard case .rgb(let value) = canvas[x, y].style.foreground else { return -1 }
    return Int(value >> 16)
  }

  @Test func everyKeyCommandAndClickCyclesTheOverlay() {
    var state = Scene.answered()
    #expect(state.press(.function(3)) == [.post(.watch([.kept]))])
    #expect(state.overlay == .kept)
    state.send("/overlay")
    #expect(state.overlay == .layer)
    #expect(state.send("/overlay importance").last == .post(.watch([.kept, .importance])))
    _ = Panel.picture.mouse(&state, .press, Point(x: 1, y: 1), Size(columns: 9, rows: 9))
    #expect(state.overlay == .off)
    #expect(state.feed(.tick) == [.post(.watch([]))])
    state.send("/overlay best")
    #expect(
      state.transcript.last?.text
        == "There is no overlay 'best'. Available: off, kept, layer, importance, attention.")
  }

  @Test func nothingIsAskedOfTheEngineWithoutAnOverlay() {
    var state = Scene.answered()
    let effects = state.press(.tab, .up) + state.feed(.tick)
    #expect(effects.isEmpty)
    state.feed(.engine(.entries(Self.entries())))
    #expect(state.entries == nil)
  }

  @Test func aPatchIsDimmedByTheShareOfLayersThatEvictedIt() {
    // 8 x 4 cells for the picture, one row for the legend.
    let canvas = canvas(Self.scene(.kept), 8, 5)
    let (first, second) = (upper(canvas, 1, 1), upper(canvas, 5, 1))
    #expect(first == 255, "both layers keep the first patch")
    #expect(second > 120 && second < 160, "one of two layers keeps the second: \(second)")
  }

  @Test func paddingIsStripedAndDimmedAlike() {
    let canvas = canvas(Self.scene(.kept), 8, 5)
    let row = (0..<4).map { upper(canvas, $0, 0) }
    #expect(Set(row) == [0x8A, 0x5C], "\(row)")
    let evicted = (4..<8).map { upper(canvas, $0, 0) }
    #expect(evicted.allSatisfy { $0 < 0x5C })
    #expect(canvas.text.contains("kept by"))
  }

  /// The lower patches did not enter the language model: neither dark like evicted ones nor striped like
  /// padding, at every depth, and the legend says so.
  @Test(arguments: [ColorDepth.none, .ansi, .palette256, .direct])
  func whatWasDroppedIsHatched(depth: ColorDepth) throws {
    var state = Self.scene(.kept, depth: depth)
    let whole = Self.padded
    let below = try whole.rows[2...].map { try #require($0) }
    state.feed(
      .engine(
        .patches(
          PatchMap(width: 4, height: 2, rows: Array(whole.rows[..<2]), dropped: below))))
    let canvas = canvas(state, 60, 9)
    #expect(canvas.text.contains("hatched: dropped"))
    let place = try #require(PictureOverlay(state)?.place(in: Size(columns: 60, rows: 9)))
    #expect(place.height == 8, "the frame stays as large as before")
    let row = (0..<place.width).map { canvas[place.x + $0, place.y + 5] }
    guard depth >= .palette256 else {
      #expect(row.allSatisfy { $0.glyph == "╱" })
      return
    }
    let inks = Set(row.map { "\($0.style.foreground)" })
    #expect(inks.count == 2, "lines and what is between them: \(inks)")
  }

  @Test func theLayerOverlayFollowsTheSelectedLayer() {
    var state = Self.scene(.layer)
    #expect(upper(canvas(state, 8, 5), 5, 1) == 255)
    _ = state.show(.layers)
    state.press(.down)
    #expect(state.selectedLayer == 1)
    let dark = canvas(state, 8, 5)
    #expect(upper(dark, 1, 1) == 255)
    #expect(upper(dark, 5, 1) < 50)
    #expect(PatchValues(state)?.sentence == "layer 1 keeps 1 of 4 patches")
    state.press(.down)
    #expect(state.selectedLayer == 1, "there are two layers")
  }

  @Test func importanceIsAColorOnALogarithmicScale() throws {
    let rows: [[Float]] = [[9, 9, 0.001, 0.01, 0.1, 1, 9], [9, 9, 0.001, 0.01, 0.1, 1, 9]]
    let state = Self.scene(.importance, importance: rows)
    let values = try #require(PatchValues(state)).values
    for (value, expected) in zip(values, [0, 1.0 / 3, 2.0 / 3, 1]) {
      #expect(abs(value - expected) < 1e-5)
    }
    #expect(
      canvas(state, 40, 6).text.contains("1.0 attention")
        || canvas(state, 40, 6).text.contains("1 attention"))
  }

  @Test func theColorMapGrowsBrighterOnly() {
    let levels = (0...100).map { Color.amount(Double($0) / 100).luminance }
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 <= $1 + 0.004 })
    #expect(levels[100] - levels[0] > 0.6)
    let indexed = Set((0...13).map { Color.amountInk(Double($0) / 13, on: 1, .palette256) })
    #expect(indexed.count == 14, "steps stay apart in 256 colours")
  }

  @Test func withoutColorsGlyphsSayIt() {
    for depth in [ColorDepth.none, .ansi] {
      let text = canvas(Self.scene(.kept, depth: depth), 8, 5).text
      let lines = text.split(separator: "\n")
      #expect(lines[1] == "████▒▒▒▒")
      #expect(lines[2] == "▒▒▒▒▒▒▒▒")
    }
  }

  @Test func whatTheModelDoesNotSeeIsGreyAndDark() {
    var state = Self.scene(.kept)
    // Only the right half of the picture is seen.
    let half = PatchMap(
      width: 4, height: 2, rows: (0..<4).map { _ in .init(x: 2, y: 0, width: 2, height: 2) })
    state.feed(.engine(.patches(half)))
    let canvas = canvas(state, 60, 4)
    let middle = 30
    let left = upper(canvas, middle - 4, 1)
    let right = upper(canvas, middle + 4, 1)
    #expect(left == 90 && right > 150, "\(left) \(right)")
    #expect(canvas.text.contains("grey: not seen"))
  }

  @Test func overlappingPatchesShowTheirMean() throws {
    let map = PatchMap(
      width: 2, height: 2,
      rows: [.init(x: 0, y: 0, width: 2, height: 2), .init(x: 0, y: 0, width: 1, height: 1), nil])
    var picture = Picture(
      path: "a", pixels: Pixels(width: 2, height: 2, rgb: Array(repeating: 7, count: 12)), serial: 1
    )
    picture.patches = map
    let raster = PatchRaster(
      picture.pixels, map, frame: PictureFrame(picture, overlay: .kept), columns: 2, rows: 2)
    let means = raster.means([1, 0, 5])
    #expect(raster.regions.map { means[Int($0)] } == [0.5, 1, 1, 1])
  }

  /// In the shape of LLaVA-1.5 7B, with the panel where 200 x 60 puts it and in 80 x 24 zoomed.
  @Test func everyPatchOf576IsVisible() {
    let map = Self.grid(24, side: 640.0 / 24, width: 640, height: 480, top: -80)
    for (columns, rows, isZoomed) in [(200, 60, false), (120, 35, true)] {
      var state = Scene.answered(columns, rows)
      state.show(picture: "a", Scene.pixels(640, 480))
      state.send("/overlay kept")
      state.feed(.engine(.patches(map)))
      if isZoomed { state.zoomed = .picture }
      guard let body = Layout(state).body(of: .picture), let picture = state.picture else {
        Issue.record("the panel has no body")
        return
      }
      let frame = PictureFrame(picture, overlay: .kept)
      let size = frame.fit(in: Size(columns: body.width, rows: body.height - 1))
      let raster = PatchRaster(
        picture.pixels, map, frame: frame, columns: size.columns, rows: 2 * size.rows)
      let seen = Set((0..<raster.columns * raster.rows).flatMap { raster.patches(at: $0) })
      #expect(seen.count == 576, "\(columns) x \(rows)")
    }
  }
}
