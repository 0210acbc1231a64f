/// Draws strokes, dots and texts with soft edges onto white.
struct ChartCanvas {
  private var rgb: [Double]
  private let width: Int
  private let height: Int

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    rgb = [Double](repeating: 255, count: width * height * 3)
  }

  var bitmap: Chart.Bitmap {
    Chart.Bitmap(
      width: width, height: height, rgb: rgb.map { UInt8(($0 + 0.5).clamped(to: 0...255)) })
  }

  mutating func stroke(_ points: [(x: Double, y: Double)], colour: Int, width: Double) {
    for (a, b) in zip(points, points.dropFirst()) {
      let reach = width / 2 + 1
      fill(
        x: (min(a.x, b.x) - reach)...(max(a.x, b.x) + reach),
        y: (min(a.y, b.y) - reach)...(max(a.y, b.y) + reach), colour: colour
      ) { x, y in width / 2 + 0.5 - distance(x, y, from: a, to: b) }
    }
  }

  mutating func dot(x: Double, y: Double, radius: Double, colour: Int) {
    fill(
      x: (x - radius - 1)...(x + radius + 1), y: (y - radius - 1)...(y + radius + 1), colour: colour
    ) { px, py in radius + 0.5 - ((px - x) * (px - x) + (py - y) * (py - y)).squareRoot() }
  }

  /// Draws a text: every dot of a glyph is a square of `scale` by `scale` pixels.
  mutating func text(_ label: ChartLayout.Label, colour: Int) {
    let scale = label.isTitle ? 2 : 1
    let columns = BitmapFont.columns(of: label.text)
    let length = Double(columns.count * scale)
    let back =
      switch label.anchor {
      case .start: 0.0
      case .middle: length / 2
      case .end: length
      }
    let thickness = Double(BitmapFont.height * scale) / 2
    for (column, bits) in columns.enumerated() {
      for row in 0..<BitmapFont.height where bits >> row & 1 == 1 {
        for dx in 0..<scale {
          for dy in 0..<scale {
            let along = Double(column * scale + dx) - back
            let across = Double(row * scale + dy) - thickness
            let x = label.isTurned ? label.x + across : label.x + along
            let y = label.isTurned ? label.y - along - 1 : label.y + across
            blend(Int(x.rounded()), Int(y.rounded()), colour, 1)
          }
        }
      }
    }
  }

  private mutating func fill(
    x: ClosedRange<Double>, y: ClosedRange<Double>, colour: Int,
    coverage: (Double, Double) -> Double
  ) {
    for py in max(Int(y.lowerBound), 0)...max(min(Int(y.upperBound), height - 1), 0) {
      for px in max(Int(x.lowerBound), 0)...max(min(Int(x.upperBound), width - 1), 0) {
        blend(px, py, colour, coverage(Double(px) + 0.5, Double(py) + 0.5).clamped(to: 0...1))
      }
    }
  }

  private mutating func blend(_ x: Int, _ y: Int, _ colour: Int, _ share: Double) {
    guard share > 0, (0..<width).contains(x), (0..<height).contains(y) else { return }
    for (channel, shift) in [16, 8, 0].enumerated() {
      let index = (y * width + x) * 3 + channel
      rgb[index] += (Double(colour >> shift & 255) - rgb[index]) * share
    }
  }
}

/// The distance of a point from the line segment between two others.
private func distance(
  _ x: Double, _ y: Double, from a: (x: Double, y: Double), to b: (x: Double, y: Double)
) -> Double {
  let (dx, dy) = (b.x - a.x, b.y - a.y)
  let length = dx * dx + dy * dy
  let share = length == 0 ? 0 : (((x - a.x) * dx + (y - a.y) * dy) / length).clamped(to: 0...1)
  let (ex, ey) = (x - a.x - dx * share, y - a.y - dy * share)
  return (ex * ex + ey * ey).squareRoot()
}

extension Chart {
  /// A chart drawn with soft edges on white.
  public struct Bitmap: Sendable, Equatable {
    /// Pixels in a row.
    public let width: Int
    /// Rows of pixels.
    public let height: Int
    /// `[height, width, 3]`, 8 bits each.
    public let rgb: [UInt8]
  }

  /// The chart as pixels.
  public var bitmap: Bitmap {
    let layout = ChartLayout(self)
    var canvas = ChartCanvas(width: layout.width, height: layout.height)
    for stroke in layout.strokes {
      canvas.stroke(stroke.points, colour: stroke.colour, width: stroke.width)
    }
    for dot in layout.dots { canvas.dot(x: dot.x, y: dot.y, radius: 3, colour: dot.colour) }
    for label in layout.labels { canvas.text(label, colour: ChartLayout.ink) }
    return canvas.bitmap
  }
}

extension Comparable {
  fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
    min(max(self, range.lowerBound), range.upperBound)
  }
}
