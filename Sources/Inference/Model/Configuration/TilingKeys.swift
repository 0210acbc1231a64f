import Foundation

/// Which number of a pair in `image_grid_pinpoints` comes first. The lists of the layouts look
/// alike, but transformers reads them as height and width, and LLaVA's own code and GGUF files as
/// width and height. The order decides between equally good canvases.
enum PinpointOrder {
  case heightWidth, widthHeight
}

/// How a picture is cut into a square or tiles, named as in `image_aspect_ratio`.
enum AspectRatio: Equatable {
  case pad
  /// As the tower's own processor does it.
  case square
  case anyres(largestMap: Int?)

  static let available = ["pad", "square", "anyres", "anyres_max_9"]

  init?(_ name: String) {
    switch name {
    case "pad": self = .pad
    case "square": self = .square
    case "anyres": self = .anyres(largestMap: nil)
    default:
      let prefix = "anyres_max_"
      guard name.hasPrefix(prefix), let tiles = Int(name.dropFirst(prefix.count)),
        SizeLimit.canvasTiles ~= tiles
      else { return nil }
      self = .anyres(largestMap: tiles)
    }
  }
}

extension Tiling {
  /// Canvases from pairs of pixels.
  ///
  /// - Parameters:
  ///   - side: of a tile.
  ///   - error: makes the error for impossible pairs from a text that says what would work.
  static func canvases(
    _ pairs: [[Int]], side: Int, order: PinpointOrder, orThrow error: (String) -> WeightError
  ) throws(WeightError) -> [PixelSize] {
    guard SizeLimit.canvases ~= pairs.count else {
      throw error(
        "\(SizeLimit.canvases.lowerBound) to \(SizeLimit.canvases.upperBound) pairs, not "
          + "\(pairs.count)")
    }
    var canvases: [PixelSize] = []
    for pair in pairs {
      let expected =
        "pairs of multiples of the tile's \(side) pixels, of \(SizeLimit.canvasTiles.upperBound) "
        + "tiles at most"
      guard pair.count == 2, pair.allSatisfy({ $0 > 0 && $0 % side == 0 && $0 <= 1 << 20 }),
        SizeLimit.canvasTiles ~= (pair[0] / side) * (pair[1] / side),
        pair[0] * pair[1] <= SizeLimit.canvasPixels
      else { throw error("\(expected), not \(pair.prefix(3))") }
      canvases.append(
        order == .heightWidth
          ? PixelSize(width: pair[1], height: pair[0]) : PixelSize(width: pair[0], height: pair[1]))
    }
    return canvases
  }
}

extension ConfigurationFile {
  /// The canvases at `key`, which is a list of pairs, a string that holds such a list, or a range
  /// of numbers of tiles, "(1x1),...,(6x6)"; nil when the key is absent.
  func canvases(
    _ key: String, side: Int, order: PinpointOrder
  ) throws(WeightError) -> [PixelSize]? {
    guard has(key) else { return nil }
    guard let pairs = pairs(key, side: side) else {
      throw invalid(key, expected: "a list of pairs of whole numbers")
    }
    return try Tiling.canvases(pairs, side: side, order: order) { invalid(key, expected: $0) }
  }

  private func pairs(_ key: String, side: Int) -> [[Int]]? {
    // A list that is too long is refused by its count, without reading its numbers.
    if let list = values(at: key) {
      return list.count > SizeLimit.canvases.upperBound
        ? Array(repeating: [], count: list.count) : Self.pairs(list)
    }
    guard let text = try? string(key, default: ""), text.utf8.count <= 65536 else { return nil }
    if text.contains("x") { return Self.range(text, side: side) }
    let json = text.replacingOccurrences(of: "(", with: "[")
      .replacingOccurrences(of: ")", with: "]")
    return (try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [Any])
      .flatMap(Self.pairs)
  }

  private static func pairs(_ list: [Any]) -> [[Int]]? {
    let pairs = list.compactMap { pair in
      (pair as? [NSNumber])?.compactMap { Int(exactly: $0.doubleValue) }
    }
    return pairs.count == list.count ? pairs : nil
  }

  /// Every pair from the first to the last, counted in tiles; the second number varies first.
  private static func range(_ text: String, side: Int) -> [[Int]]? {
    let numbers = text.split(whereSeparator: { !$0.isASCII || !$0.isNumber }).map { Int($0) ?? 0 }
    guard numbers.count >= 2, numbers.count % 2 == 0 else { return nil }
    let (first, last) = (numbers.prefix(2), Array(numbers.suffix(2)))
    let limit = SizeLimit.canvasTiles
    guard zip(first, last).allSatisfy({ limit ~= $0 && limit ~= $1 && $0 <= $1 }) else {
      return nil
    }
    return (first[0]...last[0]).flatMap { i in (first[1]...last[1]).map { [i * side, $0 * side] } }
  }

  /// The value of `key` as a way to cut pictures for the tower.
  func aspectRatio(_ key: String, default fallback: String) throws(WeightError) -> AspectRatio {
    let name = try string(key, default: fallback)
    guard let ratio = AspectRatio(name) else {
      throw unknown(key, name, available: AspectRatio.available)
    }
    return ratio
  }

  /// How rows of tiles are put together.
  func packing(_ key: String) throws(WeightError) -> Tiling.Packing {
    let name = try string(key, default: Tiling.Packing.flat.rawValue)
    guard let packing = Tiling.Packing(rawValue: name) else {
      throw unknown(key, name, available: Tiling.Packing.allCases.map(\.rawValue))
    }
    return packing
  }
}
