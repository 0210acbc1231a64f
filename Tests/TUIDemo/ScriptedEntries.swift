import Foundation
import Inference
import KVCache

/// Made-up entries of a conversation about a picture of 24 by 24 patches.
enum ScriptedEntries {
  private static let grid = 24
  private static let system = 35

  /// As a padded picture's.
  static func patches(of pixels: Pixels) -> PatchMap {
    let square = Double(max(pixels.width, pixels.height))
    let side = square / Double(grid)
    let (left, top) = (
      (square - Double(pixels.width)) / 2, (square - Double(pixels.height)) / 2
    )
    return PatchMap(
      width: pixels.width, height: pixels.height,
      rows: (0..<grid * grid).map { row in
        PictureRegion(
          x: Double(row % grid) * side - left, y: Double(row / grid) * side - top, width: side,
          height: side)
      })
  }

  /// As many entries of the picture and of the text as the snapshot says, those with the most
  /// attention.
  static func entries(_ snapshot: CacheSnapshot, _ watch: CacheWatch) -> CacheEntries {
    let seen = snapshot.layers.first?.seen ?? 0
    let picture = system..<min(seen, system + grid * grid)
    let rows = snapshot.layers.indices.map { layer in
      (0..<seen).map { position in
        picture.contains(position)
          ? attention(layer: layer, patch: position - system)
          : position == 0 ? 40 : 0.4 + Float(position % 7) / 20
      }
    }
    let kept = zip(snapshot.layers, rows).map { layer, row in
      let text = (0..<seen).filter { !picture.contains($0) }
      let chosen = best(Array(picture), layer.image, row) + best(text, layer.text, row)
      return PositionSet(chosen.map(Int32.init), count: seen)
    }
    return CacheEntries(
      runs: [
        .init(segment: .system, positions: 0..<min(seen, system)),
        .init(segment: .image, positions: picture),
        .init(segment: .user, positions: picture.upperBound..<seen),
      ].filter { !$0.positions.isEmpty },
      kept: kept, importance: watch.contains(.importance) ? Importance(rows: rows) : nil)
  }

  private static func best(_ positions: [Int], _ count: Int, _ row: [Float]) -> [Int] {
    Array(positions.sorted { row[$0] > row[$1] }.prefix(count))
  }

  /// Two spots that move with the layer, over noise.
  private static func attention(layer: Int, patch: Int) -> Float {
    let (x, y) = (Double(patch % grid), Double(patch / grid))
    let angle = Double(layer) * 0.4
    let first = hypot(x - 9 - 3 * cos(angle), y - 12 - 3 * sin(angle))
    let second = hypot(x - 17 + 2 * sin(angle), y - 8)
    let noise = Double((patch &* 2_654_435_761 &+ layer &* 97) % 101) / 101
    return Float(0.02 + 0.05 * noise + 2 * exp(-first * first / 20) + exp(-second * second / 9))
  }
}
