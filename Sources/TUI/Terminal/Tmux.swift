import Foundation

/// The multiplexer between the program and the terminal.
enum Tmux {
  static var isAround: Bool { ProcessInfo.processInfo.environment["TMUX"] != nil }

  /// Control sequences in the envelope that tmux hands on, where its option `allow-passthrough` is on.
  /// Each sequence that ends with ST gets an envelope of its own, because tmux bounds their length.
  static func passthrough(_ sequences: String) -> String {
    let end = "\u{1B}\\"
    return sequences.components(separatedBy: end).enumerated().map { index, part in
      guard !part.isEmpty else { return "" }
      let isEnded = index < sequences.components(separatedBy: end).count - 1
      let whole = isEnded ? part + end : part
      return "\u{1B}Ptmux;" + whole.replacing("\u{1B}", with: "\u{1B}\u{1B}") + end
    }.joined()
  }
}
