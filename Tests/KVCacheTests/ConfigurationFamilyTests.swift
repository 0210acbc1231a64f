import Foundation
import TestSupport
import Testing

@testable import KVCache

@Suite struct ConfigurationFamilyTests {
  private let published = Oracle.repository + "/assets/confs"

  @Test func folderHoldsBothPublishedModels() throws {
    let families = try ConfigurationFamily.families(at: published)
    #expect(
      families.map(\.name) == ["prefixkv_llava-v1.5-13b", "prefixkv_llava-v1.5-7b"])
    #expect(families.map(\.layers) == [40, 32])
    #expect(families.allSatisfy { $0.members.count == 10 })
  }

  @Test func fileStandsForItsFamily() throws {
    let path = published + "/prefixkv_llava-v1.5-7b_0.5.json"
    let families = try ConfigurationFamily.families(at: path)
    #expect(families.map(\.members.count) == [10])
    #expect(try families == ConfigurationFamily.families(at: published + "/prefixkv_llava-v1.5-7b"))
  }

  @Test func bundledNameIsFoundFromTheProgram() throws {
    let families = try ConfigurationFamily.families(at: "llava-v1.5-13b")
    #expect(families.map(\.layers) == [40])
  }

  @Test func layersOfTheModelChooseTheFamily() throws {
    let policy = try RetentionPolicies.named("prefixkv:" + published)
    for layers in [32, 40] {
      var conversation = try TestConversation(layers: layers, policy: policy, budget: 0.5)
      let report = try conversation.prompt(200)
      #expect(report.note == nil)
      let kept = conversation.cache.bytesKept * 2
      #expect(abs(kept - conversation.cache.bytesFull) < conversation.cache.bytesFull / 50)
    }
    var other = try TestConversation(layers: 8, policy: policy, budget: 0.5)
    expectRefusal(ConfigurationError.self, says: ["The model has 8 layers", "32", "40"]) {
      try other.prompt(20)
    }
    #expect(other.cache.length(0) == 20)
  }

  @Test func missingShareIsInterpolatedAndSaid() throws {
    let family = try ConfigurationFamily(
      name: "prefixkv_m",
      members: [
        .init(forgotten: 0.5, shares: [0.4, 0.6]), .init(forgotten: 0.8, shares: [0.7, 0.9]),
      ])
    func close(_ shares: [Double], _ expected: [Double]) -> Bool {
      zip(shares, expected).allSatisfy { abs($0 - $1) < 1e-12 }
    }
    #expect(family.shares(forgotten: 0.5).note == nil)
    #expect(family.shares(forgotten: 0).shares == [0, 0])
    let between = family.shares(forgotten: 0.6)
    #expect(close(between.shares, [0.5, 0.7]))
    #expect(
      between.note
        == "prefixkv_m has no configuration for 40 %; interpolated between 50 % and 20 %.")
    #expect(close(family.shares(forgotten: 0.25).shares, [0.2, 0.3]))
    #expect(close(family.shares(forgotten: 0.9).shares, [0.85, 0.95]))
  }

  @Test func noteReachesTheReport() throws {
    let policy = try RetentionPolicies.named("prefixkv:llava-v1.5-7b")
    var conversation = try TestConversation(layers: 32, policy: policy, budget: 0.25)
    let note = try #require(conversation.prompt(100).note)
    #expect(note.contains("interpolated between 30 % and 20 %"))
  }

  @Test(arguments: [
    ("", "is empty"), ("{}", "is not a JSON array"), ("[", "is not a JSON array"),
    ("[]", "is empty"), ("[0.5, -0.1]", "has -0.1 for layer 1"),
    ("[0.5, 1.5]", "has 1.5 for layer 1"), ("[1e999]", "is not a JSON array"),
    ("[\"0.5\"]", "is not a JSON array"), ("[null]", "is not a JSON array"),
  ])
  func damagedFilesAreRefusedByName(content: String, says: String) throws {
    try withFile(content.utf8, name: "prefixkv_m_0.5.json") { path in
      expectRefusal(ConfigurationError.self, says: [path, says], content) {
        try RetentionPolicies.named("prefixkv:" + path)
      }
    }
  }

  @Test(arguments: [
    ("/nowhere/at/all", "prefixkv_/nowhere/at/all"),
    ("/dev/zero", "/dev/zero is neither a file nor a folder"),
    ("/dev/null", "/dev/null is neither a file nor a folder"),
    ("nothing-of-that-name", "prefixkv_nothing-of-that-name"), ("", "was found at"),
    (Oracle.root, "was found at \(Oracle.root)"),
  ])
  func placesWithoutConfigurationsAreRefused(path: String, says: String) {
    expectRefusal(ConfigurationError.self, says: [says], path) {
      try ConfigurationFamily.families(at: path)
    }
  }

  @Test func differingLayerCountsInAFamilyAreRefused() {
    expectRefusal(ConfigurationError.self, says: ["m_0.2.json has 2 layers, its neighbours 1"]) {
      try ConfigurationFamily(
        name: "m",
        members: [.init(forgotten: 0.1, shares: [0.1]), .init(forgotten: 0.2, shares: [0.1, 0.3])])
    }
  }

  @Test func twoFilesForOneBudgetAreRefused() {
    #expect {
      try ConfigurationFamily(
        name: "m",
        members: [.init(forgotten: 0.5, shares: [0.4]), .init(forgotten: 0.5, shares: [0.6])])
    } throws: {
      "\($0)".contains("two files for 0.5")
    }
  }

  /// Shares of 0 and 1 are allowed; the first and the last entry stay all the same.
  @Test(arguments: [0, 1, 1e-300, 0.9999999999999999])
  func extremeSharesNeitherTrapNorEmptyALayer(share: Double) throws {
    try withFolder { folder in
      let file = URL(filePath: folder + "/shares.json")
      try Data("[\(share), 0.5]".utf8).write(to: file)
      let policy = try RetentionPolicies.named("prefixkv:" + file.path)
      var conversation = try TestConversation(layers: 2, policy: policy, budget: 0.5)
      try conversation.prompt(40)
      for _ in 0..<10 { try conversation.step() }
      _ = try conversation.controller.set(budget: Budget(1e-300))
      _ = try conversation.controller.set(budget: .full)
      for layer in 0..<2 {
        #expect(conversation.cache.positions(layer).first == 0)
        #expect(conversation.cache.positions(layer).last == 49)
      }
    }
  }
}
