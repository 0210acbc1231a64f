extension RotaryConfiguration {
  /// The keys from which llama.cpp reads the configuration, with their values.
  ///
  /// - Parameter prefix: the architecture's name and a dot.
  func ggufMetadata(below prefix: String) -> [(key: String, value: GGUFWriter.Value)] {
    var metadata: [(key: String, value: GGUFWriter.Value)] = [
      (prefix + "rope.dimension_count", .integer(UInt32(dimensions))),
      (prefix + "rope.freq_base", .float(Float(base))),
    ]
    switch scaling {
    case .none, .llama3, .divided: break
    case .linear(let factor):
      metadata.append((prefix + "rope.scaling.type", .string("linear")))
      metadata.append((prefix + "rope.scaling.factor", .float(Float(factor))))
    case .longrope(_, _, let original):
      metadata.append(
        (prefix + "rope.scaling.original_context_length", .integer(UInt32(original))))
    }
    if magnitude != 1 {
      metadata.append((prefix + "rope.scaling.attn_factor", .float(magnitude)))
    }
    return metadata
  }

  /// The divisors of frequencies as tensors.
  var ggufEntries: [GGUFWriter.Entry] {
    switch scaling {
    case .none, .linear: []
    case .llama3:
      [
        entry(
          GGUFNames.divisors,
          zip(
            RotaryConfiguration(base: base, dimensions: dimensions).frequencies(reach: 1),
            frequencies(reach: 1)
          ).map { $0 / $1 })
      ]
    case .divided(let divisors): [entry(GGUFNames.divisors, divisors)]
    case .longrope(let short, let long, _):
      [entry(GGUFNames.long, long), entry(GGUFNames.short, short)]
    }
  }

  private func entry(_ name: String, _ values: [Float]) -> GGUFWriter.Entry {
    let bytes = OwnedBytes(count: 4 * values.count)
    values.withUnsafeBytes { bytes.buffer.copyMemory(from: $0) }
    return GGUFWriter.Entry(
      name: name, type: .f32,
      source: Tensor(
        name: name, shape: [values.count], type: .f32, bytes: UnsafeRawBufferPointer(bytes.buffer),
        owner: bytes))
  }
}
