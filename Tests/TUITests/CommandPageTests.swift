import Foundation
import TestSupport
import Testing

@testable import TUI

/// docs/commands.md against the tables that the chat itself goes by.
@Suite struct CommandPageTests {
  private func page() throws -> String {
    try String(contentsOfFile: Oracle.repository + "/docs/commands.md", encoding: .utf8)
  }

  @Test func everyCommandIsListed() throws {
    let page = try page()
    #expect(SlashCommands.all.count > 20)
    for command in SlashCommands.all {
      #expect(page.contains("\n| `\(command.usage)` | "), "\(command.usage)")
    }
  }

  @Test func everyFunctionKeyIsListed() throws {
    let page = try page()
    let keys = KeyBindings.sections.flatMap(\.bindings).flatMap(\.keys).map(\.label)
      .filter { $0.wholeMatch(of: /F\d+/) != nil }
    #expect(keys.count > 8)
    for key in keys { #expect(page.contains(key), "\(key)") }
  }
}
