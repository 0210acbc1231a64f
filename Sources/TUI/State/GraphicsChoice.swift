/// How pictures reach the terminal, as a person chooses it.
public enum GraphicsChoice: String, Sendable, CaseIterable {
  /// What the environment says that the terminal can show; cells where it says nothing.
  case auto
  case cells, kitty, sixel, iterm
}

/// How pictures reach the terminal.
enum PictureProtocol: Sendable, Hashable {
  /// As coloured characters.
  case cells
  /// kitty's protocol, placed at the cursor.
  case kitty
  /// kitty's protocol with placeholders in the cells, which tmux moves and erases like text.
  case kittyPlaceholders
  /// DEC's sixels.
  case sixel
  /// iTerm2's inline images.
  case iterm
}

/// What the environment says of pictures. The terminal is never asked: its answer would arrive among the
/// keys.
struct GraphicsSupport: Sendable, Equatable {
  let isInTmux: Bool
  /// What the terminal announces.
  private let announced: PictureProtocol
  /// Names the picture to terminals that keep pictures by number, 16...255: a colour of xterm's palette
  /// that is no ANSI colour can carry it.
  let pictureNumber: UInt8

  /// - Parameter process: tells several programs in one terminal apart.
  init(environment: [String: String], process: Int32 = 0) {
    pictureNumber = UInt8(16 + process % 240)
    let term = environment["TERM"] ?? ""
    let program = environment["TERM_PROGRAM"] ?? ""
    isInTmux = !(environment["TMUX"] ?? "").isEmpty
    let isNested = isInTmux || ["screen", "tmux"].contains { term.hasPrefix($0) }
    // The variables of the terminal around it also reach a multiplexer, which may since have been
    // attached to another terminal, and may not hand pictures on.
    if isNested || !(environment["NO_COLOR"] ?? "").isEmpty {
      announced = .cells
    } else if !(environment["KITTY_WINDOW_ID"] ?? "").isEmpty || program == "ghostty"
      || ["xterm-kitty", "xterm-ghostty"].contains(term)
    {
      announced = .kitty
    } else if ["iTerm.app", "WezTerm"].contains(program)
      || environment["LC_TERMINAL"] == "iTerm2"
    {
      announced = .iterm
    } else if ["foot", "mlterm"].contains(where: { term.hasPrefix($0) }) {
      announced = .sixel
    } else {
      announced = .cells
    }
  }

  func method(for choice: GraphicsChoice) -> PictureProtocol {
    switch choice {
    case .auto: announced
    case .cells: .cells
    case .kitty: isInTmux ? .kittyPlaceholders : .kitty
    case .sixel: .sixel
    case .iterm: .iterm
    }
  }
}
