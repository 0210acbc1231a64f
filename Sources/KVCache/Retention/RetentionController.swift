/// What a conversation may tune beyond policy and budget.
public struct RetentionOptions: Sendable {
  /// Most recent positions that stay when the budget or the policy changes in the middle of an answer
  /// (at most half of what a layer keeps). The reference's eviction distance by default.
  public var recent: Int

  public init(recent: Int = SlidingEviction.distance) { self.recent = recent }
}

/// Policy, budget, importance and decode-time eviction of one conversation.
///
/// **What a reconfiguration goes by.** Importance is attention received, summed over all queries so
/// far: a prompt's end uses exactly the prefill's sums, as the reference does. Decoded tokens are
/// queries too: for policies that want it their attention rows are added, so that a budget change in
/// the middle of an answer, or a later turn, ranks the answer's own tokens by the same measure. A
/// late token has been looked at by few queries, which is as true of the last tokens of a prompt; the
/// most recent positions are therefore protected in the middle of an answer. An entry collects
/// nothing while it is evicted, a token nothing while the policy in force records no rows.
public final class RetentionController {
  public let cache: KeyValueCache
  public private(set) var policy: any RetentionPolicy
  public private(set) var budget: Budget
  public let options: RetentionOptions
  /// The plan in force, as it was made.
  public private(set) var lastPlan: RetentionPlan?
  /// Everything seen so far, `[layers, positions]`.
  public private(set) var importance: Importance

  /// Query rows at a prompt's end whose attention `recordPrefill` takes apart as `window`.
  public static let observationWindow = 32

  private var window: Importance?
  private var eviction: (any DecodeEviction)?
  private var ranking: LazyRanking?
  private var checkpoints: [Checkpoint] = []
  private var isPrefilling = false
  private var isAnswering = false
  /// Positions seen when the last prefill or step was completed.
  private var settled = 0

  /// What was known at a prompt's beginning or end, to go back to.
  private struct Checkpoint {
    var seen: Int
    var isPromptEnd: Bool
    var importance: Importance
    var window: Importance?
  }

  public init(
    cache: KeyValueCache, policy: any RetentionPolicy, budget: Budget,
    options: RetentionOptions = .init()
  ) {
    self.cache = cache
    self.policy = policy
    self.budget = budget
    self.options = options
    importance = Importance(layers: cache.shape.layers)
  }

  /// A controller over a copy of the cache that goes on with another policy: evaluation prefills
  /// once for all of them. Call `promptCompleted` on it next.
  public func copy(cache: KeyValueCache, policy: any RetentionPolicy, budget: Budget)
    -> RetentionController
  {
    let copy = RetentionController(cache: cache, policy: policy, budget: budget, options: options)
    copy.importance = importance
    copy.window = window
    copy.checkpoints = checkpoints
    copy.ranking = ranking
    copy.settled = settled
    return copy
  }

  /// The same conversation twice from here on: a controller over a copy of the cache that goes on as
  /// this one would.
  public func fork() throws -> RetentionController {
    let fork = copy(cache: try cache.checkpointCopy(), policy: policy, budget: budget)
    fork.lastPlan = lastPlan
    fork.eviction = eviction
    fork.isPrefilling = isPrefilling
    fork.isAnswering = isAnswering
    return fork
  }

  // MARK: What the engine reports

  /// Column sums of one layer's softmax over the query rows of a prefill (or of one chunk of it), mean
  /// over query heads: one value per slot, in slot order, after the entries were appended.
  /// - Parameter window: the same over the prompt's last `observationWindow` rows only (all, if it
  ///   has fewer); passed with a prompt's last chunk by engines that record it.
  public func recordPrefill(
    layer: Int, columnSums: UnsafeBufferPointer<Float>, window: UnsafeBufferPointer<Float>? = nil
  ) {
    if !isPrefilling {
      addCheckpoint(isPromptEnd: false)
      isPrefilling = true
    }
    ranking = nil
    importance.extend(to: cache.seen)
    importance.add(columnSums, layer: layer, positions: cache.positions(layer))
    if let window {
      self.window = self.window ?? Importance(layers: cache.shape.layers)
      self.window!.extend(to: cache.seen)
      self.window!.set(window, layer: layer, positions: cache.positions(layer))
    }
  }

  /// Whether `recordDecode` is to be called.
  public var wantsDecodeAttention: Bool { policy.wantsDecodeAttention }

  /// One decoded token's attention over the slots of one layer, its own included, mean over heads.
  public func recordDecode(layer: Int, attention: UnsafeBufferPointer<Float>) {
    ranking = nil
    importance.extend(to: cache.seen)
    importance.add(attention, layer: layer, positions: cache.positions(layer))
    eviction?.record(layer: layer, attention: attention)
  }

  /// After each prompt's prefill: configures and compacts over everything seen.
  public func promptCompleted() throws -> ReconfigurationReport {
    isPrefilling = false
    isAnswering = false
    importance.extend(to: cache.seen)
    settled = cache.seen
    addCheckpoint(isPromptEnd: true)
    return try reconfigure()
  }

  private func addCheckpoint(isPromptEnd: Bool) {
    guard isPromptEnd || checkpoints.last?.seen != settled else { return }
    checkpoints.removeAll { $0.seen >= settled }
    checkpoints.append(
      Checkpoint(
        seen: settled, isPromptEnd: isPromptEnd, importance: importance, window: window))
  }

  /// After each decoded token was appended to every layer. When the spill file cannot be written
  /// nothing is evicted, and the cache stays usable.
  public func stepCompleted() throws {
    isAnswering = true
    settled = cache.seen
    ranking = nil
    importance.extend(to: cache.seen)
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

  // MARK: What the user changes

  /// Between any two steps. Growing brings entries back from the spill file, byte for byte.
  /// During a prefill the change acts at the prompt's end.
  public func set(budget: Budget) throws -> ReconfigurationReport {
    let old = self.budget
    self.budget = budget
    do { return try reconfigure() } catch {
      self.budget = old
      throw error
    }
  }

  /// Between any two steps.
  public func set(policy: any RetentionPolicy) throws -> ReconfigurationReport {
    let old = self.policy
    self.policy = policy
    do { return try reconfigure() } catch {
      self.policy = old
      throw error
    }
  }

  /// Forgets the positions from `seen` on. Back at a prompt's end, the state is that at the prompt's
  /// end under the present budget and policy, so that an answer can be generated again; back at a
  /// prompt's beginning, importance is what it was then, so that a question can be asked differently.
  public func truncate(to seen: Int) throws {
    guard seen < cache.seen else { return }
    cache.truncate(to: seen)
    ranking = nil
    checkpoints.removeAll { $0.seen > seen }
    isPrefilling = false
    settled = seen
    if let checkpoint = checkpoints.last, checkpoint.seen == seen {
      isAnswering = !checkpoint.isPromptEnd
      importance = checkpoint.importance
      window = checkpoint.window
    } else {
      isAnswering = true
      importance.truncate(to: seen)
      window?.truncate(to: seen)
    }
    _ = try reconfigure()
  }

  public var snapshot: CacheSnapshot {
    CacheSnapshot(
      layers: (0..<cache.shape.layers).map(cache.retention), budget: budget.share,
      policy: policy.name, threshold: lastPlan?.threshold, bytesKept: cache.bytesKept,
      bytesFull: cache.bytesFull, bytesSpilled: cache.bytesSpilled,
      bytesResident: cache.bytesResident)
  }

  // MARK: Reconfiguration

  private func reconfigure() throws -> ReconfigurationReport {
    var report = ReconfigurationReport(
      duration: .zero, evicted: 0, restored: 0, bytesMoved: 0, note: nil)
    guard cache.seen > 0, !isPrefilling, cache.isComplete else { return report }
    let clock = ContinuousClock()
    let start = clock.now

    // Positions behind the last prompt have none of its attention.
    window?.extend(to: cache.seen)
    let ranking = self.ranking ?? LazyRanking(importance)
    self.ranking = ranking
    let context = RetentionContext(
      budget: budget, segments: cache.segments, importance: importance, window: window,
      recent: isAnswering ? options.recent : 1, ranking: ranking)
    let plan = try policy.plan(context)
    let movement = try cache.retain(plan.kept, merges: plan.merges)
    lastPlan = plan
    eviction = plan.decode

    report.duration = clock.now - start
    report.evicted = movement.evicted
    report.restored = movement.restored
    report.bytesMoved = movement.bytesMoved
    let lost = movement.lost == 0 ? nil : Self.lostNote(movement.lost)
    report.note = [plan.note, lost].compactMap { $0 }.joined(separator: " ")
    if report.note == "" { report.note = nil }
    return report
  }

  private static func lostNote(_ count: Int) -> String {
    "\(count) entries were evicted without being saved and cannot come back; start the conversation anew to have them."
  }
}
