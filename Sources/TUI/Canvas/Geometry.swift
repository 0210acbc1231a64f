/// A cell's place on a canvas, counted from 0 at the top left.
struct Point: Sendable, Hashable {
  var x: Int
  var y: Int
}

struct Size: Sendable, Hashable {
  var columns: Int
  var rows: Int
}

struct Rect: Sendable, Hashable {
  var x: Int
  var y: Int
  var width: Int
  var height: Int

  var size: Size { Size(columns: width, rows: height) }
  var isEmpty: Bool { width <= 0 || height <= 0 }

  func contains(_ point: Point) -> Bool {
    point.x >= x && point.x < x + width && point.y >= y && point.y < y + height
  }

  /// The same rectangle without `count` rows at its top.
  func dropping(top count: Int) -> Rect {
    Rect(x: x, y: y + count, width: width, height: height - count)
  }
}
