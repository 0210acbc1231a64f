import Foundation

@testable import Inference

/// Where tests find the oracle's models and expected values.
enum WeightFixtures {
  /// The copy in the repository, which holds all that these tests need.
  static let oracle = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/oracle").path

  /// A folder for one test, removed when `body` returns.
  static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("prefixkv-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }

  /// A writable copy of an oracle model folder.
  static func withCopy<Result>(
    of model: String, _ body: (String) throws -> Result
  ) throws -> Result {
    try withFolder { folder in
      let copy = folder + "/model"
      try FileManager.default.copyItem(atPath: oracle + "/models/" + model, toPath: copy)
      return try body(copy)
    }
  }
}
