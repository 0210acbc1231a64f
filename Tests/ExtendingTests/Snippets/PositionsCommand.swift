@testable import TUI

extension SlashCommand {
  static let positions = SlashCommand(
    name: "positions", summary: "say how many positions the conversation has"
  ) { state, _ in
    let seen = state.cache?.layers.first?.seen ?? 0
    state.acknowledge("\(seen) positions")
    return []
  }
}
