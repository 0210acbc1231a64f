import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct PictureMentionTests {
  private let temporary: TemporaryFolder
  private var folder: String { temporary.path }
  private var cat: String { folder + "/cat.png" }
  private var spaced: String { folder + "/my cat.jpg" }
  private var bare: String { folder + "/screenshot" }

  init() throws {
    temporary = try TemporaryFolder()
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    for path in [cat, spaced, bare] { try Data(png).write(to: URL(fileURLWithPath: path)) }
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder + "/notes"))
  }

  @Test func aPathAnywhereInTheLineIsFoundAndTheRestIsTheQuestion() {
    for line in ["\(cat) what is this?", "what is this? \(cat)", "what \(cat) is this?"] {
      #expect(PictureMention.read(line) == .one(path: cat, question: "what is this?"), "\(line)")
    }
    #expect(
      PictureMention.read("What's in \(cat), and who's there?")
        == .one(path: cat, question: "What's in, and who's there?"))
    #expect(
      PictureMention.read("What is '\(spaced)'?") == .one(path: spaced, question: "What is?"))
    #expect(
      PictureMention.read("Describe (\(cat)).") == .one(path: cat, question: "Describe ()."))
  }

  @Test func everyWayToWriteAPathIsUnderstood() {
    let address = "file://" + spaced.replacing(" ", with: "%20")
    let ways = [
      spaced, "'\(spaced)'", "\"\(spaced)\"", spaced.replacing(" ", with: "\\ "), address,
      "'\(address)'",
    ]
    for way in ways {
      #expect(PictureMention.read(way) == .one(path: spaced, question: ""), "\(way)")
      for line in ["\(way) is it a cat?", "is it \(way) a cat?", "is it a cat? \(way)"] {
        #expect(
          PictureMention.read(line) == .one(path: spaced, question: "is it a cat?"), "\(line)")
      }
    }
  }

  @Test func aNameWithAQuoteInItIsFound() throws {
    let path = folder + "/bob's.png"
    try Data([1]).write(to: URL(fileURLWithPath: path))
    let dropped = "'" + path.replacing("'", with: "'\\''") + "'"
    for way in [path, dropped] {
      #expect(PictureMention.read("\(way) who is it?") == .one(path: path, question: "who is it?"))
    }
  }

  @Test func severalPicturesAreSeveral() {
    #expect(PictureMention.read("'\(cat)' '\(spaced)'") == .several(paths: [cat, spaced]))
    #expect(PictureMention.read("compare \(cat) and \(bare)") == .several(paths: [cat, bare]))
    #expect(
      PictureMention.read("\(cat) is \(cat)?") == .one(path: cat, question: "is?"))
  }

  @Test func aPathThatIsNotThereIsMissed() {
    for (line, path) in [
      ("\(folder)/dog.png what is it?", folder + "/dog.png"),
      ("what is '\(folder)/a dog.png'?", folder + "/a dog.png"),
      ("\(folder)/a dog.png", folder + "/a dog.png"),
    ] {
      #expect(PictureMention.read(line) == .missing(path: path), "\(line)")
    }
  }

  @Test func wordsAreNoPictures() {
    for line in [
      "Is cat.jpg a good name?", "and/or?", "What is 1/2 of .png?", "Read \(folder)/notes",
      "What is in \(folder)?", "It's \"fine\"", "/", "'", "\\", "~/", "",
    ] {
      #expect(PictureMention.read(line) == .none, "\(line)")
    }
  }

  @Test func aFileWithoutAnEndingIsKnownByItsFirstBytes() {
    #expect(PictureMention.read("\(bare) what is it?") == .one(path: bare, question: "what is it?"))
  }

  @Test func anAddressOnTheNetworkIsNamed() {
    #expect(
      PictureMention.read("https://example.org/cat.png what is it?")
        == .remote(address: "https://example.org/cat.png"))
  }

  @Test func aPastedTextIsNotSearched() {
    #expect(PictureMention.read(String(repeating: "a/b.png ", count: 4000)) == .none)
  }
}
