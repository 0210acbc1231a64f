import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct ImageResizeTests {
  private static let clipMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
  private static let clipStd: [Float] = [0.26862954, 0.26130258, 0.27577711]
  /// What the oracle's models of CLIP were made with.
  private static let ofCLIP = [ImageRoute.pad, .crop]

  @Test func bicubicEqualsPillowBitForBit() throws {
    struct Case: Decodable {
      var from: [Int]
      var to: [Int]
      var sha256: String
    }
    let path = ImageFixtures.own("bicubic.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(Oracle.bytes(path)))
    #expect(cases.count == 11)
    for item in cases {
      let source = formulaPicture(width: item.from[0], height: item.from[1])
      let resized = Bicubic.resize(source, width: item.to[0], height: item.to[1])
      #expect(SHA256.digest(resized.rgb) == item.sha256, "\(item.from) to \(item.to)")
    }
  }

  @Test func bothRoutesEqualTheReferenceOnExtremeShapes() throws {
    struct Case: Decodable {
      var from: [Int]
      var pad: String
      var crop: String
    }
    let path = ImageFixtures.own("routes.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(Oracle.bytes(path)))
    #expect(cases.count == 7)
    let preprocessor = ImagePreprocessor(side: 32, mean: Self.clipMean, std: Self.clipStd)
    for item in cases {
      let source = formulaPicture(width: item.from[0], height: item.from[1])
      let pad = preprocessor.prepare(source, route: .pad).image
      let crop = preprocessor.prepare(source, route: .crop).image
      #expect(SHA256.digest(pad.rgb) == item.pad, "pad \(item.from)")
      #expect(SHA256.digest(crop.rgb) == item.crop, "crop \(item.from)")
    }
  }

  @Test(arguments: [("tiny-mha", 112), ("tiny-gqa", 84)])
  func everyOraclePictureIsPreparedExactly(model: String, side: Int) throws {
    let expected = try #require(
      ImageFixtures.json(Oracle.path("golden/\(model)/vision.json"))
        as? [String: [String: [String: Any]]])
    #expect(expected.count == 10)
    let preprocessor = ImagePreprocessor(side: side, mean: Self.clipMean, std: Self.clipStd)
    for (name, routes) in expected {
      let path = Oracle.path("images/\(name)")
      let pixels = try ImageFile.load(path: path, reading: .asReference())
      for route in Self.ofCLIP {
        let digest = routes[route.rawValue]?["sha256_u8"] as? String
        let prepared = preprocessor.prepare(pixels, route: route)
        #expect(SHA256.digest(prepared.image.rgb) == digest, "\(name) \(route)")
        let mean = prepared.values.reduce(0) { $0 + Double($1) } / Double(prepared.values.count)
        let target = try #require(routes[route.rawValue]?["mean"] as? Double)
        #expect(abs(mean - target) < 2e-6, "\(name) \(route)")
      }
    }
  }

  @Test(arguments: [("tiny-mha", 112), ("tiny-gqa", 84)])
  func pixelValuesAreWithinTwoMillionths(model: String, side: Int) throws {
    let file = try Oracle.bytes(Oracle.path("golden/\(model)/vision.safetensors"))
    let headerLength = file[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(
      JSONSerialization.jsonObject(with: Data(file[8..<(8 + headerLength)])) as? [String: Any])
    let preprocessor = ImagePreprocessor(side: side, mean: Self.clipMean, std: Self.clipStd)
    let pixels = try ImageFile.load(
      path: Oracle.path("images/landscape.jpg"), reading: .asReference())
    for route in Self.ofCLIP {
      let entry = try #require(header["landscape.\(route).pixel_values"] as? [String: Any])
      let offsets = try #require(entry["data_offsets"] as? [Int])
      let data = file[(8 + headerLength + offsets[0])..<(8 + headerLength + offsets[1])]
      let expected = Array(data).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      let values = preprocessor.prepare(pixels, route: route).values
      #expect(values.count == expected.count)
      let largest = zip(values, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(largest <= 2e-6, "\(route): \(largest)")
    }
  }

  @Test func resizingToTheSameSizeChangesNothing() {
    let source = formulaPicture(width: 40, height: 23)
    #expect(Bicubic.resize(source, width: 40, height: 23) == source)
  }

  @Test func aTwoPixelPictureShrinksToItsRoundedMean() {
    let source = Pixels(width: 2, height: 1, rgb: [0, 10, 255, 255, 21, 255])
    #expect(Bicubic.resize(source, width: 1, height: 1).rgb == [128, 16, 255])
  }

  /// The square of a 1 x 60000 picture would take 10 GB, its crop route's whole picture 20 GB.
  @Test(arguments: [(1, 60000), (60000, 1)], ImageRoute.allCases)
  func aVeryLongPictureIsPreparedWithoutBuildingItsSquare(size: (Int, Int), route: ImageRoute) {
    let grey = Pixels(
      width: size.0, height: size.1, rgb: [UInt8](repeating: 200, count: size.0 * size.1 * 3))
    let preprocessor = ImagePreprocessor(side: 28, mean: Self.clipMean, std: Self.clipStd)
    let image = preprocessor.prepare(grey, route: route).image
    #expect(image.rgb.count == 28 * 28 * 3)
    switch route {
    case .pad: #expect(Array(image.rgb.prefix(3)) == [122, 116, 104])
    case .crop, .squash, .anyres: #expect(image.rgb.allSatisfy { $0 == 200 })
    }
  }
}
