/// What one forward pass observed of one sequence, for its retention policy.
///
/// The pass hands it back as a value, and `RetentionController.record` records it.
public struct Observation: Sendable {
  /// One layer's part. An array is empty when nobody asked for it; otherwise it has one value for
  /// each slot of the layer after the pass's entries were appended, in slot order; with recall, for each
  /// position.
  public struct Layer: Sendable {
    /// Softmax, mean over query heads, summed over the query rows of the pass.
    public var received: [Float] = []
    /// The same over those of its rows that are in the prompt's observation window.
    public var window: [Float] = []
    /// The same over the rows of the given segments only.
    public var bySegments: [Set<Segment>: [Float]] = [:]
    /// The largest softmax over query heads and the rows that were asked for.
    public var largest: [Float] = []
    /// Sums over the pass's queries; nil when nobody asked for them.
    public var queries: QuerySums?

    /// Nothing was observed.
    public init() {}
  }

  /// `[layers]`
  public var layers: [Layer]
  /// What it cost to bring evicted entries back for the pass.
  public var recall = RecallReport()

  /// Nothing was observed in any of the layers.
  public init(layers: Int) { self.layers = Array(repeating: Layer(), count: layers) }
}

/// What a forward pass is to observe.
public struct ObservationRequest: Sendable, Equatable {
  /// Whether attention is summed over all rows.
  public var received = false
  /// How many of the last rows of the pass are in the prompt's observation window.
  public var windowRows = 0
  /// `[runs]`: for each choice of segments, the rows of the pass that belong to them.
  public var rowsBySegments: [Set<Segment>: [Range<Int>]] = [:]
  /// Rows whose query vectors are summed.
  public var queryRows = 0..<0
  /// Rows over which the largest attention is recorded, at several times the cost of their attention
  /// itself.
  public var largestRows = 0..<0

  /// Asks for nothing.
  public init() {}

  /// Observes nothing.
  public static let nothing = ObservationRequest()
}
