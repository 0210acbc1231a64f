/// Which of several names somebody may have meant.
public enum NearestName {
  /// The only name that begins like `typed`, or else the one with the fewest edits from it: insertions,
  /// deletions, replacements and exchanges of neighbours.
  ///
  /// - Returns: nil when every name takes more than two edits, or more than a third of its letters.
  public static func to(_ typed: String, among names: [String]) -> String? {
    let longer = names.filter { $0.hasPrefix(typed) }
    if typed.count > 1, longer.count == 1 { return longer[0] }
    let ranked = names.map { (name: $0, edits: distance(Array(typed), Array($0))) }
    guard let best = ranked.min(by: { $0.edits < $1.edits }),
      best.edits <= min(2, max(1, best.name.count / 3))
    else { return nil }
    return best.name
  }

  /// Source: the optimal string alignment distance, a restricted form of Damerau's (1964).
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    // `rows[i][j]`: edits between the first i letters of a and the first j of b.
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var edits = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          edits = min(edits, rows[i - 1][j - 1] + 1)
        }
        row.append(edits)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
