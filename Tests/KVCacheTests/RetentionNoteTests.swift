import Testing

@testable import KVCache

/// What a change of policy or budget says where the budget cannot be met.
@Suite struct RetentionNoteTests {
  @Test func aPolicyThatKeepsEverythingSaysThatTheBudgetHasNoEffect() throws {
    var conversation = try TestConversation(policy: FullPolicy())
    let note = "The policy full keeps every entry, so the budget has no effect."
    // Also before there is anything to keep.
    #expect(try conversation.controller.set(budget: Budget(0.2)).note == note)
    #expect(try conversation.prompt(10).note == note)
    #expect(conversation.controller.lastPlan?.note == note, "what an evaluation tells")
    #expect(try conversation.controller.set(budget: .full).note == nil)
    #expect(try conversation.controller.set(budget: Budget(0.2)).note == note)
    #expect(try conversation.controller.set(policy: PrefixKVPolicy()).note == nil)
  }

  /// 3 layers of entries of 64 bytes: two entries a layer take 384 bytes.
  @Test(arguments: ["prefixkv", "local", "snapkv", "uniform"])
  func aBudgetBelowTheLeastSaysWhatIsKeptInstead(policy: String) throws {
    var conversation = try TestConversation(policy: RetentionPolicies.named(policy))
    try conversation.prompt(10)
    func note(_ request: BudgetRequest) throws -> String? {
      let budget = try request.resolved(seen: 10, bytesPerEntry: 64, layers: 3)
      return try conversation.controller.set(budget: budget).note
    }
    for request in [BudgetRequest.bytes(1), .bytes(383), .entriesPerLayer(1), .share(0.01)] {
      #expect(
        try note(request)
          == "The first and the last entry of each layer always stay, and the budget "
          + "has no room for both. The least, 384 B and a little more as an answer grows, is kept instead.",
        "\(request)")
      // A policy that goes by a threshold may keep an entry more.
      #expect((384...448).contains(conversation.controller.snapshot.bytesKept))
    }
    for request in [BudgetRequest.bytes(384), .entriesPerLayer(2), .share(0.2), .share(1)] {
      #expect(try note(request) == nil, "\(request)")
    }
  }

  @Test func aBudgetRemembersWhatWasAsked() throws {
    let raised = try BudgetRequest.bytes(64).resolved(seen: 10, bytesPerEntry: 64, layers: 1)
    #expect(raised.share == 0.2 && raised.asked == 0.1)
    #expect(try Budget(0.3).asked == 0.3)
  }
}
