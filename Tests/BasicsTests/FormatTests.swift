import Basics
import Testing

@Suite struct FormatTests {
  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (280 << 20, "280.0 MiB"), (3 << 40, "3.0 TiB"),
  ])
  func bytesHaveTheUnitThatReadsBest(_ count: Int, _ text: String) {
    #expect(Format.bytes(count) == text)
  }

  @Test func partAndWholeShareAUnit() {
    #expect(Format.bytes(84 << 20, of: 280 << 20) == "84.0 of 280.0 MiB")
    #expect(Format.bytes(7, of: 12) == "7 B of 12 B")
    #expect(Format.bytes(665 << 10, of: 21 << 17) == "665.0 KiB of 2.6 MiB")
    #expect(Format.bytes(0, of: 3 << 20) == "0 B of 3.0 MiB")
  }

  @Test(arguments: [(0.3, "30 %"), (0.025, "2.5 %"), (1.0, "100 %"), (0.09, "9 %")])
  func percentHasATenthOnlyBelowTen(_ share: Double, _ text: String) {
    #expect(Format.percent(share) == text)
  }

  @Test func numbersHaveTheDigitsThatAreAskedFor() {
    #expect(Format.percent(1.0 / 3, decimals: 1) == "33.3 %")
    #expect(Format.percent(1.0 / 3, significant: 4) == "33.33 %")
    #expect(Format.digits(2547.6, 3) == "2548")
    #expect(Format.digits(0.012345, 3) == "0.0123")
    #expect(Format.digits(.infinity, 3) == "–" && Format.digits(.nan, 3) == "–")
    #expect(Format.counted(1, "sample") == "1 sample")
    #expect(Format.counted(12_345, "sample") == "12 345 samples")
    #expect(Format.wholeSeconds(.seconds(7500)) == "2 h 5 min")
    #expect(Format.wholeSeconds(.seconds(200)) == "3 min 20 s")
    #expect(Format.wholeSeconds(.milliseconds(2900)) == "2 s")
  }

  @Test func foldersFollowHomeAndTheXDGVariables() {
    let plain = UserFolders(environment: ["HOME": "/h"])
    #expect(plain.state == "/h/.local/state/prefixkv")
    #expect(plain.configuration == "/h/.config/prefixkv")
    #expect(plain.expanded("~/a") == "/h/a")
    #expect(plain.expanded("~") == "/h")
    #expect(plain.expanded("~user/a") == "~user/a")
    let set = UserFolders(environment: [
      "HOME": "/h", "XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "relative",
    ])
    #expect(set.state == "/s/prefixkv")
    #expect(set.configuration == "/h/.config/prefixkv")
  }
}
