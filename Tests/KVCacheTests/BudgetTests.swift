import Foundation
import TestSupport
import Testing

@testable import KVCache

@Suite struct BudgetTests {
  @Test(arguments: [
    ("0.3", BudgetRequest.share(0.3)), (" 30 % ", .share(0.3)), ("100%", .share(1)),
    ("180tok", .entriesPerLayer(180)), ("180 Tokens", .entriesPerLayer(180)),
    ("200MiB", .bytes(200 << 20)), ("1.5 gb", .bytes(1_500_000_000)), ("64k", .bytes(65536)),
  ])
  func whatPeopleTypeIsUnderstood(text: String, request: BudgetRequest) throws {
    #expect(try BudgetRequest(parsing: text) == request)
  }

  @Test(arguments: [
    BudgetRequest.share(0.3), .share(1), .entriesPerLayer(180), .bytes(200 << 20), .bytes(3 << 30),
    .bytes(120_000_000), .bytes(2_000_000_000), .bytes(1001),
  ])
  func aRequestIsReadBackFromItsTextAndFromJSON(request: BudgetRequest) throws {
    #expect(try BudgetRequest(parsing: request.text) == request)
    let json = try JSONEncoder().encode([request])
    #expect(try JSONDecoder().decode([BudgetRequest].self, from: json) == [request])
  }

  @Test func aShareInJSONIsANumberAndRequestsHaveAnOrder() throws {
    let requests: [BudgetRequest] = [.bytes(9), .share(0.5), .entriesPerLayer(3), .share(1)]
    let sorted = requests.sorted(by: >)
    #expect(sorted == [.share(1), .share(0.5), .entriesPerLayer(3), .bytes(9)])
    let json = String(decoding: try JSONEncoder().encode(sorted), as: UTF8.self)
    #expect(json == #"[1,0.5,"3tok","9B"]"#)
  }

  @Test(arguments: ["", "%", "tok", "half", "0.3.1", "nan", "inf", "1e99", "0x1p3", "30 %%", "3 €"])
  func whatIsNoBudgetIsRefusedWithItsText(text: String) {
    #expect(throws: BudgetError.unreadable(text)) { try BudgetRequest(parsing: text) }
  }

  @Test(arguments: [
    ("0", BudgetError.outOfRange("0")), ("-0.2", .outOfRange("-0.2")),
    ("1.5", .outOfRange("1.5")), ("0%", .outOfRange("0%")), ("101%", .outOfRange("101%")),
    ("0tok", .tooFew("0tok")), ("-4 tok", .tooFew("-4 tok")), ("0MiB", .tooFew("0MiB")),
    ("9223372036854775807tok", .tooMany("9223372036854775807tok")),
    ("9223372036854775807MiB", .tooMany("9223372036854775807MiB")),
  ])
  func valuesOutOfRangeAreRefusedAsTheyWereTyped(text: String, error: BudgetError) {
    #expect(throws: error) { try BudgetRequest(parsing: text) }
    #expect("\(error)".contains(text))
  }

  @Test func aNumberThatIsProbablyAPercentageIsAskedAbout() {
    #expect("\(BudgetError.outOfRange("25"))".contains("Did you mean 25%? "))
    for text in ["1.5", "-3", "250", "120%"] {
      #expect(!"\(BudgetError.outOfRange(text))".contains("Did you mean"), "\(text)")
    }
  }

  @Test func requestsBecomeSharesOfWhatWasSeen() throws {
    func share(_ request: BudgetRequest) throws -> Double {
      try request.resolved(seen: 600, bytesPerEntry: 1024, layers: 10).share
    }
    #expect(try share(.share(0.3)) == 0.3)
    #expect(try share(.entriesPerLayer(180)) == 0.3)
    #expect(try share(.bytes(600 * 10 * 1024 / 2)) == 0.5)
    #expect(try share(.bytes(1 << 40)) == 1)
    // Two entries in each layer always stay.
    #expect(try share(.share(0.0001)) == 2.0 / 600)
    #expect(try share(.entriesPerLayer(1)) == 2.0 / 600)
  }

  @Test(arguments: [0, 1, 2, 3])
  func shortPromptsResolveToSomethingValid(seen: Int) throws {
    for request in [BudgetRequest.share(0.01), .entriesPerLayer(1), .bytes(1)] {
      let budget = try request.resolved(seen: seen, bytesPerEntry: 64, layers: 4)
      #expect(budget.share > 0 && budget.share <= 1)
    }
  }

  @Test func sharesOutsideTheRangeAreRefusedWhenResolved() {
    for share in [0, -1, 1.01, .nan, .infinity] {
      expectRefusal(BudgetError.self, says: ["\(share)", "outside (0, 1]"]) {
        try BudgetRequest.share(share).resolved(seen: 100, bytesPerEntry: 64, layers: 4)
      }
    }
  }

  @Test func forgottenFractionIsTheOneTyped() throws {
    for tenth in 1...9 {
      let ratio = Double(tenth) / 10
      #expect(try Budget(1 - ratio).forgotten == ratio)
    }
    #expect(Budget.full.forgotten == 0)
  }
}
