import Basics
import Inference
import KVCache
import Testing

@testable import TUI

@Suite struct PanelTests {
  private static let scenes: [AppState] = {
    var pictured = Scene.answered(layers: 40)
    pictured.show(picture: "/tmp/a.png", Scene.pixels(64, 48))
    pictured.type("A long question that does not fit into one row of a narrow panel, 港の夕暮れ")
    return [Scene.empty(), Scene.ready(), Scene.answered(), pictured]
  }()

  @Test func everyPanelDrawsAtEverySize() {
    for panel in Panels.all {
      for state in Self.scenes {
        for depth in [ColorDepth.none, .palette256, .direct] {
          var state = state
          state.depth = depth
          for (width, height) in [(0, 0), (1, 1), (8, 1), (1, 8), (13, 5), (30, 3), (200, 60)] {
            var canvas = Canvas(Size(columns: width, rows: height))
            panel.draw(state, &canvas, DrawingMemo())
            #expect(canvas.cells.count == width * height)
          }
        }
      }
    }
  }

  @Test func everyPanelHasATwinInPlainText() {
    for panel in Panels.all {
      for state in [Scene.empty(), Scene.answered()] {
        let lines = panel.text(state)
        #expect(lines.allSatisfy { $0.allSatisfy(\.isASCII) }, "\(panel.id.name)")
        #expect(!lines.isEmpty || panel.id == .chat)
      }
    }
  }

  @Test func thePicturePanelSaysThatATextModelSeesNone() {
    var state = Scene.empty()
    state.show(picture: "/tmp/a.png", Scene.pixels(64, 48))
    state.feed(.engine(.modelLoaded(Scene.model(imageTokens: 0))))
    #expect(!state.loads.isEncoding)
    var canvas = Canvas(Size(columns: 80, rows: 3))
    Panel.picture.draw(state, &canvas, DrawingMemo())
    #expect(canvas.text.contains("This is a text model: it sees no pictures."))
    #expect(Panel.picture.summary(state, 80) == "text only")
    #expect(state.screen.contains("Ask something") && !state.screen.contains("/image PATH opens"))
    #expect(Panel.picture.text(state) == ["picture: none, this is a text model"])
  }

  @Test func panelsAreNamedOnce() {
    #expect(Set(Panels.all.map(\.id)).count == Panels.all.count)
  }

  @Test func everySizeHasALayoutWithoutOverlaps() {
    for columns in stride(from: 60, through: 250, by: 19) {
      for rows in stride(from: 20, through: 70, by: 10) {
        var state = Scene.answered(columns, rows, layers: 32)
        for panel in Panels.all {
          state.focus = panel.id
          let places = Layout(state).places
          #expect(places.count == Panels.all.count { $0.place != .middle && $0.isShown(state) })
          for (index, place) in places.enumerated() {
            let frame = place.frame
            #expect(frame.x >= 1 && frame.y >= 1 && frame.height >= 1)
            #expect(frame.x + frame.width < columns && frame.y + frame.height < rows)
            for other in places[(index + 1)...] {
              #expect(!overlap(frame, other.frame), "\(columns)x\(rows)")
            }
          }
        }
      }
    }
  }

  private func overlap(_ a: Rect, _ b: Rect) -> Bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
  }

  @Test(arguments: [8, 24, 32, 40]) func everyLayerIsReadableIn24Rows(layers: Int) {
    var state = Scene.answered(80, 24, layers: layers)
    _ = state.show(.layers)
    state.press(.enter)
    for layer in 0..<layers {
      let share = Format.percent(Scene.snapshot(layers: layers).layers[layer].share)
      let isShown = state.screen.split(separator: "\n").contains { line in
        ["█", "▒", "·"].contains { line.contains(" \(layer) \($0)") } && line.contains(share)
      }
      #expect(isShown, "layer \(layer) of \(layers)")
    }
  }

  @Test func aBarEndsWhereTheShareEnds() {
    var canvas = Canvas(Size(columns: 10, rows: 1))
    Bar.draw(
      [(0.45, .image), (0.25, .words)], into: &canvas, x: 0, y: 0, width: 10, theme: .dark,
      depth: .direct)
    // The gap in front of the text is the last eighth of the picture's last cell.
    #expect(canvas.text == "████▌██")
    #expect(canvas[4, 0].style == Style(.image, on: .track))
    #expect(canvas[5, 0].style == Style(.words, on: .track))
    #expect(canvas[7, 0].style == Style(.track, on: .track))
    Bar.draw(
      [(0.4, .image), (0.2, .words)], into: &canvas, x: 0, y: 0, width: 10, theme: .dark,
      depth: .none)
    #expect(canvas.text == "████▒▒····")
    Bar.draw(
      [(0.4, .image), (0.2, .words)], into: &canvas, x: 0, y: 0, width: 10, theme: .dark,
      depth: .ansi)
    #expect(canvas.text == "███▉██····")
    #expect(canvas[3, 0].style.foreground == .role(.image))
    #expect(canvas[4, 0].style.foreground == .role(.words))
  }

  @Test(arguments: [(80, 24), (120, 35), (200, 60)])
  func whoeverLooksAtTheBudgetReadsWhatPIs(columns: Int, rows: Int) {
    var state = Scene.answered(columns, rows)
    state.focus = .budget
    #expect(state.screen.contains("p 0.875") && state.screen.contains("p: "))
  }

  @Test func everyPartOfABarBeginsWithACellAndHasItsTrueLengthInIt() {
    #expect(Bar.separatedRuns([0.03, 0.97], cells: 4) == [0..<1, 8..<32])
    #expect(Bar.separatedRuns([0.97, 0.03], cells: 4) == [0..<24, 24..<25])
    #expect(Bar.separatedRuns([0.5, 0.25], cells: 4) == [0..<16, 16..<24])
    #expect(Bar.separatedRuns([0.1, 0.05], cells: 4) == [0..<3, 8..<10])
    #expect(Bar.separatedRuns([0.05, 0.1], cells: 4) == [0..<2, 8..<11])
    #expect(Bar.separatedRuns([0, 0.5], cells: 4) == [0..<0, 0..<16])
    #expect(Bar.separatedRuns([0.5, 0], cells: 4).first == 0..<16)
    #expect(Bar.separatedRuns([0.3, 0.7], cells: 1).map(\.isEmpty) == [true, false])
    #expect(Bar.separatedRuns([0.5, 0.5], cells: 0) == [0..<0, 0..<0])
  }

  /// 1 entry of a picture beside 11 of the text is a sliver beside a bar, not half of it.
  @Test func aFewEntriesOfThePictureAreAFew() {
    var canvas = Canvas(Size(columns: 33, rows: 1))
    Bar.draw(
      [(1.0 / 131, .image), (11.0 / 131, .words)], into: &canvas, x: 0, y: 0, width: 33,
      theme: .dark, depth: .direct)
    #expect(canvas.text == "▎██")
  }

  @Test func aProfileHasAGapBetweenPictureAndText() {
    let layer = LayerRetention(system: 0, image: 3, user: 5, assistant: 0, seen: 8)
    func cells(_ depth: ColorDepth) -> [Cell] {
      var canvas = Canvas(Size(columns: 3, rows: 2))
      LayerProfile([layer], size: canvas.size).draw(depth, selected: nil, into: &canvas)
      return [canvas[0, 0], canvas[0, 1]]
    }
    let colored = cells(.direct)
    #expect(colored.map(\.glyph) == ["█", "▆"])
    #expect(colored[0].style == Style(.words, on: .track))
    #expect(colored[1].style == Style(.image, on: .track))
    #expect(cells(.none).map(\.glyph) == ["▒", "█"])
  }

  @Test func aColumnHasEighthsOfACell() {
    #expect(Bar.column(share: 0.5, height: 2) == [0, 8])
    #expect(Bar.column(share: 0.75, height: 2) == [4, 8])
    #expect(Bar.column(share: 7, height: 1) == [8])
    #expect([0, 1, 4, 8].map(Bar.glyph(eighths:)) == [" ", "▁", "▄", "█"])
  }

  @Test func aCurveIsScaledToItsTop() {
    #expect(Bar.curve([1, 1], width: 4, height: 1) == ["⠉"])
    #expect(Bar.curve([], width: 4, height: 1) == [])
    #expect(Bar.curve([0.1, 3, 2, 1], width: 4, height: 2).count == 2)
  }

  @Test func theSliderMeansWholePercents() {
    let slider = BudgetSlider(Size(columns: 107, rows: 2))
    #expect(slider.width == 100)
    for percent in 1...100 {
      let share = Double(percent) / 100
      #expect(slider.share(at: slider.x + slider.knob(share)) == share)
    }
  }

  @Test func thePictureKeepsItsShape() {
    let room = Size(columns: 40, rows: 20)
    #expect(
      PictureFit(PixelSize(width: 100, height: 100), in: room).size == Size(columns: 40, rows: 20))
    #expect(
      PictureFit(PixelSize(width: 200, height: 100), in: room).size == Size(columns: 40, rows: 10))
    #expect(
      PictureFit(PixelSize(width: 1, height: 60_000), in: room).size == Size(columns: 1, rows: 20))
    #expect(
      PictureFit(PixelSize(width: 10, height: 10), in: Size(columns: 0, rows: 9)).size.columns == 0)
  }

  @Test(arguments: [PictureSymbols.halves, .quarters])
  func thePictureHasItsColors(_ symbols: PictureSymbols) {
    let size = Size(columns: 8, rows: 4)
    let cells = PictureCells.draw(
      Scene.pixels(64, 64), size: size, depth: .direct, theme: .dark, symbols: symbols)
    #expect(cells.count == 32)
    // A cell of one colour may be drawn by either of its inks.
    let left = [cells[8].style.foreground, cells[8].style.background]
    let right = [cells[15].style.foreground, cells[15].style.background]
    #expect(left.contains(.rgb(0xFF0000)))
    #expect(right.contains(.rgb(0x0000FF)))
    let indexed = PictureCells.draw(
      Scene.pixels(64, 64), size: size, depth: .palette256, theme: .dark,
      symbols: symbols)
    #expect([indexed[8].style.foreground, indexed[8].style.background].contains(.palette(196)))
  }

  @Test func aPictureWithoutColorsIsBrightness() {
    let black = Array(repeating: UInt8(0), count: 3)
    let white = Array(repeating: UInt8(255), count: 3)
    let pixels = Pixels(width: 2, height: 1, rgb: white + black)
    func glyphs(_ theme: Theme) -> [String] {
      PictureCells.draw(
        pixels, size: Size(columns: 2, rows: 1), depth: .none, theme: theme, symbols: .quarters
      ).map(\.glyph)
    }
    #expect(glyphs(.dark) == ["@", " "])
    #expect(glyphs(.light) == [" ", "@"])
  }

  @Test func aPictureWithoutColorsFollowsTheTheme() {
    var state = Scene.ready(80, 24)
    state.show(picture: "/tmp/white.png", Pixels(width: 1, height: 1, rgb: [255, 255, 255]))
    let memo = DrawingMemo()
    #expect(draw(state, memo: memo).text.contains("@@@"))
    state.send("/theme light")
    #expect(!draw(state, memo: memo).text.contains("@@@"))
  }
}
