import Foundation
import Testing

@testable import Inference

/// Reference data: `../shared/oracle` where the workplace has it, the copy in `Tests/Fixtures`
/// otherwise.
enum Oracle {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static let root: String = {
    let shared = repository.deletingLastPathComponent().appendingPathComponent("shared/oracle")
    let fixtures = repository.appendingPathComponent("Tests/Fixtures/oracle")
    return FileManager.default.fileExists(atPath: shared.path) ? shared.path : fixtures.path
  }()

  static func path(_ relative: String) -> String { root + "/" + relative }

  static func decode<Value: Decodable>(_ type: Value.Type, from relative: String) throws -> Value {
    let data = try Data(contentsOf: URL(fileURLWithPath: path(relative)))
    return try JSONDecoder().decode(type, from: data)
  }
}

/// The arrays of a golden safetensors file.
struct GoldenArrays {
  private let tensors: [String: Tensor]

  init(_ relative: String) throws {
    let file = try MappedFile(path: Oracle.path(relative))
    tensors = Dictionary(
      uniqueKeysWithValues: try SafeTensors.tensors(of: file).map { ($0.name, $0) })
  }

  func floats(_ name: String) throws -> [Float] {
    try #require(tensors[name], "no golden array '\(name)'").floats()
  }
}

/// Compares element by element; a failure names the first mismatch and the largest difference.
func expectClose(
  _ actual: [Float], _ expected: [Float], absolute: Float, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(what): \(actual.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  var first: Int?
  var largest: Float = 0
  for index in actual.indices {
    let difference = abs(actual[index] - expected[index])
    if !(difference <= absolute), first == nil { first = index }
    largest = max(largest, difference.isNaN ? .infinity : difference)
  }
  if let first {
    Issue.record(
      """
      \(what): [\(first)] is \(actual[first]), expected \(expected[first]); largest difference \
      \(largest), allowed \(absolute)
      """, sourceLocation: sourceLocation)
  }
}
