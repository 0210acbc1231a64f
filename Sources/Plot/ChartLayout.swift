/// A chart as strokes and texts on a plane, the same for SVG and PNG. Units are pixels, y downward.
struct ChartLayout {
  struct Stroke: Equatable {
    var points: [(x: Double, y: Double)]
    var colour: Int
    var width: Double

    static func == (a: Stroke, b: Stroke) -> Bool {
      a.colour == b.colour && a.width == b.width
        && a.points.elementsEqual(b.points) { $0.x == $1.x && $0.y == $1.y }
    }
  }

  enum Anchor: String {
    case start, middle, end
  }

  struct Label: Equatable {
    var text: String
    var x: Double
    /// The middle of the text's height.
    var y: Double
    var anchor: Anchor
    var isTurned = false
    var isTitle = false
  }

  private(set) var strokes: [Stroke] = []
  private(set) var dots: [(x: Double, y: Double, colour: Int)] = []
  private(set) var labels: [Label] = []
  let width: Int
  let height: Int

  static let ink = 0x333333
  static let grid = 0xDDDDDD
  /// Okabe and Ito's colours, which people with colour blindness can tell apart, then darker ones.
  static let colours = [
    0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x8A7F00, 0x555555, 0x7B3294,
    0x1B7837, 0xA6611A, 0x2C3E94,
  ]

  /// The plane with the lines has a fixed size; the legend to its right is as wide as its names
  /// need.
  private static let plane = (left: 78.0, right: 600.0, top: 44.0, bottom: 458.0)

  private let chart: Chart
  private let xAxis: Chart.Axis
  private let yAxis: Chart.Axis

  init(_ chart: Chart) {
    self.chart = chart
    (xAxis, yAxis) = (chart.xAxis, chart.yAxis)
    let legend = Legend(chart.series)
    width = Int(Self.plane.right) + legend.width
    height = 520
    addAxes()
    addTitles()
    for (index, series) in chart.series.enumerated() {
      let colour = Self.colours[index % Self.colours.count]
      add(series, colour)
      add(legend.names[index], at: legend.place(index), colour)
    }
  }

  // MARK: Parts

  private mutating func addAxes() {
    let (left, right, top, bottom) = Self.plane
    for mark in yAxis.marks {
      let y = y(mark)
      line([(left, y), (right, y)], Self.grid, 1)
      labels.append(Label(text: yAxis.label(mark), x: left - 8, y: y, anchor: .end))
    }
    for mark in xAxis.marks {
      let x = x(mark)
      line([(x, bottom), (x, bottom + 5)], Self.ink, 1)
      labels.append(Label(text: xAxis.label(mark), x: x, y: bottom + 16, anchor: .middle))
    }
    line([(left, top), (left, bottom), (right, bottom)], Self.ink, 1)
  }

  private mutating func addTitles() {
    let (left, right, top, bottom) = Self.plane
    let middle = (left + right) / 2
    labels += [
      Label(text: chart.title, x: middle, y: 20, anchor: .middle, isTitle: true),
      Label(text: chart.xLabel, x: middle, y: Double(height) - 18, anchor: .middle),
      Label(text: chart.yLabel, x: 18, y: (top + bottom) / 2, anchor: .middle, isTurned: true),
    ]
  }

  /// Adds intervals as bars with ends, then the line, then a dot for each point if there are few.
  private mutating func add(_ series: Chart.Series, _ colour: Int) {
    for point in series.points {
      guard let interval = point.interval else { continue }
      let (low, high) = (y(interval.lowerBound), y(interval.upperBound))
      line([(x(point.x), low), (x(point.x), high)], colour, 1)
      for end in [low, high] { line([(x(point.x) - 3, end), (x(point.x) + 3, end)], colour, 1) }
    }
    line(series.points.map { (x($0.x), y($0.y)) }, colour, 2)
    guard series.points.count <= 40 else { return }
    dots += series.points.map { (x: x($0.x), y: y($0.y), colour: colour) }
  }

  /// Adds a name to the legend, after a piece of its line.
  private mutating func add(_ name: String, at place: (x: Double, y: Double), _ colour: Int) {
    let (x, y) = (Self.plane.right + place.x, Self.plane.top + 8 + place.y)
    line([(x, y), (x + 22, y)], colour, 2)
    dots.append((x: x + 11, y: y, colour: colour))
    labels.append(Label(text: name, x: x + 30, y: y, anchor: .start))
  }

  // MARK: Places

  private func x(_ value: Double) -> Double {
    Self.plane.left + xAxis.place(value) * (Self.plane.right - Self.plane.left)
  }

  private func y(_ value: Double) -> Double {
    Self.plane.bottom - yAxis.place(value) * (Self.plane.bottom - Self.plane.top)
  }

  private mutating func line(_ points: [(Double, Double)], _ colour: Int, _ width: Double) {
    strokes.append(
      Stroke(points: points.map { (x: $0.0, y: $0.1) }, colour: colour, width: width))
  }
}

/// The names of the lines, in as many columns as they need.
private struct Legend {
  let names: [String]
  let width: Int
  private let columnWidth: Double

  private static let rows = 25
  private static let rowHeight = 18.0
  private static let margin = 16.0
  /// The most characters of a name; a longer one loses its middle.
  private static let longest = 40
  /// The width of a letter in pixels, a generous guess, because a browser's font is not known.
  private static let letterWidth = 7.5

  init(_ series: [Chart.Series]) {
    names = series.map { Self.shortened($0.name) }
    let letters = Double(names.map(\.count).max() ?? 0)
    columnWidth = 30 + letters * Self.letterWidth + Self.margin
    let columns = (names.count + Self.rows - 1) / Self.rows
    width = max(240, Int(Self.margin + Double(columns) * columnWidth))
  }

  func place(_ index: Int) -> (x: Double, y: Double) {
    (
      Self.margin + Double(index / Self.rows) * columnWidth,
      Double(index % Self.rows) * Self.rowHeight
    )
  }

  private static func shortened(_ name: String) -> String {
    guard name.count > longest else { return name }
    return name.prefix(longest / 2 - 2) + "..." + name.suffix(longest / 2 - 1)
  }
}
