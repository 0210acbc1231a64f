import Basics
import Foundation
import KVCache

/// Measures a model stage by stage and puts the machine's own limits beside every figure.
///
/// Contexts are filled with random keys, values and importance: their cost does not depend on what
/// they hold, and prefilling thousands of positions for each figure would.
public final class ModelBench {
  /// What is measured.
  public struct Options: Sendable {
    /// Prompt lengths in tokens.
    public var prefillLengths = [64, 640]
    /// Cache lengths at which decoding is measured.
    public var depths = [0, 640, 2048]
    /// Kept shares at which memory and decoding are measured, at the largest depth.
    public var budgets = [1.0, 0.8, 0.6, 0.4, 0.2, 0.1]
    /// Sequences that decode together; 1 leaves the batched figures out.
    public var batch = 1
    /// Depth of the batched figures.
    public var batchDepth = 1280
    /// Size of a picture whose way to the first token is measured; nil leaves that out.
    public var picture: PixelSize?
    /// At most so many rows of that picture enter the language model; nil: all.
    public var pictureTokens: PictureTokens?
    /// A text that is written in place of an answer, each line by itself; nil leaves that out.
    public var replay: String?
    /// Whether that is measured with looking ahead, too.
    public var looksAhead = true
    /// Depth at which a full-cache twin and a comparison of budgets are measured; nil leaves them out.
    public var sideBySideDepth: Int?
    /// How the cache stores its entries.
    public var cachePrecision = CachePrecision.f16
    /// What the cache keeps.
    public var policy: any RetentionPolicy = RetentionPolicies.prefixKV
    /// Shortest time for which a figure is measured.
    public var seconds = 1.5

    /// What `prefixkv bench` measures by default.
    public init() {}
  }

  let model: LlavaModel
  private let options: Options
  let note: (String) -> Void
  private var report: BenchReport

  /// - Parameters:
  ///   - load: how the model was loaded, to be shown with the rest.
  ///   - note: told what is measured next.
  public init(
    model: LlavaModel, options: Options, load: BenchReport.Load? = nil,
    note: @escaping (String) -> Void
  ) throws {
    self.model = model
    self.options = options
    self.note = note
    note("limits of this machine")
    report = BenchReport(
      model: model.checkpoint.name, weightType: model.checkpoint.weightType.label,
      weightBytes: model.weightBytes, cachePrecision: "\(options.cachePrecision)",
      policy: options.policy.name, load: load,
      limits: try MachineLimits.measure(pool: model.pool))
  }

  /// Measures everything, which takes minutes for a large model.
  public func run() throws -> BenchReport {
    if let picture = options.picture {
      try measureFirstToken(picture, tokens: options.pictureTokens)
    }
    try measureVision()
    for length in options.prefillLengths { try measurePrefill(length) }
    for depth in options.depths { try measureDecode(depth: depth) }
    if let depth = options.depths.max(), depth > 0 {
      try measureBudgetChange(depth: depth)
      for budget in options.budgets { try measureMemory(budget, depth: depth) }
    }
    if options.batch > 1 { try measureBatch() }
    if let replay = options.replay {
      for depth in options.depths {
        try measureReplay(replay, looksAhead: options.looksAhead, depth: depth)
      }
    }
    if let depth = options.sideBySideDepth { try measureSideBySide(depth: depth) }
    return report
  }

  // MARK: Stages

  private func measureVision() throws {
    guard let sight = model.sight else { return }
    let vision = model.configuration.vision
    note("vision tower, \(vision.imageSide) px")
    let pixels = Pixels(
      width: vision.imageSide, height: vision.imageSide,
      rgb: (0..<vision.imageSide * vision.imageSide * 3).map { UInt8(truncatingIfNeeded: $0) })
    let type = sight.tower.type
    let figure = try timer.besideArithmetic(type, rows: vision.positions, squareOperations) {
      _ = try model.embed(pixels, route: .squash)
    }
    add(
      "vision", "\(vision.imageSide) px, \(vision.patches) patches, \(type.rawValue)",
      figure.seconds, "s", bound: figure.bound, figure.limit)
  }

  /// Multiplications and additions of one square through tower and projector.
  var squareOperations: Double {
    let vision = model.configuration.vision
    let rows = Double(vision.positions)
    let width = Double(vision.width)
    let perBlock =
      rows * (8 * width * width + 4 * width * Double(vision.feedForward)) + 4 * rows * rows * width
    let text = Double(model.configuration.text.width)
    return Double(vision.layers) * perBlock
      + 2 * Double(vision.features) * (Double(vision.featureWidth) * text + text * text)
  }

  private func measurePrefill(_ length: Int) throws {
    guard length <= model.configuration.text.context else { return }
    note("prefill of \(length) tokens")
    let prompt = Prompt(
      tokens: (0..<length).map { .token(3 + $0 % 200) },
      segments: Array(repeating: .user, count: length))
    // Two operations for each weight of the layers and token; the head runs for one row only.
    let operations = 2 * Double(model.configuration.text.layerWeights) * Double(length)
    // The cache's memory is there, as in llama-bench; its first use is the system's work.
    let session = try session()
    let figure = try timer.besideArithmetic(model.language.type, rows: length, operations) {
      try session.retention.truncate(to: 0)
      _ = try session.prefill(prompt, image: nil)
    }
    add(
      "prefill", "\(length) tokens", Double(length) / figure.seconds, "tok/s",
      bound: Double(length) / figure.bound, figure.limit)
  }

  private func measureDecode(depth: Int) throws {
    note("decode at depth \(depth)")
    let full = try session(depth: depth)
    try addDecode("depth \(depth)", full)
    guard depth > 0 else { return }
    _ = try full.retention.set(budget: Budget(0.2))
    try addDecode("depth \(depth), budget 20 %", full)
  }

  private func addDecode(_ setting: String, _ session: InferenceSession) throws {
    let kept = session.cache.bytesKept
    let (seconds, bandwidth) = try timer.besideMemory { _ = try session.decode(5) }
    add(
      "decode", setting, 1 / seconds, "tok/s", bound: bandwidth / Double(decodeBytes + kept),
      "read bandwidth")
  }

  /// Plans by themselves, and changes that move entries. A plan under the budget in force moves nothing.
  private func measureBudgetChange(depth: Int) throws {
    note("budget change at depth \(depth)")
    let session = try filled(depth: depth)
    let setting = "\(layers) layers x \(depth)"
    let first = try session.retention.promptCompleted()
    add("plan", "a prompt's first, \(setting)", first.duration / .milliseconds(1), "ms")
    func addPlan(_ held: String, _ budget: Budget) throws {
      let seconds = try timer.fastest { _ = try session.retention.set(budget: budget) }
      add("plan", "another, \(held) held", seconds * 1000, "ms")
    }
    try addPlan("all entries", .full)
    let shrink = try session.retention.set(budget: Budget(0.2))
    try addPlan("20 % of the entries", Budget(0.2))
    let grow = try session.retention.set(budget: .full)
    for (what, change) in [("100 % to 20 %", shrink), ("20 % to 100 %", grow)] {
      add(
        "budget change", "\(what), \(change.bytesMoved >> 20) MiB moved",
        change.duration / .milliseconds(1), "ms")
    }
  }

  private func measureMemory(_ budget: Double, depth: Int) throws {
    note("memory and decode at \(Int(budget * 100)) %")
    let session = try session(depth: depth)
    _ = try session.retention.set(budget: Budget(budget))
    let cache = session.cache
    let (kept, all, resident) = (cache.bytesKept, cache.bytesFull, cache.bytesResident)
    let process = ProcessMemory.measured()?.resident
    let (seconds, bandwidth) = try timer.besideMemory { _ = try session.decode(5) }
    report.memory.append(
      BenchReport.Memory(
        budget: budget, depth: depth, bytesKept: kept, bytesFull: all, bytesResident: resident,
        tokensPerSecond: 1 / seconds, bound: bandwidth / Double(decodeBytes + kept),
        processBytes: process))
  }

  private func measureBatch() throws {
    for share in [1, 0.2] {
      let setting =
        "batch \(options.batch), depth \(options.batchDepth), budget \(Int(share * 100)) %"
      note("decode, \(setting)")
      let sessions = try (0..<options.batch).map { _ in
        let session = try session(depth: options.batchDepth)
        _ = try session.retention.set(budget: Budget(share))
        return session
      }
      let kept = sessions.reduce(0) { $0 + $1.cache.bytesKept }
      let (seconds, bandwidth) = try timer.besideMemory {
        _ = try InferenceSession.decode(sessions.map { ($0, 5) })
      }
      add(
        "decode", setting, Double(options.batch) / seconds, "tok/s",
        bound: Double(options.batch) * bandwidth / Double(decodeBytes + kept), "read bandwidth")
    }
  }

  // MARK: Helpers

  private var timer: BenchTimer { BenchTimer(pool: model.pool, leastSeconds: options.seconds) }

  private var layers: Int { model.configuration.text.layers }

  /// Bytes of weights that one decode step reads: layers and head.
  var decodeBytes: Int { model.language.decodeBytes }

  func add(
    _ stage: String, _ setting: String, _ value: Double, _ unit: String, bound: Double? = nil,
    _ limit: String? = nil
  ) {
    report.figures.append(
      BenchFigure(
        stage: stage, setting: setting, value: value, unit: unit, bound: bound, limit: limit))
  }

  /// A session whose context holds `depth` random positions under the full budget.
  func session(depth: Int = 0) throws -> InferenceSession {
    let session = try filled(depth: depth)
    if depth > 0 { _ = try session.retention.promptCompleted() }
    return session
  }

  /// The same before the prompt's end, when nothing has been planned yet.
  private func filled(depth: Int) throws -> InferenceSession {
    let session = try model.session(
      SessionOptions(
        policy: options.policy, cachePrecision: options.cachePrecision, spills: true))
    let shape = session.cache.shape
    guard depth > 0 else { return session }
    try session.cache.reserve(depth)
    session.cache.extend(count: depth, segment: .user)
    var generator = SplitMix64(seed: 7)
    let rows = (0..<depth * shape.kvHeads * shape.headDim).map { _ in
      Float(generator.unit() - 0.5)
    }
    var observation = Observation(layers: shape.layers)
    for layer in 0..<shape.layers {
      session.cache.append(layer: layer, keys: rows, values: rows, count: depth)
      // Steeper in some layers than in others, as attention is.
      let steepness = 1 + 5 * Double(layer) / Double(shape.layers)
      observation.layers[layer].received = (0..<depth).map { _ in
        Float(pow(generator.unit(), steepness))
      }
      observation.layers[layer].largest = observation.layers[layer].received.reversed()
    }
    session.retention.record(prompt: observation)
    return session
  }
}
