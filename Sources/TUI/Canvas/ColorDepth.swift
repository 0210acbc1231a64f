/// How many colours the terminal shows.
public enum ColorDepth: Sendable, Comparable {
  /// Without colours: an old terminal, or `NO_COLOR`.
  case none
  /// The eight ANSI colours.
  case ansi
  /// xterm's palette of 256.
  case palette256
  /// A colour is `0xRRGGBB`.
  case direct

  init(colors: Int) {
    self = colors > 256 ? .direct : colors >= 256 ? .palette256 : colors >= 8 ? .ansi : .none
  }
}
