extension LlavaModel {
  /// Bytes. Weights below this may stay in the processor's cache, and memory then does not limit
  /// decoding.
  private static let leastWeights = 256 << 20

  /// Measures `readBandwidth`, which takes half a second.
  func measuredReadBandwidth() -> Double? {
    guard language.decodeBytes >= Self.leastWeights else { return nil }
    do {
      let probe = try BandwidthProbe(bytes: Self.leastWeights)
      return (0..<3).map { _ in probe.read(pool: pool) }.max()
    } catch {
      return nil
    }
  }
}
