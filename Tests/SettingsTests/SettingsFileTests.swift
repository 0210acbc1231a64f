import Basics
import Foundation
import TestSupport
import Testing

@testable import Settings

@Suite struct SettingsFileTests {
  private static let text = """
    # a comment with an = sign
    [chat]
    budget = "30%"
    threads = 2
    temperature = 0.5

    plain = true
    image = 'C:\\cat "1".png'  # a comment
    [keys]
    "ctrl+x" = "ctrl+c"
    """

  @Test func everyEntryHasItsSectionValueAndLine() throws {
    let file = try SettingsFile(Self.text, path: "config.toml")
    let expected: [SettingsFile.Entry] = [
      .init(section: "chat", key: "budget", value: .text("30%"), line: 3),
      .init(section: "chat", key: "threads", value: .integer(2), line: 4),
      .init(section: "chat", key: "temperature", value: .number(0.5), line: 5),
      .init(section: "chat", key: "plain", value: .boolean(true), line: 7),
      .init(section: "chat", key: "image", value: .text("C:\\cat \"1\".png"), line: 8),
      .init(section: "keys", key: "ctrl+x", value: .text("ctrl+c"), line: 10),
    ]
    #expect(file.entries == expected)
    #expect(file.sections == ["chat": 2, "keys": 9])
  }

  @Test func keysInFrontOfTheFirstSectionHaveNone() throws {
    let file = try SettingsFile("budget = 1e2\r\n'quoted key' = \"a\\tb\\\"\" # c\r\n", path: "x")
    #expect(file.entries.map(\.section) == ["", ""])
    #expect(file.entries.map(\.line) == [1, 2])
    #expect(file.entries.map(\.key) == ["budget", "quoted key"])
    #expect(file.entries.map(\.value) == [.number(100), .text("a\tb\"")])
  }

  @Test(arguments: [
    ("[chat]\nbudget = \n", 2), ("[chat]\nbudget = 1\nbudget = 2\n", 3), ("[chat\n", 1),
    ("\n\n= 3", 3), ("[[chat]]", 1), ("a = [1, 2]", 1), ("a = {b = 1}", 1), ("a.b = 1", 1),
    ("a = \"\"\"\ntext\"\"\"", 1), ("a = \"open", 1), ("a = 1 2", 1), ("\na = 1_", 2),
    ("a = tru", 1),
    ("a = \"\\q\"", 1), ("[a]\n[a]", 2), ("a = 1e999", 1), ("a = 2026-11-27", 1), ("a = +", 1),
    (String(repeating: "[", count: 100_000), 1),
  ])
  func aLineThatIsNoneIsNamed(_ text: String, _ line: Int) throws {
    let error = #expect(throws: SettingsError.self) { _ = try SettingsFile(text, path: "/c.toml") }
    #expect("\(error as Any)".contains("'/c.toml' line \(line) is damaged"), "\(error as Any)")
  }

  /// Whatever a person types ends in entries or in a sentence.
  @Test func damagedTextsEndInSentences() {
    var generator = SplitMix64(seed: 1)
    let signs = Array("=[]{}\"'#.\\-+ \t\r\n\u{1}ä0eEtfinx_:")
    var refused = 0
    for _ in 0..<3000 {
      var text = Array(Self.text)
      for _ in 0..<1 + Int(generator.next() % 3) {
        let place = Int(generator.next() % UInt64(text.count))
        let sign = signs[Int(generator.next() % UInt64(signs.count))]
        if generator.next() % 2 == 0 { text[place] = sign } else { text.insert(sign, at: place) }
      }
      do {
        let file = try SettingsFile(String(text), path: "x")
        #expect(file.entries.allSatisfy { $0.line >= 1 })
      } catch {
        refused += 1
      }
    }
    #expect(refused > 500)
  }

  @Test func filesThatAreNoneSayWhy() throws {
    try withFolder { folder in
      let path = folder + "/config.toml"
      #expect(throws: SettingsError.self) { _ = try SettingsFile(path: path) }
      try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: SettingsError.self) { _ = try SettingsFile(path: path) }
      #expect("\(error as Any)".contains("not UTF-8"))
      try Data(count: (1 << 20) + 1).write(to: URL(fileURLWithPath: path))
      let large = #expect(throws: SettingsError.self) { _ = try SettingsFile(path: path) }
      #expect("\(large as Any)".contains("too many for settings"))
    }
  }
}
