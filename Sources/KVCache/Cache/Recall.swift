/// One layer with all of its entries, evicted ones included, beside the cache: the cache itself holds
/// what it held before. Its memory goes back to the system with it.
package struct RecalledLayer {
  private let store: LayerStore
  /// Entries that were read from the spill file.
  package let restored: Int

  init(_ store: LayerStore, restored: Int) {
    self.store = store
    self.restored = restored
  }

  /// The layer for the attention kernels: slot i holds position i. Valid as long as this value lives.
  package var view: LayerView { store.view }
  /// Bytes it has mapped.
  package var bytesResident: Int { store.bytesResident }
}

/// What it cost to let one prompt attend to evicted entries.
public struct RecallReport: Sendable, Equatable {
  /// Entries read from the spill file, summed over layers and the prompt's chunks.
  public var entries = 0
  /// Bytes read from the spill file.
  public var bytes = 0
  /// Wall time of bringing them back.
  public var duration = Duration.zero
  /// The most bytes of entries mapped at once: what the budget keeps, the prompt's own and one whole
  /// layer. 0 when nothing was evicted.
  public var peakBytes = 0

  /// Nothing was recalled.
  package init() {}

  /// Both together, as of two chunks of one prompt.
  package mutating func add(_ other: RecallReport) {
    entries += other.entries
    bytes += other.bytes
    duration += other.duration
    peakBytes = max(peakBytes, other.peakBytes)
  }
}

extension KeyValueCache {
  /// One layer with everything that was appended to it. Meanwhile the system is asked to read ahead
  /// for the layer behind it, so that the file is read while the processor computes.
  ///
  /// - Parameter report: what it cost is added here.
  /// - Returns: nil when the layer holds everything itself, and for a cache without a spill file.
  /// - Throws: `CacheError` when the file cannot be read, or without memory for one layer.
  package func recalled(
    _ layer: Int, adding report: inout RecallReport
  ) throws(CacheError) -> RecalledLayer? {
    let clock = ContinuousClock()
    let start = clock.now
    guard let spill, let whole = try layers[layer].whole(from: spill) else { return nil }
    if layer + 1 < layers.count { spill.readAhead(layers[layer + 1].awayRecords) }
    report.add(
      RecallReport(
        entries: whole.restored, bytes: whole.restored * shape.bytesPerEntry,
        duration: clock.now - start, peakBytes: bytesResident + whole.bytesResident))
    return whole
  }
}

extension RecallReport {
  fileprivate init(entries: Int, bytes: Int, duration: Duration, peakBytes: Int) {
    self.entries = entries
    self.bytes = bytes
    self.duration = duration
    self.peakBytes = peakBytes
  }
}
