/// Why the entries of one position are kept or evicted.
public struct EntryStanding: Sendable, Equatable {
  /// Why a layer keeps an entry whatever its importance.
  public enum Protection: Sendable, Equatable {
    /// The first position always stays.
    case first
    /// It was among the last positions when the plan was made.
    case recent
    /// It came after the plan was made, and leaves by the policy's rule for decoding.
    case newer
  }

  /// One layer's part.
  public struct Layer: Sendable, Equatable {
    /// Whether the layer holds the entry.
    public var isKept: Bool
    /// Attention received, mean over heads, summed over the queries that were recorded.
    public var importance: Float
    /// 1 for the layer's most important position.
    public var rank: Int
    /// nil: importance, or what else the policy looks at, decides.
    public var protection: Protection?

    package init(isKept: Bool, importance: Float, rank: Int, protection: Protection?) {
      self.isKept = isKept
      self.importance = importance
      self.rank = rank
      self.protection = protection
    }
  }

  /// The position whose entries they are.
  public var position: Int
  /// Which part of the conversation it belongs to.
  public var segment: Segment
  /// Positions seen, which the ranks are out of.
  public var positions: Int
  /// `[layers]`
  public var layers: [Layer]
  /// Whether the policy ranks by the importance that `Layer.rank` is about, and by nothing else.
  public var isRankedByImportance: Bool

  package init(
    position: Int, segment: Segment, positions: Int, layers: [Layer], isRankedByImportance: Bool
  ) {
    self.position = position
    self.segment = segment
    self.positions = positions
    self.layers = layers
    self.isRankedByImportance = isRankedByImportance
  }
}

extension RetentionController {
  /// Why the entries of a position are where they are right now; nil for a position that was not seen.
  public func standing(of position: Int) -> EntryStanding? {
    guard position >= 0, position < cache.seen else { return nil }
    let layers = (0..<cache.shape.layers).map { layer in
      let row = importance.rows[layer]
      let own = position < row.count ? row[position] : 0
      // Of equally important entries the newer one ranks higher, as in `ImportanceRanking`.
      let above = row.indices.count { row[$0] > own || row[$0] == own && $0 > position }
      return EntryStanding.Layer(
        isKept: cache.holds(position, layer: layer), importance: own, rank: above + 1,
        protection: protection(of: position, layer: layer))
    }
    return EntryStanding(
      position: position, segment: cache.segments[position], positions: cache.seen, layers: layers,
      isRankedByImportance: policy.needs.subtracting([.decodeAttention]) == [.importance])
  }

  private func protection(of position: Int, layer: Int) -> EntryStanding.Protection? {
    if position >= planned { return .newer }
    guard let firstProtected = lastPlan?.firstProtected else { return nil }
    if position == 0 { return .first }
    return position >= firstProtected[layer] ? .recent : nil
  }
}
