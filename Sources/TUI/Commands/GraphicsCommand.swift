extension SlashCommand {
  static let graphics = SlashCommand(
    name: "graphics",
    argument: Argument(
      placeholder: "NAME", candidates: .names { _ in GraphicsChoice.allCases.map(\.rawValue) }),
    summary: "show the picture in pixels where the terminal can, or in cells",
    details:
      "auto goes by what the environment says of the terminal; kitty, sixel and iterm insist on "
      + "one protocol; cells always work. tmux hands kitty's pictures on where its option "
      + "allow-passthrough is on.",
    insteadInLines: "Lines show no picture; /show picture names it."
  ) { state, name in
    guard !name.isEmpty else {
      state.acknowledge("graphics \(state.options.graphics.rawValue): \(state.graphics.sentence)")
      return []
    }
    guard let choice = GraphicsChoice(rawValue: name) else {
      let names = GraphicsChoice.allCases.map(\.rawValue).joined(separator: ", ")
      return state.refuse("There are no graphics '\(name)'. Available: \(names).")
    }
    state.options.graphics = choice
    state.acknowledge("graphics \(name): \(state.graphics.sentence)")
    return []
  }
}

extension PictureProtocol {
  /// What the picture is shown as.
  fileprivate var sentence: String {
    switch self {
    case .cells: "coloured cells"
    case .kitty: "pixels by kitty's protocol"
    case .kittyPlaceholders: "pixels by kitty's protocol, through tmux"
    case .sixel: "pixels as sixels"
    case .iterm: "pixels as iTerm2's inline images"
    }
  }
}
