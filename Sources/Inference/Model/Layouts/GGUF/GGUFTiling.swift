extension GGUFFormat {
  /// How pictures are cut and scaled for the tower of a vision file.
  ///
  /// A file with a newline or a list of canvases has tiles, whatever else it says. Files of LLaVA-1.6 from
  /// early converters lack the list; all of those models have the same five canvases.
  static func picture(
    _ file: GGUFFile, _ vision: VisionConfiguration
  ) throws(WeightError) -> (ImageRoute, Tiling?) {
    let prefix = "clip.vision."
    let ratio = try aspectRatio(file, prefix + "image_aspect_ratio")
    let canvases = try canvases(file, prefix + "image_grid_pinpoints", side: vision.imageSide)
    let hasNewline = file.tensors.contains { naming.newline.contains($0.name) }
    var largest: Int?
    if case .anyres(let tiles) = ratio { largest = tiles }
    guard hasNewline || canvases != nil || largest != nil || ratio == .anyres(largestMap: nil)
    else { return (ratio == .square ? vision.tower.squareRoute : vision.tower.usualRoute, nil) }
    return (
      .anyres,
      Tiling(
        canvases: canvases ?? Tiling.standardCanvases(side: vision.imageSide),
        packing: try packing(file, prefix + "mm_patch_merge_type", hasNewline: hasNewline),
        largestMap: largest, roundsMargins: false)
    )
  }

  private static func aspectRatio(
    _ file: GGUFFile, _ key: String
  ) throws(WeightError) -> AspectRatio? {
    let name = try file.text(key)
    guard !name.isEmpty else { return nil }
    guard let ratio = AspectRatio(name) else {
      throw file.unknown(key, name, available: AspectRatio.available)
    }
    return ratio
  }

  private static func packing(
    _ file: GGUFFile, _ key: String, hasNewline: Bool
  ) throws(WeightError) -> Tiling.Packing {
    let name = try file.text(key)
    guard !name.isEmpty else { return hasNewline ? .spatialUnpad : .flat }
    guard let packing = Tiling.Packing(rawValue: name) else {
      throw file.unknown(key, name, available: Tiling.Packing.allCases.map(\.rawValue))
    }
    return packing
  }

  /// The canvases from a flat list of widths and heights; nil when there is none.
  private static func canvases(
    _ file: GGUFFile, _ key: String, side: Int
  ) throws(WeightError) -> [PixelSize]? {
    guard let numbers = try file.numbers(key) else { return nil }
    guard numbers.count % 2 == 0 else {
      throw file.invalid(key, expected: "pairs of whole numbers, not \(numbers.count) numbers")
    }
    // A list that is too long is refused by its count, so the rest of it is not read.
    let looked = min(numbers.count / 2, SizeLimit.canvases.upperBound + 1)
    func number(_ index: Int) -> Int { Int(exactly: numbers[index]) ?? 0 }
    let pairs = (0..<looked).map { [number(2 * $0), number(2 * $0 + 1)] }
    return try Tiling.canvases(pairs, side: side, order: .widthHeight) {
      file.invalid(key, expected: $0)
    }
  }
}
