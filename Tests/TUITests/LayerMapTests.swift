import Basics
import KVCache
import Testing

@testable import TUI

/// The layers panel with the middle of the screen for itself.
@Suite struct LayerMapTests {
  /// `layers` layers of `positions` positions: layer `i` keeps every `i + 1`-th of the picture.
  private static func entries(layers: Int, positions: Int) -> CacheEntries {
    let image = positions / 10..<positions * 9 / 10
    return CacheEntries(
      runs: [
        .init(segment: .system, positions: 0..<image.lowerBound),
        .init(segment: .image, positions: image),
        .init(segment: .user, positions: image.upperBound..<positions),
      ],
      kept: (0..<layers).map { layer in
        PositionSet(
          (0..<positions).filter { !image.contains($0) || $0 % (layer + 1) == 0 }.map(Int32.init),
          count: positions)
      },
      importance: Importance(
        rows: (0..<layers).map { layer in (0..<positions).map { $0 == 0 ? Float(layer) * 9 + 1 : 1 }
        }))
  }

  private static func state(
    _ columns: Int, _ rows: Int, layers: Int, positions: Int, depth: ColorDepth = .direct
  ) -> AppState {
    var state = Scene.answered(columns, rows, layers: layers)
    state.depth = depth
    _ = state.show(.layers)
    state.press(.enter)
    state.feed(.engine(.entries(entries(layers: layers, positions: positions))))
    return state
  }

  @Test func theZoomedPanelAsksForItsEntries() {
    var state = Scene.answered(120, 35)
    _ = state.show(.layers)
    #expect(state.press(.enter).last == .post(.watch([.kept, .importance])))
    #expect(state.press(.escape).last == .post(.watch([])))
  }

  @Test(arguments: [(120, 35), (200, 60), (250, 70)])
  func everyLayerAndItsLegendAreSeen(_ columns: Int, _ rows: Int) {
    for layers in [4, 32, 40] {
      let state = Self.state(columns, rows, layers: layers, positions: 700)
      let screen = state.screen
      for name in ["system", "picture", "question", "answer", "evicted", "position"] {
        #expect(screen.contains(name), "\(name) at \(columns) x \(rows), \(layers) layers")
      }
      #expect(screen.contains("Gini"))
      #expect(screen.contains("keeps 100 % of its entries"))
    }
  }

  @Test func keptEntriesHaveTheirSegmentsColor() {
    let map = LayerMap(
      Self.entries(layers: 2, positions: 10), size: Size(columns: 10, rows: 2), selected: 0)
    var canvas = Canvas(Size(columns: 10, rows: 2))
    map.draw(into: &canvas, x: 0, y: 0, theme: .dark, depth: .direct)
    func ink(_ role: Role) -> Ink { Theme.dark.rgb(role).ink(.direct) }
    #expect(canvas[0, 0].style.foreground == ink(.dim))
    #expect(canvas[1, 0].style.foreground == ink(.image))
    #expect(canvas[9, 0].style.foreground == ink(.words))
    // Layer 1 keeps every second position of the picture.
    #expect(canvas[1, 1].style.foreground == .role(.track))
    #expect(canvas[2, 1].style.foreground == ink(.image))
  }

  @Test func twoLayersShareARowWhereRowsAreScarce() {
    let map = LayerMap(
      Self.entries(layers: 32, positions: 700), size: Size(columns: 70, rows: 16), selected: 0)
    #expect(map.rowsPerLayer == 0)
    #expect(map.rows == 16)
    #expect(map.positionsPerColumn == 10)
    var canvas = Canvas(Size(columns: 70, rows: 16))
    map.draw(into: &canvas, x: 0, y: 0, theme: .light, depth: .direct)
    #expect(canvas[30, 0].style.foreground != canvas[30, 0].style.background)
  }

  /// The work is bounded by the cells, not by the positions.
  @Test func binsAreAsManyAsColumns() {
    let entries = Self.entries(layers: 32, positions: 2928)
    let map = LayerMap(entries, size: Size(columns: 180, rows: 50), selected: 0)
    #expect(map.positionsPerColumn == 17)
    #expect(map.columnsPerBin == 1)
    #expect(map.rows == 32)
    let wide = LayerMap(
      Self.entries(layers: 4, positions: 40), size: Size(columns: 180, rows: 50), selected: 0)
    #expect(wide.columnsPerBin == 4)
  }

  @Test func withoutColorsGlyphsTellKeptFromEvicted() {
    let map = LayerMap(
      Self.entries(layers: 2, positions: 10), size: Size(columns: 10, rows: 1), selected: 0)
    var canvas = Canvas(Size(columns: 10, rows: 1))
    map.draw(into: &canvas, x: 0, y: 0, theme: .dark, depth: .none)
    #expect(canvas.text == "█▀█▀█▀█▀██")
  }

  @Test func arrowsAndClicksSelectALayer() {
    var state = Self.state(120, 35, layers: 8, positions: 100)
    state.press(.down, .down)
    #expect(state.selectedLayer == 2)
    #expect(state.screen.contains("layer 2: Gini"))
    #expect(state.screen.contains("right of ┊: as many as are kept"))
    #expect(!Panel.layers.text(state).joined().contains("┊"), "no mark of a drawing in plain text")
    let body = Layout(state).body(of: .layers) ?? Rect(x: 0, y: 0, width: 0, height: 0)
    state.feed(.mouse(.press, Point(x: body.x + 10, y: body.y + 1)))
    #expect(state.selectedLayer == 0)
  }

  @Test func theCurveSaysWhatTheKeptEntriesHold() throws {
    let curve = LayerCurve(Self.entries(layers: 2, positions: 10), layer: 1, threshold: 0.9)
    // Layer 1 keeps 0, 2, 4, 6, 8 and 9; position 0 received 10 of 19.
    #expect(abs(curve.kept.entries - 0.6) < 1e-12)
    #expect(abs(curve.kept.attention - 15.0 / 19) < 1e-6)
    #expect(curve.sentences.contains("p was 0.900 before the answer"))
    let gini = try #require(curve.lorenz?.gini)
    // Nine entries of 1 and one of 10: 1 - (2 * area under the curve).
    #expect(abs(gini - 0.4263) < 1e-3, "\(gini)")
  }
}
