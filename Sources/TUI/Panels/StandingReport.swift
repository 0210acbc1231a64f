import Basics
import KVCache

/// Why the entries of one position are kept or evicted, in words and as a table of layers.
struct StandingReport {
  private let standing: EntryStanding

  init(_ standing: EntryStanding) { self.standing = standing }

  var sentences: [String] {
    let layers = standing.layers
    let evicted = layers.indices.filter { !layers[$0].isKept }
    let kept = layers.count - evicted.count
    let place =
      kept == 0
      ? "its entry is evicted from all \(layers.count) layers"
      : "its entry is kept in \(kept) of \(layers.count) layers"
        + protectionNote(kept: kept)
        + (evicted.isEmpty ? "" : ", evicted from \(Self.names(evicted))")
    let ranks = layers.map(\.rank)
    let rank =
      "rank \(ranks.min() ?? 0) to \(ranks.max() ?? 0) of \(standing.positions) by attention"
    let other = standing.isRankedByImportance ? "" : "; the policy has a score of its own"
    return [place, rank + other]
  }

  /// Why it is kept where it is kept, if not for its importance: `, in 4 of them protected as …`.
  private func protectionNote(kept: Int) -> String {
    let protections = standing.layers.filter(\.isKept).compactMap(\.protection)
    guard let first = protections.first else { return "" }
    let part = protections.count < kept ? "in \(protections.count) of them " : ""
    return ", " + part + Self.sentence(first)
  }

  /// For plain mode and for screen readers.
  var lines: [String] {
    sentences
      + standing.layers.enumerated().map { index, layer in
        "layer \(index): \(layer.isKept ? "kept" : "evicted"), rank \(layer.rank), attention "
          + Format.digits(Double(layer.importance), 2)
          + (layer.isKept ? layer.protection.map { ", " + Self.sentence($0) } ?? "" : "")
      }
  }

  /// Columns of one layer's cell: number, rank, attention, and whether it is evicted.
  private static let cell = 28

  /// Layers one by one, in as many columns as fit; none where there is no room for all of them.
  func table(width: Int, limit: Int) -> [ReportRow] {
    let layers = standing.layers
    let columns = max(1, width / Self.cell)
    let rows = (layers.count + columns - 1) / columns
    guard rows > 0, rows < limit else { return [] }
    let heading = Self.row("layer", "rank", "attention")
    let headings = (0..<min(columns, layers.count)).map { _ in
      ReportRow.Part.text(heading, Style(.heading))
    }
    return [ReportRow(headings)]
      + (0..<rows).map { row in
        let indices = stride(from: row, to: layers.count, by: rows).prefix(columns)
        return ReportRow(
          indices.map { index in
            let layer = layers[index]
            let attention = Format.digits(Double(layer.importance), 2)
            let text = Self.row(
              "\(index)", "\(layer.rank)", attention + (layer.isKept ? "" : " evicted"))
            return .text(text, layer.isKept ? Style() : Style(.faint))
          })
      }
  }

  private static func row(_ layer: String, _ rank: String, _ attention: String) -> String {
    let text =
      Format.padded(layer, to: 5) + "  " + Format.padded(rank, to: 5) + "  " + attention
    return text + String(repeating: " ", count: max(0, cell - DisplayText.width(text)))
  }

  private static func sentence(_ protection: EntryStanding.Protection) -> String {
    switch protection {
    case .first: "protected as the first position"
    case .recent: "protected as one of the last"
    case .newer: "newer than the last choice of what stays"
    }
  }

  /// `layers 2, 5 to 7`
  private static func names(_ layers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for layer in layers {
      if let last = runs.last, last.upperBound + 1 == layer {
        runs[runs.count - 1] = last.lowerBound...layer
      } else {
        runs.append(layer...layer)
      }
    }
    let names = runs.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)"
    }
    return (layers.count == 1 ? "layer " : "layers ") + names.joined(separator: ", ")
  }
}
