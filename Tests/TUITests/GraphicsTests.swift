import Basics
import Foundation
import Inference
import KVCache
import TestSupport
import Testing

@testable import TUI

/// The picture in pixels: what is chosen, what is drawn, and which bytes are sent.
@Suite struct GraphicsTests {
  // MARK: What is chosen

  @Test func theEnvironmentTellsWhatATerminalShows() {
    let cases: [([String: String], PictureProtocol)] = [
      (["TERM": "xterm-kitty"], .kitty),
      (["TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"], .kitty),
      (["TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"], .kitty),
      (["TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"], .iterm),
      (["TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"], .iterm),
      (["TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"], .iterm),
      (["TERM": "foot"], .sixel), (["TERM": "mlterm-256color"], .sixel),
      (["TERM": "xterm-256color"], .cells), (["TERM": "linux"], .cells), ([:], .cells),
      (["TERM": "xterm-kitty", "NO_COLOR": "1"], .cells),
      (["TERM": "screen", "KITTY_WINDOW_ID": "1"], .cells),
      (["TERM": "tmux-256color", "TMUX": "/tmp/s,1,0", "LC_TERMINAL": "iTerm2"], .cells),
    ]
    for (environment, expected) in cases {
      let support = GraphicsSupport(environment: environment)
      #expect(support.method(for: .auto) == expected, "\(environment)")
      #expect(support.method(for: .cells) == .cells)
      #expect(support.method(for: .sixel) == .sixel)
    }
    #expect(GraphicsSupport(environment: [:]).method(for: .kitty) == .kitty)
    let nested = GraphicsSupport(environment: ["TMUX": "/tmp/s,1,0"])
    #expect(nested.method(for: .kitty) == .kittyPlaceholders)
  }

  @Test func theCommandChangesAndTellsTheGraphics() {
    var state = Scene.answered()
    #expect(state.graphics == .cells)
    state.send("/graphics sixel")
    #expect(state.graphics == .sixel)
    #expect(state.status.text == "graphics sixel: pixels as sixels")
    state.send("/graphics auto")
    state.send("/graphics")
    #expect(state.status.text == "graphics auto: coloured cells")
    state.send("/graphics best")
    #expect(
      state.transcript.last?.text
        == "There are no graphics 'best'. Available: auto, cells, kitty, sixel, iterm.")
  }

  // MARK: What is drawn

  /// A white picture in 2 x 2 patches; of two layers one keeps the first patch alone.
  private static func scene(_ choice: GraphicsChoice, overlay: String = "kept") -> AppState {
    var state = Scene.answered(120, 40, layers: 2)
    state.depth = .direct
    state.options.graphics = choice
    state.show(picture: "a.png", Pixels(width: 4, height: 4, rgb: Array(repeating: 255, count: 48)))
    state.send("/overlay \(overlay)")
    let regions = [(0, 0), (2, 0), (0, 2), (2, 2)].map { x, y in
      PictureRegion(x: Double(x), y: Double(y), width: 2, height: 2)
    }
    state.feed(
      .engine(.patches(PatchMap(width: 4, height: 4, rows: regions))),
      .engine(
        .entries(
          CacheEntries(
            runs: [.init(segment: .image, positions: 0..<4)],
            kept: [PositionSet([0, 1, 2, 3], count: 4), PositionSet([0], count: 4)],
            importance: nil))))
    return state
  }

  private static func screen(_ state: AppState) -> Canvas { TUI.draw(state, memo: DrawingMemo()) }

  @Test func theOverlayIsInThePixels() throws {
    let picture = try #require(Self.screen(Self.scene(.kitty)).picture)
    let (pixels, width) = (picture.pixels, picture.pixels.width)
    #expect(width >= 200)
    func red(_ x: Double, _ y: Double) -> UInt8 {
      pixels.rgb[(Int(y * Double(pixels.height)) * width + Int(x * Double(width))) * 3]
    }
    #expect(red(0.25, 0.25) == 255, "both layers keep the first patch")
    for (x, y) in [(0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
      #expect(red(x, y) > 120 && red(x, y) < 160, "one of two layers keeps the others")
    }
    let plain = try #require(Self.screen(Self.scene(.kitty, overlay: "off")).picture)
    #expect(plain.pixels.rgb.allSatisfy { $0 == 255 })
  }

  @Test func thePictureFollowsTheZoomAndHidesBehindHelp() throws {
    var state = Self.scene(.sixel)
    let small = try #require(Self.screen(state).picture)
    #expect(
      Self.screen(state).text.contains("kept by no layer"), "the legend stays in cells")
    state.zoomed = .picture
    let large = try #require(Self.screen(state).picture)
    #expect(large.rect.height > small.rect.height)
    #expect(max(large.pixels.width, large.pixels.height) <= 720)
    state.zoomed = nil
    state.press(.function(1))
    #expect(Self.screen(state).picture == nil)
    state.press(.escape)
    #expect(Self.screen(state).picture == small)
    state.press(.function(2))
    #expect(Self.screen(state).picture == nil, "copying shows the chat alone")
  }

  /// The best colours for sixels take longer to find than the next token to come.
  @Test func sixelsOfAnAnswerThatIsBeingWrittenAreWrittenQuickly() throws {
    for method in [GraphicsChoice.sixel, .kitty] {
      var state = Self.scene(method)
      #expect(try #require(Self.screen(state).picture).isQuick == false)
      state.isAnswering = true
      #expect(try #require(Self.screen(state).picture).isQuick == (method == .sixel))
      state.overlay = .off
      #expect(try #require(Self.screen(state).picture).isQuick == false, "it does not change")
    }
  }

  /// Products of whole numbers stand for the definition of each colour.
  @Test(arguments: [Overlay.kept, .importance])
  func pixelsHaveTheColoursOfTheirDefinition(overlay kind: Overlay) throws {
    var state = Self.scene(.kitty)
    state.overlay = kind
    let map = try #require(state.picture?.patches)
    let colors = Pixels(
      width: 4, height: 4, rgb: (0..<48).map { UInt8(truncatingIfNeeded: $0 &* 53) })
    state.picture = Picture(path: "a", pixels: colors, serial: 9)
    state.picture?.patches = map
    state.entries?.importance = Importance(rows: [[1, 2, 3, 4], [1, 2, 3, 4]])
    let overlay = try #require(PictureOverlay(state))
    #expect(overlay.isMap == (kind == .importance))
    let values = map.rows.indices.map { Double($0) / 5 }
    let size = PixelSize(width: 8, height: 8)
    let pixels = overlay.pixels(map, values, size: size, memo: DrawingMemo())
    let raster = PatchRaster(
      colors, map, frame: overlay.frame, columns: size.width, rows: size.height)
    let means = raster.means(values)
    for index in 0..<64 {
      let ground = try #require(raster.colors[index])
      let color = overlay.color(ground, means[Int(raster.regions[index])])
      for (channel, byte) in [color.red, color.green, color.blue].enumerated() {
        let drawn = pixels.rgb[index * 3 + channel]
        #expect(abs(Int(drawn) - Int(byte)) <= 2, "pixel \(index)")
      }
    }
  }

  @Test func whereThereAreNoPixelsThereAreCells() {
    var state = Self.scene(.cells)
    #expect(Self.screen(state).picture == nil)
    state.send("/graphics kitty")
    #expect(Self.screen(state).picture != nil)
    state.send("/graphics auto")
    #expect(Self.screen(state).picture == nil)
  }

  @Test func placeholdersNameRowColumnAndPicture() throws {
    #expect(KittyPlaceholders.marks.count == 297, "as many as the protocol has")
    #expect(Set(KittyPlaceholders.marks).count == 297)
    #expect(KittyPlaceholders.marks.allSatisfy { DisplayText.width($0) == 0 })
    for depth in [ColorDepth.direct, .palette256] {
      var canvas = Canvas(Size(columns: 5, rows: 4))
      KittyPlaceholders(number: 77, depth: depth).fill(
        Rect(x: 1, y: 1, width: 3, height: 2), into: &canvas)
      let cell = canvas[3, 2]
      #expect(cell.glyph.unicodeScalars.map(\.value) == [0x10EEEE, 0x030D, 0x030E])
      #expect(cell.style.foreground == (depth == .direct ? .rgb(77) : .palette(77)))
      #expect(canvas[0, 0] == .blank && canvas[4, 2] == .blank)
    }
  }

  // MARK: Few colours

  @Test(arguments: [PictureSymbols.halves, .quarters])
  func sixteenColorsShowThePicture(_ symbols: PictureSymbols) {
    let cells = PictureCells.draw(
      Scene.pixels(64, 64), size: Size(columns: 8, rows: 4), depth: .ansi, theme: .dark,
      symbols: symbols)
    #expect(cells.count == 32)
    #expect(cells.allSatisfy { " ▀▄▌▐█▖▗▘▙▚▛▜▝▞▟░▒▓▁▂▃▅▆▇▏▎▍▋▊▉".contains($0.glyph) })
    let left = [cells[8].style.foreground, cells[8].style.background]
    #expect(left.contains(.ansi(9)) || left.contains(.ansi(1)), "red: \(left)")
    for cell in cells {
      #expect(!cell.style.background.isBright, "a background is never bright")
      #expect((0...7).contains(Theme.dark.color(cell.style.foreground, depth: .ansi)))
    }
    #expect(Color(0xFF0000).ansi == 9 && Color(0x000000).ansi == 0 && Color(0xF8F8F8).ansi == 15)
  }
}
