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
    summary: { state, _ in
      if state.model?.seesPictures == false { return "text only" }
      guard let picture = state.picture else { return "none" }
      let name = PathText.name(of: picture.path)
      let tiles = picture.canvas == nil ? "" : " \(picture.layout?.tileCount ?? 1) tiles"
      return "\(name) \(picture.pixels.width)×\(picture.pixels.height)\(tiles)"
    },
    heights: { state, width in
      guard let picture = shown(state) else { return [3] }
      let tallest = PictureFit(picture.shown, in: Size(columns: width, rows: .max / 4)).size.rows
      let limit = min(tallest, 40)
      guard limit > 6 else { return [limit] }
      return Array(stride(from: 6, to: limit, by: 2)) + [limit]
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
      let fit = PictureFit(picture.shown, in: canvas.size).size
      guard fit.columns > 0, fit.rows > 0 else { return }
      let frame = Rect(
        x: (canvas.size.columns - fit.columns) / 2, y: (canvas.size.rows - fit.rows) / 2,
        width: fit.columns, height: fit.rows)
      let place = picture.canvas.map { CanvasCells($0, in: frame).picture } ?? frame
      let cells = memo.picture(picture, size: place.size, depth: state.depth, theme: state.theme)
      for y in 0..<place.height {
        for x in 0..<place.width {
          canvas.set(place.x + x, place.y + y, cells[y * place.width + x])
        }
      }
      if let tiles = picture.canvas { CanvasCells(tiles, in: frame).draw(into: &canvas) }
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
      ]
    })

  /// The picture that the conversation is about; none with a model that would not see it.
  private static func shown(_ state: AppState) -> Picture? {
    state.model?.seesPictures == false ? nil : state.picture
  }
}
