import TestSupport
import Testing

@testable import KVCache

/// One line of `golden/policy/search.json`: what the reference does with a matrix of scores.
struct SearchCase: Decodable {
  let matrix: String
  let ratio: Double
  let outcome: String
  let threshold: Double?
  let iterations: Int?
  let searchForget: [Int]?
  let searchForgetF64: [Int]?
  let searchStable: Bool?
  let forget: [Int]?
  let keptLen: [Int]?
  let evictAt: [Int]?
  let kept: [[Int32]]?
  let keptSha256: String?
  let steps: Int?
  let evictSteps: [[Int]]?
  let finalLens: [Int]?
  let finalTail: [[Int32]]?
  let limitThreshold: Double?
  let limitForgetTotal: Int?
}

@Suite struct PrefixConfigurationTests {
  static let cases = try! Oracle.json("golden/policy/search.json", as: [SearchCase].self)
  static let scores = try! GoldenArrays("golden/policy/scores.safetensors").matrices()
  static let rankings = scores.mapValues { ImportanceRanking($0) }

  @Test func searchEqualsTheReferenceWhereItIsStable() throws {
    var compared = 0
    for golden in Self.cases where golden.searchStable == true {
      let ranking = Self.rankings[golden.matrix]!
      let found = PrefixConfiguration.search(
        cumulative: ranking.cumulative, forgotten: golden.ratio)
      let place = "\(golden.matrix) at \(golden.ratio)"
      #expect(found.threshold == golden.threshold, "\(place)")
      #expect(found.iterations == golden.iterations, "\(place)")
      #expect(found.searched == golden.searchForget, "\(place)")
      if let forget = golden.forget { #expect(found.forget == forget, "\(place)") }
      compared += 1
    }
    #expect(compared == 97)
  }

  @Test func searchInDoublePrecisionEqualsTheDoublePrecisionGoldens() {
    #expect(Self.cases.count { $0.searchForgetF64 != nil } == 2)
    for golden in Self.cases {
      guard let expected = golden.searchForgetF64 else { continue }
      let ranking = Self.rankings[golden.matrix]!
      let found = PrefixConfiguration.search(
        cumulative: ranking.cumulative, forgotten: golden.ratio)
      #expect(found.searched == expected, "\(golden.matrix) at \(golden.ratio)")
    }
  }

  @Test func searchEndsWhereTheReferenceDoesNot() {
    #expect(Self.cases.count { $0.outcome == "no-termination" } == 9)
    for golden in Self.cases where golden.outcome == "no-termination" {
      let ranking = Self.rankings[golden.matrix]!
      let found = PrefixConfiguration.search(
        cumulative: ranking.cumulative, forgotten: golden.ratio)
      #expect(abs(found.threshold - golden.limitThreshold!) < 1e-6)
      // All 32 layers jump at this threshold: the result is on one side of it or the other.
      #expect(abs(found.searched.reduce(0, +) - golden.limitForgetTotal!) <= 32)
      #expect(found.forget == Array(repeating: Int(64 * golden.ratio), count: 32))
    }
  }
}
