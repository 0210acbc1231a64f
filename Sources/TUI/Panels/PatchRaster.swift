import Inference

/// A picture in samples, and which of the model's patches lie under each of them.
struct PatchRaster {
  let columns: Int
  let rows: Int
  /// `[rows, columns]`: the picture's colour; nil outside of the picture.
  private(set) var colors: [Color?]
  /// `[rows * columns + 1]`: where each sample's patches begin in `patches`.
  private var starts: [Int32]
  /// Indices of patches.
  private var patches: [Int32]
  /// `[rows * columns]`: whether a patch that did not enter the language model lies there; empty where
  /// all did.
  private var dropped: [Bool]

  /// - Parameters:
  ///   - pixels: the picture, perhaps reduced.
  ///   - frame: what the samples show, in pixels of the map's picture.
  init(_ pixels: Pixels, _ map: PatchMap, frame: PictureFrame, columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    let (stepX, stepY) = (frame.width / Double(columns), frame.height / Double(rows))
    colors = Self.colors(pixels, map, frame, columns: columns, rows: rows)

    // Samples whose middle lies between two edges.
    func covered(_ low: Double, _ high: Double, step: Double, count: Int) -> Range<Int> {
      let first = max(0, Int((low / step - 0.5).rounded(.up)))
      return first..<max(first, min(count, Int((high / step - 0.5).rounded(.up))))
    }
    func forEachSample(
      of patches: [PictureRegion?], _ body: (_ sample: Int, _ patch: Int32) -> Void
    ) {
      for (index, patch) in patches.enumerated() {
        guard let patch else { continue }
        let (left, top) = (patch.x - frame.x, patch.y - frame.y)
        for y in covered(top, top + patch.height, step: stepY, count: rows) {
          for x in covered(left, left + patch.width, step: stepX, count: columns) {
            body(y * columns + x, Int32(index))
          }
        }
      }
    }
    // Counted first, because a list for each sample would take long to allocate.
    var starts = [Int32](repeating: 0, count: columns * rows + 1)
    forEachSample(of: map.rows) { sample, _ in starts[sample + 1] += 1 }
    for sample in 1..<max(1, starts.count) { starts[sample] += starts[sample - 1] }
    var next = starts
    var patches = [Int32](repeating: 0, count: Int(starts.last ?? 0))
    forEachSample(of: map.rows) { sample, patch in
      patches[Int(next[sample])] = patch
      next[sample] += 1
    }
    (self.starts, self.patches) = (starts, patches)
    dropped = map.dropped.isEmpty ? [] : Array(repeating: false, count: columns * rows)
    forEachSample(of: map.dropped) { sample, _ in dropped[sample] = true }
  }

  /// Whether a patch that did not enter the language model lies under sample number `index`.
  func isDropped(at index: Int) -> Bool { !dropped.isEmpty && dropped[index] }

  /// Patches under sample number `index`.
  func patches(at index: Int) -> ArraySlice<Int32> {
    patches[Int(starts[index])..<Int(starts[index + 1])]
  }

  /// The mean of a value over the patches under a sample; nil where the model sees nothing.
  func mean(_ values: [Double], at index: Int) -> Double? {
    let here = patches(at: index)
    guard let first = here.first else { return nil }
    if here.count == 1 { return values[Int(first)] }
    return here.reduce(0) { $0 + values[Int($1)] } / Double(here.count)
  }

  /// Means over the pixels under each sample.
  private static func colors(
    _ pixels: Pixels, _ map: PatchMap, _ frame: PictureFrame, columns: Int, rows: Int
  ) -> [Color?] {
    let xs = ranges(frame.x, frame.width, count: columns, picture: map.width, pixels.width)
    let ys = ranges(frame.y, frame.height, count: rows, picture: map.height, pixels.height)
    return pixels.rgb.withUnsafeBufferPointer { rgb in
      ys.flatMap { y in
        xs.map { x -> Color? in
          guard !x.isEmpty, !y.isEmpty else { return nil }
          var sums = (0, 0, 0)
          for row in y {
            for column in x {
              let i = (row * pixels.width + column) * 3
              sums = (sums.0 + Int(rgb[i]), sums.1 + Int(rgb[i + 1]), sums.2 + Int(rgb[i + 2]))
            }
          }
          let count = x.count * y.count
          return Color(UInt8(sums.0 / count), UInt8(sums.1 / count), UInt8(sums.2 / count))
        }
      }
    }
  }

  /// For each of `count` samples the pixels that it shows; empty where its middle is outside of the
  /// picture.
  private static func ranges(
    _ origin: Double, _ length: Double, count: Int, picture: Int, _ pixels: Int
  ) -> [Range<Int>] {
    let step = length / Double(count)
    let scale = Double(pixels) / Double(max(1, picture))
    return (0..<count).map { index in
      let low = origin + Double(index) * step
      let middle = low + step / 2
      guard middle >= 0, middle < Double(picture) else { return 0..<0 }
      let first = min(pixels - 1, max(0, Int(low * scale)))
      return first..<max(first + 1, min(pixels, Int((low + step) * scale)))
    }
  }
}
