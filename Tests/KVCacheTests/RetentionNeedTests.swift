import Testing

@testable import KVCache

/// A policy that keeps what it computes from one need, so that a test can tell what it was given.
private struct ProbePolicy: RetentionPolicy {
  let name = "probe"
  let summary = "tells what it sees"
  let needs: Set<RetentionNeed>
  let look: @Sendable (RetentionContext) throws -> [[Float]]

  /// Keeps the entries with the highest of what it sees.
  func plan(_ context: RetentionContext) throws -> RetentionPlan {
    let orders = ImportanceRanking(try look(context)).ascending
    let forget = Int(Double(context.positions) * context.budget.forgotten)
    return context.plan(
      forgetting: Array(repeating: forget, count: context.layers), orders: orders)
  }
}

/// Numbers that can be checked by hand: one layer, few positions.
@Suite struct RetentionNeedTests {
  private func conversation(
    _ needs: Set<RetentionNeed>, budget: Double = 1, headDim: Int = 1, spill: Bool = true,
    look: @escaping @Sendable (RetentionContext) throws -> [[Float]]
  ) throws -> TestConversation {
    try TestConversation(
      layers: 1, kvHeads: 1, headDim: headDim, policy: ProbePolicy(needs: needs, look: look),
      budget: budget, spill: spill)
  }

  private func observation(_ fill: (inout Observation.Layer) -> Void) -> Observation {
    var observation = Observation(layers: 1)
    fill(&observation.layers[0])
    return observation
  }

  @Test func windowOfAPromptInChunksIsSummedAndBeginsAnewWithTheNextPrompt() throws {
    let conversation = try conversation([.window], budget: 0.75) { $0.window.rows }
    conversation.append(3, segment: .user)
    conversation.controller.record(prompt: observation { $0.window = [1, 5, 0] })
    conversation.append(1, segment: .user)
    conversation.controller.record(prompt: observation { $0.window = [1, 0, 7, 1] })
    _ = try conversation.controller.promptCompleted()
    // [2, 5, 7, 1]: the first and the last stay anyway, 5 is the smallest of the others.
    #expect(conversation.cache.positions(0) == [0, 2, 3])

    conversation.append(1, segment: .user)
    conversation.controller.record(prompt: observation { $0.window = [1, 0, 9, 1] })
    _ = try conversation.controller.set(budget: .full)
    _ = try conversation.controller.promptCompleted()
    _ = try conversation.controller.set(budget: Budget(0.8))
    // [1, 0, 0, 9, 1] in the order of positions: of equal ones the older goes.
    #expect(conversation.cache.positions(0) == [0, 2, 3, 4])
  }

  @Test func peaksOfAPromptInChunksAreTheLargestAndBeginAnewWithTheNextPrompt() throws {
    let conversation = try conversation([.peaks], budget: 0.75) { $0.peaks.rows }
    conversation.append(3, segment: .user)
    conversation.controller.record(prompt: observation { $0.largest = [0.5, 0.9, 0.2] })
    conversation.append(1, segment: .user)
    conversation.controller.record(prompt: observation { $0.largest = [0.5, 0.1, 0.7, 0.1] })
    _ = try conversation.controller.promptCompleted()
    // [0.5, 0.9, 0.7, 0.1]: the first and the last stay anyway, 0.7 is the smallest of the others.
    #expect(conversation.cache.positions(0) == [0, 1, 3])

    _ = try conversation.controller.set(budget: .full)
    conversation.append(1, segment: .user)
    conversation.controller.record(prompt: observation { $0.largest = [0, 0, 0.1, 0.3, 0] })
    _ = try conversation.controller.promptCompleted()
    _ = try conversation.controller.set(budget: Budget(0.8))
    #expect(conversation.cache.positions(0) == [0, 2, 3, 4])
  }

  @Test func historyRunsOnWhereRecallBeginsNewSums() throws {
    let cache = KeyValueCache(
      shape: try CacheShape(layers: 1, kvHeads: 1, headDim: 1, precision: .f32), spill: true)
    let controller = RetentionController(
      cache: cache, policy: ProbePolicy(needs: [.importance]) { $0.history.rows }, budget: .full,
      options: RetentionOptions(recalls: true))
    let conversation = TestConversation(cache: cache, controller: controller)
    conversation.append(3, segment: .user)
    controller.record(prompt: observation { $0.received = [1, 5, 2] })
    _ = try controller.promptCompleted()
    conversation.append(1, segment: .user)
    controller.record(prompt: observation { $0.received = [1, 0, 4, 1] })
    _ = try controller.promptCompleted()
    #expect(controller.importance.rows == [[1, 0, 4, 1]])
    _ = try controller.set(budget: Budget(0.75))
    // [2, 5, 6, 1]: the first and the last stay anyway, 5 is the smaller of the others.
    #expect(cache.positions(0) == [0, 2, 3])
  }

  @Test func attentionFromChosenRowsIsKeptApart() throws {
    let text: Set<Segment> = [.user]
    let conversation = try conversation([.attention(from: text)], budget: 0.75) {
      $0.attention(from: text).rows
    }
    conversation.append(4, segment: .image)
    conversation.controller.record(
      prompt: observation {
        $0.received = [9, 9, 0, 9]
        $0.bySegments = [text: [1, 1, 2, 1]]
      })
    _ = try conversation.controller.promptCompleted()
    #expect(conversation.cache.positions(0) == [0, 2, 3])
  }

  @Test func decodedTokensCountAmongChosenRowsWhenAnswersAreChosen() throws {
    let answers: Set<Segment> = [.user, .assistant]
    let conversation = try conversation([.attention(from: answers), .decodeAttention]) {
      $0.attention(from: answers).rows
    }
    conversation.append(3, segment: .user)
    conversation.controller.record(
      prompt: observation { $0.bySegments = [answers: [1, 3, 1]] })
    _ = try conversation.controller.promptCompleted()
    conversation.append(1, segment: .assistant)
    conversation.controller.record(decoded: observation { $0.received = [0, 0, 4, 0] })
    try conversation.controller.stepCompleted()
    _ = try conversation.controller.set(budget: Budget(0.75))
    // [1, 3, 5, 0]
    #expect(conversation.cache.positions(0) == [0, 2, 3])
  }

  /// Keys are 0, 1, 2, ... and values 0, -1, -2, ...
  @Test(arguments: [EntryPart.keys, .values])
  func keysAndValuesAreThoseOfEveryPositionEvictedOrNot(part: EntryPart) throws {
    let need: RetentionNeed = part == .keys ? .keys : .values
    var conversation = try conversation([need], budget: 0.5) { context in
      let floats = try part == .keys ? context.keys(layer: 0) : context.values(layer: 0)
      #expect(floats == (0..<context.positions).map { part == .keys ? Float($0) : -Float($0) })
      return [floats.map { abs($0) }]
    }
    try conversation.prompt(8)
    #expect(conversation.cache.positions(0) == [0, 5, 6, 7])
    try conversation.prompt(2)
    #expect(conversation.cache.positions(0) == [0, 6, 7, 8, 9])
    _ = try conversation.controller.set(budget: .full)
    #expect(conversation.cache.length(0) == 10)
  }

  @Test func keysOfMergedEntriesAreTheOriginals() throws {
    var conversation = try TestConversation(
      layers: 1, kvHeads: 1, headDim: 1, policy: PrefixKVMergePolicy(), budget: 0.5)
    try conversation.prompt(8)
    #expect(!conversation.cache.layers[0].merged.isEmpty)
    #expect(try conversation.cache.floats(layer: 0, .keys) == (0..<8).map(Float.init))
    #expect(try conversation.cache.floats(layer: 0, .values) == (0..<8).map { -Float($0) })
  }

  @Test func keysThatWereNotSavedAreZeros() throws {
    var conversation = try TestConversation(
      layers: 1, kvHeads: 1, headDim: 1, policy: LocalPolicy(), budget: 0.5, spill: false)
    try conversation.prompt(6)
    #expect(conversation.cache.positions(0) == [0, 4, 5])
    #expect(try conversation.cache.floats(layer: 0, .keys) == [0, 0, 0, 0, 4, 5])
  }

  @Test func queryMomentsAreMeansOverTheChunksOfThePrompt() throws {
    let seen = Probe()
    var conversation = try conversation([.queryMoments], headDim: 2) { context in
      let moments = context.queryMoments
      seen.lines = ["\(moments.count)", "\(moments.heads)", "\(moments.frequencies)"]
      if moments.count > 0 {
        seen.lines += ["\(moments.mean(layer: 0, head: 1))"]
        seen.lines += ["\(moments.secondMoment(layer: 0, head: 1))"]
      }
      return context.segments.isEmpty ? [] : [context.segments.map { _ in 1 }]
    }
    // Queries of head 1: (1, 2), then (3, 0) and (5, 4).
    for (count, sums, products) in [
      (1, [Float(0), 0, 1, 2], [Float(0), 0, 0, 0, 1, 2, 2, 4]),
      (2, [0, 0, 8, 4], [0, 0, 0, 0, 34, 20, 20, 16]),
    ] {
      conversation.append(count, segment: .user)
      conversation.controller.record(
        prompt: observation {
          $0.queries = QuerySums(count: count, sums: sums, products: products, frequencies: [1])
        })
    }
    _ = try conversation.controller.promptCompleted()
    #expect(
      seen.lines == [
        "3", "2", "[1.0]", "[3.0, 2.0]",
        "[\(Float(35) / 3), \(Float(22) / 3), \(Float(22) / 3), \(Float(20) / 3)]",
      ])
    // The next prompt's queries replace them.
    try conversation.prompt(2)
    #expect(seen.lines == ["0", "0", "[]"])
  }

  @Test func secondPassKeepsTheLargestOverTurns() throws {
    let conversation = try conversation([.secondPass]) { $0.secondPass.rows }
    conversation.append(3, segment: .user)
    conversation.controller.record(prompt: Observation(layers: 1))
    conversation.controller.record(secondPass: [[0.1, 0.9, 0.2]])
    _ = try conversation.controller.promptCompleted()
    conversation.append(1, segment: .user)
    conversation.controller.record(prompt: Observation(layers: 1))
    conversation.controller.record(secondPass: [[0.1, 0.3, 0.4, 0.2]])
    let report = try conversation.controller.promptCompleted()
    #expect(report.note == nil)
    _ = try conversation.controller.set(budget: Budget(0.75))
    // [0.1, 0.9, 0.4, 0.2]
    #expect(conversation.cache.positions(0) == [0, 1, 3])
  }

  @Test(arguments: [
    RetentionNeed.importance, .window, .peaks, .attention(from: [.user]), .queryMoments,
    .secondPass,
  ])
  func aPolicyThatComesTooLateForItsNeedsIsAnnounced(need: RetentionNeed) throws {
    let cache = KeyValueCache(
      shape: try CacheShape(layers: 1, kvHeads: 1, headDim: 1, precision: .f32), spill: true)
    let controller = RetentionController(cache: cache, policy: LocalPolicy(), budget: .full)
    var conversation = TestConversation(cache: cache, controller: controller)
    try conversation.prompt(4)
    let report = try controller.set(policy: ProbePolicy(needs: [need]) { _ in [[0, 0, 0, 0]] })
    let note = try #require(report.note)
    #expect(note.hasPrefix("probe decides by \(need.phrase), which was not recorded"))
    #expect(try controller.set(policy: LocalPolicy()).note == nil)
    // Recorded from the next prompt on, but for the second pass, which the engine did not make.
    _ = try controller.set(
      policy: ProbePolicy(needs: [need]) { [$0.segments.map { _ in Float(0) }] })
    #expect((try conversation.prompt(2).note == nil) == (need != .secondPass))
  }

  @Test func nothingIsRecordedThatNobodyNeeds() throws {
    let cache = KeyValueCache(
      shape: try CacheShape(layers: 1, kvHeads: 1, headDim: 1, precision: .f32), spill: false)
    let local = RetentionController(cache: cache, policy: LocalPolicy(), budget: .full)
    #expect(local.recording.isEmpty && !local.recordsDecodedTokens)
    let snap = RetentionController(cache: cache, policy: SnapKVPolicy(), budget: .full)
    #expect(snap.recording == [.window] && !snap.recordsDecodedTokens)
    let prefix = RetentionController(
      cache: cache, policy: PrefixKVPolicy(), budget: .full,
      options: RetentionOptions(recording: RetentionNeed.cheap))
    #expect(prefix.recording == [.importance, .decodeAttention, .window])
    #expect(prefix.recordsDecodedTokens)
  }
}

/// What a policy under test saw.
private final class Probe: @unchecked Sendable { var lines: [String] = [] }
