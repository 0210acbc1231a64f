import Foundation
import TestSupport
import Testing

/// `prefixkv config`, and the settings that the chat takes from file, variables and options.
@Suite struct ConfigCommandTests {
  let temporary: TemporaryFolder
  private var path: String { temporary.path + "/prefixkv/config.toml" }
  private var environment: [String: String] { ["XDG_CONFIG_HOME": temporary.path] }

  init() throws { temporary = try TemporaryFolder() }

  private func run(_ arguments: String..., environment: [String: String] = [:]) throws
    -> Program.Outcome
  {
    try Program.run(arguments, environment: self.environment.merging(environment) { $1 })
  }

  private func write(_ text: String) throws {
    try FileManager.default.createDirectory(
      atPath: temporary.path + "/prefixkv", withIntermediateDirectories: true)
    try Sample.write(text, to: path)
  }

  @Test func theWrittenFileNamesEveryOptionAndHasNoMistakes() throws {
    let written = try run("config", "--init")
    #expect(written.status == 0 && written.output == "wrote \(path)\n", "\(written.errors)")
    let text = try Sample.text(of: path)
    let help = try Program.run(["chat", "--help"]).output
    let options = help.matches(of: /--([a-z-]+)/).map { String($0.1) }
      .filter { !["help", "version"].contains($0) }
    #expect(options.count > 10)
    for option in options where help.contains("\n  --\(option)") {
      #expect(text.contains("\n# \(option) = "), "\(option)")
    }
    for line in ["[chat]", "[keys]", "[colors]", "# ctrl+c ", "# accent = "] {
      #expect(text.contains("\n\(line)"), "\(line)")
    }
    #expect(try run("config", "--check").status == 0)
    let again = try run("config", "--init")
    #expect(again.status == 64 && again.errors.contains("exists already"))
    #expect(try Sample.text(of: path) == text)
  }

  @Test func everyMistakeIsASentenceWithItsLine() throws {
    try write(
      """
      model = "x"
      [chat]
      budget = "3"
      bugdet = "30%"
      plain = "yes"
      policy = "best"
      threads = "many"
      kv-type = true
      [keys]
      "ctrl+i" = "ctrl+c"
      "ctrl+x" = "q"
      f9 = 9
      [colors]
      accent = "blue"
      akzent = "#112233"
      [sound]
      on = true
      """)
    let outcome = try run("config", "--check")
    #expect(outcome.status == 65)
    #expect(outcome.output == "")
    let expected = [
      (1, "there is no setting 'model'"),
      (3, "outside (0, 1]"), (4, "there is no setting 'bugdet'"), (5, "true or false"),
      (6, "prefixkv"), (7, "many"), (8, "a text in quotes or a number"),
      (10, "There is no key 'ctrl+i'"), (11, "There is no key 'q'"), (12, "in quotes"),
      (14, "'blue' is no colour"), (15, "There is no colour 'akzent'"),
      (16, "there is no setting '[sound]'"),
    ]
    #expect(outcome.lines.count == expected.count, "\(outcome.errors)")
    for (line, (number, words)) in zip(outcome.lines, expected) {
      #expect(line.contains("line \(number):") && line.contains(words), "\(line)")
      #expect(line.hasSuffix("."), "\(line)")
    }
    // The chat refuses them, too, and nothing else minds.
    let chat = try Program.run(
      ["chat", "--plain"], input: Data("/quit\n".utf8), environment: environment)
    #expect(chat.status == 65 && chat.lines.count == 1, "\(chat.errors)")
    #expect(try run("inspect", Sample.model).status == 0)
    #expect(try run("chat", "--help").status == 0)
  }

  @Test func anOptionCountsMoreThanAVariableAndThatMoreThanTheFile() throws {
    try write(
      """
      [chat]
      model = "\(Sample.model)"
      image = "\(Sample.picture)"
      budget = "30%"
      policy = "local"
      tui = true
      """)
    func chat(_ arguments: [String], _ variables: [String: String] = [:]) throws -> String {
      let outcome = try Program.run(
        arguments + ["--plain"], input: Data("/show budget\n/show layers\n/quit\n".utf8),
        environment: environment.merging(variables) { $1 })
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.errors
    }
    #expect(try chat([]).contains("30 %"))
    #expect(try chat(["chat"]).contains("local"))
    #expect(try chat(["chat"], ["PREFIXKV_BUDGET": "40%"]).contains("40 %"))
    #expect(try chat(["--budget", "60%"], ["PREFIXKV_BUDGET": "40%"]).contains("60 %"))
    #expect(try chat(["--budget=60%"], ["PREFIXKV_POLICY": "snapkv"]).contains("snapkv"))

    let shown = try run("config", environment: ["PREFIXKV_BUDGET": "40%"]).output
    #expect(shown.contains("--budget=40%  (PREFIXKV_BUDGET)"), "\(shown)")
    #expect(shown.contains("--policy=local  (line 5)"), "\(shown)")
    let wrong = try run("config", "--check", environment: ["PREFIXKV_BUDGET": "3"])
    #expect(wrong.status == 65 && wrong.errors.contains("PREFIXKV_BUDGET cannot be '3'"))
  }

  @Test func withoutAFileNothingIsSet() throws {
    #expect(
      try run("config", environment: ["PREFIXKV_NO_SAVE": ""]).output == path + " (not there)\n")
    #expect(try run("config", "--check").output.contains("config --init writes it"))
  }
}
