import Basics
@testable import Evaluation
import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

@Suite struct MeasureTests {
  @Test func rougeEqualsThePackageOnEveryGolden() throws {
    struct Case: Decodable {
      var hyp: String
      var ref: String
      var r: Double?
      var p: Double?
      var f: Double?
      var error: String?
    }
    let path = Oracle.path("golden/rouge.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(Oracle.bytes(path)))
    #expect(cases.count >= 40 && cases.contains { $0.error != nil })
    for item in cases {
      let score = Rouge.packaged(prediction: item.hyp, reference: item.ref)
      #expect((score == nil) == (item.error != nil), "\(item)")
      #expect(score?.recall == item.r, "\(item)")
      #expect(score?.precision == item.p, "\(item)")
      #expect(score?.f == item.f, "\(item)")
    }
  }

  /// The package recurses once a word and stops working at about a thousand.
  @Test func rougeTakesSentencesOfThousandsOfWords() throws {
    let words = (0..<3000).map { "w\($0)" }.joined(separator: " ")
    let score = try #require(Rouge.packaged(prediction: words, reference: words))
    #expect(score.recall == 1 && score.precision == 1)
  }

  @Test func longestCommonSubsequenceByHand() {
    let score = Rouge.longestCommonSubsequence(
      prediction: "police killed the gunman.</s>", reference: "Police kill the gunman!")
    #expect(score == RougeScore(recall: 0.75, precision: 0.75, f: 0.75))
    let short = Rouge.longestCommonSubsequence(prediction: "a b", reference: "b a b c")
    #expect(short == RougeScore(recall: 0.5, precision: 1, f: 2.0 / 3.0))
    #expect(Rouge.longestCommonSubsequence(prediction: "", reference: "a") == .zero)
    #expect(Rouge.longestCommonSubsequence(prediction: "x", reference: "a") == .zero)
  }

  @Test func exactMatchForgivesCasePunctuationArticlesAndTheEndMark() {
    #expect(Rouge.isExactMatch(prediction: "The red  Ball.</s>", reference: "a red ball"))
    #expect(!Rouge.isExactMatch(prediction: "red balls", reference: "red ball"))
    #expect(Rouge.isExactMatch(prediction: "caf\u{e9}", reference: "cafe\u{301}"))
  }

  @Test func perplexityIsWeightedByTokens() throws {
    let losses = [TokenLoss(terms: [1, 2, 3]), TokenLoss(terms: [6])]
    #expect(Statistics.perplexity(losses) == exp(3.0))
    #expect(Statistics.perplexity([]) == nil)
  }

  @Test func shardsInAnyNumberGiveTheSameBits() throws {
    var random = SplitMix64(seed: 1)
    let losses = (0..<101).map { _ in
      TokenLoss(terms: (0..<37).map { _ in Double(random.next(below: 1 << 40)) / 1e11 })
    }
    let single = try #require(Statistics.perplexity(losses))
    let interval = try #require(Statistics.interval(of: losses, statistic: Statistics.perplexity))
    for count in [1, 2, 4, 7] {
      var parts: [(Int, TokenLoss)] = []
      for index in 1...count {
        let shard = try Shard(index, of: count)
        parts += losses.enumerated().filter { shard.owns(sample: $0.offset) }.map { ($0, $1) }
      }
      #expect(parts.count == losses.count)
      let merged = parts.sorted { $0.0 < $1.0 }.map(\.1)
      #expect(Statistics.perplexity(merged)?.bitPattern == single.bitPattern)
      #expect(Statistics.interval(of: merged, statistic: Statistics.perplexity) == interval)
    }
  }

  @Test func bootstrapIntervalHoldsTheMeanAndShrinksWithSamples() throws {
    var random = SplitMix64(seed: 2)
    let values = (0..<400).map { _ in Double(random.next(below: 1000)) }
    let mean = try #require(Statistics.mean(values))
    let wide = try #require(
      Statistics.interval(of: Array(values.prefix(20)), statistic: Statistics.mean))
    let narrow = try #require(Statistics.interval(of: values, statistic: Statistics.mean))
    #expect(narrow.contains(mean))
    #expect(narrow.upperBound - narrow.lowerBound < wide.upperBound - wide.lowerBound)
    // 1.96 standard errors, within the accuracy of 1000 draws.
    let expected = 2 * 1.96 * Statistics.standardDeviation(values) / 20
    #expect(abs(narrow.upperBound - narrow.lowerBound - expected) < 0.15 * expected)
    #expect(Statistics.interval(of: [1.0], statistic: Statistics.mean) == nil)
  }

  @Test func lorenzCurveAndGiniByHand() {
    let even = Lorenz(importance: [2, 2, 2, 2], points: 5)
    #expect(even.curve == [0, 0.25, 0.5, 0.75, 1])
    #expect(abs(even.gini) < 1e-15)
    let uneven = Lorenz(importance: [0, 4, 0, 0], points: 5)
    #expect(uneven.curve == [0, 0, 0, 0, 1])
    #expect(uneven.gini == 0.75)
    #expect(Lorenz(importance: [0, 0]).gini == 0)
    #expect(Lorenz(meanOf: [even, uneven])?.gini == 0.375)
  }

  @Test func digestsEqualThePublishedTestVectors() throws {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    let two = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    #expect(SHA256.digest([]) == empty)
    #expect(SHA256.digest(Array("abc".utf8)) == abc)
    let long = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
    #expect(SHA256.digest(long) == two)
    for cut in 0...long.count {
      var hash = SHA256()
      long[..<cut].withUnsafeBytes { hash.update($0) }
      long[cut...].withUnsafeBytes { hash.update($0) }
      #expect(hash.finish() == two)
    }
    let digest = try withFile(Array("abc".utf8)) { try SHA256.digest(file: $0) }
    #expect(digest == abc)
  }
}
