import Basics
import KVCache

/// How one layer's attention is spread over its entries, and what of it the kept ones hold.
struct LayerCurve {
  let layer: Int
  /// nil while the attention is not known.
  let lorenz: Lorenz?
  /// Shares of all entries, and of all attention, that the kept entries are.
  let kept: (entries: Double, attention: Double)
  /// PrefixKV's p; nil for policies that have none.
  let threshold: Double?

  init(_ entries: CacheEntries, layer: Int, threshold: Double?) {
    self.layer = layer
    self.threshold = threshold
    let set = entries.kept[min(layer, entries.kept.count - 1)]
    let count = entries.positions
    let share = Double(set.chosen(in: 0..<count)) / Double(max(1, count))
    guard let rows = entries.importance?.rows, layer < rows.count, rows[layer].count >= count else {
      lorenz = nil
      kept = (share, 0)
      return
    }
    let values = rows[layer].prefix(count).map(Double.init)
    lorenz = Lorenz(importance: values, points: 201)
    let total = values.reduce(0, +)
    let held = values.indices.reduce(0) { $0 + (set.contains($1) ? values[$1] : 0) }
    kept = (share, total > 0 ? held / total : 1)
  }

  /// Sentences without a full stop.
  var sentences: [String] {
    guard let lorenz else { return ["layer \(layer)"] }
    return [
      "layer \(layer): Gini \(Format.decimal(lorenz.gini, 2)), 0 is even",
      "keeps \(Format.percent(kept.entries)) of its entries, which",
      "received \(Format.percent(kept.attention, decimals: 1)) of the attention",
    ] + (threshold.map { ["p was \(Format.decimal($0, 3)) before the answer"] } ?? [])
  }

  /// Draws `rows` rows of the curve, and its axis and sentences below.
  func draw(into canvas: inout Canvas, at place: Point, width: Int, rows: Int) {
    guard rows > 2 else { return }
    let x = place.x
    var y = place.y
    canvas.put("attention held (Lorenz curve)", x: x, y: y, limit: width, style: Style(.heading))
    y += 1
    if let lorenz {
      // Two dots a column.
      let dots = max(2, 2 * width)
      let curve = (0..<dots).map { lorenz.curve.quantile(Double($0) / Double(dots - 1)) }
      for (row, line) in Bar.curve(curve, width: width, height: rows).enumerated() {
        // As many entries are behind this column as are kept: the same ones where attention decides.
        let border = min(width - 1, max(0, Int((1 - kept.entries) * Double(width))))
        canvas.put("┊", x: x + border, y: y + row, style: Style(.faint))
        for (column, glyph) in line.enumerated() where glyph != " " {
          let role: Role = column >= border ? .image : .dim
          canvas.put(String(glyph), x: x + column, y: y + row, style: Style(role))
        }
      }
      y += rows
      canvas.put("least", x: x, y: y, style: Style(.dim))
      canvas.putTrailing("most attended", end: x + width, y: y, limit: width, style: Style(.dim))
      canvas.put("entries", x: x + width / 2 - 6, y: y, style: Style(.dim))
      canvas.put(
        "right of ┊: as many as are kept", x: x, y: y + 1, limit: width, style: Style(.dim))
      y += 2
    }
    for sentence in sentences {
      canvas.put(DisplayText.clipped(sentence, to: width), x: x, y: y, style: Style(.dim))
      y += 1
    }
  }
}
