import Basics
import Foundation

extension PanelID {
  static let picture = PanelID(name: "picture")
}

extension Panel {
  /// The picture the chat is about, as coloured cells.
  static let picture = Panel(
    id: .picture,
    place: .side,
    // It does not give way to charts that were asked for; the picture is what they are about.
    isUrgent: { $0.overlay != .off || $0.inspection.isOn || $0.quality.curve != nil },
    keys: [
      KeyBinding([.right], "next overlay: kept, layer, importance, off") {
        $0.setOverlay($0.nextOverlay)
      },
      KeyBinding(.up, .down, "the layer of the overlay") { state, step in
        guard state.overlay == .layer else { return nil }
        state.selectLayer(by: step)
        return []
      },
    ],
    summary: { state, width in
      if state.model?.seesPictures == false { return "text only" }
      guard let picture = state.picture else { return "none" }
      if state.overlay != .off {
        let sentence = PatchValues(state)?.sentence ?? state.overlay.rawValue
        return sentence.count <= width ? sentence : "overlay \(state.overlay.rawValue)"
      }
      let name = PathText.name(of: picture.path)
      let tiles = picture.canvas == nil ? "" : " \(picture.layout?.tileCount ?? 1) tiles"
      return "\(name) \(picture.pixels.width)×\(picture.pixels.height)\(tiles)"
    },
    heights: { state, width in
      guard let picture = shown(state) else { return [3] }
      let room = Size(columns: width, rows: .max / 4)
      let tallest =
        state.overlay == .off
        ? PictureFit(picture.shown, in: room).size.rows
        : PictureFrame(picture, overlay: state.overlay).fit(in: room).rows
      let limit = min(tallest, 40) + (state.overlay == .off ? 0 : 1)
      guard limit > 6 else { return [limit] }
      // With an overlay every patch is to be seen, so the picture grows at once; the panel that tells of a
      // token leaves it less room.
      let first = state.overlay == .off ? 8 : state.inspection.isOn ? 10 : 14
      return [6] + Array(stride(from: first, to: limit, by: 2)) + [limit]
    },
    draw: { state, canvas, memo in
      guard let picture = shown(state) else {
        let text =
          state.model?.seesPictures == false
          ? "This is a text model: it sees no pictures. /model PATH loads one that does."
          : "No picture yet. Type /image PATH or drop a file here."
        for (y, range) in Wrapping.rows(of: text, width: canvas.size.columns).enumerated() {
          canvas.put(text.utf8Slice(range), x: 0, y: y, style: Style(.dim))
        }
        return
      }
      if let overlay = PictureOverlay(state), picture.patches != nil {
        overlay.draw(into: &canvas, memo: memo)
        return
      }
      let fit = PictureFit(picture.shown, in: canvas.size).size
      guard fit.columns > 0, fit.rows > 0 else { return }
      let frame = Rect(
        x: (canvas.size.columns - fit.columns) / 2, y: (canvas.size.rows - fit.rows) / 2,
        width: fit.columns, height: fit.rows)
      let tiles = picture.canvas.map { CanvasCells($0, in: frame) }
      let place = tiles?.picture ?? frame
      if let output = PicturePixels(state) {
        tiles?.drawMargin(into: &canvas)
        return output.place(
          output.plain(picture, tiles, place.size, memo: memo), at: place, into: &canvas)
      }
      let cells = memo.picture(picture, size: place.size, depth: state.depth, theme: state.theme)
      for y in 0..<place.height {
        for x in 0..<place.width {
          canvas.set(place.x + x, place.y + y, cells[y * place.width + x])
        }
      }
      tiles?.draw(into: &canvas)
    },
    text: { state in
      if state.model?.seesPictures == false { return ["picture: none, this is a text model"] }
      guard let picture = state.picture else { return ["picture: none"] }
      let tiles =
        picture.canvas.map {
          ", \(picture.layout?.tileCount ?? 1) tiles on a canvas of \($0.size) pixels, "
            + "\(picture.layout?.count ?? 0) rows"
        } ?? ""
      return [
        "picture: \(picture.path), \(picture.pixels.width) x \(picture.pixels.height) pixels\(tiles)"
      ] + (PatchValues(state).map { ["overlay: " + $0.sentence] } ?? [])
    },
    mouse: { state, action, point, size in
      guard action == .press else { return nil }
      guard state.inspection.isOn, state.overlay != .off else {
        return state.setOverlay(state.nextOverlay)
      }
      return PictureOverlay(state)?.position(at: point, in: size).map { state.select(position: $0) }
    })

  /// The picture that the conversation is about; none with a model that would not see it.
  private static func shown(_ state: AppState) -> Picture? {
    state.model?.seesPictures == false ? nil : state.picture
  }
}
