import Testing

@testable import Inference

@Suite struct PromptLookupTests {
  @Test func aTextGoesOnAsItDidAfterTheSameTokens() {
    let lookup = PromptLookup([1, 2, 3, 4, 5, 6, 9, 2, 3])
    #expect(lookup.guess(3) == .init(tokens: [4, 5, 6], match: 2))
  }

  @Test func theLongestMatchIsTakenAndTheLatestOfThem() {
    #expect(PromptLookup([7, 1, 2, 8, 1, 2, 9, 5, 2, 4, 1, 2]).guess(1)?.tokens == [9])
    #expect(PromptLookup([1, 2, 8, 7, 1, 2, 9, 7, 1, 2]).guess(1) == .init(tokens: [9], match: 3))
  }

  @Test func aGuessThatReachesTheEndRepeatsItself() {
    #expect(PromptLookup([5, 6, 5, 6]).guess(5) == .init(tokens: [5, 6, 5, 6, 5], match: 2))
    #expect(PromptLookup([3, 3]).guess(3)?.tokens == [3, 3, 3])
  }

  @Test func nothingIsGuessedAfterAnewTokenOrFromAPicture() {
    #expect(PromptLookup([1, 2, 3]).guess(4) == nil)
    #expect(PromptLookup([]).guess(4) == nil)
    #expect(PromptLookup([4]).guess(4) == nil)
    let picture = PromptLookup.noToken
    #expect(PromptLookup([1, picture, 1]).guess(4) == nil)
    #expect(PromptLookup([picture, picture]).guess(4) == nil)
    #expect(PromptLookup([1, 2, picture, 1]).guess(4)?.tokens == [2])
  }

  @Test func tokensThatAreAppendedCount() {
    var lookup = PromptLookup([1, 2, 3])
    lookup.append(1)
    #expect(lookup.guess(2) == .init(tokens: [2, 3], match: 1))
  }

  // MARK: Pace

  @Test func nothingIsGuessedBeforeASinglePassWasMeasured() {
    var pace = LookAheadPace()
    #expect(pace.tokens(match: 4, most: 8) == 1)
    pace.record(tokens: 1, seconds: 0.1)
    #expect(pace.tokens(match: 4, most: 8) > 1)
  }

  @Test func guessesThatFailAreGivenUpAndTriedAgainLater() {
    var pace = LookAheadPace()
    pace.record(tokens: 1, seconds: 0.1)
    for _ in 0..<30 { pace.record(match: 2, right: 0, isWrongThen: true) }
    #expect(pace.tokens(match: 2, most: 8) == 1)
    #expect(pace.tokens(match: 3, most: 8) > 1)
    for _ in 0..<200 { pace.record(tokens: 1, seconds: 0.1) }
    #expect(pace.tokens(match: 2, most: 8) > 1)
  }

  @Test func guessesThatHoldReachFarther() {
    var pace = LookAheadPace()
    pace.record(tokens: 1, seconds: 0.1)
    for _ in 0..<30 { pace.record(match: 4, right: 7, isWrongThen: false) }
    #expect(pace.tokens(match: 4, most: 8) == 8)
    #expect(pace.tokens(match: 4, most: 3) == 3)
    #expect(pace.tokens(match: 4, most: 1) == 1)
    #expect(pace.tokens(match: 4, most: 0) == 1)
  }

  @Test func aGainOfLessThanATenthIsNotWorthIt() {
    // Of guesses after a match of one token 30 % are right: two tokens of 1.3 bring 1.3 / 1.2.
    let dear = LookAheadPace(furtherCost: 0.2)
    #expect(dear.tokens(match: 1, most: 8) == 1)
    let cheap = LookAheadPace(furtherCost: 0.1)
    #expect(cheap.tokens(match: 1, most: 8) == 2)
  }

  @Test func aFewDearPassesOutweighWhatWasAssumed() {
    var pace = LookAheadPace()
    pace.record(tokens: 1, seconds: 0.1)
    #expect(pace.tokens(match: 2, most: 8) > 1)
    // Each further token costs 0.9 of a pass; with what was assumed the mean of three is 0.65.
    for _ in 0..<2 { pace.record(tokens: 3, seconds: 0.28) }
    #expect(pace.tokens(match: 2, most: 8) == 1)
  }

  @Test func passesThatCostAsMuchAsTheirTokensAreNotWorthIt() {
    var pace = LookAheadPace()
    pace.record(tokens: 1, seconds: 0.1)
    for _ in 0..<50 {
      pace.record(match: 4, right: 7, isWrongThen: false)
      pace.record(tokens: 8, seconds: 0.9)
    }
    #expect(pace.tokens(match: 4, most: 8) == 1)
  }
}
