extension SlashCommand {
  static let overlay = SlashCommand(
    name: "overlay",
    argument: Argument(
      placeholder: "NAME", candidates: .names { _ in Overlay.allCases.map(\.rawValue) }),
    summary: "show on the picture what is kept; without a name: the next overlay",
    details: "kept dims a patch by the share of layers that evicted it, layer shows the patches of "
      + "one layer, importance colours a patch by its attention, attention by what the token selected in "
      + "/tokens attended to, off shows the picture alone.",
    insteadInLines: "Lines show no picture; /show layers tells what every layer keeps."
  ) { state, name in
    guard !name.isEmpty else { return state.setOverlay(state.nextOverlay) }
    guard let overlay = Overlay(rawValue: name) else {
      let names = Overlay.allCases.map(\.rawValue).joined(separator: ", ")
      return state.refuse("There is no overlay '\(name)'. Available: \(names).")
    }
    return state.setOverlay(overlay)
  }
}
