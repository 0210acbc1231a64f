/// A small table that can be written in three ways.
public struct Table: Sendable, Equatable {
  /// The heading of each column.
  public var headings: [String]
  /// `[rows][columns]`: as many cells in every row as there are headings.
  public var rows: [[String]]

  /// Columns whose cells stand at the left; those of the others stand at the right.
  public var columnsAtLeft = 1

  /// A table without rows, unless some are given.
  public init(headings: [String], rows: [[String]] = []) {
    self.headings = headings
    self.rows = rows
  }

  /// Columns padded with spaces. Control characters are shown by stand-ins.
  public var text: String {
    let lines = ([headings] + rows).map { $0.map(DisplayText.oneLine) }
    let widths = headings.indices.map { column in
      lines.map { DisplayText.width($0[column]) }.max() ?? 0
    }
    return lines.map { line in
      let cells = line.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - DisplayText.width(cell))
        return column < columnsAtLeft ? cell + padding : padding + cell
      }
      var text = cells.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }.joined()
  }

  /// RFC 4180 with line feeds alone, one a row. Control characters are shown by stand-ins: people look
  /// at such files on terminals, too.
  public var csv: String {
    ([headings] + rows).map { row in
      row.map(DisplayText.oneLine).map { cell in
        let isPlain = !cell.contains { "\",".contains($0) }
        return isPlain ? cell : "\"" + cell.replacing("\"", with: "\"\"") + "\""
      }.joined(separator: ",") + "\n"
    }.joined()
  }

  /// A GitHub table. Control characters are shown by stand-ins.
  public var markdown: String {
    let rule = headings.indices.map { $0 < columnsAtLeft ? "---" : "---:" }
    return ([headings, rule] + rows).map { row in
      let cells = row.map { DisplayText.oneLine($0).replacing("|", with: "\\|") }
      return "| " + cells.joined(separator: " | ") + " |\n"
    }.joined()
  }
}
