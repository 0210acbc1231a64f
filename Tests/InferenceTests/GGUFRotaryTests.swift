import Foundation
import TestSupport
import Testing

@testable import Inference

/// What a GGUF file may say about rotary positions and windows.
@Suite struct GGUFRotaryTests {
  private enum Value {
    case integer(Int)
    case float(Float)
    case text(String)
  }

  /// A file with the given keys below "phi3." and tensors of f32.
  private func rotary(
    _ keys: [(String, Value)], _ tensors: [(name: String, values: [Float])] = []
  ) throws -> RotaryConfiguration {
    var builder = ByteBuilder().text("GGUF").u32(3).u64(UInt64(tensors.count))
      .u64(UInt64(keys.count))
    for (key, value) in keys {
      builder = builder.string("phi3." + key)
      switch value {
      case .integer(let value): builder = builder.u32(4).u32(UInt32(value))
      case .float(let value): builder = builder.u32(6).u32(value.bitPattern)
      case .text(let value): builder = builder.u32(8).string(value)
      }
    }
    for (index, tensor) in tensors.enumerated() {
      builder = builder.string(tensor.name).u32(1).u64(UInt64(tensor.values.count)).u32(0)
        .u64(UInt64(index * 64))
    }
    builder.data.append(Data(count: (builder.data.count + 31) / 32 * 32 - builder.data.count))
    for tensor in tensors {
      for value in tensor.values { builder = builder.u32(value.bitPattern) }
      builder.data.append(Data(count: 64 - 4 * tensor.values.count))
    }
    return try withFile(builder.data, name: "model.gguf") { path in
      try RotaryConfiguration(
        gguf: GGUFFile(path: path), "phi3.", base: 10000, headDim: 16, context: 4096,
        order: .halfSplit)
    }
  }

  private let eight: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]

  @Test func factorsAreReadFromKeysAndTensors() throws {
    #expect(try rotary([]).scaling == .none)
    #expect(try rotary([("rope.scaling.factor", .float(4))]).scaling == .linear(factor: 4))
    #expect(try rotary([("rope.scale_linear", .float(2))]).scaling == .linear(factor: 2))
    let linear = try rotary([
      ("rope.scaling.type", .text("linear")), ("rope.scaling.factor", .float(8)),
    ])
    #expect(linear.scaling == .linear(factor: 8))
    #expect(try rotary([("rope.scaling.type", .text("none"))]).scaling == .none)
    #expect(try rotary([], [("rope_freqs.weight", eight)]).scaling == .divided(by: eight))
    let long = try rotary(
      [
        ("rope.scaling.original_context_length", .integer(32)),
        ("rope.scaling.attn_factor", .float(1.5)),
      ],
      [("rope_factors_short.weight", eight.reversed()), ("rope_factors_long.weight", eight)])
    #expect(long.scaling == .longrope(short: eight.reversed(), long: eight, original: 32))
    #expect(long.magnitude == 1.5)
    #expect(try rotary([("rope.dimension_count", .integer(12))]).dimensions == 12)
  }

  @Test func factorsThatCannotBeAreRefused() {
    func refused(
      _ keys: [(String, Value)], _ tensors: [(name: String, values: [Float])] = [],
      says: [String]
    ) {
      expectWeightError("\(says)", says: says) { _ = try rotary(keys, tensors) }
    }
    for kind in ["yarn", "dynamic"] {
      refused([("rope.scaling.type", .text(kind))], says: ["'\(kind)'", "'longrope'"])
    }
    refused([("rope.scaling.factor", .float(0))], says: ["rope.scaling.factor"])
    refused([("rope.scaling.factor", .float(.nan))], says: ["rope.scaling.factor"])
    refused([("rope.scaling.type", .text("longrope"))], says: ["rope.scaling.type", "tensors"])
    refused([], [("rope_freqs.weight", [1, 2])], says: ["rope_freqs.weight", "[2]", "[8]"])
    for value in [0, -1, Float.nan, .infinity] {
      var values = eight
      values[3] = value
      refused([], [("rope_freqs.weight", values)], says: ["rope_freqs.weight", "\(value)"])
    }
    refused(
      [("rope.scaling.factor", .float(8))], [("rope_freqs.weight", eight)],
      says: ["a factor of 8"])
    refused([("rope.dimension_count", .integer(17))], says: ["rope.dimension_count"])
    refused([("rope.dimension_count", .integer(5))], says: ["rope.dimension_count", "even"])
    refused([("rope.scaling.attn_factor", .float(0))], says: ["attn_factor"])
    for name in ["rope_factors_short.weight", "rope_factors_long.weight"] {
      refused([], [(name, eight)], says: [name, "one alone", "longrope needs both"])
    }
  }
}
