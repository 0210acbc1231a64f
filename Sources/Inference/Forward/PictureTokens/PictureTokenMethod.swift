/// A way to make fewer rows of a picture's rows.
///
/// A new method is one file with a conforming type and one line in `PictureTokenMethods.all`.
public protocol PictureTokenMethod: Sendable {
  /// As typed in front of the number.
  var name: String { get }
  /// One line for a list of methods.
  var summary: String { get }
  /// Whether it goes by the class row's attention, which not every tower has.
  var needsClassRow: Bool { get }
  /// Whether it goes by the first question of a conversation, too, where there is one.
  var asksQuestion: Bool { get }
  /// Which rows become one: each group's mean is a row of the result.
  ///
  /// - Parameter count: at least 1; there are fewer groups where the method cannot hit it exactly.
  /// - Returns: groups of `picture.patches`, never empty, each ascending.
  func groups(_ picture: PictureRows, count: Int) -> [[Int]]
}

extension PictureTokenMethod {
  /// Most methods look at the rows alone.
  public var needsClassRow: Bool { false }

  /// Most methods choose the same rows whatever is asked.
  public var asksQuestion: Bool { false }
}

/// The list of methods; the first is what a number alone means.
public enum PictureTokenMethods {
  /// In the order in which they are offered.
  public static let all: [any PictureTokenMethod] = [
    UniformTokens(), PooledTokens(), ClassAttentionTokens(), DiverseTokens(),
  ]

  static func named(_ name: String) throws(PictureTokenError) -> any PictureTokenMethod {
    guard let method = all.first(where: { $0.name == name }) else { throw .unknownMethod(name) }
    return method
  }
}

/// What a method chooses from.
public struct PictureRows {
  /// Where each row comes from.
  public let layout: PictureLayout
  /// `[layout.count, width]`
  let values: UnsafePointer<Float>
  let width: Int
  /// `[layout.count]`: the class row's attention in the last block that the model uses; nil where the
  /// tower has no class row.
  let classAttention: [Float]?
  /// `[question tokens, width]`: the language model's own input embeddings of the question; empty where
  /// there is none.
  var question: [Float] = []
  let pool: ThreadPool

  /// Rows that show a patch, ascending: without class rows and newlines.
  var patches: [Int] {
    (layout.classRows..<layout.count).filter { layout.kind(ofRow: $0) != .newline }
  }

  /// Neighbouring patches in rectangles of about the same size: `count` of them, or one for each patch
  /// where there are fewer.
  func blocks(_ count: Int) -> [[Int]] {
    let grids = layout.grids
    let all = grids.reduce(0) { $0 + $1.count }
    let count = min(count, all)
    var before = 0
    return grids.flatMap { grid in
      let first = count * before / all
      before += grid.count
      return grid.blocks(count * before / all - first)
    }
  }
}

extension PictureLayout {
  /// Rows of the prompt that lie beside and below each other on the picture.
  struct Grid {
    let first: Int
    let rows: Int
    let columns: Int
    /// Rows of the prompt from one row of the grid to the next.
    let stride: Int

    func row(_ y: Int, _ x: Int) -> Int { first + y * stride + x }

    var count: Int { rows * columns }

    /// So many rectangles, at most one for each row of the prompt. They lie in bands of equal height, of
    /// which some have one rectangle more than others.
    func blocks(_ count: Int) -> [[Int]] {
      guard count > 0 else { return [] }
      let square = (Double(count * rows) / Double(columns)).squareRoot()
      let bands = min(rows, max((count + columns - 1) / columns, Int(square.rounded()), 1))
      func span(_ index: Int, _ parts: Int, of length: Int) -> Range<Int> {
        index * length / parts..<(index + 1) * length / parts
      }
      return (0..<bands).flatMap { band in
        let across = span(band, bands, of: count).count
        return (0..<across).map { block in
          span(band, bands, of: rows).flatMap { y in
            span(block, across, of: columns).map { row(y, $0) }
          }
        }
      }
    }
  }

  /// The base, and the map or the tiles.
  var grids: [Grid] {
    let base = Grid(first: classRows, rows: patches, columns: patches, stride: patches)
    if let map {
      return [
        base,
        Grid(
          first: baseRows, rows: map.rows.count, columns: map.columns.count, stride: rowLength),
      ]
    }
    let tiles = canvas == nil ? 0 : tileCount - 1
    return [base]
      + (0..<tiles).map { tile in
        Grid(
          first: baseRows + tile * patches * patches, rows: patches, columns: patches,
          stride: patches)
      }
  }
}
