import Basics
import Testing

@testable import KVCache

/// What holds for every registered policy: registering one is what gets it tested.
@Suite struct PolicyPropertyTests {
  static let names = RetentionPolicies.all.map(\.name)
  static let budgets = [1, 0.9, 0.5, 0.2, 0.05]

  @Test func namesAndSummariesAreDistinctAndListed() {
    #expect(Set(Self.names).count == Self.names.count)
    #expect(Set(RetentionPolicies.all.map(\.summary)).count == Self.names.count)
    #expect(throws: RetentionError.unknownPolicy("prefixvk")) {
      try RetentionPolicies.named("prefixvk")
    }
    let message = RetentionError.unknownPolicy("x").description
    #expect(Self.names.allSatisfy(message.contains))
  }

  @Test(arguments: names)
  func promptsEndWithinOneEntryPerLayerOfTheBudget(name: String) throws {
    for budget in Self.budgets {
      for positions in [1, 2, 3, 4, 9, 31, 120] {
        var conversation = try TestConversation(
          layers: 5, policy: RetentionPolicies.named(name), budget: budget,
          seed: UInt64(positions))
        try conversation.prompt(positions)
        check(conversation, "\(name) at \(budget) of \(positions)")
      }
    }
  }

  @Test(arguments: names)
  func decodingHoldsTheBudget(name: String) throws {
    for budget in Self.budgets {
      var conversation = try TestConversation(
        layers: 3, policy: RetentionPolicies.named(name), budget: budget)
      try conversation.prompt(50)
      for step in 1...50 {
        try conversation.step()
        check(conversation, "\(name) at \(budget), step \(step)")
      }
    }
  }

  @Test(arguments: names)
  func aForkGoesOnAsItsOriginalAndLeavesItAlone(name: String) throws {
    var original = try TestConversation(
      policy: RetentionPolicies.named(name), budget: 0.3, spill: false)
    try original.prompt(60)
    for _ in 0..<10 { try original.step() }
    let controller = try original.controller.fork()
    var fork = TestConversation(cache: controller.cache, controller: controller)
    fork.random = original.random
    let before = original.cache.content
    for _ in 0..<20 { try fork.step() }
    #expect(original.cache.content == before)
    for _ in 0..<20 { try original.step() }
    #expect(original.cache.content == fork.cache.content)
    #expect(original.controller.snapshot.layers == fork.controller.snapshot.layers)
    #expect(original.controller.importance == fork.controller.importance)
  }

  @Test(arguments: names)
  func shrinkingAndGrowingBackRestoresEveryByte(name: String) throws {
    for precision in CachePrecision.allCases {
      var conversation = try TestConversation(
        headDim: 32, precision: precision, policy: RetentionPolicies.named(name))
      try conversation.prompt(60)
      for _ in 0..<40 { try conversation.step() }
      let full = conversation.cache.content
      #expect(full.allSatisfy { $0.count == 100 })
      for budget in [0.1, 1, 0.5, 0.1, 0.7, 1] {
        _ = try conversation.controller.set(budget: Budget(budget))
      }
      #expect(conversation.cache.content == full)
    }
  }

  @Test(arguments: names)
  func changingThePolicyAndBackRestoresEveryByte(name: String) throws {
    var conversation = try TestConversation(policy: RetentionPolicies.named(name), budget: 0.3)
    try conversation.prompt(80)
    let before = conversation.cache.content
    for other in RetentionPolicies.all {
      _ = try conversation.controller.set(policy: other)
      _ = try conversation.controller.set(policy: RetentionPolicies.named(name))
      #expect(conversation.cache.content == before, "\(name) after \(other.name)")
    }
  }

  @Test(arguments: names)
  func answersCanBeGeneratedAgain(name: String) throws {
    var conversation = try TestConversation(policy: RetentionPolicies.named(name), budget: 0.3)
    try conversation.prompt(50)
    for _ in 0..<30 { try conversation.step() }
    try conversation.prompt(40)
    let seen = conversation.cache.seen
    let random = conversation.random
    let prompt = conversation.cache.content
    for _ in 0..<30 { try conversation.step() }
    let answer = conversation.cache.content

    try conversation.controller.truncate(to: seen)
    #expect(conversation.cache.content == prompt)
    conversation.random = random
    for _ in 0..<30 { try conversation.step() }
    #expect(conversation.cache.content == answer)
  }

  @Test(arguments: names)
  func questionsCanBeAskedAgain(name: String) throws {
    var conversation = try TestConversation(policy: RetentionPolicies.named(name), budget: 0.4)
    try conversation.prompt(50)
    for _ in 0..<30 { try conversation.step() }
    let seen = conversation.cache.seen
    let importance = conversation.controller.importance
    try conversation.prompt(20)
    for _ in 0..<10 { try conversation.step() }
    try conversation.controller.truncate(to: seen)
    #expect(conversation.controller.importance == importance)
    check(conversation, name)
  }

  @Test func changesDuringAPrefillActAtItsEnd() throws {
    var conversation = try TestConversation(policy: LocalPolicy())
    try conversation.prompt(20)
    conversation.append(20, segment: .user)
    conversation.cache.extend(count: 20, segment: .user)
    let report = try conversation.controller.set(budget: Budget(0.5))
    #expect(report.evicted == 0)
    #expect(conversation.cache.length(0) == 40)
    try conversation.controller.truncate(to: 20)
    #expect(conversation.cache.length(0) == 10)
  }

  @Test(arguments: names)
  func middleOfAnAnswerKeepsTheMostRecent(name: String) throws {
    var conversation = try TestConversation(policy: RetentionPolicies.named(name))
    try conversation.prompt(100)
    for _ in 0..<50 { try conversation.step() }
    _ = try conversation.controller.set(budget: Budget(0.5))
    for layer in 0..<conversation.shape.layers {
      let kept = conversation.cache.positions(layer)
      let recent = min(SlidingEviction.distance, kept.count / 2)
      #expect(kept.suffix(recent) == (0..<Int32(150)).suffix(recent), "\(name), layer \(layer)")
    }
  }

  @Test(arguments: names)
  func strangeScoresNeitherHangNorTrap(name: String) throws {
    let rows: [[Float]] = [
      Array(repeating: 0, count: 40), Array(repeating: 1, count: 40),
      Array(repeating: .nan, count: 40), Array(repeating: .infinity, count: 40),
      Array(repeating: -1, count: 40),
      (0..<40).map { $0 % 3 == 0 ? .nan : Float($0) },
      (0..<40).map { $0 == 7 ? .greatestFiniteMagnitude : .leastNonzeroMagnitude },
    ]
    for scores in rows {
      var conversation = try TestConversation(
        layers: 12, policy: RetentionPolicies.named(name), budget: 0.37)
      try conversation.prompt(40, scores: Array(repeating: scores, count: 12))
      check(conversation, "\(name) with scores \(scores[7])")
      for _ in 0..<20 { try conversation.step() }
      check(conversation, "\(name) with scores \(scores[7]), decoded")
    }
  }

  /// Budgets, policies, answers, turns and truncations in any order.
  @Test(arguments: 1...12)
  func randomWalksKeepEveryInvariant(seed: Int) throws {
    let precision = CachePrecision.allCases[seed % CachePrecision.allCases.count]
    var conversation = try TestConversation(
      layers: 4, headDim: 32, precision: precision, seed: UInt64(seed))
    var random = SplitMix64(seed: UInt64(100 + seed))
    var originals = Array(repeating: [Int32: [UInt8]](), count: 4)
    var walk: [String] = []
    for _ in 0..<60 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0:
        let count = Int.random(in: 1...40, using: &random)
        let segment = Segment.allCases.randomElement(using: &random)!
        walk.append("prompt \(count)")
        try conversation.prompt(count, segment: segment)
      case 1, 2:
        let budget = Double.random(in: 0.02...1, using: &random)
        walk.append("budget \(budget)")
        _ = try conversation.controller.set(budget: Budget(budget))
      case 3:
        let policy = RetentionPolicies.all.randomElement(using: &random)!
        walk.append(policy.name)
        _ = try conversation.controller.set(policy: policy)
      case 4 where conversation.cache.seen > 10 && Int.random(in: 0..<3, using: &random) == 0:
        let seen = conversation.cache.seen - Int.random(in: 1...10, using: &random)
        walk.append("truncate \(seen)")
        try conversation.controller.truncate(to: seen)
      default:
        guard conversation.cache.seen > 0 else { continue }
        walk.append("decode")
        for _ in 0..<Int.random(in: 1...8, using: &random) { try conversation.step() }
      }
      let place = "seed \(seed): \(walk.joined(separator: ", "))"
      check(conversation, place)
      remember(&originals, from: conversation)
    }
    _ = try conversation.controller.set(policy: FullPolicy())
    #expect(conversation.cache.bytesSpilled == 0)
    for (layer, content) in conversation.cache.content.enumerated() {
      #expect(content.count == conversation.cache.seen)
      #expect(originals[layer].allSatisfy { content[$0] == nil || content[$0] == $1 })
    }
  }

  /// Bytes of entries that are not merged with others.
  private func remember(
    _ originals: inout [[Int32: [UInt8]]], from conversation: TestConversation
  ) {
    for (layer, content) in conversation.cache.content.enumerated() {
      for (position, bytes) in content
      where !conversation.cache.layers[layer].merged.contains(position) {
        originals[layer][position] = bytes
      }
    }
  }

  /// Positions ascend, protected ones are there, the budget is met, the books balance.
  private func check(_ conversation: TestConversation, _ place: String) {
    let cache = conversation.cache
    let controller = conversation.controller
    guard cache.seen > 0 else { return }
    let last = Int32(cache.seen - 1)
    var total = 0
    for layer in 0..<conversation.shape.layers {
      let positions = cache.positions(layer)
      #expect(positions.count == cache.length(layer), "\(place)")
      #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }, "\(place)")
      #expect(positions.last == last, "\(place)")
      // The published baselines may drop the first position; that is one of their mistakes.
      if !controller.policy.name.hasSuffix("-reference") {
        #expect(positions.first == 0, "\(place)")
      }
      let retention = controller.snapshot.layers[layer]
      #expect(retention.retained == positions.count && retention.seen == cache.seen, "\(place)")
      total += positions.count
    }
    let layers = Double(conversation.shape.layers)
    let budget = controller.policy.name == "full" ? 1 : controller.budget.share
    let wanted = max(Double(cache.seen) * budget, Double(min(2, cache.seen))) * layers
    // Each layer is held within one entry of its share. PrefixKV's shares themselves are rounded to
    // whole entries of the prompt, which grows with what is decoded, as in the reference.
    let planned = Double(controller.lastPlan!.kept[0].last! + 1)
    let slack = layers * (cache.seen == Int(planned) ? 1 : 1 + Double(cache.seen) / planned)
    #expect(abs(Double(total) - wanted) <= slack + 1e-6, "\(place): \(total) of \(wanted)")
    #expect(cache.bytesKept + cache.bytesSpilled == cache.bytesFull, "\(place)")
    #expect(cache.bytesResident >= cache.bytesKept, "\(place)")
  }
}
