import Testing

@testable import TUI

/// Keys and colours of the settings.
@Suite struct LookTests {
  @Test func aKeyDoesWhatAnotherDoes() throws {
    var state = Scene.answered()
    try state.options.keys.add("ctrl+x", means: "f1")
    try state.options.keys.add("F5", means: "none")
    let budget = state.budget
    state.feed(.key(.function(5)))
    #expect(state.budget == budget)
    state.feed(.key(.control("X")))
    #expect(state.helpScroll == 0)
    let help = HelpOverlay(state.size, keys: state.options.keys)
    var canvas = Canvas(state.size)
    help.draw(scroll: 0, into: &canvas)
    #expect(canvas.text.contains("from the settings"))
    #expect(canvas.text.contains("does what F1 does"))
    #expect(canvas.text.contains("does nothing"))
  }

  @Test(arguments: ["a", "ctrl+i", "ctrl+m", "", "f13", "ctrl", "ctrl+ä"])
  func keysThatCannotBeToldApartAreRefused(_ name: String) {
    var keys = KeyMap()
    let error = #expect(throws: LookError.self) { try keys.add(name, means: "f1") }
    #expect("\(error as Any)".contains("'\(name)'"))
    #expect(throws: LookError.self) { try keys.add("f9", means: name) }
  }

  @Test func namesOfKeysAreUniqueAndEveryBindingHasOne() {
    #expect(Set(Key.names.map(\.name)).count == Key.names.count)
    #expect(Set(Key.names.map(\.key)).count == Key.names.count)
    #expect(KeyMap.builtIn.count > 20)
  }

  @Test func aChosenColourReplacesTheThemes() throws {
    var colors = ColorChoices()
    try colors.set("accent", to: "#FF8000")
    #expect(colors.color(.role(.accent), depth: .direct) == 0xFF8000)
    #expect(colors.color(.role(.accent), depth: .palette256) == 208)
    #expect(colors.color(.role(.accent), depth: .ansi) == nil)
    #expect(colors.color(.role(.dim), depth: .direct) == nil)
    #expect(ColorChoices.nearest(0x808080) == 244)
    #expect(ColorChoices.nearest(0) == 16 && ColorChoices.nearest(0xFFFFFF) == 231)
    for text in ["blue", "#12345", "#1234567", "#12345g", "123456", "#+12345"] {
      #expect(throws: LookError.badColor(text)) { try colors.set("accent", to: text) }
    }
    #expect(throws: LookError.self) { try colors.set("akzent", to: "#112233") }
  }
}
