import Basics
import Foundation
import TestSupport
import Testing

@testable import KVCache

/// What each policy retains and evicts, against the reference's own decisions.
@Suite struct PolicyGoldenTests {
  @Test func prefixKVKeepsWhatTheReferenceKeeps() throws {
    var compared = 0
    for golden in PrefixConfigurationTests.cases where golden.outcome == "ok" {
      let place = "\(golden.matrix) at \(golden.ratio)"
      let context = try context(golden)
      var plan = PrefixKVPolicy().plan(context)
      if golden.searchStable == false { plan = context.plan(forgetting: golden.forget!) }
      #expect(plan.kept.map(\.count) == golden.keptLen, "\(place)")
      if let kept = golden.kept {
        #expect(plan.kept == kept, "\(place)")
        compared += 1
      }
      if let digest = golden.keptSha256 {
        #expect(sha256(of: plan.kept) == digest, "\(place)")
        compared += 1
      }
      let slots = (plan.decode as! SlidingEviction).slots
      if let expected = golden.evictAt, !expected.isEmpty {
        #expect(slots == expected, "\(place)")
      }
    }
    #expect(compared == 84)
  }

  @Test func prefixKVEvictsAtTheReferencesStepsAndSlots() throws {
    let cases = PrefixConfigurationTests.cases.filter { $0.evictSteps != nil }
    #expect(cases.count == 24)
    for golden in cases {
      let place = "\(golden.matrix) at \(golden.ratio)"
      let context = try context(golden)
      let plan =
        golden.searchStable!
        ? PrefixKVPolicy().plan(context) : context.plan(forgetting: golden.forget!)
      let run = decode(plan, from: context.positions, steps: golden.steps!)
      #expect(run.evictions == golden.evictSteps, "\(place)")
      #expect(run.kept.map(\.count) == golden.finalLens, "\(place)")
      let tails = try #require(golden.finalTail)
      #expect(tails.count == 2, "the tails of the first two layers")
      for (kept, tail) in zip(run.kept, tails) {
        #expect(kept.suffix(tail.count) == tail[...], "\(place)")
      }
    }
  }

  @Test func publishedConfigurationsForgetWhatTheReferenceForgets() throws {
    struct Case: Decodable {
      let model: String
      let ratio: Double
      let L: Int
      let outcome: String
      let forget: [Int]?
      let keptLen: [Int]?
      let evictAt: [Int]?
      let steps: Int?
      let evictSteps: [[Int]]?
      let finalLens: [Int]?
    }
    let cases = try Oracle.json("golden/policy/confs.json", as: [Case].self)
    #expect(cases.count { $0.outcome == "ok" } == 75)
    #expect(cases.count { $0.evictSteps != nil } == 14)
    for golden in cases where golden.outcome == "ok" {
      let place = "\(golden.model), \(golden.L) positions, \(golden.ratio)"
      let folder = Oracle.repository + "/assets/confs/prefixkv_\(golden.model)"
      let policy = try RetentionPolicies.named("prefixkv:\(folder)")
      let layers = golden.forget!.count
      let rows = Array(repeating: Array(repeating: Float(1), count: golden.L), count: layers)
      let plan = try policy.plan(context(rows, forgotten: golden.ratio))
      #expect(plan.kept.map { golden.L - $0.count } == golden.forget, "\(place)")
      #expect(plan.note == nil)
      guard let expected = golden.evictAt, !expected.isEmpty else { continue }
      #expect((plan.decode as! SlidingEviction).slots == expected, "\(place)")
      guard let steps = golden.steps else { continue }
      let run = decode(plan, from: golden.L, steps: steps)
      #expect(run.evictions == golden.evictSteps, "\(place)")
      #expect(run.kept.map(\.count) == golden.finalLens, "\(place)")
    }
  }

  @Test func uniformPoliciesForgetAsManyAsTheReference() throws {
    struct Case: Decodable {
      let L: Int
      let ratio: Double
      let forget: [Int]
    }
    for golden in try Oracle.json("golden/policy/uniform_forget.json", as: [Case].self) {
      let rows = [Array(repeating: Float(1), count: golden.L)]
      let plan = LocalPolicy().plan(try context(rows, forgotten: golden.ratio))
      let place = "\(golden.L) positions at \(golden.ratio)"
      #expect(golden.L - plan.kept[0].count == golden.forget[0], "\(place)")
      let run = decode(plan, from: golden.L, steps: golden.forget.count - 1)
      let expected = golden.forget.indices.dropFirst().filter { golden.forget[$0] == 1 }
      #expect(run.evictions[0] == Array(expected), "\(place)")
    }
  }

  private let rankings = PrefixConfigurationTests.scores.mapValues {
    LazyRanking(Importance(rows: $0))
  }

  private func context(_ golden: SearchCase) throws -> RetentionContext {
    let rows = PrefixConfigurationTests.scores[golden.matrix]!
    return RetentionContext(
      budget: try Budget(1 - golden.ratio),
      segments: Array(repeating: .user, count: rows[0].count), importance: Importance(rows: rows),
      window: nil, recent: 1, ranking: rankings[golden.matrix]!)
  }

  private func context(_ rows: [[Float]], forgotten: Double) throws -> RetentionContext {
    RetentionContext(
      budget: try Budget(1 - forgotten),
      segments: Array(repeating: .user, count: rows[0].count), importance: Importance(rows: rows))
  }

  /// Lets a plan's decode rule act on lists of positions; the steps count from 1.
  private func decode(_ plan: RetentionPlan, from positions: Int, steps: Int) -> (
    evictions: [[Int]], kept: [[Int32]]
  ) {
    var kept = plan.kept
    var evictions = kept.map { _ in [Int]() }
    var rule = plan.decode!
    for step in 1...steps {
      for layer in kept.indices {
        kept[layer].append(Int32(positions + step - 1))
        let slots = rule.slots(
          layer: layer, length: kept[layer].count, seen: positions + step)
        kept[layer].removeSubrange(slots)
        if !slots.isEmpty { evictions[layer].append(step) }
      }
    }
    return (evictions, kept)
  }
}

/// The digest that the goldens give in place of a long list.
private func sha256(of lists: [[Int32]]) -> String {
  var digest = SHA256()
  Array("\(lists)".utf8).filter { $0 != UInt8(ascii: " ") }.withUnsafeBytes { digest.update($0) }
  return digest.finish()
}
