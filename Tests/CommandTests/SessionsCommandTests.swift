import Foundation
import TestSupport
import Testing

/// Conversations that the chat keeps, and `prefixkv sessions`.
@Suite struct SessionsCommandTests {
  let temporary: TemporaryFolder
  private var environment: [String: String] {
    ["XDG_STATE_HOME": temporary.path, "PREFIXKV_NO_SAVE": ""]
  }

  init() throws { temporary = try TemporaryFolder() }

  private func run(_ arguments: [String], input: String = "", keeps: Bool = true) throws
    -> Program.Outcome
  {
    var environment = environment
    if !keeps { environment["PREFIXKV_NO_SAVE"] = "1" }
    return try Program.run(arguments, input: Data(input.utf8), environment: environment)
  }

  private func chat(_ arguments: [String] = [], _ lines: String..., keeps: Bool = true) throws
    -> Program.Outcome
  {
    let model =
      arguments.contains("--resume") ? [] : ["--model", Sample.model, "--image", Sample.picture]
    return try run(
      ["chat", "--plain", "--max-tokens", "8"] + model + arguments,
      input: lines.joined(separator: "\n") + "\n", keeps: keeps)
  }

  @Test func aResumedConversationGoesOnAsIfItHadNotEnded() throws {
    let whole = try chat([], "What is this?", "And that?", "Why?", keeps: false)
    #expect(try run(["sessions", "--json"]).output.contains("\"sessions\" : [\n\n  ]"))
    let first = try chat([], "What is this?", "And that?")
    #expect(first.status == 0, "\(first.errors)")
    let second = try chat(["--resume"], "Why?")
    #expect(
      second.status == 0 && second.errors.contains("resumed, 2 questions"), "\(second.errors)")
    #expect(whole.output == first.output + second.output)
    // The same conversation has grown.
    let listed = try run(["sessions"])
    #expect(listed.lines.isEmpty && listed.output.split(separator: "\n").count == 2, "\(listed)")
    #expect(listed.output.contains("What is this?"))
    let rows = listed.output.split(separator: "\n")
    #expect(
      rows.map { $0.prefix(8) } == ["number  ", "1       "], "what --resume takes comes first")
  }

  @Test func theCacheOfAResumedConversationIsThereForTheFirstLine() throws {
    #expect(try chat([], "What is this?").status == 0)
    for _ in 0..<3 {
      let shown = try chat(["--resume"], "/show layers")
      #expect(shown.errors.contains("layer 0: "), "\(shown.errors)")
    }
  }

  @Test func aRefusedPolicyIsNotKept() throws {
    let outcome = try chat([], "What is this?", "/policy prefixkv:/nope")
    #expect(outcome.status == 66, "\(outcome.errors)")
    #expect(outcome.errors.contains("was found at /nope."), "\(outcome.errors)")
    #expect(
      try run(["sessions", "last", "--json"]).output.contains("\"policy\" : \"prefixkv-peak\""))
  }

  @Test func aDamagedDatabaseIsSetAsideWithASentence() throws {
    #expect(try chat([], "What is this?").status == 0)
    let database = temporary.path + "/prefixkv/sessions/sessions.sqlite"
    try Sample.write(String(repeating: "no database ", count: 500), to: database)
    let outcome = try run(["sessions"])
    #expect(outcome.errors.contains("It is set aside as '\(database).damaged-1'"), "\(outcome)")
    #expect(!(try run(["sessions"]).errors.contains("set aside")))
  }

  /// What is only set in a variable gives way to the conversation's own.
  @Test func whatTheCommandLineSaysHoldsInAConversationThatGoesOn() throws {
    #expect(try chat(["--budget", "60%"], "What is this?").status == 0)
    let more = ["--budget", "40%", "--policy", "local", "--temperature", "0.5", "--seed", "7"]
    let second = try chat(["--resume"] + more, "Why?")
    #expect(second.status == 0, "\(second.errors)")
    let told = second.errors.split(separator: "\n").drop { !$0.hasPrefix("resumed, ") }
    #expect(
      told.dropFirst().prefix(2) == ["policy local", "budget 40 %"], "\(second.errors)")
    #expect(told.contains("temperature 0.5") && told.contains("seed 7"), "\(second.errors)")
    #expect(second.errors.contains("at 40 %, local"), "\(second.errors)")

    var environment = environment
    environment["PREFIXKV_BUDGET"] = "10%"
    let third = try Program.run(
      ["chat", "--plain", "--resume"], input: Data("And?\n".utf8), environment: environment)
    #expect(third.errors.contains("at 40 %, local"), "\(third.errors)")
    #expect(!third.errors.contains("budget 10 %"), "\(third.errors)")
  }

  @Test func whatIsNotKeptLeavesNothing() throws {
    let history = temporary.path + "/prefixkv/history"
    let outcome = try chat([], "What is this?", keeps: false)
    #expect(outcome.status == 0 && !outcome.output.isEmpty, "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: history))
    #expect(try chat([], "What is this?").status == 0)
    #expect(try Sample.text(of: history) == "\"What is this?\"\n")
  }

  @Test func keptEntriesSpareTheReading() throws {
    let whole = try chat(["--budget", "40%"], "What is this?", "And that?", "Why?", keeps: false)
    let first = try chat(["--budget", "40%"], "What is this?", "And that?", "/keep")
    #expect(first.status == 0 && first.errors.contains("entries kept, "), "\(first.errors)")
    let second = try chat(["--resume"], "Why?")
    #expect(whole.output == first.output + second.output, "also under a small budget")
    #expect(second.errors.components(separatedBy: "reading the prompt").count == 2)
    let entries = temporary.path + "/prefixkv/sessions/entries-1"
    #expect(FileManager.default.fileExists(atPath: entries))
    #expect(try run(["sessions", "1", "--delete"]).status == 0)
    #expect(!FileManager.default.fileExists(atPath: entries))
  }

  @Test func anExportDoesNotReplaceTheConversations() throws {
    #expect(try chat([], "What is this?").status == 0)
    let link = temporary.path + "/chat.md"
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "prefixkv/sessions/sessions.sqlite")
    let outcome = try run(["sessions", "1", "-o", link])
    #expect(outcome.status == 73, "\(outcome.errors)")
    #expect(outcome.errors.contains("every kept conversation is being read from it"))
    #expect(try run(["sessions", "1"]).output.contains("What is this?"))
  }

  @Test func conversationsAreShownExportedAndDeleted() throws {
    _ = try chat([], "What <b>is</b> this?", "/title A name", "/export \(temporary.path)/chat.html")
    let page = try Sample.text(of: temporary.path + "/chat.html")
    #expect(page.contains("What &lt;b&gt;is&lt;/b&gt; this?") && page.contains("data:image/png"))

    #expect(try run(["sessions", "--search", "b>is<"]).output.contains("A name"))
    #expect(try run(["sessions", "--search", "nothing"]).errors.contains("nothing"))
    let shown = try run(["sessions", "1"])
    #expect(shown.output.hasPrefix("# A name\n\nModel: "), "\(shown)")
    let json = try run(["sessions", "last", "--json"])
    #expect(try Schema("session").problems(of: json.output) == [])
    #expect(try Schema("sessions").problems(of: run(["sessions", "--json"]).output) == [])
    for ending in ["md", "json", "html"] {
      let path = "\(temporary.path)/out.\(ending)"
      #expect(try run(["sessions", "1", "-o", path]).status == 0)
      #expect(try Sample.text(of: path).contains("A name"))
    }
    #expect(try run(["sessions", "1", "--delete"]).output == "deleted conversation 1\n")
    #expect(try run(["sessions", "1"]).status == 66)
    #expect(try chat(["--resume", "1"], "Hm?").status == 66)
  }

  @Test(arguments: [
    (["sessions", "x"], 64), (["sessions", "--delete"], 64),
    (["sessions", "1", "--search", "x"], 64),
    (["sessions", "1", "-o", "/tmp/x.txt"], 64), (["sessions", "1"], 66), (["sessions", "0"], 64),
    (["chat", "--plain", "--resume", "x"], 64), (["sessions", "1", "--delete", "--json"], 64),
  ])
  func mistakesAreNamed(arguments: [String], status: Int) throws {
    let outcome = try run(arguments)
    #expect(outcome.status == Int32(status) && outcome.lines.count == 1, "\(outcome.errors)")
  }
}
