import CTerm
import Foundation
import Glibc

/// What the user asked the chat to look like.
public enum SurfaceRequest: Sendable, Equatable {
  /// Panels where the terminal can show them.
  case automatic
  /// Lines, for pipes and screen readers.
  case lines
  /// Panels, or an error that says why they are impossible.
  case panels
}

/// What the chat looks like: the one place that chooses between panels and lines.
public enum Surface: Sendable, Equatable {
  case panels(TerminalLook)
  /// `because` ends a sentence; nil when lines were asked for.
  case lines(because: String?)
  /// Panels were insisted on.
  case impossible(because: String)

  /// Chooses, and takes over a locale with UTF-8 on the way.
  ///
  /// `LC_ALL=C` and `NO_COLOR` are no reasons against panels: the C library has a UTF-8 locale of
  /// its own, and a screen can do without colours.
  public static func chosen(
    _ request: SurfaceRequest, environment: [String: String], terminal: TerminalFacts
  ) -> Surface {
    if request == .lines { return .lines(because: nil) }
    let insists = request == .panels
    if !terminal.isInput { return none("standard input is not a terminal", insists) }
    if !terminal.isOutput { return none("standard output is not a terminal", insists) }
    let look = TerminalLook(environment: environment, insists: insists)
    guard !look.names.isEmpty else {
      let term = environment["TERM"] ?? ""
      let reason = term.isEmpty ? "TERM is not set" : "TERM is '\(term)'"
      return none(reason + ", which cannot place a cursor", insists)
    }
    guard let usable = look.names.first(where: terminal.canPlaceCursor) else {
      return none("the terminal database has no usable entry for '\(look.names[0])'", insists)
    }
    guard Locale.useUTF8(environment: environment) || insists && Locale.useOwnUTF8() else {
      return none("the locale '\(Locale.asked(environment) ?? "C")' is not UTF-8", insists)
    }
    var found = look
    found.names = look.names.drop { $0 != usable }.map(\.self)
    return .panels(found)
  }

  private static func none(_ reason: String, _ insists: Bool) -> Surface {
    insists ? .impossible(because: reason) : .lines(because: reason)
  }
}

/// What is known of the terminal of a process.
public struct TerminalFacts: Sendable {
  /// Standard input is a terminal.
  public var isInput: Bool
  /// Standard output is a terminal.
  public var isOutput: Bool
  /// Whether the terminal database knows a name and how to place its cursor.
  public var canPlaceCursor: @Sendable (_ name: String) -> Bool

  /// Facts as given, for tests; `ofThisProcess` finds them.
  public init(
    isInput: Bool, isOutput: Bool, canPlaceCursor: @escaping @Sendable (String) -> Bool
  ) {
    self.isInput = isInput
    self.isOutput = isOutput
    self.canPlaceCursor = canPlaceCursor
  }

  /// The facts of standard input, standard output and the terminal database.
  public static func ofThisProcess() -> TerminalFacts {
    TerminalFacts(
      isInput: isatty(STDIN_FILENO) == 1, isOutput: isatty(STDOUT_FILENO) == 1,
      canPlaceCursor: { cterm_can_place_cursor($0) })
  }
}

/// How the terminal is opened. The environment alone decides, because the answer to a query would
/// arrive only later, among the keys.
public struct TerminalLook: Sendable, Equatable {
  /// Names to try, the best first: a name with direct colour when the terminal announces it, then the
  /// terminal's own name, then one that nearly every emulator understands.
  public internal(set) var names: [String]
  /// `NO_COLOR` is set (https://no-color.org).
  public let isColorless: Bool
  /// Whether the terminal may be asked for its background: nothing has told it yet, and the terminal is
  /// of a kind that reads past a request that it does not know.
  let answersBackground: Bool
  /// Fonts of these terminals have half blocks and no quarters.
  let symbols: PictureSymbols

  /// - Parameter insists: whether to try a terminal that calls itself dumb, or nothing.
  public init(environment: [String: String], insists: Bool = false) {
    let term = environment["TERM"] ?? ""
    let family = term.prefix { $0 != "-" }
    isColorless = !(environment["NO_COLOR"] ?? "").isEmpty
    answersBackground =
      (environment["COLORFGBG"] ?? "").isEmpty
      && !["linux", "vt", "ansi", "cons", "sun"].contains { term.hasPrefix($0) }
    symbols = ["linux", "putty", "cygwin"].contains { term.hasPrefix($0) } ? .halves : .quarters
    names = []
    guard !term.isEmpty, term != "dumb" else {
      if insists { names = ["xterm-256color", "xterm", "vt100"] }
      return
    }
    let hasDirectColor = ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "")
    if hasDirectColor, family != "linux" { names += ["\(family)-direct", "xterm-direct"] }
    // xterm calls itself "xterm", which the terminal database knows with 8 colours; it has had 256 since 1999.
    if term == "xterm", environment["XTERM_VERSION"] != nil { names.append("xterm-256color") }
    names.append(term)
    if insists || term.contains("256color") || family == "xterm" { names.append("xterm-256color") }
  }
}
