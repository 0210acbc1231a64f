import Foundation
import Testing

@testable import TUI

@Suite struct ThemeTests {
  /// Backgrounds that terminals have: xterm, VS Code, termshot; white, GNOME's, Solarized light.
  private static let backgrounds: [Theme: [Int32]] = [
    .dark: dark, .darkContrast: dark, .light: light, .lightContrast: light,
  ]
  private static let dark: [Int32] = [0x000000, 0x1E1E1E, 0x101218]
  private static let light: [Int32] = [0xFFFFFF, 0xF6F5F4, 0xFDF6E3]
  private static let depths: [ColorDepth] = [.ansi, .palette256, .direct]

  @Test(arguments: Theme.allCases) func everyRoleIsReadableOnItsBackground(_ theme: Theme) throws {
    for depth in Self.depths {
      for background in try #require(Self.backgrounds[theme]) {
        for role in Role.allCases where role != .track {
          guard let color = rgb(.role(role), theme, depth) else { continue }
          let contrast = contrast(color, background)
          // ANSI colours are the terminal's own; xterm's are measured on xterm's backgrounds.
          if depth == .ansi, background != 0, background != 0xFFFFFF { continue }
          let least = theme.rawValue.hasSuffix("contrast") ? 7 : 4.5
          #expect(contrast >= least, "\(theme) \(depth) \(role) \(contrast)")
        }
      }
    }
  }

  @Test(arguments: Theme.allCases) func barsAreReadableOnTheirTrack(_ theme: Theme) throws {
    for depth in [ColorDepth.palette256, .direct] {
      let track = try #require(rgb(.role(.track), theme, depth))
      for role in [Role.image, .words, .answer] {
        let color = try #require(rgb(.role(role), theme, depth))
        #expect(contrast(color, track) >= 4.5, "\(theme) \(depth) \(role)")
      }
    }
  }

  /// Picture and text are told apart by more than their hue: the track lies between them, which every
  /// colour of a bar stands out from.
  @Test(arguments: depths) func neighboursInABarAreApart(_ depth: ColorDepth) {
    for share in stride(from: 0.0, through: 1, by: 0.01) {
      var canvas = Canvas(Size(columns: 12, rows: 1))
      Bar.draw(
        [(share, .image), ((1 - share) / 2, .words)], into: &canvas, x: 0, y: 0, width: 12,
        theme: .dark, depth: depth)
      for cell in canvas.cells where cell.style.foreground == .role(.image) {
        #expect(cell.style.background == .role(.track), "\(share)")
      }
      for x in 1..<12 where canvas[x, 0].style.foreground == .role(.words) {
        let left = canvas[x - 1, 0]
        #expect(left.style.foreground == .role(.words) || left.glyph != "█", "\(share)")
      }
    }
  }

  /// The four parts of a conversation look different in a bar, by colour or by pattern, and so do their
  /// marks in its legend.
  @Test(arguments: Theme.allCases, [ColorDepth.none, .ansi, .palette256, .direct])
  func partsOfAConversationAreToldApart(_ theme: Theme, _ depth: ColorDepth) {
    let roles = LayerMap.legend.map(\.segment.role)
    var canvas = Canvas(Size(columns: 20, rows: 1))
    Bar.draw(
      roles.map { (0.25, $0) }, into: &canvas, x: 0, y: 0, width: 20, theme: theme, depth: depth)
    let marks = Bar.marks(roles, theme, depth)
    var (bars, legend): (Set<String>, Set<String>) = ([], [])
    for (index, role) in roles.enumerated() {
      let cell = canvas[5 * index + 2, 0]
      #expect(cell.style.foreground == .role(role))
      let color = theme.color(.role(role), depth: depth)
      bars.insert("\(color) \(cell.glyph)")
      legend.insert("\(color) \(marks[index])")
      #expect(marks[index] == cell.glyph || (marks[index] == "■" && cell.glyph == "█"))
    }
    #expect(bars.count == 4 && legend.count == 4, "\(bars), \(legend)")
  }

  /// What was evicted is less conspicuous than what was kept.
  @Test(arguments: Theme.allCases) func theTrackIsTheQuietestColor(_ theme: Theme) throws {
    for depth in [ColorDepth.palette256, .direct] {
      for background in try #require(Self.backgrounds[theme]) {
        let track = contrast(try #require(rgb(.role(.track), theme, depth)), background)
        for role in Role.allCases where role != .track {
          guard let color = rgb(.role(role), theme, depth) else { continue }
          #expect(track < contrast(color, background) / 2, "\(theme) \(depth) \(role)")
        }
      }
    }
  }

  @Test func theBackgroundIsTakenFromCOLORFGBG() {
    for (value, theme) in [
      ("15;0", Theme.dark), ("0;15", .light), ("0;default;15", .light), ("0;7", .light),
      ("12;8", .dark), ("15;default", .dark), ("", .dark), ("7", .dark), ("0;99", .dark),
    ] {
      #expect(Theme.announced(by: ["COLORFGBG": value]) == theme, "\(value)")
    }
    #expect(Theme.announced(by: [:]) == .dark)
  }

  @Test func withoutColorsOnlyAttributesAreLeft() {
    for theme in Theme.allCases {
      for role in Role.allCases { #expect(theme.color(.role(role), depth: .none) == -1) }
      #expect(theme.color(.rgb(0x123456), depth: .none) == -1)
    }
  }

  @Test func theThemeCommandChangesTheColors() {
    var state = Scene.ready()
    #expect(state.theme == .dark)
    state.send("/theme light")
    #expect(state.theme == .light && state.status.text == "theme light")
    state.send("/theme")
    #expect(state.status.text == "theme light", "without a name it is told")
    state.send("/theme pink")
    #expect(state.theme == .light)
    #expect(
      state.transcript.last?.text
        == "There is no theme 'pink'. Available: dark, light, dark-contrast, light-contrast.")
  }

  // MARK: Contrast as WCAG 2.1 defines it

  /// nil for the terminal's own colour.
  private func rgb(_ ink: Ink, _ theme: Theme, _ depth: ColorDepth) -> Int32? {
    let color = theme.color(ink, depth: depth)
    guard color >= 0 else { return nil }
    return depth == .direct ? color : Self.xterm(color)
  }

  private static func xterm(_ index: Int32) -> Int32 {
    let first: [Int32] = [
      0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
      0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
    ]
    if index < 16 { return first[Int(index)] }
    if index >= 232 { return (8 + 10 * (index - 232)) * 0x010101 }
    let levels: [Int32] = [0, 95, 135, 175, 215, 255]
    let cube = Int(index - 16)
    return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6]
  }

  private func contrast(_ a: Int32, _ b: Int32) -> Double {
    let (low, high) = (min(luminance(a), luminance(b)), max(luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)
  }

  private func luminance(_ color: Int32) -> Double {
    func linear(_ shift: Int32) -> Double {
      let value = Double(color >> shift & 0xFF) / 255
      return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
  }
}
