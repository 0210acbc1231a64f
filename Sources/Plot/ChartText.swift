extension Chart {
  /// The chart in characters, for a terminal. Each line is drawn with a letter of its own, and with
  /// a `*` where several lines meet.
  ///
  /// - Parameters:
  ///   - columns: The width of the whole text, at least 40.
  ///   - rows: The height of the plane with the lines, at least 5.
  public func text(columns: Int = 78, rows: Int = 20) -> String {
    let margin = (yAxis.marks.map { yAxis.label($0).count }.max() ?? 0) + 2
    var plane = TextPlane(self, width: max(columns, 40) - margin, height: max(rows, 5))
    for (index, series) in series.enumerated() { plane.draw(series, with: Self.letter(index)) }
    let lines =
      [title, "", yLabel] + labelled(plane, margin: margin) + underline(plane, margin: margin) + [
        ""
      ]
      + series.enumerated().map { "\(Self.letter($0))  \($1.name)" }
    return lines.map { line in
      String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  /// The rows of the plane, with the marks of the vertical axis at their left.
  private func labelled(_ plane: TextPlane, margin: Int) -> [String] {
    let marks = Dictionary(plane.yAxis.marks.map { (plane.row($0), plane.yAxis.label($0)) }) { $1 }
    return plane.cells.enumerated().map { index, cells in
      let label = marks[index] ?? ""
      let edge = marks[index] == nil ? " |" : " +"
      return String(repeating: " ", count: margin - 2 - label.count) + label + edge + String(cells)
    }
  }

  /// The horizontal axis, its marks and its name.
  private func underline(_ plane: TextPlane, margin: Int) -> [String] {
    var rule = [Character](repeating: "-", count: plane.width)
    var labels = [Character](repeating: " ", count: margin + plane.width + 8)
    var end = 0
    for mark in plane.xAxis.marks {
      rule[plane.column(mark)] = "+"
      let text = plane.xAxis.label(mark)
      let start = max(margin + plane.column(mark) - text.count / 2, 0)
      guard start >= end, start + text.count <= labels.count else { continue }
      labels.replaceSubrange(start..<(start + text.count), with: text)
      end = start + text.count + 1
    }
    let padding = String(repeating: " ", count: margin)
    let middle = String(repeating: " ", count: margin + max(0, (plane.width - xLabel.count) / 2))
    return [padding + String(rule), String(labels), middle + xLabel]
  }

  private static func letter(_ index: Int) -> Character {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return letters[index % letters.count]
  }
}

/// The characters between the axes, `[height][width]`, top row first.
private struct TextPlane {
  let width: Int
  let height: Int
  let xAxis: Chart.Axis
  let yAxis: Chart.Axis
  private(set) var cells: [[Character]]

  init(_ chart: Chart, width: Int, height: Int) {
    self.width = width
    self.height = height
    (xAxis, yAxis) = (chart.xAxis, chart.yAxis)
    cells = Array(repeating: Array(repeating: " ", count: width), count: height)
  }

  func column(_ x: Double) -> Int { Int((xAxis.place(x) * Double(width - 1)).rounded()) }

  func row(_ y: Double) -> Int {
    height - 1 - Int((yAxis.place(y) * Double(height - 1)).rounded())
  }

  mutating func draw(_ series: Chart.Series, with letter: Character) {
    for place in places(of: series) {
      let old = cells[place[0]][place[1]]
      cells[place[0]][place[1]] = old == " " ? letter : "*"
    }
  }

  /// `[row, column]` of every cell that a line passes.
  private func places(of series: Chart.Series) -> Set<[Int]> {
    var places = Set(series.points.map { [row($0.y), column($0.x)] })
    for (a, b) in zip(series.points, series.points.dropFirst()) {
      let steps = max(abs(column(b.x) - column(a.x)), abs(row(b.y) - row(a.y)), 1)
      for step in 0...steps {
        let share = Double(step) / Double(steps)
        places.insert([row(a.y + (b.y - a.y) * share), column(a.x + (b.x - a.x) * share)])
      }
    }
    return places
  }
}
