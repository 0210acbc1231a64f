/// Colours that a person chose for some of the roles, in place of the theme's.
public struct ColorChoices: Sendable, Equatable {
  /// `0xRRGGBB`
  private var colors: [Role: UInt32] = [:]

  /// The theme's colours everywhere.
  public init() {}

  /// The roles' names, as settings have them.
  public static var roles: [String] { Role.allCases.map { "\($0)" } }

  /// - Parameter color: "#RRGGBB".
  /// - Throws: `LookError` for an unknown role and for what is no colour.
  public mutating func set(_ role: String, to color: String) throws(LookError) {
    guard let known = Role.allCases.first(where: { "\($0)" == role }) else {
      throw .unknownRole(role, available: Self.roles)
    }
    guard color.hasPrefix("#"), color.utf8.count == 7,
      color.utf8.dropFirst().allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(color.dropFirst(), radix: 16)
    else { throw .badColor(color) }
    colors[known] = value
  }

  /// The curses colour number of an ink; nil where nothing was chosen, and on terminals with only the
  /// ANSI colours, which are what the person set in the terminal.
  func color(_ ink: Ink, depth: ColorDepth) -> Int32? {
    guard case .role(let role) = ink, let color = colors[role] else { return nil }
    switch depth {
    case .none, .ansi: return nil
    case .palette256: return Int32(Self.nearest(color))
    case .direct: return Int32(color)
    }
  }

  /// The nearest index of xterm's palette: of its 6 x 6 x 6 cube, or of its greys.
  static func nearest(_ color: UInt32) -> Int {
    let parts = [16, 8, 0].map { Int(color >> $0 & 0xFF) }
    let levels = [0, 95, 135, 175, 215, 255]
    func distance(_ other: [Int]) -> Int {
      zip(parts, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let steps = parts.map { part in
      levels.indices.min { abs(levels[$0] - part) < abs(levels[$1] - part) } ?? 0
    }
    let cube = 16 + 36 * steps[0] + 6 * steps[1] + steps[2]
    let step = max(0, min(23, (parts.reduce(0, +) / 3 - 8 + 5) / 10))
    let grey = 8 + 10 * step
    return distance([grey, grey, grey]) < distance(steps.map { levels[$0] }) ? 232 + step : cube
  }
}
