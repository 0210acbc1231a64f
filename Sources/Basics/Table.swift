import Foundation

/// A small table that can be written in three ways.
public struct Table: Sendable, Equatable {
  public var headings: [String]
  public var rows: [[String]]

  public init(headings: [String], rows: [[String]] = []) {
    self.headings = headings
    self.rows = rows
  }

  /// Columns padded with spaces: the first to the left, the others to the right.
  public var text: String {
    let widths = headings.indices.map { column in
      ([headings] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([headings] + rows).map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// RFC 4180, with line feeds alone.
  public var csv: String {
    ([headings] + rows).map { row in
      row.map { cell in
        let isPlain = !cell.contains { "\",\n\r".contains($0) }
        return isPlain ? cell : "\"" + cell.replacing("\"", with: "\"\"") + "\""
      }.joined(separator: ",") + "\n"
    }.joined()
  }

  public var markdown: String {
    let rule = headings.indices.map { $0 == 0 ? "---" : "---:" }
    return ([headings, rule] + rows).map { row in
      let cells = row.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }
      return "| " + cells.joined(separator: " | ") + " |\n"
    }.joined()
  }

  /// `count` significant digits, and never fewer than the whole ones.
  public static func digits(_ value: Double, _ count: Int) -> String {
    abs(value) >= 10_000 ? String(format: "%.0f", value) : String(format: "%.\(count)g", value)
  }
}
