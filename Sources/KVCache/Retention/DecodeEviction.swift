/// Decides which entries each layer evicts after a decoded token was appended to all layers.
public protocol DecodeEviction: Sendable {
  /// Records the new token's attention over the slots of one layer, mean over heads. It is called for
  /// the layers in ascending order, if the policy needs `.decodeAttention`.
  mutating func record(layer: Int, attention: UnsafeBufferPointer<Float>)
  /// The slots to evict from a layer. It is called for the layers in ascending order.
  ///
  /// - Parameters:
  ///   - length: entries of the layer, the new one included.
  ///   - seen: positions seen, the new one included.
  mutating func slots(layer: Int, length: Int, seen: Int) -> Range<Int>
  /// What the slots follow from. Looking ahead (`RowsAhead`) takes several tokens through a layer
  /// before the next layer takes the first of them, and the calls follow each other in this order;
  /// they can where a layer decides by what is told of itself.
  var basis: EvictionBasis { get }
}

/// What the slots that a layer evicts after a decoded token follow from.
public enum EvictionBasis: Sendable {
  /// From the layer's length and the number of positions seen.
  case lengths
  /// From the attention in this layer, too.
  case attention
  /// From the attention in other layers, too.
  case allLayers
}

extension DecodeEviction {
  /// Most rules do not look at attention.
  public mutating func record(layer: Int, attention: UnsafeBufferPointer<Float>) {}
  /// With this one, tokens are computed one at a time.
  public var basis: EvictionBasis { .allLayers }
}

/// Holds every layer at its share: when a layer has one entry too many, it evicts the entry in a
/// fixed slot.
///
/// The entries before the slot stay for ever, and those from the slot on are a sliding window of
/// recent entries. PrefixKV (https://arxiv.org/abs/2412.03409) and Elastic Cache decode like this.
public struct SlidingEviction: DecodeEviction, Equatable {
  /// Entries between the slot and the end of what the plan kept, as in the reference.
  public static let distance = 25

  public let basis = EvictionBasis.lengths
  /// `[layers]`: fraction that each layer forgets, in [0, 1].
  public let forgotten: [Double]
  /// `[layers]`: the slot whose entry is evicted.
  public let slots: [Int]

  /// Creates the rule with given slots.
  public init(forgotten: [Double], slots: [Int]) {
    self.forgotten = forgotten
    self.slots = slots
  }

  /// - Parameter kept: `[layers]`: entries that the plan keeps.
  public init(forgotten: [Double], kept: [Int]) {
    self.init(forgotten: forgotten, slots: kept.map(Self.slot))
  }

  /// The slot in a layer that keeps `kept` entries: 25 before the end, or the middle of a shorter
  /// layer, and never the first. (The reference stops with an error below 3 entries.)
  static func slot(kept: Int) -> Int {
    kept - distance >= 1 ? kept - distance : max(1, kept / 2)
  }

  /// The fixed slot while the layer is above its share, and no slot otherwise.
  public func slots(layer: Int, length: Int, seen: Int) -> Range<Int> {
    // The order of operations is the reference's: -0.5 and 0.5 both truncate to 0.
    let excess = Int(Double(length) - Double(seen) * (1 - forgotten[layer]))
    let slot = slots[layer]
    guard excess > 0, slot < length - 1 else { return 0..<0 }
    return slot..<slot + 1
  }
}
