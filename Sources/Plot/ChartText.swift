extension Chart {
  /// The chart in characters, for a terminal. Each line is drawn with a letter of its own; a `*` stands
  /// where several lines meet.
  ///
  /// - Parameters:
  ///   - columns: The width of the whole text, at least 40.
  ///   - rows: The height of the plane with the lines, at least 5.
  public func text(columns: Int = 78, rows: Int = 20) -> String {
    let (xAxis, yAxis) = (xAxis, yAxis)
    let margin = (yAxis.marks.map { yAxis.label($0).count }.max() ?? 0) + 2
    let width = max(columns, 40) - margin
    let height = max(rows, 5)
    var plane = [[Character]](
      repeating: [Character](repeating: " ", count: width), count: height)
    func column(_ x: Double) -> Int { Int((xAxis.place(x) * Double(width - 1)).rounded()) }
    func row(_ y: Double) -> Int {
      height - 1 - Int((yAxis.place(y) * Double(height - 1)).rounded())
    }

    for (index, series) in series.enumerated() {
      let letter = Self.letter(index)
      var cells: Set<[Int]> = []
      for (a, b) in zip(series.points, series.points.dropFirst()) {
        let steps = max(abs(column(b.x) - column(a.x)), abs(row(b.y) - row(a.y)), 1)
        for step in 0...steps {
          let share = Double(step) / Double(steps)
          cells.insert([row(a.y + (b.y - a.y) * share), column(a.x + (b.x - a.x) * share)])
        }
      }
      for point in series.points { cells.insert([row(point.y), column(point.x)]) }
      for cell in cells {
        let old = plane[cell[0]][cell[1]]
        plane[cell[0]][cell[1]] = old == " " ? letter : "*"
      }
    }

    var lines = [title, "", yLabel]
    let marks = Dictionary(yAxis.marks.map { (row($0), yAxis.label($0)) }) { $1 }
    for (index, cells) in plane.enumerated() {
      let label = marks[index] ?? ""
      let edge = marks[index] == nil ? " |" : " +"
      lines.append(
        String(repeating: " ", count: margin - 2 - label.count) + label + edge + String(cells))
    }
    lines += underline(xAxis, margin: margin, width: width, column: column)
    lines.append("")
    for (index, series) in series.enumerated() {
      lines.append("\(Self.letter(index))  \(series.name)")
    }
    return lines.map { line in
      String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  private func underline(
    _ axis: Axis, margin: Int, width: Int, column: (Double) -> Int
  ) -> [String] {
    var rule = [Character](repeating: "-", count: width)
    var labels = [Character](repeating: " ", count: margin + width + 8)
    var end = 0
    for mark in axis.marks {
      rule[column(mark)] = "+"
      let text = axis.label(mark)
      let start = max(margin + column(mark) - text.count / 2, 0)
      guard start >= end, start + text.count <= labels.count else { continue }
      labels.replaceSubrange(start..<(start + text.count), with: text)
      end = start + text.count + 1
    }
    let padding = String(repeating: " ", count: margin)
    let middle = String(repeating: " ", count: margin + max(0, (width - xLabel.count) / 2))
    return [padding + String(rule), String(labels), middle + xLabel]
  }

  private static func letter(_ index: Int) -> Character {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return letters[index % letters.count]
  }
}
