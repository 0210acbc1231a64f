import Foundation
import Testing

/// The folders of the module depend one way.
@Suite struct LayerTests {
  /// From what knows nothing of the others to what knows all of them.
  static let folders = [
    "Files", "Memory", "Image", "Weights", "Kernels", "Text", "Model", "Conversion", "Forward",
    "Stores", "Session", "Engine", "Bench",
  ]

  private static let sources = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Sources/Inference")

  private static func files(in folder: String) throws -> [URL] {
    let enumerator = try #require(
      FileManager.default.enumerator(
        at: sources.appendingPathComponent(folder), includingPropertiesForKeys: nil))
    return enumerator.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
  }

  /// A file's text without comments and strings.
  private static func code(_ file: URL) throws -> String {
    try String(contentsOf: file, encoding: .utf8)
      .replacing(try Regex<Substring>(#""(?:[^"\\\n]|\\.)*""#), with: "")
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.prefix(upTo: $0.range(of: "//")?.lowerBound ?? $0.endIndex) }
      .joined(separator: "\n")
  }

  @Test func everyFolderIsListed() throws {
    let found = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)
    #expect(found.filter { !$0.hasSuffix(".swift") }.sorted() == Self.folders.sorted())
  }

  @Test func noFolderNamesATypeOfALaterOne() throws {
    // Types at the top level of a file that other files may use.
    let declaration = try Regex<(Substring, name: Substring)>(
      #"(?m)^(?:public |package |final |indirect )*(?:struct|class|enum|protocol) (?<name>\w+)"#)
    var level: [Substring: Int] = [:]
    for (index, folder) in Self.folders.enumerated() {
      for file in try Self.files(in: folder) {
        for match in try Self.code(file).matches(of: declaration) {
          level[match.output.name] = index
        }
      }
    }
    #expect(level.count > 100)
    for (index, folder) in Self.folders.enumerated() {
      for file in try Self.files(in: folder) {
        for word in Set(try Self.code(file).split { !$0.isLetter && !$0.isNumber && $0 != "_" }) {
          guard let other = level[word], other > index else { continue }
          Issue.record(
            "\(folder)/\(file.lastPathComponent) names \(word) of \(Self.folders[other])")
        }
      }
    }
  }
}
