import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct WeightTorchTests {
  private static let folder = Oracle.path("golden/torch_bin")

  private struct Expected: Decodable {
    var dtype: String
    var shape: [Int]
    var values: [Double]
  }

  private static let types = [
    "float32": "f32", "float16": "f16", "bfloat16": "bf16", "float64": "f64", "int64": "i64",
    "int32": "i32", "uint8": "u8", "bool": "u8",
  ]

  @Test(arguments: ["cases_dict", "cases_ordereddict", "cases_nested", "cases_legacy"])
  func containersHoldTheExpectedTensors(name: String) throws {
    let expected = try JSONDecoder().decode(
      [String: Expected].self,
      from: Data(contentsOf: URL(fileURLWithPath: Self.folder + "/expected.json")))
    let tensors = try TorchFile.tensors(of: MappedFile(path: "\(Self.folder)/\(name).bin"))
    #expect(name == "cases_nested" ? !tensors.isEmpty : tensors.count == expected.count)
    for tensor in tensors {
      let expected = try #require(expected[tensor.name])
      #expect(tensor.type.rawValue == Self.types[expected.dtype], "\(tensor.name)")
      #expect(tensor.shape == expected.shape, "\(tensor.name)")
      #expect(try tensor.floats() == expected.values.map { Float($0) }, "\(tensor.name)")
    }
  }

  @Test func payloadIsRefusedAndNamed() throws {
    let path = Self.folder + "/bad_global.bin"
    expectRefusal(WeightError.self, says: [path, "'posix.system'", "it was not run"]) {
      try TorchFile.tensors(of: MappedFile(path: path))
    }
  }
}
