import Foundation
import Testing

@testable import Inference

@Suite struct WeightDequantizationTests {
  private struct Case: Decodable {
    var bytes: Data
    /// What the package "gguf" of llama.cpp's authors makes of them, as little-endian floats.
    var floats: Data
  }

  @Test func blocksBecomeGgmlsValues() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/dequantization.json")
    let cases = try JSONDecoder().decode([String: Case].self, from: Data(contentsOf: path))
    // Every type that a new row adds needs its block here.
    let types = ElementType.allCases.filter { $0.blockSize > 1 }
    #expect(types.allSatisfy { cases[$0.rawValue] != nil })
    for (name, item) in cases {
      let type = try #require(ElementType(rawValue: name))
      let expected = item.floats.withUnsafeBytes { bytes in
        (0..<(bytes.count / 4)).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
      }
      let copy = OwnedBytes(count: item.bytes.count)
      item.bytes.withUnsafeBytes { copy.buffer.copyMemory(from: $0) }
      let tensor = Tensor(
        name: name, shape: [1, expected.count], type: type,
        bytes: UnsafeRawBufferPointer(copy.buffer), owner: copy)
      let floats = try tensor.floats()
      #expect(floats.count == expected.count, "\(name)")
      for (index, pair) in zip(floats, expected).enumerated() {
        #expect(abs(pair.0 - pair.1) <= 1e-6 * abs(pair.1) || pair.0 == pair.1, "\(name) \(index)")
      }
    }
  }

  @Test func rowOrderUndoesInterleaving() throws {
    // Two heads of four rows, one column; stored as pairs (0, 2), (1, 3) of each head.
    let stored: [Float] = [0, 2, 1, 3, 10, 12, 11, 13]
    let copy = OwnedBytes(count: 32)
    stored.withUnsafeBytes { copy.buffer.copyMemory(from: $0) }
    let tensor = Tensor(
      name: "q", shape: [8, 1], type: .f32, bytes: UnsafeRawBufferPointer(copy.buffer), owner: copy,
      rowOrder: .interleavedPairs(headDim: 4))
    #expect(try tensor.floats() == [0, 1, 2, 3, 10, 11, 12, 13])
    var part = [Float](repeating: 0, count: 3)
    tensor.convert(rows: 2..<5, into: &part)
    #expect(part == [2, 3, 10])
  }
}
