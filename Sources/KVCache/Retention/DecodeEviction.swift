/// What leaves each layer after a decoded token was appended everywhere.
public protocol DecodeEviction: Sendable {
  /// Takes up the new token's attention over the slots of one layer, mean over heads.
  mutating func record(layer: Int, attention: UnsafeBufferPointer<Float>)
  /// Slots to remove.
  /// - Parameters:
  ///   - length: entries of the layer, the new one included.
  ///   - seen: positions seen, the new one included.
  mutating func slots(layer: Int, length: Int, seen: Int) -> Range<Int>
}

extension DecodeEviction {
  public mutating func record(layer: Int, attention: UnsafeBufferPointer<Float>) {}
}

/// Every layer keeps its share: when it has one entry too many, the one in a fixed slot goes.
///
/// The entries before the slot stay for ever; from the slot on there is a sliding window of recent
/// entries. PrefixKV and Elastic Cache decode like this.
public struct SlidingEviction: DecodeEviction, Equatable {
  /// Distance of the slot from the end of what the plan kept, as in the reference.
  public static let distance = 25

  /// `[layers]`: fraction that each layer forgets.
  public let forgotten: [Double]
  /// `[layers]`
  public let slots: [Int]

  public init(forgotten: [Double], slots: [Int]) {
    self.forgotten = forgotten
    self.slots = slots
  }

  /// - Parameter kept: `[layers]`: entries that the plan keeps.
  public init(forgotten: [Double], kept: [Int]) {
    self.init(forgotten: forgotten, slots: kept.map(Self.slot))
  }

  /// The slot in a layer that keeps `kept` entries: 25 before the end, half way when there are not
  /// so many, and never the first. (The reference refuses to go on below 3 entries.)
  static func slot(kept: Int) -> Int {
    kept - distance >= 1 ? kept - distance : max(1, kept / 2)
  }

  public func slots(layer: Int, length: Int, seen: Int) -> Range<Int> {
    // In the reference's order of operations; -0.5 and 0.5 both truncate to 0.
    let excess = Int(Double(length) - Double(seen) * (1 - forgotten[layer]))
    let slot = slots[layer]
    guard excess > 0, slot < length - 1 else { return 0..<0 }
    return slot..<slot + 1
  }
}
