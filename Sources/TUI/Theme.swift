/// What a colour is for. Panels name roles; only the theme knows colours.
enum Role: CaseIterable, Sendable {
  /// The terminal's own colour.
  case text
  case dim, faint, heading, accent
  /// Entries of the picture and of text in the layers panel.
  case image, words
  /// The unfilled part of a bar.
  case track
  case good, warning, error
}

/// A colour of a cell.
enum Ink: Sendable, Hashable {
  case role(Role)
  /// Of a picture: `0xRRGGBB`, or an index 16...255 of the 256-colour palette.
  case rgb(UInt32)
  case palette(UInt8)
}

/// How many colours the terminal has.
enum ColorDepth: Sendable, Comparable {
  case none, ansi, palette256, direct

  init(colors: Int) {
    self = colors > 256 ? .direct : colors >= 256 ? .palette256 : colors >= 8 ? .ansi : .none
  }
}

struct Style: Sendable, Hashable {
  struct Attributes: OptionSet, Sendable, Hashable {
    let rawValue: UInt8
    static let bold = Attributes(rawValue: 1)
    static let dim = Attributes(rawValue: 2)
    static let underline = Attributes(rawValue: 4)
    static let reverse = Attributes(rawValue: 8)
    static let italic = Attributes(rawValue: 16)
  }

  var foreground: Ink = .role(.text)
  var background: Ink = .role(.text)
  var attributes: Attributes = []

  init(_ role: Role = .text, _ attributes: Attributes = [], on background: Role = .text) {
    foreground = .role(role)
    self.background = .role(background)
    self.attributes = attributes
  }
}

/// The colours of the roles. Mid-tones, chosen to be readable on dark and on light terminals.
enum Theme {
  /// The curses colour number of an ink, -1 for the terminal's own.
  static func color(_ ink: Ink, depth: ColorDepth) -> Int32 {
    switch ink {
    case .rgb(let value): depth == .direct ? Int32(value) : -1
    case .palette(let index): depth == .palette256 ? Int32(index) : -1
    case .role(let role):
      switch depth {
      case .none: -1
      case .ansi: colors(role).ansi
      case .palette256: colors(role).palette
      case .direct: colors(role).direct
      }
    }
  }

  private static func colors(_ role: Role) -> (direct: Int32, palette: Int32, ansi: Int32) {
    switch role {
    case .text: (-1, -1, -1)
    case .heading: (-1, -1, -1)
    case .dim: (0x8A92A3, 246, -1)
    case .faint: (0x4A5160, 240, -1)
    case .accent: (0x5AA5F2, 75, 6)
    case .image: (0x35B0A2, 37, 6)
    case .words: (0xE0A24A, 179, 3)
    case .track: (0x262B36, 236, -1)
    case .good: (0x7DBB6A, 107, 2)
    case .warning: (0xE0A24A, 179, 3)
    case .error: (0xEB6A6A, 203, 1)
    }
  }
}
