import Inference

/// A picture in samples, and which of the model's patches lie under each of them. Samples under the same
/// patches are a region, so that what changes with every frame is computed once for each of these.
struct PatchRaster {
  let columns: Int
  let rows: Int
  /// `[rows, columns]`: the picture's colour; nil outside of the picture.
  let colors: [Color?]
  /// `[rows, columns]`: the region of each sample.
  let regions: [Int32]
  /// `[regions + 1]`: where the patches of each region begin in `patches`. Region 0 has none.
  private let starts: [Int32]
  /// Indices of patches.
  private let patches: [Int32]
  /// `[rows * columns]`: whether a patch that did not enter the language model lies there; empty where
  /// all did.
  private let dropped: [Bool]

  /// - Parameters:
  ///   - pixels: the picture, perhaps reduced.
  ///   - frame: what the samples show, in pixels of the map's picture.
  init(_ pixels: Pixels, _ map: PatchMap, frame: PictureFrame, columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    colors = Self.colors(pixels, map, frame, columns: columns, rows: rows)
    let samples = SampledPatches(map.rows, frame: frame, columns: columns, rows: rows)
    var regions = [Int32](repeating: 0, count: columns * rows)
    var (starts, patches) = ([Int32(0), 0], [Int32]())
    for index in regions.indices where !samples.at(index).isEmpty {
      // Most samples lie under the same patches as the one beside them or above.
      if index % columns > 0, samples.areAlike(index, index - 1) {
        regions[index] = regions[index - 1]
      } else if index >= columns, samples.areAlike(index, index - columns) {
        regions[index] = regions[index - columns]
      } else {
        regions[index] = Int32(starts.count - 1)
        patches += samples.at(index)
        starts.append(Int32(patches.count))
      }
    }
    (self.regions, self.starts, self.patches) = (regions, starts, patches)
    let lost = SampledPatches(map.dropped, frame: frame, columns: columns, rows: rows)
    dropped = map.dropped.isEmpty ? [] : regions.indices.map { !lost.at($0).isEmpty }
  }

  /// Whether a patch that did not enter the language model lies under sample number `index`.
  func isDropped(at index: Int) -> Bool { !dropped.isEmpty && dropped[index] }

  /// Patches under sample number `index`.
  func patches(at index: Int) -> ArraySlice<Int32> { patches(of: Int(regions[index])) }

  private func patches(of region: Int) -> ArraySlice<Int32> {
    patches[Int(starts[region])..<Int(starts[region + 1])]
  }

  /// `[regions]`: the mean of a value, `[patches]`, over the patches of each region; nil where the model
  /// sees nothing.
  func means(_ values: [Double]) -> [Double?] {
    (0..<starts.count - 1).map { region in
      let here = patches(of: region)
      guard let first = here.first else { return nil }
      if here.count == 1 { return values[Int(first)] }
      return here.reduce(0) { $0 + values[Int($1)] } / Double(here.count)
    }
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

/// The patches under each sample, as a list for every one.
private struct SampledPatches {
  /// `[samples + 1]`: where each sample's patches begin in `patches`.
  private let starts: [Int32]
  private let patches: [Int32]

  init(_ regions: [PictureRegion?], frame: PictureFrame, columns: Int, rows: Int) {
    let (stepX, stepY) = (frame.width / Double(columns), frame.height / Double(rows))
    // Samples whose middle lies between two edges.
    func covered(_ low: Double, _ high: Double, step: Double, count: Int) -> Range<Int> {
      let first = max(0, Int((low / step - 0.5).rounded(.up)))
      return first..<max(first, min(count, Int((high / step - 0.5).rounded(.up))))
    }
    func forEachSample(_ body: (_ sample: Int, _ patch: Int32) -> Void) {
      for (index, patch) in regions.enumerated() {
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
    forEachSample { sample, _ in starts[sample + 1] += 1 }
    for sample in 1..<max(1, starts.count) { starts[sample] += starts[sample - 1] }
    var next = starts
    var patches = [Int32](repeating: 0, count: Int(starts.last ?? 0))
    forEachSample { sample, patch in
      patches[Int(next[sample])] = patch
      next[sample] += 1
    }
    (self.starts, self.patches) = (starts, patches)
  }

  func at(_ sample: Int) -> ArraySlice<Int32> {
    patches[Int(starts[sample])..<Int(starts[sample + 1])]
  }

  /// Whether two samples lie under the same patches.
  func areAlike(_ one: Int, _ other: Int) -> Bool {
    let count = starts[one + 1] - starts[one]
    guard starts[other + 1] - starts[other] == count else { return false }
    return (0..<count).allSatisfy {
      patches[Int(starts[one] + $0)] == patches[Int(starts[other] + $0)]
    }
  }
}
