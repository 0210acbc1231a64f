import Basics
import Inference

/// Draws the picture with what an overlay says of its patches.
struct PictureOverlay {
  let state: AppState
  let picture: Picture
  let patches: PatchValues?
  let frame: PictureFrame

  init?(_ state: AppState) {
    guard state.overlay != .off, let picture = state.picture else { return nil }
    self.state = state
    self.picture = picture
    patches = PatchValues(state)
    frame = PictureFrame(picture, overlay: state.overlay)
  }

  /// Where the picture stands in a panel's body; nil where there is no room for it.
  func place(in size: Size) -> Rect? {
    let room = Size(columns: size.columns, rows: size.rows - (Self.hasLegend(size) ? 1 : 0))
    let fit = frame.fit(in: room)
    guard fit.columns > 0, fit.rows > 0 else { return nil }
    return Rect(
      x: (room.columns - fit.columns) / 2, y: (room.rows - fit.rows) / 2, width: fit.columns,
      height: fit.rows)
  }

  private static func hasLegend(_ size: Size) -> Bool { size.rows >= 4 }

  func draw(into canvas: inout Canvas, memo: DrawingMemo) {
    if Self.hasLegend(canvas.size) { drawLegend(into: &canvas, y: canvas.size.rows - 1) }
    guard let place = place(in: canvas.size), let map = picture.patches else { return }
    let size = place.size
    let values = patches?.values ?? Array(repeating: 1, count: map.rows.count)
    if let output = PicturePixels(state) {
      let pixels = pixels(map, values, size: output.size(of: size), memo: memo)
      return output.place(pixels, at: place, into: &canvas, isChanging: state.isAnswering)
    }
    let samples = PixelSize(width: size.columns, height: 2 * size.rows)
    let raster = memo.raster(picture, map, frame: frame, size: samples)
    let means = raster.means(values)
    for y in 0..<size.rows {
      for x in 0..<size.columns {
        let upper = 2 * y * size.columns + x
        let cell =
          state.depth >= .palette256
          ? Cell(
            glyph: "▀", width: 1,
            style: Style(
              foreground: ink(raster, means, upper, x, 2 * y),
              background: ink(raster, means, upper + size.columns, x, 2 * y + 1)))
          : plainCell(raster, means, [upper, upper + size.columns])
        canvas.set(place.x + x, place.y + y, cell)
      }
    }
  }

  // MARK: Colours

  /// Whether colours stand for amounts that there are.
  var isMap: Bool { state.overlay.isMap && patches != nil }

  /// The colour of one sample, where colours are free.
  ///
  /// - Parameter isHatched: a line of the hatching runs here, if the model sees nothing here.
  func color(_ ground: Color, _ value: Double?, isHatched: Bool = false) -> Color {
    guard let value else { return isHatched ? Self.hatch : Self.unseen(ground) }
    guard isMap else { return ground.scaled(Self.brightness(value)) }
    return Color.amount(value, on: ground.luminance)
  }

  /// The colour of one sample, as the terminal is told.
  private func ink(_ raster: PatchRaster, _ means: [Double?], _ index: Int, _ x: Int, _ y: Int)
    -> Ink
  {
    let ground = raster.colors[index] ?? Self.padding(x, y)
    let value = means[Int(raster.regions[index])]
    guard let value, isMap else {
      return color(
        ground, value, isHatched: raster.isDropped(at: index) && Self.isOnHatch(x, y)
      ).ink(state.depth)
    }
    return Color.amountInk(value, on: ground.luminance, state.depth)
  }

  /// What is evicted everywhere stays just visible.
  private static func brightness(_ value: Double) -> Double { 0.14 + 0.86 * value }

  /// Stripes, which no picture has at the resolution of cells.
  static func padding(_ x: Int, _ y: Int) -> Color {
    (x + y) % 4 < 2 ? Color(0x8A8A8A) : Color(0x5C5C5C)
  }

  /// The lines over patches that did not enter the language model: steeper and farther apart than the
  /// stripes of padding, and darker than what is kept.
  static let hatch = Color(0x7A4A38)

  static func isOnHatch(_ x: Int, _ y: Int) -> Bool { (x + y) % 4 == 0 }

  /// Where the model sees nothing: grey and dark.
  private static func unseen(_ color: Color) -> Color {
    let level = UInt8(70 * color.luminance + 20)
    return Color(level, level, level)
  }

  // MARK: With few colours

  private static let ramp = ["·", "░", "▒", "▓", "█"]

  /// Where a terminal has too few colours for shades of a picture, characters of several densities are
  /// its shades.
  private func plainCell(_ raster: PatchRaster, _ means: [Double?], _ samples: [Int]) -> Cell {
    let seen = samples.compactMap { means[Int(raster.regions[$0])] }
    guard !seen.isEmpty else {
      let isDropped = samples.contains(where: raster.isDropped)
      return isDropped ? Cell(glyph: "╱", width: 1, style: Style(.faint)) : .blank
    }
    let value = seen.reduce(0, +) / Double(seen.count)
    let isPadding = samples.allSatisfy { raster.colors[$0] == nil }
    let role: Role = isPadding ? .faint : state.overlay.isMap ? .words : .image
    var style = Style(role)
    // Eight colours are enough to recognise the picture in what is kept.
    if state.depth == .ansi, !state.overlay.isMap,
      let color = samples.lazy.compactMap({ raster.colors[$0] }).first
    {
      style.foreground = color.ink(.ansi)
      style.background = .ansi(0)
    }
    return Cell(glyph: Self.step(value), width: 1, style: style)
  }

  private static func step(_ value: Double) -> String {
    ramp[min(ramp.count - 1, max(0, Int((value * Double(ramp.count - 1)).rounded())))]
  }

  // MARK: Legend

  private func drawLegend(into canvas: inout Canvas, y: Int) {
    let width = canvas.size.columns
    guard let patches else {
      let text =
        picture.patches == nil
        ? "no patches yet"
        : state.overlay != .attention
          ? "ask, and see what is kept"
          : state.selectsAnswer ? "its attention is being computed" : "no token is selected"
      canvas.put(DisplayText.clipped(text, to: width), x: 0, y: y, style: Style(.dim))
      return
    }
    guard let ends = patches.ends else {
      let note = legendNote(beside: DisplayText.width(patches.sentence), scale: 0, in: width)
      let room = width - (note.isEmpty ? 0 : note.count + 3)
      canvas.put(DisplayText.clipped(patches.sentence, to: room), x: 0, y: y, style: Style(.dim))
      canvas.putTrailing(note, end: width, y: y, limit: note.count, style: Style(.faint))
      return
    }
    let words = DisplayText.width(ends.low) + DisplayText.width(ends.high) + 2
    let note = legendNote(beside: words, scale: 16, in: width)
    let room = width - (note.isEmpty ? 0 : note.count + 3)
    // Where a note takes the room, the scale goes without its lower end's words.
    let isShort = !note.isEmpty && words + Self.leastScale > room
    let low: String = isShort ? "" : ends.low + " "
    let taken = DisplayText.width(low) + DisplayText.width(ends.high) + 1
    let scale = min(16, max(Self.leastScale, room - taken))
    let start = canvas.put(low, x: 0, y: y, style: Style(.dim))
    for index in 0..<scale {
      canvas.set(start + index, y, scaleCell(Double(index) / Double(scale - 1)))
    }
    canvas.put(" " + ends.high, x: start + scale, y: y, style: Style(.dim))
    canvas.putTrailing(note, end: width, y: y, limit: note.count, style: Style(.faint))
  }

  /// Columns of a scale in which steps can be told apart.
  private static let leastScale = 4

  /// What the colours beside the scale mean; empty where nothing needs it, or where there is no room.
  ///
  /// - Parameters:
  ///   - words: columns of the words that stand in front.
  ///   - scale: columns of a whole scale.
  private func legendNote(beside words: Int, scale: Int, in width: Int) -> String {
    if picture.patches?.dropped.isEmpty == false {
      guard width >= 24 else { return "" }
      let long = "hatched: dropped"
      return words + min(scale, Self.leastScale) + 3 + long.count <= width ? long : "╱ dropped"
    }
    let note = frame.hasPadding(picture) ? "striped: padding" : "grey: not seen"
    let isNeeded = frame.hasPadding(picture) || isCropped
    guard isNeeded, state.depth >= .palette256, words + scale + 3 + note.count <= width else {
      return ""
    }
    return note
  }

  private func scaleCell(_ share: Double) -> Cell {
    guard state.depth >= .palette256 else {
      var style = Style(state.overlay.isMap ? .words : .image)
      if state.depth == .ansi, !state.overlay.isMap {
        style = Style(foreground: .ansi(15), background: .ansi(0))
      }
      return Cell(glyph: Self.step(share), width: 1, style: style)
    }
    let ink =
      state.overlay.isMap
      ? Color.amountInk(share, on: 0.5, state.depth)
      : Color(0xD8D8D8).scaled(Self.brightness(share)).ink(state.depth)
    return Cell(
      glyph: "█", width: 1, style: Style(foreground: ink, background: .role(.text)))
  }

  /// Whether a part of the picture lies under no patch.
  private var isCropped: Bool {
    let rectangles = picture.patches?.places ?? []
    guard let left = rectangles.map(\.x).min(), let top = rectangles.map(\.y).min() else {
      return false
    }
    let right = rectangles.map { $0.x + $0.width }.max() ?? 0
    let bottom = rectangles.map { $0.y + $0.height }.max() ?? 0
    return left > 0.5 || top > 0.5 || right < Double(picture.pixels.width) - 0.5
      || bottom < Double(picture.pixels.height) - 0.5
  }
}
