import Inference

/// The largest size in cells that shows a whole picture; a cell is taken as twice as high as wide.
struct PictureFit {
  let size: Size

  init(_ picture: PixelSize, in room: Size) {
    self.init(width: Double(picture.width), height: Double(picture.height), in: room)
  }

  init(width: Double, height: Double, in room: Size) {
    guard width > 0, height > 0, room.columns > 0, room.rows > 0 else {
      size = Size(columns: 0, rows: 0)
      return
    }
    let aspect = 2 * width / height
    let columns = min(Double(room.columns), Double(room.rows) * aspect)
    size = Size(
      columns: min(room.columns, max(1, Int(columns.rounded()))),
      rows: min(room.rows, max(1, Int((columns / aspect).rounded()))))
  }
}
