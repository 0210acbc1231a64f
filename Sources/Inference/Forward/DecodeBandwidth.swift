extension LlavaModel {
  /// Weights below this may stay in a processor's cache, and memory then limits nothing.
  private static let leastWeights = 256 << 20

  /// Measures what `readBandwidth` holds. Takes half a second.
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
