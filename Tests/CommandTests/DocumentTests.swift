import Foundation
import Testing

/// The pages that people read.
@Suite struct DocumentTests {
  private static let pages: [String] = {
    let docs = try? FileManager.default.contentsOfDirectory(atPath: Sample.repository + "/docs")
    return ["README.md", "CONTRIBUTING.md"]
      + (docs ?? []).filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
  }()

  @Test("Every link inside the repository leads to a file, and every anchor to a heading")
  func linksLeadSomewhere() throws {
    #expect(Self.pages.count > 8)
    var links = 0
    for page in Self.pages {
      let text = try Sample.text(of: Sample.repository + "/" + page)
      for match in text.matches(of: /\]\(([^)\s]+)\)/) where !match.1.contains("://") {
        let parts = match.1.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let folder = URL(filePath: Sample.repository + "/" + page)
        let target = parts[0].isEmpty ? folder : URL(filePath: String(parts[0]), relativeTo: folder)
        #expect(FileManager.default.fileExists(atPath: target.path), "\(page): \(match.1)")
        if parts.count == 2 {
          let anchors = Self.anchors(in: try Sample.text(of: target.path))
          #expect(anchors.contains(String(parts[1])), "\(page): \(match.1)")
        }
        links += 1
      }
    }
    #expect(links > 20)
  }

  /// As GitHub makes them of headings.
  private static func anchors(in text: String) -> [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
      heading.drop { "# ".contains($0) }.lowercased().replacing(" ", with: "-")
        .filter { $0.isLetter || $0.isNumber || "-_".contains($0) }
    }
  }
}
