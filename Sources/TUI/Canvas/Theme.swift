/// The colours of the roles, for a dark or a light background.
///
/// On its background every role has a contrast of 4.5 or more, as WCAG 2.1 (1.4.3) asks of text: on
/// black and dark grey, on white and paper, and for the roles of a bar on the bar's track. The themes
/// of high contrast have 7 or more on backgrounds (1.4.6), also where text is secondary.
public enum Theme: String, Sendable, Hashable, CaseIterable {
  case dark, light
  case darkContrast = "dark-contrast"
  case lightContrast = "light-contrast"

  /// Whether it is for a dark background.
  var isDark: Bool { self == .dark || self == .darkContrast }

  /// What the environment says of the terminal's background.
  ///
  /// rxvt, Konsole and others set `COLORFGBG` to "foreground;background", both indices of the ANSI
  /// palette; like vim we take 7 and 9...15 for light. Without the variable the background counts as dark
  /// until the terminal itself has answered (`Terminal.askBackground`).
  public static func announced(by environment: [String: String]) -> Theme {
    let fields = (environment["COLORFGBG"] ?? "").split(separator: ";")
    guard fields.count >= 2, let background = fields.last.flatMap({ Int($0) }) else { return .dark }
    return background == 7 || (9...15).contains(background) ? .light : .dark
  }

  /// The curses colour number of an ink; -1 is the terminal's own colour.
  func color(_ ink: Ink, depth: ColorDepth) -> Int32 {
    switch ink {
    case .rgb(let value): depth == .direct ? Int32(value) : -1
    case .palette(let index): depth == .palette256 ? Int32(index) : -1
    case .ansi(let index): depth == .ansi ? Int32(index & 7) : -1
    case .role(let role):
      switch depth {
      case .none: -1
      case .ansi: colors(role).ansi
      case .palette256: colors(role).palette256
      case .direct: colors(role).direct
      }
    }
  }

  /// A role's colour where colours are mixed; none of the terminal's own.
  func rgb(_ role: Role) -> Color {
    let direct = colors(role).direct
    return direct >= 0 ? Color(UInt32(direct)) : isDark ? Color(0xD0D0D0) : Color(0x202020)
  }

  private func colors(_ role: Role) -> RoleColors {
    switch self {
    case .dark: Self.darkColors(role)
    case .light: Self.lightColors(role)
    case .darkContrast: Self.darkContrastColors(role)
    case .lightContrast: Self.lightContrastColors(role)
    }
  }

  /// ANSI red and blue are too dark on black, so an error is yellow there; "!" tells it apart.
  private static func darkColors(_ role: Role) -> RoleColors {
    switch role {
    case .text, .heading: RoleColors(-1, -1, -1)
    case .dim: RoleColors(0x9AA3B5, 248, -1)
    case .faint: RoleColors(0x828A9B, 245, -1)
    case .accent: RoleColors(0x5AA5F2, 75, 6)
    case .image: RoleColors(0x35B0A2, 37, 6)
    case .words: RoleColors(0xE0A24A, 179, 3)
    case .answer: RoleColors(0x5AA5F2, 75, 2)
    case .track: RoleColors(0x262B36, 235, -1)
    case .good: RoleColors(0x7DBB6A, 107, 2)
    case .warning: RoleColors(0xE0A24A, 179, 3)
    case .error: RoleColors(0xF07B7B, 210, 3)
    }
  }

  /// Only red, blue and magenta among the ANSI colours are dark enough on white.
  private static func lightColors(_ role: Role) -> RoleColors {
    switch role {
    case .text, .heading: RoleColors(-1, -1, -1)
    case .dim: RoleColors(0x565D6B, 240, -1)
    case .faint: RoleColors(0x666D7A, 241, -1)
    case .accent: RoleColors(0x0B57B0, 25, 4)
    case .image: RoleColors(0x0B6B62, 23, 4)
    case .words: RoleColors(0x8F4A00, 94, 5)
    case .answer: RoleColors(0x0B57B0, 25, 1)
    case .track: RoleColors(0xE4E8EE, 254, -1)
    case .good: RoleColors(0x2B6B1B, 22, 4)
    case .warning: RoleColors(0x8F4A00, 94, 5)
    case .error: RoleColors(0xB01E1E, 124, 1)
    }
  }
}

extension Theme {
  fileprivate static func darkContrastColors(_ role: Role) -> RoleColors {
    switch role {
    case .text, .heading: RoleColors(-1, -1, -1)
    case .dim: RoleColors(0xD8DEE9, 253, -1)
    case .faint: RoleColors(0xC0C6D2, 250, -1)
    case .accent: RoleColors(0x7FD1FF, 117, 6)
    case .image: RoleColors(0x4FE3D2, 80, 6)
    case .words: RoleColors(0xFFC45C, 221, 3)
    case .answer: RoleColors(0x7FD1FF, 117, 2)
    case .track: RoleColors(0x262B36, 235, -1)
    case .good: RoleColors(0x9BE57F, 156, 2)
    case .warning: RoleColors(0xFFC45C, 221, 3)
    case .error: RoleColors(0xFFAFAF, 217, 3)
    }
  }

  /// Of the ANSI colours only blue is dark enough on white; a warning and an error have signs, too.
  fileprivate static func lightContrastColors(_ role: Role) -> RoleColors {
    switch role {
    case .text, .heading: RoleColors(-1, -1, -1)
    case .dim: RoleColors(0x3A404C, 237, -1)
    case .faint: RoleColors(0x474D59, 238, -1)
    case .accent: RoleColors(0x07408A, 18, 4)
    case .image: RoleColors(0x06463F, 22, 4)
    case .words: RoleColors(0x6A3600, 52, -1)
    case .answer: RoleColors(0x07408A, 18, 4)
    case .track: RoleColors(0xE4E8EE, 254, -1)
    case .good: RoleColors(0x1D5012, 22, 4)
    case .warning: RoleColors(0x6A3600, 52, -1)
    case .error: RoleColors(0x8A1212, 88, -1)
    }
  }
}

/// One role's colour at each depth; -1 is the terminal's own.
private struct RoleColors {
  /// `0xRRGGBB`
  var direct: Int32
  /// An index of xterm's palette.
  var palette256: Int32
  /// 0...7
  var ansi: Int32

  init(_ direct: Int32, _ palette256: Int32, _ ansi: Int32) {
    self.direct = direct
    self.palette256 = palette256
    self.ansi = ansi
  }
}
