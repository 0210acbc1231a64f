/// Policy, budget, records and decode-time eviction of one conversation.
///
/// **How entries are ranked.** Importance is attention received, summed over all queries so
/// far: at a prompt's end it is exactly the prefill's sums, as in the reference. Decoded tokens are
/// queries too: for policies that need it their attention rows are added, so that a budget change
/// in the middle of an answer, or a later turn, ranks the answer's own tokens by the same measure.
/// Few queries have looked at a late token, and the same is true of the last tokens of a prompt;
/// therefore the most recent positions are protected in the middle of an answer. An entry collects
/// nothing while it is evicted, and decoded tokens add nothing while the policy in force does not
/// need it.
///
/// **With recall** a prompt's queries attend to evicted entries as well, and the sums begin anew with
/// each prompt: what stays is what this question finds important.
public final class RetentionController {
  /// The cache whose entries it chooses.
  public let cache: KeyValueCache
  /// The policy in force.
  public private(set) var policy: any RetentionPolicy
  /// The budget in force.
  public private(set) var budget: Budget
  /// The options in force.
  public private(set) var options: RetentionOptions
  /// The plan in force, as it was made.
  public private(set) var lastPlan: RetentionPlan?
  /// Positions seen when it was made.
  private(set) var planned = 0
  /// How often plans were made: what was computed ahead holds under one plan.
  public private(set) var plans = 0

  /// Query rows at a prompt's end that make up the observation window: the size of SnapKV's
  /// (https://arxiv.org/abs/2404.14469) LongBench runs.
  public static let observationWindow = 32

  private(set) var records: RetentionRecords
  private var eviction: (any DecodeEviction)?
  private var ranking: LazyRanking?
  private var marks = RetentionMarks()
  private var isPrefilling = false
  private(set) var isAnswering = false
  /// Positions seen when the last prefill or step was completed.
  private var settled = 0

  /// Begins a conversation over an empty cache.
  public init(
    cache: KeyValueCache, policy: any RetentionPolicy, budget: Budget,
    options: RetentionOptions = .init()
  ) {
    self.cache = cache
    self.policy = policy
    self.budget = budget
    self.options = options
    records = RetentionRecords(shape: cache.shape)
  }

  /// A controller over a copy of the cache that goes on with another policy: evaluation prefills
  /// once for all of them. Call `promptCompleted` on it next.
  ///
  /// - Parameter recording: see `RetentionOptions`; nil for what this one records.
  public func copy(
    cache: KeyValueCache, policy: any RetentionPolicy, budget: Budget,
    recording: Set<RetentionNeed>? = nil
  ) -> RetentionController {
    let copy = RetentionController(cache: cache, policy: policy, budget: budget, options: options)
    if let recording { copy.options.recording = recording }
    copy.records = records
    copy.marks = marks
    copy.ranking = ranking
    copy.settled = settled
    return copy
  }

  /// A second controller over a copy of the cache, which goes on exactly as this one would.
  public func fork() throws -> RetentionController {
    let fork = copy(cache: try cache.copied(), policy: policy, budget: budget)
    fork.lastPlan = lastPlan
    fork.planned = planned
    fork.eviction = eviction
    fork.isPrefilling = isPrefilling
    fork.isAnswering = isAnswering
    return fork
  }

  // MARK: What the engine reports

  /// What is to be recorded while a prompt is read.
  public var recording: Set<RetentionNeed> { policy.needs.union(options.recording) }

  /// Those of the needs that the latest prompt was recorded for.
  public var recorded: Set<RetentionNeed> { records.covered }

  /// Whether the attention of decoded tokens is to be recorded.
  public var recordsDecodedTokens: Bool { policy.needs.contains(.decodeAttention) }

  /// `[layers, positions]`: attention that everything seen so far received; zeros unless
  /// `recording` has `.importance`.
  public var importance: Importance { records.importance }

  /// Records what a prefill, or one chunk of it, observed. It must be called before anything is
  /// evicted.
  public func record(prompt observation: Observation) {
    if !isPrefilling {
      marks.addBeginning(seen: settled, records)
      records.beginPrompt(recording: recording, summingFrom: isRecalling ? settled : nil)
      isPrefilling = true
    }
    ranking = nil
    records.extend(to: cache.seen)
    records.add(observation, positions: attended)
  }

  /// Records what a second pass over the prompt observed.
  /// - Parameter largest: `[layers]`, then one value for each of `attended`: the largest attention
  ///   that it received.
  public func record(secondPass largest: [[Float]]) {
    records.addSecondPass(largest, positions: attended)
  }

  /// Records one decoded token's attention over the slots of each layer, its own included.
  public func record(decoded observation: Observation) {
    guard recordsDecodedTokens else { return }
    ranking = nil
    records.extend(to: cache.seen)
    records.addDecoded(observation, positions: positions)
    for (layer, seen) in observation.layers.enumerated() {
      seen.received.withUnsafeBufferPointer { eviction?.record(layer: layer, attention: $0) }
    }
  }

  /// `[layers][slots]`
  private var positions: [[Int32]] { (0..<cache.shape.layers).map(cache.positions) }

  /// Whether a prompt's queries attend to evicted entries.
  public var isRecalling: Bool { options.recalls && cache.spills }

  /// `[layers]`: positions that a prompt's queries attend to, ascending: with recall all.
  var attended: [[Int32]] {
    guard isRecalling else { return positions }
    return Array(repeating: Array(0..<Int32(cache.seen)), count: cache.shape.layers)
  }

  /// After each prompt's prefill: configures and compacts over everything seen.
  public func promptCompleted() throws -> ReconfigurationReport {
    isPrefilling = false
    isAnswering = false
    records.extend(to: cache.seen)
    settled = cache.seen
    marks.addEnd(seen: settled, records)
    return try reconfigure()
  }

  /// After each decoded token was appended to every layer. When the spill file cannot be written
  /// nothing is evicted, and the cache stays usable.
  public func stepCompleted() throws {
    isAnswering = true
    settled = cache.seen
    ranking = nil
    records.extend(to: cache.seen)
    guard let before = eviction else { return }
    let slots = (0..<cache.shape.layers).map { layer in
      eviction!.slots(layer: layer, length: cache.length(layer), seen: cache.seen)
    }
    guard slots.contains(where: { !$0.isEmpty }) else { return }
    do { try cache.evict(slots) } catch {
      eviction = before
      throw error
    }
  }

  /// Tokens to be computed ahead; nil where what is evicted after one of them can only be known when
  /// all layers have computed it.
  ///
  /// - Parameter count: tokens; the cache must have room for them.
  public func rowsAhead(_ count: Int) -> RowsAhead? {
    guard eviction?.basis != .allLayers else { return nil }
    return RowsAhead(
      cache, count: count, eviction: eviction, tellsAttention: recordsDecodedTokens)
  }

  /// Goes on from what another controller had recorded when it had seen the same positions.
  func take(_ records: RetentionRecords, isAnswering: Bool) {
    self.records = records
    self.isAnswering = isAnswering
    settled = cache.seen
    ranking = nil
  }

  // MARK: What the user changes

  /// Changes the budget between any two steps. Growing brings entries back from the spill file,
  /// byte for byte. During a prefill the change acts at the prompt's end.
  public func set(budget: Budget) throws -> ReconfigurationReport {
    let old = self.budget
    self.budget = budget
    do { return try reconfigure() } catch {
      self.budget = old
      throw error
    }
  }

  /// Changes the policy between any two steps. When it needs what was not recorded with the prompt,
  /// the report says so.
  public func set(policy: any RetentionPolicy) throws -> ReconfigurationReport {
    let old = self.policy
    self.policy = policy
    do { return try reconfigure() } catch {
      self.policy = old
      throw error
    }
  }

  /// Lets later prompts attend to evicted entries, or no longer.
  public func set(recall: Bool) { options.recalls = recall }

  /// Forgets the positions from `seen` on. Back at a prompt's end, the state is that at the
  /// prompt's end under the present budget and policy, so that an answer can be generated again;
  /// back at a prompt's beginning, the records are what they were then, so that a question can be
  /// asked differently.
  public func truncate(to seen: Int) throws {
    guard seen < cache.seen else { return }
    cache.truncate(to: seen)
    ranking = nil
    isPrefilling = false
    settled = seen
    if let mark = marks.goBack(to: seen) {
      isAnswering = !mark.isPromptEnd
      records = mark.records
    } else {
      isAnswering = true
      records.truncate(to: seen)
    }
    _ = try reconfigure()
  }

  /// What the cache holds right now.
  public var snapshot: CacheSnapshot {
    CacheSnapshot(
      layers: (0..<cache.shape.layers).map(cache.retention), budget: budget.share,
      policy: policy.name, threshold: lastPlan?.threshold, bytesKept: cache.bytesKept,
      bytesFull: cache.bytesFull, bytesSpilled: cache.bytesSpilled,
      bytesResident: cache.bytesResident)
  }

  // MARK: Reconfiguration

  private func reconfigure() throws -> ReconfigurationReport {
    guard cache.seen > 0, !isPrefilling, cache.isComplete else {
      var report = ReconfigurationReport.nothing
      report.note = policy.note(budget)
      return report
    }
    let clock = ContinuousClock()
    let start = clock.now
    plans += 1
    var plan = try policy.plan(context())
    plan.note = sentences([policy.note(budget), leastNote(plan), plan.note])
    let movement = try cache.retain(plan.kept, merges: plan.merges)
    lastPlan = plan
    planned = cache.seen
    eviction = plan.decode
    return ReconfigurationReport(
      duration: clock.now - start, evicted: movement.evicted, restored: movement.restored,
      bytesMoved: movement.bytesMoved,
      note: sentences([plan.note, missingNote, movement.lostNote]))
  }

  private func context() -> RetentionContext {
    let ranking = self.ranking ?? LazyRanking(records.importance)
    self.ranking = ranking
    return RetentionContext(
      budget: budget, segments: cache.segments, needs: policy.needs, records: records,
      recent: isAnswering ? options.recent : 1, ranking: ranking,
      readLengths: cache.valueLengths(layer:), readEntries: cache.floats(layer:_:))
  }
}
