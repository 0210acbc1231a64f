import Foundation
import TestSupport
import Testing

@testable import Inference

/// Where the rows of a picture come from: arithmetic on sizes, without a model.
@Suite struct PictureLayoutTests {
  static let clip = VisionConfiguration(
    tower: .clip, width: 1024, heads: 16, feedForward: 4096, imageSide: 336, patch: 14,
    featureLayers: [23], epsilon: 1e-5, mean: [0, 0, 0], std: [1, 1, 1])
  static let sigLIP = VisionConfiguration(
    tower: .sigLIP, width: 1152, heads: 16, feedForward: 4304, imageSide: 384, patch: 14,
    featureLayers: [26], epsilon: 1e-6, mean: [0, 0, 0], std: [1, 1, 1])

  /// LLaVA-1.6 as transformers reads it: the pairs are height and width.
  static let next = Tiling(
    canvases: [(672, 336), (336, 672), (672, 672), (336, 1008), (1008, 336)].map {
      PixelSize(width: $0.0, height: $0.1)
    }, packing: .spatialUnpad, roundsMargins: true)
  static let nextOwn = Tiling(
    canvases: Tiling.standardCanvases(side: 336), packing: .spatialUnpad, roundsMargins: false)
  static let oneVision = Tiling(
    canvases: (1...6).flatMap { height in
      (1...6).map { PixelSize(width: 384 * $0, height: 384 * height) }
    }, packing: .spatialUnpad, largestMap: 9, roundsMargins: true)

  static func layout(
    _ width: Int, _ height: Int, _ tiling: Tiling?, _ vision: VisionConfiguration = clip,
    route: ImageRoute = .anyres, tiles: Int? = nil
  ) -> PictureLayout {
    PictureLayout(
      PixelSize(width: width, height: height), route: route, vision: vision, tiling: tiling,
      tiles: tiles)
  }

  struct Worked: Sendable {
    var picture: (Int, Int)
    var canvas: (Int, Int)
    var tiles: Int
    var rows: Int
  }

  /// Counted by the reference's own functions.
  @Test(arguments: [
    Worked(picture: (640, 480), canvas: (672, 672), tiles: 5, rows: 2340),
    Worked(picture: (1920, 1080), canvas: (672, 672), tiles: 5, rows: 1948),
    Worked(picture: (1080, 1920), canvas: (672, 672), tiles: 5, rows: 1968),
    Worked(picture: (1000, 200), canvas: (1008, 336), tiles: 4, rows: 1598),
    Worked(picture: (336, 336), canvas: (672, 336), tiles: 3, rows: 1176),
    Worked(picture: (300, 200), canvas: (672, 336), tiles: 3, rows: 1464),
    Worked(picture: (3000, 2000), canvas: (672, 672), tiles: 5, rows: 2144),
  ])
  func workedCountsOfLLaVANextAreMet(worked: Worked) {
    Self.expect(worked, Self.layout(worked.picture.0, worked.picture.1, Self.next))
  }

  @Test(arguments: [
    Worked(picture: (336, 336), canvas: (336, 672), tiles: 3, rows: 1176),
    Worked(picture: (300, 200), canvas: (336, 672), tiles: 3, rows: 976),
    Worked(picture: (640, 480), canvas: (672, 672), tiles: 5, rows: 2340),
  ])
  func pairsOfTheOwnLayoutAreWidthAndHeight(worked: Worked) {
    Self.expect(worked, Self.layout(worked.picture.0, worked.picture.1, Self.nextOwn))
  }

  @Test(arguments: [
    Worked(picture: (640, 480), canvas: (768, 768), tiles: 5, rows: 2929),
    Worked(picture: (1920, 1080), canvas: (1920, 1152), tiles: 16, rows: 7269),
    Worked(picture: (1080, 1920), canvas: (1152, 1920), tiles: 16, rows: 7317),
    Worked(picture: (1000, 200), canvas: (1152, 384), tiles: 4, rows: 2123),
    Worked(picture: (336, 336), canvas: (384, 384), tiles: 2, rows: 1485),
    Worked(picture: (300, 200), canvas: (384, 384), tiles: 2, rows: 1261),
    Worked(picture: (3000, 2000), canvas: (2304, 1536), tiles: 25, rows: 7329),
  ])
  func workedCountsOfOneVisionAreMet(worked: Worked) {
    Self.expect(
      worked, Self.layout(worked.picture.0, worked.picture.1, Self.oneVision, Self.sigLIP))
  }

  private static func expect(_ worked: Worked, _ layout: PictureLayout) {
    #expect(layout.canvas?.size == PixelSize(width: worked.canvas.0, height: worked.canvas.1))
    #expect(layout.tileCount == worked.tiles)
    #expect(layout.count == worked.rows)
  }

  @Test func aPictureLiesInTheMiddleOfItsCanvas() throws {
    let canvas = try #require(Self.layout(640, 480, Self.next).canvas)
    #expect(canvas.placed == PixelSize(width: 672, height: 504))
    #expect(canvas.left == 0 && canvas.top == 84)
    #expect(canvas.columns == 2 && canvas.rows == 2)
  }

  @Test func newlinesEndTheRowsOfTheMapAndNothingElse() {
    let layout = Self.layout(640, 480, Self.next)
    let kinds = (0..<layout.count).map(layout.kind(ofRow:))
    #expect(kinds.prefix(576).allSatisfy { $0 == .base })
    let newlines = kinds.indices.filter { kinds[$0] == .newline }
    #expect(newlines == (1...36).map { 576 + $0 * 49 - 1 })
    #expect(kinds.filter { $0 == .map }.count == 36 * 48)
  }

  // MARK: Extremes

  /// What stays of a map no row of which shows the picture is the base.
  @Test(arguments: [(10000, 10), (10, 10000), (1, 1), (60000, 1), (1, 60000), (337, 1)])
  func extremePicturesHaveALayout(width: Int, height: Int) throws {
    for (tiling, vision) in [
      (Self.next, Self.clip), (Self.nextOwn, Self.clip), (Self.oneVision, Self.sigLIP),
    ] {
      let layout = Self.layout(width, height, tiling, vision)
      #expect(layout.count >= layout.baseRows)
      let canvas = try #require(layout.canvas)
      #expect(canvas.placed.width >= 1 && canvas.placed.height >= 1)
      #expect(canvas.left >= 0 && canvas.left + canvas.placed.width <= canvas.size.width)
      #expect(canvas.top >= 0 && canvas.top + canvas.placed.height <= canvas.size.height)
      for row in 0..<layout.count { _ = layout.region(ofRow: row) }
    }
    if (width, height) == (10000, 10) {
      #expect(Self.layout(width, height, Self.next).count == 576)
    }
  }

  @Test func noPictureTakesMoreRowsThanTheMost() throws {
    var numbers = SeededNumbers(3)
    for (tiling, vision) in [(Self.next, Self.clip), (Self.oneVision, Self.sigLIP)] {
      let text = try TextConfiguration(
        ConfigurationFile(path: "config.json", data: Data("{}".utf8)), decoder: .llama)
      let most = ModelConfiguration(vision: vision, text: text, tiling: tiling).maximumImageRows
      var largest = 0
      for _ in 0..<2000 {
        let sides = numbers.floats(2, scale: 1).map { 1 + Int(abs($0) * 4000) }
        largest = max(largest, Self.layout(sides[0], sides[1], tiling, vision).count)
      }
      #expect(largest <= most)
      #expect(largest > most * 9 / 10, "the bound is near what pictures take")
    }
  }

  // MARK: Fewer tiles

  @Test func aLimitChoosesASmallerCanvas() {
    #expect(Self.layout(640, 480, Self.next, tiles: 5).tileCount == 5)
    #expect(Self.layout(640, 480, Self.next, tiles: 4).tileCount == 3)
    #expect(Self.layout(640, 480, Self.next, tiles: 3).tileCount == 3)
    let base = Self.layout(640, 480, Self.next, tiles: 1)
    #expect(base.tileCount == 1 && base.canvas == nil)
    // The base, and the newline that ends every picture with unpadding.
    #expect(base.count == 577 && base.kind(ofRow: 576) == .newline)
    #expect(base.region(ofRow: 576) == nil)
  }

  @Test func packingDecidesWhatStandsBetweenRows() {
    var tiling = Self.next
    tiling.packing = .flat
    let flat = Self.layout(640, 480, tiling)
    #expect(flat.count == 5 * 576)
    tiling.packing = .spatial
    let spatial = Self.layout(640, 480, tiling)
    #expect(spatial.count == 5 * 576)
    #expect((0..<spatial.count).allSatisfy { spatial.kind(ofRow: $0) != .newline })
    // The eleventh row of patches of the first tile is that of the map, which is as wide as two tiles.
    #expect(flat.region(ofRow: 576 + 10 * 24) != nil)
    #expect(flat.region(ofRow: 576 + 10 * 24) == spatial.region(ofRow: 576 + 10 * 48))
  }

  // MARK: Regions

  /// Every pixel belongs to one patch of the base, as long as nothing is cut off.
  @Test(arguments: [ImageRoute.pad, .squash, .anyres])
  func theBaseCoversThePictureOnce(route: ImageRoute) {
    for (width, height) in [(640, 480), (90, 260), (336, 336)] {
      let layout = Self.layout(width, height, nil, route: route)
      let area = (0..<layout.baseRows).compactMap(layout.region(ofRow:))
        .reduce(0) { $0 + $1.width * $1.height }
      #expect(abs(area - Double(width * height)) < 1e-6 * area)
    }
  }

  @Test func theMapCoversThePictureOnce() {
    for (width, height) in [(640, 480), (1000, 200), (90, 260)] {
      let layout = Self.layout(width, height, Self.next)
      let area = (layout.baseRows..<layout.count).compactMap(layout.region(ofRow:))
        .reduce(0) { $0 + $1.width * $1.height }
      // Cutting whole patches of margin loses less than one patch along the shorter side.
      #expect(abs(area / Double(width * height) - 1) < 0.06)
    }
  }

  @Test func croppedPicturesShowTheirMiddle() throws {
    let layout = Self.layout(672, 336, nil, route: .crop)
    let first = try #require(layout.region(ofRow: 0))
    #expect(first == PictureRegion(x: 168, y: 0, width: 14, height: 14))
    let last = try #require(layout.region(ofRow: 575))
    #expect(last == PictureRegion(x: 490, y: 322, width: 14, height: 14))
  }

  @Test func patchesInTheMarginShowNothing() {
    let layout = Self.layout(672, 336, nil, route: .pad)
    #expect(layout.region(ofRow: 0) == nil)
    #expect(
      layout.region(ofRow: 12 * 24) == PictureRegion(x: 0, y: 168, width: 28, height: 28))
  }

  // MARK: Shrinking

  /// Against bilinear interpolation written out: half-pixel centres, edges repeated.
  @Test func aShrunkMapIsBilinear() {
    let (n, width, side) = (3, 4, 2)
    var vision = Self.sigLIP
    (vision.imageSide, vision.patch) = (42, 14)
    let tiling = Tiling(
      canvases: [PixelSize(width: 42 * side, height: 42 * side)], packing: .spatialUnpad,
      largestMap: 1, roundsMargins: true)
    let layout = Self.layout(84, 84, tiling, vision)
    #expect(layout.count == 9 + 3 * 4)
    let newline = (0..<width).map { Float(100 + $0) }
    let packing = RowPacking(layout, width: width, newline: newline)
    var numbers = SeededNumbers(8)
    var map = [Float](repeating: 0, count: n * side * n * side * width)
    for tile in 0...4 {
      let rows = numbers.floats(n * n * width)
      packing.add(
        tile: tile,
        FloatBuffer(count: rows.count) { $0.update(from: rows, count: rows.count) })
      guard tile > 0 else { continue }
      for row in 0..<n * n {
        let y = (tile - 1) / side * n + row / n
        let x = (tile - 1) % side * n + row % n
        for i in 0..<width { map[(y * n * side + x) * width + i] = rows[row * width + i] }
      }
    }
    let packed = packing.rows.array()
    for y in 0..<3 {
      for x in 0..<3 {
        for i in 0..<width {
          // Scale 2: the centre of a shrunk patch lies between four patches.
          let four = [(0, 0), (0, 1), (1, 0), (1, 1)].map { down, right in
            map[((2 * y + down) * 6 + 2 * x + right) * width + i]
          }
          let value = packed[(9 + y * 4 + x) * width + i]
          #expect(abs(value - four.reduce(0, +) / 4) < 1e-6)
        }
      }
      #expect(Array(packed[(9 + y * 4 + 3) * width..<(9 + y * 4 + 4) * width]) == newline)
    }
  }
}
