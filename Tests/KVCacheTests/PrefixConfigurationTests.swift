import Testing

@testable import KVCache

/// One line of `golden/policy/search.json`: what the reference does with a matrix of scores.
struct SearchCase: Decodable {
  let matrix: String
  let ratio: Double
  let outcome: String
  let threshold: Double?
  let iterations: Int?
  let search_forget: [Int]?
  let search_forget_f64: [Int]?
  let search_stable: Bool?
  let forget: [Int]?
  let kept_len: [Int]?
  let evict_at: [Int]?
  let kept: [[Int32]]?
  let kept_sha256: String?
  let steps: Int?
  let evict_steps: [[Int]]?
  let final_lens: [Int]?
  let final_tail: [[Int32]]?
  let limit_threshold: Double?
  let limit_forget_total: Int?
  let note: String?
}

@Suite struct PrefixConfigurationTests {
  static let cases = try! Oracle.json("golden/policy/search.json", as: [SearchCase].self)
  static let scores = try! Oracle.matrices("golden/policy/scores.safetensors")
  static let rankings = scores.mapValues { ImportanceRanking($0) }

  @Test func searchEqualsTheReferenceWhereItIsStable() throws {
    var compared = 0
    for golden in Self.cases where golden.search_stable == true {
      let ranking = Self.rankings[golden.matrix]!
      let found = PrefixConfiguration.search(
        cumulative: ranking.cumulative, forgotten: golden.ratio)
      let place = "\(golden.matrix) at \(golden.ratio)"
      #expect(found.threshold == golden.threshold, "\(place)")
      #expect(found.iterations == golden.iterations, "\(place)")
      #expect(found.searched == golden.search_forget, "\(place)")
      if let forget = golden.forget { #expect(found.forget == forget, "\(place)") }
      compared += 1
    }
    #expect(compared == 97)
  }

  @Test func searchInDoublePrecisionEqualsTheDoublePrecisionGoldens() {
    for golden in Self.cases {
      guard let expected = golden.search_forget_f64 else { continue }
      let ranking = Self.rankings[golden.matrix]!
      let found = PrefixConfiguration.search(
        cumulative: ranking.cumulative, forgotten: golden.ratio)
      #expect(found.searched == expected, "\(golden.matrix) at \(golden.ratio)")
    }
  }

  @Test func searchEndsWhereTheReferenceDoesNot() {
    for golden in Self.cases where golden.outcome == "no-termination" {
      let ranking = Self.rankings[golden.matrix]!
      let found = PrefixConfiguration.search(
        cumulative: ranking.cumulative, forgotten: golden.ratio)
      #expect(abs(found.threshold - golden.limit_threshold!) < 1e-6)
      // All 32 layers jump at this threshold: the result is on one side of it or the other.
      #expect(abs(found.searched.reduce(0, +) - golden.limit_forget_total!) <= 32)
      #expect(found.forget == Array(repeating: Int(64 * golden.ratio), count: 32))
    }
  }
}
