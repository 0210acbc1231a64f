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
      let name = (picture.path as NSString).lastPathComponent
      return "\(name) \(picture.pixels.width)×\(picture.pixels.height)"
    },
    heights: { state, width in
      guard let picture = shown(state) else { return [3] }
      let tallest = PictureFit(picture.pixels, in: Size(columns: width, rows: .max / 4)).size.rows
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
      let fit = PictureFit(picture.pixels, in: canvas.size).size
      guard fit.columns > 0, fit.rows > 0 else { return }
      let cells = memo.picture(
        picture, size: fit, depth: state.depth, theme: state.theme)
      let left = (canvas.size.columns - fit.columns) / 2
      let top = (canvas.size.rows - fit.rows) / 2
      for y in 0..<fit.rows {
        for x in 0..<fit.columns {
          canvas.set(left + x, top + y, cells[y * fit.columns + x])
        }
      }
    },
    text: { state in
      if state.model?.seesPictures == false { return ["picture: none, this is a text model"] }
      guard let picture = state.picture else { return ["picture: none"] }
      return [
        "picture: \(picture.path), \(picture.pixels.width) x \(picture.pixels.height) pixels"
      ]
    })

  /// The picture that the conversation is about; none with a model that would not see it.
  private static func shown(_ state: AppState) -> Picture? {
    state.model?.seesPictures == false ? nil : state.picture
  }
}
