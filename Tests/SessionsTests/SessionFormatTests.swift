import Foundation
import Testing

@testable import Sessions

/// Conversations as files for other programs.
@Suite struct SessionFormatTests {
  private static let picture: [UInt8] = [137, 80, 78, 71]

  private static func session(_ text: String) -> SavedSession {
    var session = Example.session(text, text, title: text, picture: "/tmp/" + text)
    session.setting.modelName = text
    session.setting.system = text
    session.messages[1].note = text
    session.messages[1].conditions.append(.init(offset: 1, policy: text, budget: 0.5))
    return session
  }

  @Test func markdownHasQuestionsAnswersAndWhatTheyWereWrittenUnder() {
    let text = SessionFormat.markdown.text(
      Example.session("What is this?", "A boat.", title: "boats", picture: "/tmp/a.png"), nil)
    #expect(
      text == """
        # boats

        Model: llava, Q4_0, vicuna_v1

        Picture: /tmp/a.png

        ## You

        What is this?

        ## Model

        A boat.

        *2 tokens, prefixkv at 30 %*

        """)
  }

  @Test func htmlIsOnePageInWhichNothingIsMarkup() {
    let hostile = "<script>alert('x')</script>&\"\u{1B}[31m"
    let page = SessionFormat.html.text(Self.session(hostile), Self.picture)
    #expect(!page.contains("<script") && !page.contains("'x'") && !page.contains("\u{1B}"))
    #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"))
    // Nothing is loaded from anywhere: only the picture is referred to, and that is in the page.
    let references = page.matches(of: /(?:src|href)="([^"]*)"/).map { String($0.1) }
    #expect(references == ["data:image/png;base64,iVBORw=="])
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("url("))
    #expect(page.contains("width:30%") || page.contains("width:30.00%"), "3 of 10 entries")
  }

  @Test func oneEntryIsNoSeveralEntries() {
    var session = Self.session("a")
    session.messages[1].layers = [
      .init(image: 1, text: 4, seen: 10), .init(image: 2, text: 4, seen: 10),
    ]
    let page = SessionFormat.html.text(session, nil)
    #expect(page.contains("layer 0: 1 entry of the picture, "))
    #expect(page.contains("layer 1: 2 entries of the picture, "))
  }

  @Test func htmlTagsAreClosedInOrder() throws {
    let page = SessionFormat.html.text(Example.session("a", "b", "c", "d"), nil)
    var open: [Substring] = []
    for match in page.matches(of: /<(\/?)([a-z][a-z0-9]*)[^>]*>/) {
      if ["meta", "br", "img"].contains(match.2) { continue }
      if match.1.isEmpty { open.append(match.2) } else { #expect(open.popLast() == match.2) }
    }
    #expect(open.isEmpty)
  }

  @Test func jsonIsReadBackAndHidesNothing() throws {
    let hostile = "a\u{1B}\u{202E}\"\n"
    let text = SessionFormat.json.text(Self.session(hostile), Self.picture)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["title"] as? String == hostile)
    #expect((object["picture"] as? [String: Any])?["png"] as? String == "iVBORw==")
    #expect((object["messages"] as? [Any])?.count == 2)
    #expect(text.unicodeScalars.allSatisfy { $0.value != 0x1B && $0.value != 0x202E })
  }

  @Test func theEndingOfTheNameChooses() throws {
    for (path, ending) in [("a.md", "md"), ("/x/A.JSON", "json"), ("b.tar.html", "html")] {
      #expect(try SessionFormats.format(of: path).ending == ending)
    }
    for path in ["a", "a.txt", "md", "html.x"] {
      #expect(throws: SessionFormatError(path: path)) { try SessionFormats.format(of: path) }
    }
  }
}
