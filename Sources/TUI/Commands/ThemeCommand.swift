extension SlashCommand {
  static let theme = SlashCommand(
    name: "theme",
    argument: Argument(
      placeholder: "NAME", candidates: .names { _ in Theme.allCases.map(\.rawValue) }),
    summary: "colours for a dark or a light background",
    details: "As in /theme light. dark-contrast and light-contrast make secondary text as plain as "
      + "the rest. The settings file can give each role a colour of its own.",
    insteadInLines: "Lines have no colours, so there is no theme to choose."
  ) { state, name in
    guard !name.isEmpty else {
      state.acknowledge("theme \(state.theme.rawValue)")
      return []
    }
    guard let theme = Theme(rawValue: name) else {
      let names = Theme.allCases.map(\.rawValue).joined(separator: ", ")
      return state.refuse("There is no theme '\(name)'. Available: \(names).")
    }
    state.theme = theme
    state.options.theme = theme
    state.acknowledge("theme \(name)")
    return []
  }
}
