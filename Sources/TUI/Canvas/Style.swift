/// What a colour is for. Panels name roles; only the theme knows colours.
enum Role: CaseIterable, Sendable {
  /// The terminal's own foreground, or its own background.
  case text
  /// Secondary text, rules, headings, and what is focused or can be moved.
  case dim, faint, heading, accent
  /// Entries that belong to the picture, to text, and, where they are told apart, to an answer.
  case image, words, answer
  /// The background of a bar's unfilled part.
  case track
  case good, warning, error
}

/// The colour of a cell's foreground or background.
enum Ink: Sendable, Hashable {
  case role(Role)
  /// A picture's colour, `0xRRGGBB`, on terminals with direct colour.
  case rgb(UInt32)
  /// A picture's colour as an index in 16...255, on terminals with 256 colours.
  case palette(UInt8)
  /// A picture's colour on terminals with the ANSI colours alone, 0...15. The upper half is bright; a
  /// background is never bright.
  case ansi(UInt8)

  /// Terminals with eight colours show bright ones by bold type.
  var isBright: Bool { if case .ansi(let index) = self { index >= 8 } else { false } }
}

/// How a cell looks besides its glyph.
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

  /// The style of one cell of a picture.
  init(foreground: Ink, background: Ink) {
    self.foreground = foreground
    self.background = background
  }
}
