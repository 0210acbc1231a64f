/// What was recorded of a conversation for its policies. What nobody needs stays empty.
struct RetentionRecords: Sendable {
  /// The needs for which the latest prompt was recorded.
  private(set) var covered: Set<RetentionNeed> = []
  /// `[layers, positions]`: everything seen so far, or since `firstQuery`.
  private(set) var importance: Importance
  /// `[layers, positions]`: the same since the conversation began, whatever `firstQuery` is.
  private(set) var history: Importance
  /// The position of the first query whose attention is among the sums.
  private(set) var firstQuery = 0
  /// `[layers, positions]`: the latest prompt's observation window.
  private(set) var window: Importance
  /// `[layers, positions]`: the largest attention in that window, over heads and queries.
  private(set) var peaks: Importance
  /// `[layers, positions]`: the same, from some segments' rows.
  private(set) var bySegments: [Set<Segment>: Importance] = [:]
  /// `[layers, positions]`: the largest attention received while the prompt was repeated.
  private(set) var secondPass: Importance
  /// How the latest prompt's queries are distributed.
  private(set) var queryMoments: QueryMoments

  init(shape: CacheShape) {
    importance = Importance(layers: shape.layers)
    history = importance
    window = importance
    peaks = importance
    secondPass = importance
    queryMoments = QueryMoments(layers: shape.layers, headDim: shape.headDim)
  }

  /// Records made up outside of a conversation.
  init(importance: Importance, window: Importance?) {
    self.importance = importance
    history = importance
    self.window = window ?? Importance(rows: importance.rows.map { $0.map { _ in 0 } })
    peaks = Importance(layers: importance.rows.count)
    secondPass = peaks
    queryMoments = QueryMoments(layers: importance.rows.count, headDim: 1)
  }

  /// Records of another controller, without the distribution of queries.
  init(
    shape: CacheShape, covered: Set<RetentionNeed>, firstQuery: Int, importance: Importance,
    history: Importance, window: Importance, peaks: Importance,
    bySegments: [Set<Segment>: Importance], secondPass: Importance
  ) {
    self.init(shape: shape)
    self.covered = covered
    self.firstQuery = firstQuery
    self.importance = importance
    self.history = history
    self.window = window
    self.bySegments = bySegments
    self.peaks = peaks
    self.secondPass = secondPass
  }

  /// Begins a prompt: clears the records of the latest prompt alone.
  ///
  /// - Parameter first: the prompt's first position when its queries attend to everything, evicted
  ///   entries included: then sums start again, too, but for `history`. The maxima of second passes
  ///   stay, since each prompt is repeated once.
  mutating func beginPrompt(recording needs: Set<RetentionNeed>, summingFrom first: Int?) {
    covered = needs.filter(\.isOfThePrompt).subtracting([.secondPass])
    window.clear()
    peaks.clear()
    forgetQueryMoments()
    guard let first else { return }
    firstQuery = first
    importance.clear()
    for segments in bySegments.keys { bySegments[segments]!.clear() }
  }

  /// Query moments are by far the largest record, and only those of the latest prompt are needed.
  mutating func forgetQueryMoments() {
    queryMoments.removeAll()
  }

  /// - Parameter positions: `[layers][slots]`: where each layer's values belong.
  mutating func add(_ observation: Observation, positions: [[Int32]]) {
    for (layer, seen) in observation.layers.enumerated() {
      importance.add(seen.received, layer: layer, positions: positions[layer])
      history.add(seen.received, layer: layer, positions: positions[layer])
      window.add(seen.window, layer: layer, positions: positions[layer])
      if !seen.largest.isEmpty {
        peaks.raise(to: seen.largest, layer: layer, positions: positions[layer])
      }
      for (segments, values) in seen.bySegments {
        bySegments[segments, default: Importance(layers: importance.rows.count)]
          .extend(to: importance.positions)
        bySegments[segments]!.add(values, layer: layer, positions: positions[layer])
      }
      if let queries = seen.queries { queryMoments.add(queries, layer: layer) }
    }
  }

  /// Adds decoded tokens' attention where rows of answers are among those chosen.
  mutating func addDecoded(_ observation: Observation, positions: [[Int32]]) {
    for (layer, seen) in observation.layers.enumerated() {
      importance.add(seen.received, layer: layer, positions: positions[layer])
      history.add(seen.received, layer: layer, positions: positions[layer])
      for segments in bySegments.keys where segments.contains(.assistant) {
        bySegments[segments]!.add(seen.received, layer: layer, positions: positions[layer])
      }
    }
  }

  /// - Parameter largest: `[layers][slots]`
  mutating func addSecondPass(_ largest: [[Float]], positions: [[Int32]]) {
    covered.insert(.secondPass)
    for layer in largest.indices {
      secondPass.raise(to: largest[layer], layer: layer, positions: positions[layer])
    }
  }

  mutating func extend(to positions: Int) { forEachImportance { $0.extend(to: positions) } }

  mutating func truncate(to positions: Int) { forEachImportance { $0.truncate(to: positions) } }

  private mutating func forEachImportance(_ change: (inout Importance) -> Void) {
    change(&importance)
    change(&history)
    change(&window)
    change(&peaks)
    change(&secondPass)
    for segments in bySegments.keys { change(&bySegments[segments]!) }
  }
}
