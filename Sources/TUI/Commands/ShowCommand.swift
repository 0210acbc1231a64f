extension SlashCommand {
  static let show = SlashCommand(
    name: "show",
    argument: Argument(placeholder: "PANEL", candidates: .names { _ in Panels.all.map(\.id.name) }),
    summary: "go to a panel; plain mode prints it",
    details: "As in /show layers. Without a name all panels at the side are printed."
  ) { state, name in
    guard !name.isEmpty else { return state.showAll() }
    guard let panel = Panels.named(name) else {
      let names = Panels.all.map(\.id.name).joined(separator: ", ")
      return state.refuse("There is no panel '\(name)'. Available: \(names).")
    }
    return state.show(panel.id)
  }
}

extension AppState {
  mutating func show(_ id: PanelID) -> [AppEffect] {
    if options.isPlain {
      for line in Panels.panel(id).text(self) { notice(line) }
      return []
    }
    focus = id
    zoomed = Panels.panel(id).place == .middle ? id : nil
    return isCopying ? toggleCopying() : []
  }

  fileprivate mutating func showAll() -> [AppEffect] {
    for panel in Panels.all where panel.place == .side {
      for line in panel.text(self) { notice(line) }
    }
    return []
  }
}
