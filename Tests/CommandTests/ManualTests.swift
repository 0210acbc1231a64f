import Foundation
import Testing

/// The committed manual pages against the program's own description of its commands.
@Suite struct ManualTests {
  private struct Dump: Decodable {
    let command: Command
  }

  private struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        let kind: String
        let name: String
      }
      let names: [Name]?
      let shouldDisplay: Bool
    }
    let commandName: String
    let arguments: [Argument]?
    let subcommands: [Command]?

    /// Every command but the generated `help`, with the name of its page.
    func pages(in parent: String?) -> [(page: String, command: Command)] {
      let page = parent.map { "\($0)-\(commandName)" } ?? commandName
      return [(page, self)]
        + (subcommands ?? []).filter { $0.commandName != "help" }.flatMap { $0.pages(in: page) }
    }
  }

  private static func commands() throws -> [(page: String, command: Command)] {
    let dump = try Program.run(["--experimental-dump-help"])
    return try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command.pages(in: nil)
  }

  @Test(
    "Every command has a manual page with all of its options and an example; make man writes them")
  func pagesAreComplete() throws {
    let commands = try Self.commands()
    #expect(commands.count > 10)
    for (page, command) in commands {
      let path = Sample.repository + "/docs/man/\(page).1"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains(".Sh EXAMPLES"), "\(page) has no examples")
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        for name in argument.names ?? [] where name.kind == "long" {
          #expect(text.contains("-\(name.name)"), "\(page) does not name --\(name.name)")
        }
      }
    }
  }

  @Test("No page is left of a command that is gone")
  func noStalePages() throws {
    let commands = Set(try Self.commands().map { $0.page + ".1" })
    let pages = try FileManager.default.contentsOfDirectory(atPath: Sample.repository + "/docs/man")
      .filter { $0.hasSuffix(".1") }
    #expect(Set(pages) == commands)
  }

  @Test("--licenses prints the texts of everything that is distributed together")
  func licences() throws {
    let shown = try Program.run(["--licenses"])
    #expect(shown.status == 0)
    for words in [
      "the prefixkv authors", "Zuyan Liu", "Apache License", "Unicode, Inc.", "V8 project",
      "Theodore Ts'o", "Gwendal Roué", "chafa",
    ] {
      #expect(shown.output.contains(words), "\(words)")
    }
    let texts = try FileManager.default.contentsOfDirectory(
      atPath: Sample.repository + "/assets/licenses")
    #expect(texts.count > 5)
    for text in texts {
      let first = try Sample.text(of: Sample.repository + "/assets/licenses/" + text).prefix {
        $0 != "\n"
      }
      #expect(shown.output.contains(first), "\(text) is not shown")
    }
  }
}
